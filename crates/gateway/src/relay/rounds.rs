//! Requests that take several rounds (MCP 2026-07-28, basic/patterns/mrtr), on either side.

use std::collections::BTreeMap;
use std::time::Duration;

use fleet::{Exchange, RequestError};
use futures_util::future::try_join_all;
use serde_json::json;
use upstream::{CallError, ServerRequest};
use wire::{Era, ErrorObject, Raw, RawObject, code, raw};

use super::follow::{Followed, Progress};
use super::questions::{ask_client, not_offered, outward};
use super::{Asked, Parked, Relay, State};

/// Before the number of a question, in the keys that the client is given.
const QUESTION: &str = "question";

/// Questions that come together are passed on together; the next one is waited for so long.
const TOGETHER: Duration = Duration::from_millis(20);

/// What came after a call's first question.
pub(super) enum Gathered {
    /// All questions that the server has so far.
    Questions(BTreeMap<String, ServerRequest>),
    /// The server did not wait for answers.
    Reply(Result<Raw, CallError>),
}

/// Whether a result of the modern era asks for something before there can be a real one.
pub(super) fn wants_input(result: &Raw) -> bool {
    // A look at the text first: most results are large and say nothing of the kind.
    result.get().contains("input_required")
        && RawObject::parse(result)
            .and_then(|result| result.get_as::<String>("resultType"))
            .is_some_and(|kind| kind == "input_required")
}

impl Relay<'_> {
    /// Takes the state out of a request that continues an earlier one: a call that waits is
    /// returned, the server's own state is put in its place.
    pub(super) fn open_state(
        &self,
        method: &str,
        params: &mut RawObject,
    ) -> Result<Option<Parked>, RequestError> {
        if self.who.era == Era::Legacy {
            return Ok(None);
        }
        let Some(sealed) = params.get("requestState") else {
            return Ok(None);
        };
        let sealed: String = serde_json::from_str(sealed.get()).unwrap_or_default();
        match self.inner.seal.open(&sealed, &self.bound(method, params)) {
            Some(State::Server(state)) => {
                params.set("requestState", raw(&state));
                Ok(None)
            }
            Some(State::Again) => {
                params.remove("requestState");
                params.remove("inputResponses");
                Ok(None)
            }
            Some(State::Parked(number)) => {
                let parked = self.inner.parking.take(number);
                parked.map(Some).ok_or_else(|| {
                    invalid("The call that this `requestState` belongs to has ended")
                })
            }
            None => Err(invalid(
                "This `requestState` was not given out for this request, or is too old",
            )),
        }
    }

    /// Gives the client's answer to the call that waits for it; an error is the result to return
    /// instead.
    pub(super) async fn answer(
        &self,
        parked: Parked,
        asked: &Asked<'_>,
    ) -> Result<Exchange, Result<Raw, RequestError>> {
        let responses = asked.params.object("inputResponses").unwrap_or_default();
        let Parked {
            mut exchange,
            mut questions,
        } = parked;
        exchange.resume().await;
        for (key, answer) in responses.iter() {
            if let Some(question) = questions.remove(key) {
                let answer = self.inward(answer.to_owned());
                question.answer(Ok(answer)).await;
            }
        }
        if questions.is_empty() {
            return Ok(exchange);
        }
        // What the client left unanswered, it is asked again.
        Err(self.park(
            Parked {
                exchange,
                questions,
            },
            asked,
        ))
    }

    /// Waits a moment for questions that come with the first one.
    pub(super) async fn gather(
        &self,
        exchange: &mut Exchange,
        first: ServerRequest,
        progress: &Progress,
    ) -> Gathered {
        let mut questions = BTreeMap::from([(format!("{QUESTION}-1"), first)]);
        loop {
            let next = self.follow(exchange, progress);
            match tokio::time::timeout(TOGETHER, next).await {
                Ok(Followed::Question(question)) => {
                    let number = questions.len() + 1;
                    questions.insert(format!("{QUESTION}-{number}"), question);
                }
                Ok(Followed::Reply(reply)) => return Gathered::Reply(reply),
                Err(_) => return Gathered::Questions(questions),
            }
        }
    }

    /// Lets a call wait, and makes its questions the result.
    pub(super) fn park(&self, mut parked: Parked, asked: &Asked<'_>) -> Result<Raw, RequestError> {
        parked.exchange.pause();
        let mut questions = RawObject::default();
        for (key, question) in &parked.questions {
            let (method, mut params) = (&question.method, question.params.clone());
            if let Some(naming) = self.naming {
                params = outward(params, |params| naming.outward_request(method, params));
            }
            let mut shown = RawObject::default();
            shown.set("method", raw(method));
            if !params.is_empty() {
                shown.set("params", params.to_raw());
            }
            questions.set(key, shown.to_raw());
        }
        let number = self.inner.parking.park(parked, &self.inner.tasks);
        self.input_required(&questions, State::Parked(number), asked)
    }

    fn inward(&self, answer: Raw) -> Raw {
        match self.naming {
            Some(naming) => naming.inward_answer(answer),
            None => answer,
        }
    }

    /// Passes the questions of a modern server on to a modern client, with the state sealed.
    pub(super) fn pass_questions(
        &self,
        result: &Raw,
        asked: &Asked<'_>,
    ) -> Result<Raw, RequestError> {
        let mut result = RawObject::parse(result).unwrap_or_default();
        if let Some(state) = result.get_as::<String>("requestState") {
            let bound = self.bound(asked.method, &asked.params);
            let sealed = self.inner.seal.close(State::Server(state), &bound);
            result.set("requestState", raw(&sealed.ok_or_else(no_randomness)?));
        }
        Ok(self.shown(asked.method, result.to_raw()))
    }

    /// Asks a legacy client what a modern server wants to know, and adds the answers to the
    /// parameters with which the request is made again.
    pub(super) async fn collect(
        &self,
        result: &Raw,
        params: &mut RawObject,
    ) -> Result<(), RequestError> {
        let result = RawObject::parse(result).unwrap_or_default();
        let questions = result.object("inputRequests").unwrap_or_default();
        let answers = questions.iter().map(|(key, question)| async move {
            let question = RawObject::parse(question).unwrap_or_default();
            let method: String = question.get_as("method").unwrap_or_default();
            let params = question.object("params").unwrap_or_default();
            if !self.who.can_answer(&method, &params) {
                return Err(not_offered(&method));
            }
            let question = (method.as_str(), params);
            let answer = ask_client(self.who, self.server, self.naming, question).await?;
            Ok((key.to_owned(), answer))
        });
        let answers = try_join_all(answers).await.map_err(CallError::Rpc)?;
        let mut responses = RawObject::default();
        for (key, answer) in answers {
            responses.set(&key, answer);
        }
        params.remove("inputResponses");
        params.remove("requestState");
        if !responses.is_empty() {
            params.set("inputResponses", responses.to_raw());
        }
        if let Some(state) = result.get("requestState") {
            params.set("requestState", state.to_owned());
        }
        Ok(())
    }

    /// An error of the server. That a person must first visit a URL is an error before 2026-07-28
    /// and a question since.
    pub(super) fn fail(&self, error: ErrorObject, asked: &Asked<'_>) -> Result<Raw, RequestError> {
        let modern = self.who.era == Era::Modern;
        let error = match self.naming {
            Some(naming) => naming.outward_error(error),
            None => error,
        };
        if !modern || error.code != code::URL_ELICITATION_REQUIRED {
            return Err(CallError::Rpc(error).into());
        }
        let data = error.data.as_deref().and_then(RawObject::parse);
        let elicitations: Vec<RawObject> = data
            .and_then(|data| data.get_as("elicitations"))
            .unwrap_or_default();
        let mut questions = RawObject::default();
        for (number, elicitation) in elicitations.iter().enumerate() {
            if self.who.can_answer("elicitation/create", elicitation) {
                let question = json!({ "method": "elicitation/create", "params": elicitation });
                questions.set(&format!("{QUESTION}-{}", number + 1), raw(&question));
            }
        }
        if questions.is_empty() {
            let needed = json!({ "requiredCapabilities": { "elicitation": { "url": {} } } });
            let error = ErrorObject::new(code::MISSING_CAPABILITY, error.message);
            return Err(CallError::Rpc(error.with_data(&needed)).into());
        }
        self.input_required(&questions, State::Again, asked)
    }

    fn input_required(
        &self,
        questions: &RawObject,
        state: State,
        asked: &Asked<'_>,
    ) -> Result<Raw, RequestError> {
        let bound = self.bound(asked.method, &asked.params);
        let sealed = self.inner.seal.close(state, &bound);
        let mut result = RawObject::default();
        result.set("resultType", raw("input_required"));
        result.set("inputRequests", questions.to_raw());
        result.set("requestState", raw(&sealed.ok_or_else(no_randomness)?));
        Ok(result.to_raw())
    }
}

fn invalid(what: &str) -> RequestError {
    let message = format!("{what}; make the request again without it.");
    CallError::Rpc(ErrorObject::new(code::INVALID_PARAMS, message)).into()
}

fn no_randomness() -> RequestError {
    CallError::Rpc(ErrorObject::new(
        code::INTERNAL,
        "no randomness to seal a state",
    ))
    .into()
}

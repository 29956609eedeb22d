//! One request between a client and a server: everything that happens to it reaches the other
//! side, in the words of the other side's era.
//!
//! | client → server | a question of the server |
//! |---|---|
//! | legacy → legacy | is passed on as the request that it is |
//! | legacy → modern | comes as a result; the client is asked, and the request made again |
//! | modern → legacy | becomes a result; the call waits until the client comes back |
//! | modern → modern | is passed on as the result that it is |

mod follow;
mod parking;
mod questions;
mod rounds;
mod seal;

use std::time::Duration;

use fleet::{Exchange, RequestError};
use model::ServerName;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use upstream::{CallError, Happening};
use wire::{Era, ErrorObject, Raw, RawObject, code};

use crate::Inner;
use crate::admission::is_list;
use crate::face::Face;
use crate::naming::Naming;
use crate::requester::Requester;
use follow::{Followed, Progress};
use parking::Parked;
use rounds::Gathered;
use seal::State;

pub(crate) use parking::Parking;
pub(crate) use seal::Seal;

/// Rounds of questions that one request may go through for a legacy client.
const MAX_ROUNDS: usize = 16;

/// What may differ between the rounds of one request.
const BETWEEN_ROUNDS: [&str; 3] = ["_meta", "inputResponses", "requestState"];

/// From one client to one server.
#[derive(Clone, Copy)]
pub(crate) struct Relay<'a> {
    pub(crate) inner: &'a Inner,
    pub(crate) who: &'a Requester,
    pub(crate) face: &'a Face,
    pub(crate) server: &'a ServerName,
    /// How the server's names are shown; `None` where they are shown as they are.
    pub(crate) naming: Option<Naming<'a>>,
}

/// What stays the same in all rounds of one request.
struct Asked<'a> {
    method: &'a str,
    params: RawObject,
    progress: Progress,
}

impl Relay<'_> {
    /// Makes a request, and returns its result as the client is to see it.
    pub(crate) async fn request(
        self,
        method: &str,
        mut params: RawObject,
    ) -> Result<Raw, RequestError> {
        if let Some(naming) = self.naming {
            naming.inward_params(method, &mut params);
        }
        if let Some(empty) = self.unasked(method) {
            return Ok(empty);
        }
        self.admit(method, &params)?;
        let progress = Progress::of(&params);
        let parked = self.open_state(method, &mut params)?;
        let mut asked = Asked {
            method,
            params,
            progress,
        };
        if let Some(level) = self.who.log_level.filter(|_| self.who.era == Era::Modern) {
            let (fleet, client) = (&self.inner.fleet, self.who.behalf(false));
            fleet.want_level(self.server.as_str(), level, &client).await;
        }
        match parked {
            Some(parked) => match self.answer(parked, &asked).await {
                Ok(exchange) => self.run(exchange, &mut asked).await,
                Err(result) => result,
            },
            None => self.run(self.open(&asked).await?, &mut asked).await,
        }
    }

    /// Runs a request through its rounds, until there is a result for the client.
    async fn run(
        &self,
        mut exchange: Exchange,
        asked: &mut Asked<'_>,
    ) -> Result<Raw, RequestError> {
        for _ in 0..MAX_ROUNDS {
            let reply = match self.follow(&mut exchange, &asked.progress).await {
                Followed::Reply(reply) => reply,
                Followed::Question(first) => {
                    match self.gather(&mut exchange, first, &asked.progress).await {
                        Gathered::Reply(reply) => reply,
                        Gathered::Questions(questions) => {
                            let parked = Parked {
                                exchange,
                                questions,
                            };
                            return self.park(parked, asked);
                        }
                    }
                }
            };
            let result = match reply {
                Err(CallError::Rpc(error)) => return self.fail(error, asked),
                Err(error) => return Err(error.into()),
                Ok(result) => result,
            };
            let is_final = is_list(asked.method) || !rounds::wants_input(&result);
            if exchange.era() == Era::Legacy || is_final {
                self.remember(&result);
                let result = self.sift(asked.method, &asked.params, result).await?;
                return Ok(self.shown(asked.method, result));
            }
            if self.who.era == Era::Modern {
                return self.pass_questions(&result, asked);
            }
            self.collect(&result, &mut asked.params).await?;
            exchange = self.open(asked).await?;
        }
        let message = format!("`{}` asked its questions too often", self.server);
        Err(CallError::Rpc(ErrorObject::new(code::INTERNAL, message)).into())
    }

    /// The longest that the server may be silent.
    fn patience(&self) -> Duration {
        let config = self.inner.fleet.server_config(self.server.as_str());
        config.map_or(Duration::from_mins(2), |config| config.call_timeout)
    }

    async fn open(&self, asked: &Asked<'_>) -> Result<Exchange, RequestError> {
        let behalf = self.who.behalf(asked.progress.is_wanted());
        let opened = self.inner.fleet.open(
            self.server.as_str(),
            asked.method,
            asked.params.clone(),
            behalf,
        );
        let patience = self.patience();
        let opened = tokio::time::timeout(patience, opened).await;
        opened.unwrap_or_else(|_| Err(CallError::Timeout(patience).into()))
    }

    /// What a sealed state is good for: this principal and client, at this face, for this request,
    /// in whichever round.
    fn bound(&self, method: &str, params: &RawObject) -> String {
        let info = self.who.info.as_ref().map_or("", |info| info.get());
        let mut digest = Sha256::new();
        for (key, value) in params.iter() {
            if !BETWEEN_ROUNDS.contains(&key) {
                let value: Value = serde_json::from_str(value.get()).unwrap_or_default();
                digest.update(key);
                digest.update(canonical(value).to_string());
            }
        }
        let (principal, server) = (&self.who.pass.principal, self.server.as_str());
        let digest = model::hex(&digest.finalize());
        format!(
            "{principal}\n{info}\n{:?}\n{server}\n{method}\n{digest}",
            self.face
        )
    }

    /// A result as the client is to see it.
    fn shown(&self, method: &str, result: Raw) -> Raw {
        match self.naming {
            Some(naming) => naming.outward_result(method, result),
            None => result,
        }
    }

    /// Remembers a task that the client has begun, for news of it.
    fn remember(&self, result: &Raw) {
        let Some(session) = self.who.back.session() else {
            return;
        };
        if !result.get().contains("\"taskId\"") {
            return;
        }
        let result = RawObject::parse(result).unwrap_or_default();
        let task = result.object("task").unwrap_or(result);
        if let Some(id) = task.get_as::<String>("taskId") {
            session.follows.began(self.server, &id);
        }
    }
}

/// The same value with all keys in one order, which a client need not keep between rounds.
fn canonical(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<(String, Value)> = object.into_iter().collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            let entries = entries.into_iter();
            Value::Object(
                entries
                    .map(|(key, value)| (key, canonical(value)))
                    .collect(),
            )
        }
        Value::Array(items) => Value::Array(items.into_iter().map(canonical).collect()),
        other => other,
    }
}

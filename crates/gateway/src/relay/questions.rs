//! Questions of a server that wait for a legacy client's answer.

use std::collections::HashMap;

use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use model::ServerName;
use upstream::ServerRequest;
use wire::{ErrorObject, Notification, Raw, RawObject, RequestId, code};

use super::Relay;
use crate::naming::Naming;
use crate::requester::Requester;

/// Questions of one request that may wait for the client at once.
const MAX_QUESTIONS: usize = 256;

/// The questions that came up in one request.
pub(super) struct Questions<'a> {
    relay: &'a Relay<'a>,
    waiting: FuturesUnordered<BoxFuture<'a, RequestId>>,
    open: HashMap<RequestId, AbortHandle>,
}

impl<'a> Questions<'a> {
    pub(super) fn new(relay: &'a Relay<'a>) -> Self {
        Self {
            relay,
            waiting: FuturesUnordered::new(),
            open: HashMap::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= MAX_QUESTIONS
    }

    /// Begins to ask the client.
    pub(super) fn ask(&mut self, question: ServerRequest) {
        let relay = self.relay;
        let (id, loose) = (question.id.clone(), question.loose);
        let (handle, registration) = AbortHandle::new_pair();
        self.open.insert(id.clone(), handle);
        let slug = relay.naming.map(|naming| naming.slug.to_owned());
        let from = (relay.who.clone(), relay.server.clone(), slug);
        let asking = Abortable::new(ask(from, question), registration);
        // What may be about another call of this client outlives this one.
        let asking = if loose {
            let asking = relay.inner.tasks.spawn(asking);
            asking.map(move |_| id).boxed()
        } else {
            asking.map(move |_| id).boxed()
        };
        self.waiting.push(asking);
    }

    /// Waits until some question is settled; for ever if there is none.
    pub(super) async fn settled(&mut self) {
        match self.waiting.next().await {
            Some(id) => drop(self.open.remove(&id)),
            None => std::future::pending().await,
        }
    }

    /// The server no longer wants the answer that this notification names.
    pub(super) fn withdraw(&mut self, notice: &Notification) {
        let id = notice.cancelled_request();
        if let Some(question) = id.and_then(|id| self.open.remove(&id)) {
            question.abort();
        }
    }
}

/// Asks a legacy client on behalf of a server, and takes the answer there.
async fn ask(
    (who, server, slug): (Requester, ServerName, Option<String>),
    question: ServerRequest,
) {
    let naming = slug.as_deref().map(|slug| Naming { slug });
    let params = question.params.clone();
    let asked = ask_client(&who, &server, naming, (&question.method, params));
    let ended = who.back.session().map(|session| session.ended.clone());
    let answer = match ended {
        Some(ended) => tokio::select! {
            answer = asked => answer,
            () = ended.cancelled() => return,
        },
        None => asked.await,
    };
    question.answer(answer).await;
}

pub(super) async fn ask_client(
    who: &Requester,
    server: &ServerName,
    naming: Option<Naming<'_>>,
    (method, params): (&str, RawObject),
) -> Result<Raw, ErrorObject> {
    if let (Some(session), Some(id)) =
        (who.back.session(), params.get_as::<String>("elicitationId"))
    {
        session.follows.began(server, &id);
    }
    let Some(naming) = naming else {
        return who.back.ask(method, &params).await;
    };
    let params = outward(params, |params| naming.outward_request(method, params));
    let answer = who.back.ask(method, &params).await?;
    Ok(naming.inward_answer(answer))
}

/// Parameters with the server's names as the client sees them.
pub(super) fn outward(params: RawObject, rename: impl FnOnce(Raw) -> Raw) -> RawObject {
    RawObject::parse(&rename(params.to_raw())).unwrap_or(params)
}

/// What the server is told of a question that its client cannot answer.
pub(super) fn not_offered(method: &str) -> ErrorObject {
    let message = format!("The client of this call does not offer `{method}`.");
    ErrorObject::new(code::METHOD_NOT_FOUND, message)
}

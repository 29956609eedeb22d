//! One request to a server on behalf of a client, and everything that belongs to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wire::{
    Era, ErrorObject, LogLevel, Message, Notification, Raw, RawObject, RequestId, Response, code,
};

use crate::link::CallError;
use crate::peer::InFlight;

/// Tells clients apart: what a server asks during a call goes to the party that made the call.
///
/// A party lasts until the last copy of it is dropped; what was opened for it alone is closed then.
#[derive(Clone, Debug)]
pub struct Party(Arc<Lasting>);

#[derive(Debug)]
struct Lasting {
    id: PartyId,
    gone: CancellationToken,
}

/// The name of a party, good for comparison only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PartyId(u64);

impl Party {
    /// A party like no other in this process.
    pub fn fresh() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(Arc::new(Lasting {
            id: PartyId(NEXT.fetch_add(1, Ordering::Relaxed)),
            gone: CancellationToken::new(),
        }))
    }

    /// Its name.
    pub fn id(&self) -> PartyId {
        self.0.id
    }

    /// Cancelled when nobody holds the party any more.
    pub(crate) fn gone(&self) -> CancellationToken {
        self.0.gone.clone()
    }
}

impl Drop for Lasting {
    fn drop(&mut self) {
        self.gone.cancel();
    }
}

/// On whose behalf a request is sent, as far as the server may know.
#[derive(Clone, Debug)]
pub struct Behalf {
    /// Whose request it is.
    pub party: Party,
    /// The era that the client speaks; a server that speaks both is met in this one.
    pub era: Era,
    /// The revision that the client speaks.
    pub revision: &'static str,
    /// The client's capabilities as it sent them.
    pub capabilities: RawObject,
    /// The client's name and version as it sent them.
    pub info: Option<Raw>,
    /// From which level on the client wants to see the server's log.
    pub log_level: Option<LogLevel>,
    /// Whether the client wants to hear of progress.
    pub progress: bool,
}

impl Behalf {
    /// Whether the client can be asked anything, or wants to see what the server logs.
    pub(crate) fn listens(&self) -> bool {
        let declares = |capability: &&str| self.capabilities.get(capability).is_some();
        self.log_level.is_some()
            || ["elicitation", "sampling", "roots"]
                .iter()
                .any(|name| declares(&name))
    }
}

/// What happens to a request, in the order in which the server said it. Nothing follows a reply.
#[derive(Debug)]
pub enum Happening {
    /// Progress, a line of the log, or whatever else the server says meanwhile.
    Notification(Notification),
    /// The server asks something of the client.
    Request(ServerRequest),
    /// The end.
    Reply(Result<Raw, CallError>),
}

/// A request of a server. Dropping it refuses it.
#[derive(Debug)]
pub struct ServerRequest {
    /// For example `elicitation/create`.
    pub method: String,
    /// Its parameters as sent.
    pub params: RawObject,
    /// The server's own id for it, which its `notifications/cancelled` would name.
    pub id: RequestId,
    /// Whether it may belong to another call of the same party, which must not take it along when
    /// it ends.
    pub loose: bool,
    pub(crate) answers: Option<mpsc::Sender<Message>>,
}

impl ServerRequest {
    /// Answers the server.
    pub async fn answer(mut self, outcome: Result<Raw, ErrorObject>) {
        if let Some(answers) = self.answers.take() {
            let response = Response::new(self.id.clone(), outcome);
            // A connection that is gone needs no answer.
            let _ = answers.send(Message::Response(response)).await;
        }
    }
}

impl Drop for ServerRequest {
    fn drop(&mut self) {
        if let Some(answers) = self.answers.take() {
            let error = ErrorObject::new(code::INTERNAL, "the client did not answer");
            let response = Response::new(self.id.clone(), Err(error));
            let _ = answers.try_send(Message::Response(response));
        }
    }
}

/// A request under way. Dropping it before its reply cancels it at the server.
pub struct Exchange {
    pub(crate) in_flight: InFlight,
    pub(crate) era: Era,
}

impl Exchange {
    /// Waits for what happens next; must not be called again after a reply.
    pub async fn next(&mut self) -> Happening {
        self.in_flight.next().await
    }

    /// The server waits for an answer that will be long in coming: meanwhile others are served.
    pub fn pause(&mut self) {
        self.in_flight.pause();
    }

    /// The answer is about to be given: waits until the server can take it.
    pub async fn resume(&mut self) {
        self.in_flight.resume().await;
    }

    /// The era in which the server was asked.
    pub fn era(&self) -> Era {
        self.era
    }
}

//! Who asks, and the way back to them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fleet::{Catalog, Fleet, Pass, Presence};
use tokio::sync::{mpsc, oneshot};
use upstream::{Behalf, Party};
use wire::{
    Era, ErrorObject, LogLevel, MODERN_REVISION, Message, Notification, Raw, RawObject, RequestId,
    code,
};

use crate::session::{Client, Session};

/// Messages on their way to a client that may wait for it to read.
pub(crate) const QUEUE: usize = 64;

/// A person has this long to answer a question.
const ASK_PATIENCE: Duration = Duration::from_mins(10);

/// Questions that may wait for one client's answers.
const MAX_ASKED: usize = 1_024;

/// One request's origin: what is known of the client, and the way back to it.
#[derive(Clone)]
pub struct Requester {
    /// The program at the other end, for logs.
    pub(crate) client: Client,
    pub(crate) era: Era,
    /// The revision that it speaks.
    pub(crate) revision: &'static str,
    /// Its capabilities as it sent them.
    pub(crate) capabilities: RawObject,
    /// Its name and version as it sent them.
    pub(crate) info: Option<Raw>,
    /// From which level on it wants servers' logs.
    pub(crate) log_level: Option<LogLevel>,
    pub(crate) party: Party,
    /// Whoever was let in by the door, and what for.
    pub(crate) pass: Arc<Pass>,
    /// Whether a person asks, through the gateway's own interfaces.
    pub(crate) is_person: bool,
    /// Shows that the client is there for as long as it has a request under way.
    pub(crate) presence: Arc<Presence>,
    pub(crate) back: Back,
}

impl Requester {
    /// A person at one of the gateway's own interfaces, who can be told nothing and asked nothing
    /// on the way.
    pub fn local(name: &str) -> Self {
        Self {
            client: Client::new(name),
            era: Era::Modern,
            revision: MODERN_REVISION,
            capabilities: RawObject::default(),
            info: None,
            log_level: None,
            party: Party::fresh(),
            pass: Arc::new(Pass::unnamed("local")),
            is_person: true,
            presence: Presence::unseen(),
            back: Back::nowhere(),
        }
    }

    /// What of all servers and tools is shown here. Nothing else may be looked up, listed or
    /// called on behalf of a client.
    pub(crate) fn catalog(&self, fleet: &Fleet) -> Arc<Catalog> {
        fleet.catalog().within(&self.pass.scope)
    }

    /// The same in the words of the connection to a server.
    pub(crate) fn behalf(&self, progress: bool) -> Behalf {
        Behalf {
            party: self.party.clone(),
            era: self.era,
            revision: self.revision,
            capabilities: self.capabilities.clone(),
            info: self.info.clone(),
            log_level: self.log_level,
            progress,
        }
    }

    /// Whether the client said that it can answer requests of this method.
    pub(crate) fn can_answer(&self, method: &str, params: &RawObject) -> bool {
        let declares = |name: &str| self.capabilities.object(name);
        if params.get("task").is_some() && declares("tasks").is_none() {
            return false;
        }
        match method {
            "sampling/createMessage" => declares("sampling").is_some(),
            "roots/list" => declares("roots").is_some(),
            "elicitation/create" => declares("elicitation").is_some_and(|elicitation| {
                let by_url = params.get_as::<String>("mode").as_deref() == Some("url");
                // An empty object means forms only (2025-11-25, client/elicitation).
                if by_url {
                    elicitation.get("url").is_some()
                } else {
                    elicitation.is_empty() || elicitation.get("form").is_some()
                }
            }),
            // Tasks that the client runs are asked after by their own methods.
            method => method.starts_with("tasks/") && declares("tasks").is_some(),
        }
    }
}

/// The way back to a client during one of its requests.
#[derive(Clone)]
pub(crate) struct Back {
    /// Where messages go before the answer; `None` where the client takes nothing but answers.
    outlet: Option<mpsc::Sender<Message>>,
    /// Where answers come in; modern clients are asked otherwise.
    session: Option<Arc<Session>>,
}

impl Back {
    /// The way back by `outlet`.
    pub(crate) fn new(
        outlet: Option<mpsc::Sender<Message>>,
        session: Option<Arc<Session>>,
    ) -> Self {
        Self { outlet, session }
    }

    /// Towards nobody.
    pub(crate) fn nowhere() -> Self {
        Self::new(None, None)
    }

    /// Passes a notification on. A client that is gone misses it.
    pub(crate) async fn notify(&self, notification: Notification) {
        if let Some(outlet) = &self.outlet {
            let _ = outlet.send(Message::Notification(notification)).await;
        }
    }

    /// The legacy session that the request belongs to.
    pub(crate) fn session(&self) -> Option<&Arc<Session>> {
        self.session.as_ref()
    }

    /// Asks the client something and waits for its answer. Dropping the future withdraws the
    /// question.
    pub(crate) async fn ask(&self, method: &str, params: &RawObject) -> Result<Raw, ErrorObject> {
        let (Some(session), Some(outlet)) = (&self.session, &self.outlet) else {
            return Err(unanswered("this client takes nothing but answers"));
        };
        let (id, answer) = session.asks.expect()?;
        let mut asked = Asked {
            outlet,
            session,
            id,
            open: false,
        };
        let params = (!params.is_empty()).then(|| params.to_raw());
        let request = Message::request(RequestId::number(id), method, params);
        // The request that it came with may have ended meanwhile; the client listens elsewhere.
        let sent = outlet.send(request.clone()).await.is_ok() || session.send(&request).await;
        if !sent {
            return Err(unanswered("the client is gone"));
        }
        asked.open = true;
        let answer = tokio::time::timeout(ASK_PATIENCE, answer).await;
        asked.open = answer.is_err();
        answer
            .unwrap_or_else(|_| Ok(Err(unanswered("the client did not answer in time"))))
            .unwrap_or_else(|_| Err(unanswered("the client is gone")))
    }
}

fn unanswered(why: &str) -> ErrorObject {
    ErrorObject::new(code::INTERNAL, format!("No answer: {why}."))
}

/// A question that was sent.
struct Asked<'a> {
    outlet: &'a mpsc::Sender<Message>,
    session: &'a Session,
    id: u64,
    /// Whether the client may still be working on it.
    open: bool,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.session.asks.forget(self.id);
        if self.open {
            let id = RequestId::number(self.id);
            let cancelled = Message::cancelling(&id, "the answer is no longer needed");
            let _ = self.outlet.try_send(cancelled);
        }
    }
}

/// The gateway's own requests to one client that are not answered.
#[derive(Default)]
pub(crate) struct Asks {
    next: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Result<Raw, ErrorObject>>>>,
}

type Answer = oneshot::Receiver<Result<Raw, ErrorObject>>;

impl Asks {
    fn expect(&self) -> Result<(u64, Answer), ErrorObject> {
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let (sender, answer) = oneshot::channel();
        let mut waiting = self.lock();
        if waiting.len() >= MAX_ASKED {
            return Err(unanswered("too many questions wait for this client"));
        }
        waiting.insert(id, sender);
        Ok((id, answer))
    }

    /// Takes a client's answer; one that nobody waits for is dropped.
    pub(crate) fn settle(&self, response: wire::Response) {
        let id = response.id.as_ref().and_then(RequestId::as_number);
        let waiting = id.and_then(|id| self.lock().remove(&id));
        if let Some(waiting) = waiting {
            let _ = waiting.send(response.outcome);
        }
    }

    fn forget(&self, id: u64) {
        self.lock().remove(&id);
    }

    fn lock(
        &self,
    ) -> std::sync::MutexGuard<'_, HashMap<u64, oneshot::Sender<Result<Raw, ErrorObject>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

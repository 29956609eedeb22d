//! Requests and their answers over a link.

mod attribution;
mod dispatch;
mod habits;
mod in_flight;
#[cfg(test)]
mod tests;
mod turns;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use model::Problem;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use wire::{Message, Raw, RawObject, RequestId};

use crate::exchange::{Happening, PartyId};
use crate::link::{CallError, Link};
use crate::news::NewsDesk;
use habits::Habits;
use turns::Turns;

pub(crate) use dispatch::Dispatch;
pub(crate) use in_flight::InFlight;

/// Says that a server's tools are others now.
pub(crate) const TOOLS_CHANGED: &str = "notifications/tools/list_changed";

/// What happens to one request may wait for its client up to this number; beyond that, progress
/// and log lines are left out.
const HAPPENINGS: usize = 1024;

type Reply = Result<Raw, CallError>;

/// One end of a conversation with a server; cheap to clone.
#[derive(Clone)]
pub(crate) struct Peer {
    shared: Arc<Shared>,
}

/// Who wants to hear what happens to a request before its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listener {
    pub(crate) party: PartyId,
    /// Whether to ask the server for progress.
    pub(crate) progress: bool,
    /// Whether what the server may say meanwhile must not be mistaken for another party's.
    pub(crate) needs_turn: bool,
}

struct Shared {
    outgoing: mpsc::Sender<Message>,
    /// The requests that are not answered, by id and so by age.
    waiting: Mutex<BTreeMap<u64, Entry>>,
    /// Rung when other requests are in flight than before.
    settled: Notify,
    next_id: AtomicU64,
    started: Instant,
    /// When the server was last heard, in milliseconds after `started`.
    heard: AtomicU64,
    closed: watch::Sender<Option<Problem>>,
    tools_changed: mpsc::Sender<()>,
    offers_changed: mpsc::Sender<()>,
    news: NewsDesk,
    /// How many requests of clients were answered.
    served: AtomicU64,
    habits: Habits,
    turns: Turns,
    /// The server's own open requests, with the call that each belongs to.
    asked: Mutex<HashMap<RequestId, u64>>,
}

/// A request that is not answered.
struct Entry {
    reply: oneshot::Sender<Reply>,
    listener: Option<Listening>,
}

struct Listening {
    party: PartyId,
    /// What is called, as far as the server's habits go.
    what: String,
    /// Whether the server has asked or logged something meanwhile.
    spoke: bool,
    /// Whether the server waits for an answer to its question, and so has nothing to ask.
    paused: bool,
    happenings: mpsc::Sender<Happening>,
}

/// News that what a server lists has changed; one piece that waits says all.
pub(crate) struct ListChanges {
    /// Of the tools.
    pub(crate) tools: mpsc::Receiver<()>,
    /// Of prompts, resources or templates.
    pub(crate) offers: mpsc::Receiver<()>,
}

impl Peer {
    /// A peer over `link`, and news of changed lists. The [`Dispatch`] must be run for anything to
    /// arrive.
    pub(crate) fn new(link: Link, news: NewsDesk) -> (Self, Dispatch, ListChanges) {
        let (tools_changed, tools) = mpsc::channel(1);
        let (offers_changed, offers) = mpsc::channel(1);
        let changes = ListChanges { tools, offers };
        let shared = Arc::new(Shared {
            outgoing: link.outgoing,
            waiting: Mutex::default(),
            settled: Notify::new(),
            next_id: AtomicU64::new(1),
            started: Instant::now(),
            heard: AtomicU64::new(0),
            closed: watch::Sender::new(None),
            tools_changed,
            offers_changed,
            news,
            served: AtomicU64::new(0),
            habits: Habits::default(),
            turns: Turns::default(),
            asked: Mutex::default(),
        });
        let dispatch = Dispatch::new(Arc::clone(&shared), link.incoming);
        (Self { shared }, dispatch, changes)
    }

    /// Sends a request and waits for its answer.
    ///
    /// Dropping the future tells the server that nobody waits any more.
    pub(crate) async fn request(
        &self,
        method: &str,
        params: &RawObject,
        deadline: Duration,
    ) -> Reply {
        let exchange = async {
            let mut sent = InFlight::send(self, method, params.clone(), None).await?;
            sent.reply().await
        };
        // The deadline covers the sending too: a server that no longer reads blocks the queue.
        let answered = tokio::time::timeout(deadline, exchange).await;
        answered.unwrap_or(Err(CallError::Timeout(deadline)))
    }

    /// Sends a request whose progress, log and questions `listener` wants to hear of, as soon as
    /// it is the listener's turn.
    pub(crate) async fn open(
        &self,
        method: &str,
        params: RawObject,
        listener: Listener,
    ) -> Result<InFlight, CallError> {
        InFlight::send(self, method, params, Some(listener)).await
    }

    /// Sends a notification; one that cannot be sent any more is of no use either.
    pub(crate) async fn notify(&self, method: &str, params: Option<Raw>) {
        let _ = self
            .shared
            .outgoing
            .send(Message::notification(method, params))
            .await;
    }

    /// Waits until the link is closed, and says why.
    pub(crate) async fn closed(&self) -> Problem {
        let mut closed = self.shared.closed.subscribe();
        // The sender lives as long as `self`.
        let _ = closed.wait_for(Option::is_some).await;
        self.shared.closing_problem()
    }

    /// Has everything listed anew, because news of it may have been missed.
    pub(crate) fn suspect_changes(&self) {
        let _ = self.shared.tools_changed.try_send(());
        let _ = self.shared.offers_changed.try_send(());
    }

    /// Whether the link is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.shared.is_closed()
    }

    /// Whether the server is working on a request.
    pub(crate) fn is_busy(&self) -> bool {
        !self.shared.waiting().is_empty()
    }

    /// Whether the server has answered any client.
    pub(crate) fn has_served(&self) -> bool {
        self.shared.served.load(Ordering::Relaxed) > 0
    }

    /// How long the server has been silent.
    pub(crate) fn silence(&self) -> Duration {
        let heard = Duration::from_millis(self.shared.heard.load(Ordering::Relaxed));
        self.shared.started.elapsed().saturating_sub(heard)
    }
}

impl Shared {
    fn waiting(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Entry>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asked(&self) -> std::sync::MutexGuard<'_, HashMap<RequestId, u64>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_closed(&self) -> bool {
        self.closed.borrow().is_some()
    }

    fn closing_problem(&self) -> Problem {
        self.closed
            .borrow()
            .clone()
            .unwrap_or_else(closed_by_itself)
    }

    /// Takes a request off the list of those that wait.
    fn forget(&self, id: u64) -> Option<Entry> {
        let entry = self.waiting().remove(&id);
        if entry.is_some() {
            self.asked().retain(|_, call| *call != id);
            self.settled.notify_one();
        }
        entry
    }

    fn settle(&self, id: Option<&RequestId>, reply: Reply) {
        let entry = id
            .and_then(RequestId::as_number)
            .and_then(|id| self.forget(id));
        let listener = entry.as_ref().and_then(|entry| entry.listener.as_ref());
        if let (Some(listener), Ok(_)) = (listener, &reply) {
            self.served.fetch_add(1, Ordering::Relaxed);
            self.habits.learn(&listener.what, listener.spoke);
        }
        // The caller may have gone in this very moment; then nobody waits either.
        if entry.is_none_or(|entry| entry.reply.send(reply).is_err()) {
            tracing::debug!("an answer that nobody waits for was dropped");
        }
    }

    fn close(&self, problem: &Problem) {
        self.closed.send_replace(Some(problem.clone()));
        let waiting = std::mem::take(&mut *self.waiting());
        for entry in waiting.into_values() {
            drop(entry.reply.send(Err(CallError::Lost(problem.clone()))));
        }
    }
}

fn closed_by_itself() -> Problem {
    Problem::new(
        model::ProblemCode::Exited,
        "The connection to the server was closed.",
        "Try again; the gateway reconnects by itself.",
    )
}

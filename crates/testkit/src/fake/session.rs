//! What a server knows of one client: of a legacy session, or of one stateless request.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::exchange::Incoming;

/// The levels of log messages, least severe first (utilities/logging).
const LEVELS: &[&str] = &[
    "debug",
    "info",
    "notice",
    "warning",
    "error",
    "critical",
    "alert",
    "emergency",
];

/// A session's state; shared by all connections that serve it.
#[derive(Default)]
pub(super) struct Session {
    /// Tells sessions of one server apart.
    pub(super) number: u64,
    /// Chooses the fields that are added to everything sent.
    pub(super) extras: Option<u64>,
    /// Whether `initialize` was answered.
    pub(super) initialized: AtomicBool,
    client: Mutex<String>,
    least: Mutex<usize>,
    watched: Mutex<BTreeSet<String>>,
    asked: Mutex<HashMap<u64, oneshot::Sender<Incoming>>>,
    running: Mutex<HashMap<String, Arc<Notify>>>,
    questions: AtomicU64,
}

/// A request that is being worked on; it can be cancelled until this is dropped.
pub(super) struct Running<'a> {
    session: &'a Session,
    id: String,
    cancel: Arc<Notify>,
}

impl Session {
    /// A session of this number that adds these fields.
    pub(super) fn new(number: u64, extras: Option<u64>) -> Self {
        Self {
            number,
            extras,
            ..Self::default()
        }
    }

    /// The parameters of `initialize`, as they were written; `null` before.
    pub(super) fn client(&self) -> String {
        let client = lock(&self.client).clone();
        if client.is_empty() {
            "null".to_owned()
        } else {
            client
        }
    }

    /// Remembers who the client is.
    pub(super) fn greet(&self, params: &str) {
        params.clone_into(&mut lock(&self.client));
        self.initialized.store(true, Ordering::Relaxed);
    }

    /// Sets the least level of messages that are sent; `false` for one that does not exist.
    pub(super) fn set_level(&self, level: &str) -> bool {
        let found = severity(level);
        if let Some(level) = found {
            *lock(&self.least) = level;
        }
        found.is_some()
    }

    /// Whether a message of this level is severe enough.
    pub(super) fn wants(&self, level: &str) -> bool {
        severity(level).is_some_and(|level| level >= *lock(&self.least))
    }

    /// Starts or stops watching a resource.
    pub(super) fn watch(&self, uri: &str, on: bool) {
        if on {
            lock(&self.watched).insert(uri.to_owned());
        } else {
            lock(&self.watched).remove(uri);
        }
    }

    /// Whether the resource is watched.
    pub(super) fn watches(&self, uri: &str) -> bool {
        lock(&self.watched).contains(uri)
    }

    /// A number for a question to the client, and what will get the answer.
    pub(super) fn question(&self) -> (u64, oneshot::Receiver<Incoming>) {
        let number = self.questions.fetch_add(1, Ordering::Relaxed) + 1;
        let (sender, receiver) = oneshot::channel();
        lock(&self.asked).insert(number, sender);
        (number, receiver)
    }

    /// Passes a response to the question that it answers.
    pub(super) fn settle(&self, response: Incoming) {
        let number = response.message["id"].as_u64();
        let asker = number.and_then(|number| lock(&self.asked).remove(&number));
        if let Some(asker) = asker {
            // Whoever asked may have been cancelled.
            let _ = asker.send(response);
        }
    }

    /// Notes that work on a request begins.
    pub(super) fn begin(&self, id: &str) -> Running<'_> {
        let (id, cancel) = (id.to_owned(), Arc::new(Notify::new()));
        lock(&self.running).insert(id.clone(), cancel.clone());
        Running {
            session: self,
            id,
            cancel,
        }
    }

    /// Cancels the request of this id, if it is still being worked on.
    pub(super) fn cancel(&self, id: &str) {
        if let Some(running) = lock(&self.running).get(id) {
            running.notify_one();
        }
    }
}

impl Running<'_> {
    /// Completes when the client cancels the request.
    pub(super) async fn cancelled(&self) {
        self.cancel.notified().await;
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        lock(&self.session.running).remove(&self.id);
    }
}

/// The place of a level among the levels.
pub(super) fn severity(level: &str) -> Option<usize> {
    LEVELS.iter().position(|known| *known == level)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_below_the_level_are_not_wanted() {
        let session = Session::default();
        assert!(session.wants("debug") && !session.wants("loud"));
        assert!(session.set_level("warning") && !session.set_level("loud"));
        assert!(!session.wants("notice") && session.wants("emergency"));
    }

    #[test]
    fn a_watched_resource_is_watched_until_it_is_not() {
        let session = Session::default();
        session.watch("a:b", true);
        assert!(session.watches("a:b") && !session.watches("a:c"));
        session.watch("a:b", false);
        assert!(!session.watches("a:b"));
    }

    #[tokio::test]
    async fn an_answer_reaches_the_question_of_its_number() {
        let session = Session::default();
        let (first, _unanswered) = session.question();
        let (second, answer) = session.question();
        assert_ne!(first, second);
        let text = format!(r#"{{"id":{second},"result":{{"a":1.0}}}}"#);
        session.settle(Incoming::parse(&text).expect("a message"));
        assert_eq!(answer.await.expect("an answer").outcome, r#"{"a":1.0}"#);
    }

    #[tokio::test]
    async fn only_a_request_that_runs_can_be_cancelled() {
        let session = Session::default();
        let running = session.begin("1");
        session.cancel("2");
        session.cancel("1");
        running.cancelled().await;
        drop(running);
        session.cancel("1");
        assert!(lock(&session.running).is_empty());
    }
}

//! The one thread that asks the keychain.
//!
//! A keychain may wait for the user for as long as it likes. It is asked from one thread of our
//! own, so that nobody else waits longer than a limit, at most one thread is ever stuck, and the
//! user sees at most one question at a time.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use config::KeyringError;
use model::Secret;

use crate::keychain::Keychain;

/// How long an answer is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Questions that may wait for the one before them.
const QUEUE: usize = 64;

type Answer = Result<Option<Secret>, KeyringError>;

struct Question {
    name: String,
    /// Nobody waits for the answer any more after this.
    until: Instant,
    reply: SyncSender<Answer>,
}

/// Asks a keychain from a thread that starts with the first question.
pub(crate) struct Worker {
    keychain: Arc<dyn Keychain>,
    patience: Duration,
    questions: Mutex<Option<SyncSender<Question>>>,
}

impl Worker {
    pub(crate) fn new(keychain: impl Keychain, patience: Duration) -> Self {
        Self {
            keychain: Arc::new(keychain),
            patience,
            questions: Mutex::new(None),
        }
    }

    /// Blocks until there is an answer, for as long as its patience lasts.
    pub(crate) fn read(&self, name: &str) -> Answer {
        let (reply, answer) = mpsc::sync_channel(1);
        let until = Instant::now() + self.patience;
        self.ask(Question {
            name: name.to_owned(),
            until,
            reply,
        })?;
        match answer.recv_timeout(self.patience) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(KeyringError::TimedOut(self.patience)),
            Err(RecvTimeoutError::Disconnected) => Err(self.timed_out_or_failed(until)),
        }
    }

    /// A question that comes too late to be asked is dropped by the thread, and so is one over
    /// which the thread itself ended.
    fn timed_out_or_failed(&self, until: Instant) -> KeyringError {
        if Instant::now() >= until {
            return KeyringError::TimedOut(self.patience);
        }
        failed()
    }

    fn ask(&self, question: Question) -> Result<(), KeyringError> {
        let mut queue = self
            .questions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let running = match queue.take() {
            Some(running) => running,
            None => self.start()?,
        };
        let sent = running.try_send(question);
        // A thread that ended is started again for the next question.
        if !matches!(sent, Err(TrySendError::Disconnected(_))) {
            *queue = Some(running);
        }
        sent.map_err(|error| match error {
            TrySendError::Full(_) => KeyringError::TimedOut(self.patience),
            TrySendError::Disconnected(_) => failed(),
        })
    }

    fn start(&self) -> Result<SyncSender<Question>, KeyringError> {
        let (queue, questions) = mpsc::sync_channel(QUEUE);
        let keychain = Arc::clone(&self.keychain);
        thread::Builder::new()
            .name("keychain".to_owned())
            .spawn(move || answer(&*keychain, &questions))
            .map_err(|error| KeyringError::Unavailable(error.to_string()))?;
        Ok(queue)
    }
}

fn failed() -> KeyringError {
    KeyringError::Unavailable("asking it failed".to_owned())
}

fn answer(keychain: &dyn Keychain, questions: &Receiver<Question>) {
    for question in questions {
        if Instant::now() < question.until {
            // Whoever asked may have lost patience meanwhile.
            let _ = question.reply.send(keychain.read(&question.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const SOON: Duration = Duration::from_millis(20);
    const LATE: Duration = Duration::from_mins(1);

    /// Answers with the question, and only once it is told to.
    struct Slow {
        go: Mutex<Receiver<()>>,
        asked: Arc<AtomicUsize>,
    }

    impl Keychain for Slow {
        fn read(&self, name: &str) -> Answer {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let go = self.go.lock().unwrap_or_else(PoisonError::into_inner);
            go.recv()
                .map_err(|error| KeyringError::Unavailable(error.to_string()))?;
            Ok(Some(Secret::new(name)))
        }
    }

    fn slow(patience: Duration) -> (Worker, SyncSender<()>, Arc<AtomicUsize>) {
        let (go, wait) = mpsc::sync_channel(1);
        let asked = Arc::new(AtomicUsize::new(0));
        let keychain = Slow {
            go: Mutex::new(wait),
            asked: Arc::clone(&asked),
        };
        (Worker::new(keychain, patience), go, asked)
    }

    #[test]
    fn an_answer_is_handed_on() {
        let (worker, go, asked) = slow(LATE);
        assert_eq!(
            asked.load(Ordering::SeqCst),
            0,
            "nothing is asked before it has to be"
        );
        go.send(()).expect("waits");
        assert_eq!(worker.read("a"), Ok(Some(Secret::new("a"))));
    }

    #[test]
    fn nobody_waits_longer_than_the_limit() {
        let (worker, go, asked) = slow(SOON);
        for name in ["a", "b", "c"] {
            assert_eq!(worker.read(name), Err(KeyringError::TimedOut(SOON)));
        }
        assert_eq!(
            asked.load(Ordering::SeqCst),
            1,
            "the user is asked one thing at a time"
        );
        drop(go);
    }

    #[test]
    fn a_full_queue_is_told_at_once() {
        let (worker, _go, _) = slow(SOON);
        assert!(worker.read("stuck").is_err());
        let worker = Worker {
            patience: LATE,
            ..worker
        };
        let (reply, _answer) = mpsc::sync_channel(1);
        let question = || Question {
            name: "x".into(),
            until: Instant::now(),
            reply: reply.clone(),
        };
        while worker.ask(question()).is_ok() {}
        assert_eq!(worker.read("more"), Err(KeyringError::TimedOut(LATE)));
    }

    /// Panics when asked for `panic`.
    struct Brittle;

    impl Keychain for Brittle {
        fn read(&self, name: &str) -> Answer {
            assert_ne!(name, "panic");
            Ok(None)
        }
    }

    #[test]
    fn a_keychain_that_panics_can_be_asked_again() {
        let worker = Worker::new(Brittle, LATE);
        assert_eq!(worker.read("panic"), Err(failed()));
        // The thread may still be on its way out when the next question comes.
        let recovered = (0..1000).any(|_| worker.read("fine") == Ok(None));
        assert!(recovered);
    }
}

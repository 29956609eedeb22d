//! Event streams that a legacy client can take up again where it lost them (MCP 2025-11-25,
//! basic/transports, "Resumability and Redelivery").

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use wire::Message;

/// What is kept of one stream at most; beyond that the oldest go first.
const MAX_EVENTS: usize = 2_000;
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Streams that have ended are kept for so long, and so many of them.
const KEPT_FOR: Duration = Duration::from_mins(2);
const KEPT: usize = 32;

/// All streams of one session.
#[derive(Default)]
pub(crate) struct Streams(Mutex<Open>);

#[derive(Default)]
struct Open {
    next: u64,
    streams: BTreeMap<u64, Arc<StreamLog>>,
}

/// One stream: what was said on it, until the client has surely read it.
pub(crate) struct StreamLog {
    number: u64,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    events: VecDeque<(u64, Arc<Message>)>,
    bytes: usize,
    /// The number of the next event; 0 is the one that opens a stream and says nothing.
    next: u64,
    ended: Option<Instant>,
}

/// Reads a stream from some event on.
pub(crate) struct Reader {
    log: Arc<StreamLog>,
    after: u64,
}

impl Streams {
    /// Begins a stream.
    pub(crate) fn begin(&self) -> Arc<StreamLog> {
        let mut open = self.lock();
        open.forget_old();
        let number = open.next;
        open.next += 1;
        let log = Arc::new(StreamLog {
            number,
            state: Mutex::new(State {
                next: 1,
                ..State::default()
            }),
            changed: Notify::new(),
        });
        open.streams.insert(number, Arc::clone(&log));
        log
    }

    /// Takes a stream up after the event of this id; `None` if it is not known (any more).
    pub(crate) fn resume(&self, event_id: &str) -> Option<Reader> {
        let (stream, event) = event_id.split_once('-')?;
        let (stream, after) = (stream.parse::<u64>().ok()?, event.parse::<u64>().ok()?);
        let log = Arc::clone(self.lock().streams.get(&stream)?);
        Some(Reader { log, after })
    }

    /// Forgets a stream whose client needs nothing of it any more.
    pub(crate) fn forget(&self, log: &StreamLog) {
        self.lock().streams.remove(&log.number);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn forget_old(&mut self) {
        let ended = |log: &StreamLog| log.state().ended;
        self.streams
            .retain(|_, log| ended(log).is_none_or(|ended| ended.elapsed() < KEPT_FOR));
        let over: Vec<u64> = self
            .streams
            .iter()
            .filter(|(_, log)| ended(log).is_some())
            .map(|(number, _)| *number)
            .collect();
        for number in over.iter().take(over.len().saturating_sub(KEPT)) {
            self.streams.remove(number);
        }
    }
}

impl StreamLog {
    /// Adds a message.
    pub(crate) fn push(&self, message: Message) {
        let size = message.size();
        let mut state = self.state();
        let number = state.next;
        state.next += 1;
        state.bytes += size;
        state.events.push_back((number, Arc::new(message)));
        while state.events.len() > MAX_EVENTS || (state.bytes > MAX_BYTES && state.events.len() > 1)
        {
            if let Some((_, oldest)) = state.events.pop_front() {
                state.bytes -= oldest.size();
            }
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Nothing will follow.
    pub(crate) fn end(&self) {
        self.state().ended.get_or_insert_with(Instant::now);
        self.changed.notify_waiters();
    }

    /// Reads from the start.
    pub(crate) fn read(self: &Arc<Self>) -> Reader {
        Reader {
            log: Arc::clone(self),
            after: 0,
        }
    }

    /// The id of an event of this stream; 0 opens it.
    pub(crate) fn event_id(&self, event: u64) -> String {
        format!("{}-{event}", self.number)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first event after this one: `Err` while there is none yet, `Ok(None)` if none follows.
    fn after(&self, after: u64) -> Result<Option<(u64, Arc<Message>)>, ()> {
        let state = self.state();
        let next = state.events.iter().find(|(number, _)| *number > after);
        match next {
            Some((number, message)) => Ok(Some((*number, Arc::clone(message)))),
            None if state.ended.is_some() => Ok(None),
            None => Err(()),
        }
    }
}

impl Reader {
    /// The next event with its number; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<(u64, Arc<Message>)> {
        loop {
            let changed = self.log.changed.notified();
            if let Ok(next) = self.log.after(self.after) {
                self.after = next.as_ref().map_or(self.after, |(number, _)| *number);
                return next;
            }
            changed.await;
        }
    }

    /// The last event that was read.
    pub(crate) fn position(&self) -> u64 {
        self.after
    }

    /// The stream that is read.
    pub(crate) fn log(&self) -> &Arc<StreamLog> {
        &self.log
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(log: &StreamLog, method: &str) {
        log.push(Message::notification(method, None));
    }

    async fn rest(mut reader: Reader) -> Vec<String> {
        let mut methods = Vec::new();
        while let Some((_, message)) = reader.next().await {
            if let Message::Notification(notification) = &*message {
                methods.push(notification.method.clone());
            }
        }
        methods
    }

    #[tokio::test]
    async fn a_stream_is_taken_up_where_it_was_lost() {
        let streams = Streams::default();
        let log = streams.begin();
        for method in ["a", "b", "c"] {
            say(&log, method);
        }
        log.end();
        assert_eq!(rest(log.read()).await, ["a", "b", "c"]);
        let resumed = streams.resume(&log.event_id(2)).expect("known");
        assert_eq!(rest(resumed).await, ["c"]);
        assert!(streams.resume("7-1").is_none());
        assert!(streams.resume("x").is_none());
        streams.forget(&log);
        assert!(streams.resume(&log.event_id(2)).is_none());
    }

    #[tokio::test]
    async fn a_reader_waits_for_what_is_still_to_come() {
        let streams = Streams::default();
        let log = streams.begin();
        let later = async {
            say(&log, "a");
            log.end();
        };
        let (read, ()) = tokio::join!(rest(log.read()), later);
        assert_eq!(read, ["a"]);
    }

    #[tokio::test]
    async fn what_is_kept_is_bounded() {
        let streams = Streams::default();
        let log = streams.begin();
        for number in 0..MAX_EVENTS + 5 {
            say(&log, &number.to_string());
        }
        log.end();
        assert_eq!(rest(log.read()).await.len(), MAX_EVENTS);
        for _ in 0..KEPT + 10 {
            streams.begin().end();
        }
        streams.begin();
        assert!(streams.lock().streams.len() <= KEPT + 1);
        assert!(streams.resume(&log.event_id(1)).is_none(), "the oldest go");
    }
}

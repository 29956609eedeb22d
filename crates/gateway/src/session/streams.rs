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

/// Streams that have ended are kept for so long, and so many of them; together they hold no more
/// than a single one may.
const KEPT_FOR: Duration = Duration::from_mins(2);
const KEPT: usize = 32;

/// All streams of one session.
#[derive(Default)]
pub(crate) struct Streams(Mutex<Open>);

#[derive(Default)]
struct Open {
    next: u64,
    streams: BTreeMap<u64, Arc<StreamLog>>,
    /// Whether somebody forgets in time what has ended.
    tidied: bool,
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
    /// Counts those who have begun to read; only the last of them goes on.
    readers: u64,
}

/// Reads a stream from some event on, until another does.
pub(crate) struct Reader {
    log: Arc<StreamLog>,
    after: u64,
    number: u64,
}

/// What there is to read of a stream at the moment.
enum Next {
    Event(u64, Arc<Message>),
    /// Something may follow.
    NotYet,
    /// Nothing follows, or another reads on.
    Over,
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

    /// Whether an id is one of those that events of such streams have.
    pub(crate) fn names_event(event_id: &str) -> bool {
        parse(event_id).is_some()
    }

    /// Takes a stream up after the event of this id; `None` if nothing of it can follow (any
    /// more).
    pub(crate) fn resume(&self, event_id: &str) -> Option<Reader> {
        let (stream, after) = parse(event_id)?;
        let log = Arc::clone(self.lock().streams.get(&stream)?);
        let reader = log.read_after(after);
        (!matches!(reader.look(), Next::Over)).then_some(reader)
    }

    /// Forgets what has ended as its time comes, until there is no more; at once where somebody
    /// already does.
    pub(crate) async fn tidy(&self) {
        self.tidy_every(KEPT_FOR).await;
    }

    async fn tidy_every(&self, pause: Duration) {
        if std::mem::replace(&mut self.lock().tidied, true) {
            return;
        }
        loop {
            tokio::time::sleep(pause).await;
            let mut open = self.lock();
            open.forget_old();
            if !open.streams.values().any(|log| log.state().ended.is_some()) {
                open.tidied = false;
                return;
            }
        }
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
        let (mut kept, mut bytes) = (0, 0);
        let mut old = Vec::new();
        for (number, log) in self.streams.iter().rev() {
            let state = log.state();
            let Some(ended) = state.ended else { continue };
            kept += 1;
            bytes += state.bytes;
            let too_much = kept > KEPT || kept > 1 && bytes > MAX_BYTES;
            if too_much || ended.elapsed() >= KEPT_FOR {
                old.push(*number);
            }
        }
        for number in old {
            self.streams.remove(&number);
        }
    }
}

/// The stream and the event that an id names.
fn parse(event_id: &str) -> Option<(u64, u64)> {
    let (stream, event) = event_id.split_once('-')?;
    Some((stream.parse().ok()?, event.parse().ok()?))
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
        self.read_after(0)
    }

    /// Reads on after an event; whoever reads already stops, for every message is to be sent on
    /// one connection only.
    fn read_after(self: &Arc<Self>, after: u64) -> Reader {
        let number = {
            let mut state = self.state();
            state.readers += 1;
            state.readers
        };
        self.changed.notify_waiters();
        let log = Arc::clone(self);
        Reader { log, after, number }
    }

    /// The id of an event of this stream; 0 opens it.
    pub(crate) fn event_id(&self, event: u64) -> String {
        format!("{}-{event}", self.number)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    /// The next event with its number; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<(u64, Arc<Message>)> {
        loop {
            let changed = self.log.changed.notified();
            match self.look() {
                Next::Event(number, message) => {
                    self.after = number;
                    return Some((number, message));
                }
                Next::Over => return None,
                Next::NotYet => changed.await,
            }
        }
    }

    fn look(&self) -> Next {
        let state = self.log.state();
        if state.readers != self.number {
            return Next::Over;
        }
        let first = state.events.front().map_or(0, |(number, _)| *number);
        let skip = self.after.saturating_add(1).saturating_sub(first);
        let next = usize::try_from(skip).ok();
        match next.and_then(|next| state.events.get(next)) {
            Some((number, message)) => Next::Event(*number, Arc::clone(message)),
            None if state.ended.is_some() => Next::Over,
            None => Next::NotYet,
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
        let whole = streams.resume(&log.event_id(3));
        assert!(whole.is_none(), "nothing follows");
        for unknown in ["7-1", "x", "0-18446744073709551615", "0-x", "news-1", ""] {
            assert!(streams.resume(unknown).is_none(), "{unknown}");
        }
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
    async fn only_the_last_reader_reads_on() {
        let streams = Streams::default();
        let log = streams.begin();
        say(&log, "a");
        let mut first = log.read();
        assert!(first.next().await.is_some());
        let (left, read) = tokio::join!(first.next(), async {
            let second = streams.resume(&log.event_id(1)).expect("known");
            say(&log, "b");
            log.end();
            rest(second).await
        });
        assert!(left.is_none(), "the first has stopped");
        assert_eq!(read, ["b"]);
    }

    #[tokio::test]
    async fn what_has_ended_is_forgotten_in_time() {
        let streams = Streams::default();
        let (over, lasting) = (streams.begin(), streams.begin());
        over.end();
        let tidying = streams.tidy_every(Duration::from_millis(1));
        let mut tidying = std::pin::pin!(tidying);
        assert!(futures_util::poll!(tidying.as_mut()).is_pending());
        assert!(
            futures_util::poll!(std::pin::pin!(streams.tidy())).is_ready(),
            "one is enough"
        );
        over.state().ended = Instant::now().checked_sub(KEPT_FOR);
        tidying.await;
        let kept: Vec<u64> = streams.lock().streams.keys().copied().collect();
        assert_eq!(kept, [lasting.number]);
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
        for _ in 0..3 {
            let large = streams.begin();
            let method = "x".repeat(MAX_BYTES / 2);
            say(&large, &method);
            large.end();
        }
        streams.begin();
        let bytes: usize = (streams.lock().streams.values())
            .map(|log| log.state().bytes)
            .sum();
        assert!(bytes <= MAX_BYTES, "{bytes}");
    }
}

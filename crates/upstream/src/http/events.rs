//! Event streams: reading them to their end, and knowing where to take them up again.

use std::time::Duration;

use model::{Problem, SafeUrl};
use reqwest::Response;
use reqwest::header::HeaderValue;
use tokio::sync::mpsc;
use wire::{Message, RequestId, SseEvent, SseParser};

use super::reply::{next_chunk, too_large, unanswered};
use crate::link::{Incoming, MAX_MESSAGE};

/// A broken stream is asked for again after this long, unless the server names another time.
const USUAL_WAIT: Duration = Duration::from_secs(1);

/// What a server may name: less would be a loop, more is as good as never.
const SHORTEST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// Attempts in a row that fail before a stream is given up; each waits twice as long.
const MAX_FAILURES: u32 = 5;

/// Streams in a row that end before they say anything new. A server may end each after a while
/// and expect to be asked again, so it is many.
const MAX_IDLE: u32 = 100;

/// Event ids that are longer are no ids that a header should carry.
const MAX_ID: usize = 4096;

/// How a stream ended.
pub(super) enum End {
    /// What was awaited has come, or nobody listens any more.
    Done,
    /// It ended or broke off; more may have followed.
    Early(Problem),
    /// It holds something that is not taken, and would hold it again.
    TooLarge(Problem),
}

/// Reads one stream after the other that continue each other.
pub(super) struct Reader<'a> {
    url: &'a SafeUrl,
    awaited: Option<&'a RequestId>,
    incoming: &'a mpsc::Sender<Incoming>,
    /// How far it has come.
    pub(super) cursor: Cursor,
}

impl<'a> Reader<'a> {
    /// A reader of the answer to `awaited`, or of a stream without end.
    pub(super) fn new(
        url: &'a SafeUrl,
        awaited: Option<&'a RequestId>,
        incoming: &'a mpsc::Sender<Incoming>,
    ) -> Self {
        Self {
            url,
            awaited,
            incoming,
            cursor: Cursor::default(),
        }
    }

    /// Hands on the messages of a stream, in order, until the answer, its end, or the peer's.
    pub(super) async fn read(&mut self, mut response: Response) -> End {
        let mut parser = SseParser::new(MAX_MESSAGE);
        loop {
            let chunk = match next_chunk(&mut response, self.url).await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return End::Early(unanswered(self.url)),
                Err(problem) => return End::Early(problem),
            };
            let Ok(events) = parser.feed(&chunk) else {
                return End::TooLarge(too_large(self.url));
            };
            for event in events {
                if self.take(&event).await {
                    return End::Done;
                }
            }
        }
    }

    /// Hands on one event, and tells whether it was the last of interest.
    async fn take(&mut self, event: &SseEvent) -> bool {
        self.cursor.advance(event);
        // Events that only say where the stream stands carry no message.
        let Ok(message) = Message::parse(event.data.as_bytes()) else {
            return false;
        };
        self.cursor.idle = 0;
        let (message, answers) = match (message, self.awaited) {
            (Message::Response(mut response), Some(awaited))
                if response.id.as_ref().is_none_or(|id| id == awaited) =>
            {
                response.id = Some(awaited.clone());
                (Message::Response(response), true)
            }
            (message, _) => (message, false),
        };
        let during = self.awaited.cloned();
        let sent = self.incoming.send(Incoming::Message { message, during });
        sent.await.is_err() || answers
    }
}

/// Where a stream stands (HTML standard, server-sent events: last event id, reconnection time).
#[derive(Default)]
pub(super) struct Cursor {
    last_id: Option<HeaderValue>,
    retry: Option<Duration>,
    failures: u32,
    idle: u32,
}

impl Cursor {
    /// The last event's id, where the server gives its events ids.
    pub(super) fn last_id(&self) -> Option<&HeaderValue> {
        self.last_id.as_ref()
    }

    /// How long to wait before the next attempt; `None` once it is no use any more.
    pub(super) fn next_wait(&self) -> Option<Duration> {
        let hopeless = self.failures >= MAX_FAILURES || self.idle >= MAX_IDLE;
        let wait = self.retry.unwrap_or(USUAL_WAIT) * (1 << self.failures.min(MAX_FAILURES));
        (!hopeless).then_some(wait.min(LONGEST_WAIT))
    }

    /// The stream was opened again.
    pub(super) fn opened(&mut self) {
        self.failures = 0;
        self.idle += 1;
    }

    /// The stream could not be opened again for now.
    pub(super) fn failed(&mut self) {
        self.failures += 1;
    }

    /// Forgets the id: what follows it cannot be taken, or the server does not know it.
    pub(super) fn skip(&mut self) {
        self.last_id = None;
    }

    fn advance(&mut self, event: &SseEvent) {
        if let Some(millis) = event.retry {
            let retry = Duration::from_millis(millis);
            self.retry = Some(retry.clamp(SHORTEST_WAIT, LONGEST_WAIT));
        }
        let Some(id) = &event.id else {
            return;
        };
        let usable = !id.is_empty() && id.len() <= MAX_ID;
        let id = usable.then(|| HeaderValue::from_bytes(id.as_bytes()).ok());
        let id = id.flatten();
        if id != self.last_id {
            (self.last_id, self.idle) = (id, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(events: &str) -> Cursor {
        let mut cursor = Cursor::default();
        for event in SseParser::new(100_000)
            .feed(events.as_bytes())
            .expect("small")
        {
            cursor.advance(&event);
        }
        cursor
    }

    fn id_after(events: &str) -> Option<Vec<u8>> {
        after(events).last_id().map(|id| id.as_bytes().to_vec())
    }

    #[test]
    fn the_last_whole_event_says_where_to_go_on() {
        assert_eq!(
            id_after("id: 1\ndata:\n\ndata: x\n\nid: 2\n"),
            Some(b"1".to_vec())
        );
        assert_eq!(
            id_after("id: 1\n\nid: ä\n\n"),
            Some("ä".as_bytes().to_vec())
        );
        assert_eq!(id_after("data: x\n\n"), None);
    }

    #[test]
    fn an_id_that_no_header_carries_is_none() {
        assert_eq!(id_after("id: 1\n\nid:\n\n"), None);
        assert_eq!(id_after("id: a\u{1}b\n\n"), None);
        assert_eq!(
            id_after(&format!("id: {}\n\n", "x".repeat(MAX_ID + 1))),
            None
        );
    }

    #[test]
    fn the_server_names_the_wait_within_reason() {
        for (retry, expected) in [
            ("retry: 500\n\n", Duration::from_millis(500)),
            ("retry: 0\n\n", SHORTEST_WAIT),
            ("retry: 99999999999\n\n", LONGEST_WAIT),
            ("data: x\n\n", USUAL_WAIT),
        ] {
            assert_eq!(after(retry).next_wait(), Some(expected), "{retry}");
        }
    }

    #[test]
    fn failures_wait_longer_and_longer_and_then_end() {
        let mut cursor = after("id: 1\nretry: 500\n\n");
        let mut waits = Vec::new();
        while let Some(wait) = cursor.next_wait() {
            waits.push(wait.as_millis());
            cursor.failed();
        }
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000]);
        cursor.opened();
        assert!(cursor.next_wait().is_some());
    }

    #[test]
    fn a_stream_that_never_moves_on_is_given_up() {
        let mut cursor = after("id: 1\n\n");
        for _ in 0..MAX_IDLE {
            assert_eq!(cursor.next_wait(), Some(USUAL_WAIT));
            cursor.opened();
        }
        assert_eq!(cursor.next_wait(), None);
        let event = SseEvent {
            id: Some("2".to_owned()),
            ..SseEvent::default()
        };
        cursor.advance(&event);
        assert_eq!(cursor.next_wait(), Some(USUAL_WAIT));
    }
}

//! What tests of the doors share: a legacy client in a session of its own, and event streams.

use std::collections::VecDeque;
use std::ops::Deref;

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use testkit::seen::Seen;
use wire::{SseEvent, SseParser};

use super::{Bench, PATIENCE, fake, message, post};

/// The events of an answer, one by one.
pub(super) struct Events {
    body: Body,
    parser: SseParser,
    ready: VecDeque<SseEvent>,
}

impl Events {
    pub(super) fn of(response: Response) -> Self {
        let headers = response.headers();
        assert_eq!(response.status(), 200);
        assert_eq!(headers["content-type"], "text/event-stream");
        assert_eq!(headers["x-accel-buffering"], "no");
        Self {
            body: response.into_body(),
            parser: SseParser::new(1 << 24),
            ready: VecDeque::new(),
        }
    }

    /// The next event; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<SseEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await;
            let frame = frame.expect("in time")?.expect("no error");
            let data = frame.into_data().expect("data");
            self.ready
                .extend(self.parser.feed(&data).expect("not too large"));
        }
    }

    /// The message in the next event, which has one.
    pub(super) async fn message(&mut self) -> Value {
        let event = self.next().await.expect("an event");
        read(&event)
    }

    /// All events until the end.
    pub(super) async fn rest(mut self) -> Vec<SseEvent> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

/// The message in an event.
pub(super) fn read(event: &SseEvent) -> Value {
    serde_json::from_str(&event.data).unwrap_or_else(|_| panic!("no JSON: {event:?}"))
}

/// A gateway in front of one scripted server, `a`, that has every feature, and what that sees.
pub(super) async fn full() -> (Bench, Witness) {
    let file = NamedTempFile::new().expect("a file");
    let seen = Seen::in_file(file.path());
    let server = fake(&["--full", "--events", seen.argument()]);
    let bench = Bench::new(json!({ "a": server })).await;
    (bench, Witness { seen, _file: file })
}

/// What a scripted server saw, while the file with it is kept.
pub(super) struct Witness {
    seen: Seen,
    _file: NamedTempFile,
}

impl Deref for Witness {
    type Target = Seen;

    fn deref(&self) -> &Seen {
        &self.seen
    }
}

/// A legacy client at one path.
pub(super) struct Legacy<'a> {
    pub(super) bench: &'a Bench,
    path: &'static str,
    pub(super) session: String,
}

impl<'a> Legacy<'a> {
    /// Opens a session in this revision, for a client that can be asked anything.
    pub(super) async fn open(bench: &'a Bench, path: &'static str, revision: &str) -> Self {
        let params = initialize(revision);
        let answer = bench
            .send(post(path, &message("initialize", &params), &[]))
            .await;
        let session = answer.header("mcp-session-id").to_owned();
        Self {
            bench,
            path,
            session,
        }
    }

    /// A POST of this message in the session.
    pub(super) fn post(&self, body: &str, accept: &str) -> Request<Body> {
        let headers = [
            ("mcp-session-id", self.session.as_str()),
            ("accept", accept),
        ];
        post(self.path, body, &headers)
    }

    /// A call of a tool, for a client that reads JSON and events.
    pub(super) fn call(&self, tool: &str, arguments: &Value) -> Request<Body> {
        let params =
            json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": "p" } });
        self.post(
            &message("tools/call", &params),
            "application/json, text/event-stream",
        )
    }

    /// A GET of the session's stream, or of the one on which this event was.
    pub(super) fn get(&self, last: Option<&str>) -> Request<Body> {
        let request = Request::get(self.path)
            .header("mcp-session-id", &self.session)
            .header("accept", "text/event-stream");
        let request = match last {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        request.body(Body::empty()).expect("a request")
    }

    /// Sends a message that has no answer.
    pub(super) async fn tell(&self, message: &Value) {
        let sent = self.post(&message.to_string(), "application/json, text/event-stream");
        assert_eq!(self.bench.send(sent).await.status, 202);
    }
}

/// The parameters of `initialize` of a client that can be asked anything.
pub(super) fn initialize(revision: &str) -> Value {
    json!({
        "protocolVersion": revision,
        "clientInfo": { "name": "test", "version": "1" },
        "capabilities": { "elicitation": {}, "sampling": {}, "roots": {} },
    })
}

/// The answer to a question that was asked by a form.
pub(super) fn accepted(question: &Value) -> Value {
    let result = json!({ "action": "accept", "content": { "answer": "yes" } });
    json!({ "jsonrpc": "2.0", "id": question["id"], "result": result })
}

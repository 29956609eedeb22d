//! An HTTP server in this process that answers as a test wants, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::PATIENCE;

/// One request as it came in.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) verb: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    /// The message; null if there was none.
    pub(super) message: Value,
}

impl Seen {
    /// The method of the message, or the verb of a request without one.
    pub(super) fn method(&self) -> &str {
        self.message["method"]
            .as_str()
            .unwrap_or(self.verb.as_str())
    }

    pub(super) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    /// A result for this request as JSON.
    pub(super) fn result(&self, result: &Value) -> Response {
        json_response(&json!({ "jsonrpc": "2.0", "id": self.message["id"], "result": result }))
    }

    /// An error for this request as JSON.
    pub(super) fn error(&self, status: u16, code: i64) -> Response {
        let error = json!({ "code": code, "message": "refused" });
        let body = json!({ "jsonrpc": "2.0", "id": self.message["id"], "error": error });
        (status_of(status), json_response(&body)).into_response()
    }

    /// What a modern server answers.
    pub(super) fn modern(&self) -> Response {
        match self.method() {
            "server/discover" => self.result(&json!({
                "resultType": "complete", "supportedVersions": ["2026-07-28"],
                "capabilities": { "tools": {} },
            })),
            "tools/list" => self.result(&json!({ "tools": [tool("t")] })),
            "tools/call" => self.result(&json!({ "content": [] })),
            _ => status_of(405).into_response(),
        }
    }

    /// What a legacy server without sessions answers.
    pub(super) fn legacy(&self) -> Response {
        match self.method() {
            "server/discover" => self.error(200, -32601),
            "initialize" => self.result(&json!({
                "protocolVersion": "2025-06-18", "capabilities": { "tools": {} },
                "serverInfo": { "name": "old", "version": "1" },
            })),
            "notifications/initialized" => status_of(202).into_response(),
            _ => self.modern(),
        }
    }
}

type Answer = Arc<dyn Fn(Seen) -> BoxFuture<'static, Response> + Send + Sync>;

/// The server; it ends with this value.
pub(super) struct Origin {
    base: String,
    seen: watch::Sender<Vec<Seen>>,
    _serving: JoinSet<()>,
}

#[derive(Clone)]
struct Shared {
    seen: watch::Sender<Vec<Seen>>,
    answer: Answer,
}

impl Origin {
    /// Answers every request by itself.
    pub(super) async fn new(answer: impl Fn(&Seen) -> Response + Send + Sync + 'static) -> Self {
        Self::slow(move |seen| {
            let response = answer(&seen);
            Box::pin(std::future::ready(response))
        })
        .await
    }

    /// Answers every request in its own time.
    pub(super) async fn slow(
        answer: impl Fn(Seen) -> BoxFuture<'static, Response> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen = watch::Sender::new(Vec::new());
        let shared = Shared {
            seen: seen.clone(),
            answer: Arc::new(answer),
        };
        let app = Router::new().fallback(take).with_state(shared);
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self {
            base: format!("http://{address}"),
            seen,
            _serving: serving,
        }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The entry of a server at `/mcp`.
    pub(super) fn entry(&self) -> Value {
        json!({ "url": self.url("/mcp"), "headers": { "Authorization": "Bearer secret" } })
    }

    /// All requests so far whose message has this method, or that have this verb.
    pub(super) fn seen(&self, method: &str) -> Vec<Seen> {
        let all = self.seen.borrow();
        all.iter()
            .filter(|seen| seen.method() == method)
            .cloned()
            .collect()
    }

    /// The methods of all requests so far.
    pub(super) fn methods(&self) -> Vec<String> {
        let all = self.seen.borrow();
        all.iter().map(|seen| seen.method().to_owned()).collect()
    }

    /// Waits for a request of this method, and returns the first.
    pub(super) async fn wait_for(&self, method: &str) -> Seen {
        self.wait_for_number(method, 1).await
    }

    /// Waits for so many requests of this method, and returns the first.
    pub(super) async fn wait_for_number(&self, method: &str, number: usize) -> Seen {
        let mut seen = self.seen.subscribe();
        let enough = |all: &Vec<Seen>| {
            let these = all.iter().filter(|seen| seen.method() == method);
            these.count() >= number
        };
        let came = seen.wait_for(enough);
        let came = tokio::time::timeout(PATIENCE, came).await;
        drop(came.expect("it comes").expect("the origin lives"));
        self.seen(method).remove(0)
    }
}

async fn take(
    State(shared): State<Shared>,
    verb: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let seen = Seen {
        verb,
        path: uri.path().to_owned(),
        headers,
        message: serde_json::from_slice(&body).unwrap_or_default(),
    };
    shared.seen.send_modify(|all| all.push(seen.clone()));
    (shared.answer)(seen).await
}

pub(super) fn tool(name: &str) -> Value {
    json!({ "name": name, "inputSchema": { "type": "object" } })
}

pub(super) fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a status")
}

pub(super) fn json_response(body: &Value) -> Response {
    ([("content-type", "application/json")], body.to_string()).into_response()
}

/// A stream of these events, each as it would stand on the wire.
pub(super) fn events(events: &[String]) -> Response {
    let body = events.join("\n\n") + "\n\n";
    ([("content-type", "text/event-stream")], body).into_response()
}

/// The event that carries this message.
pub(super) fn event(message: &Value) -> String {
    format!("event: message\ndata: {message}")
}

/// A stream whose events are sent later; it ends when the sender is dropped.
pub(super) fn open_stream() -> (tokio::sync::mpsc::Sender<String>, Response) {
    let (sender, receiver) = tokio::sync::mpsc::channel::<String>(16);
    let chunks = futures_util::stream::unfold(receiver, |mut receiver| async {
        let event: String = receiver.recv().await?;
        Some((format!("{event}\n\n"), receiver))
    });
    let body = Body::from_stream(chunks.map(Ok::<_, std::convert::Infallible>));
    let response = ([("content-type", "text/event-stream")], body).into_response();
    (sender, response)
}

/// A place for something that one request leaves behind for another.
pub(super) type Slot<T> = Arc<Mutex<Option<T>>>;

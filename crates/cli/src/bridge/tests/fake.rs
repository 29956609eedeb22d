//! A small gateway on a real socket, which comes and goes.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures_util::stream;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use local_socket::Listener;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// What the gateway has seen: method, headers, body.
pub(super) type Seen = (String, HeaderMap, Value);

/// The gateway's side: one life of it.
#[derive(Clone, Default)]
pub(super) struct Gateway {
    session: &'static str,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// Fires when a request that never ends has arrived.
    pub(super) hangs: Arc<Notify>,
    /// Fires when such a request was given up by the client.
    pub(super) dropped: Arc<Notify>,
}

impl Gateway {
    pub(super) fn named(session: &'static str) -> Self {
        Self {
            session,
            ..Self::default()
        }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("not poisoned").clone()
    }

    /// The JSON-RPC methods it was asked for, and `DELETE`.
    pub(super) fn methods(&self) -> Vec<String> {
        let name = |(http, _, body): Seen| match body["method"].as_str() {
            Some(method) => method.to_owned(),
            None => http,
        };
        self.seen()
            .into_iter()
            .map(name)
            .filter(|method| method != "GET")
            .collect()
    }

    pub(super) fn header(&self, method: &str, name: &str) -> Option<String> {
        let (_, headers, _) = self
            .seen()
            .into_iter()
            .find(|(_, _, b)| b["method"] == method)?;
        headers
            .get(name)
            .map(|value| value.to_str().expect("ASCII").to_owned())
    }
}

/// Fires when it is dropped.
struct OnDrop(Arc<Notify>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

async fn serve_mcp(
    State(gateway): State<Gateway>,
    method: axum::http::Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let session = headers.get("mcp-session-id").cloned();
    let legacy = body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"].is_null();
    let seen = (method.to_string(), headers, body.clone());
    gateway.seen.lock().expect("not poisoned").push(seen);
    let known = session.is_some_and(|session| session == gateway.session);
    let rpc = body["method"].as_str().unwrap_or_default().to_owned();
    if legacy && rpc != "initialize" && !known {
        return StatusCode::NOT_FOUND.into_response();
    }
    match method.as_str() {
        "DELETE" => StatusCode::NO_CONTENT.into_response(),
        "GET" => sse(
            vec![json!({"jsonrpc": "2.0", "method": "notifications/hello"})],
            true,
        ),
        _ if body["id"].is_null() || rpc.is_empty() => StatusCode::ACCEPTED.into_response(),
        _ => answer_request(&gateway, &rpc, &body).await,
    }
}

async fn answer_request(gateway: &Gateway, rpc: &str, body: &Value) -> Response {
    let answer = |result: Value| json!({"jsonrpc": "2.0", "id": body["id"], "result": result});
    match (rpc, body["params"]["name"].as_str()) {
        ("initialize", _) => {
            let reply = answer(json!({"protocolVersion": "2025-06-18"})).to_string();
            let session = HeaderValue::from_static(gateway.session);
            let kind = (
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
            let session = ("mcp-session-id".parse().expect("a name"), session);
            ([kind, session], reply).into_response()
        }
        (_, Some("stream")) => {
            let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress"});
            sse(vec![progress, answer(json!({"via": "stream"}))], false)
        }
        (_, Some("hang")) | ("subscriptions/listen", _) => {
            let _told = OnDrop(Arc::clone(&gateway.dropped));
            gateway.hangs.notify_one();
            std::future::pending().await
        }
        (_, Some("refused")) => (StatusCode::FORBIDDEN, "not from here").into_response(),
        _ => {
            let text = serde_json::to_string_pretty(&answer(json!({"echo": body["params"]})));
            let kind = [(header::CONTENT_TYPE, "application/json")];
            (kind, text.expect("serialises")).into_response()
        }
    }
}

/// An answer of events; `open` keeps it from ending.
fn sse(messages: Vec<Value>, open: bool) -> Response {
    let events = messages
        .into_iter()
        .map(|message| format!("data: {message}\n\n"));
    let events = stream::iter(
        events
            .map(Ok::<_, std::convert::Infallible>)
            .collect::<Vec<_>>(),
    );
    let kind = [(header::CONTENT_TYPE, "text/event-stream")];
    if open {
        let body = futures_util::StreamExt::chain(events, stream::pending());
        return (kind, axum::body::Body::from_stream(body)).into_response();
    }
    (kind, axum::body::Body::from_stream(events)).into_response()
}

/// A directory with a socket, on which gateways come and go.
pub(super) struct Place {
    dir: TempDir,
    life: JoinSet<()>,
}

impl Place {
    pub(super) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().expect("a temporary directory"),
            life: JoinSet::new(),
        }
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.dir.path().join("s")
    }

    pub(super) fn start(&mut self, gateway: &Gateway) {
        let listener = Listener::bind(&self.socket()).expect("binds");
        let router = Router::new()
            .route("/mcp", any(serve_mcp))
            .with_state(gateway.clone());
        self.life.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok(stream) = listener.accept().await {
                let service = TowerToHyperService::new(router.clone());
                open.spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
    }

    pub(super) async fn restart(&mut self, gateway: &Gateway) {
        self.life.shutdown().await;
        self.start(gateway);
    }
}

//! The Streamable HTTP transport: stateless requests of 2026-07-28, sessions of the revisions
//! before it, with answers as JSON or as event streams.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::event_stream;
use super::exchange::{Connection, Reply};
use super::server::{FakeServer, META_VERSION};

/// What all requests share.
struct Endpoint {
    server: Arc<FakeServer>,
    sessions: Mutex<Sessions>,
    /// Takes the exit code when a tool call ends the process.
    exit: mpsc::Sender<u8>,
}

/// Sessions by their id, with the number of calls each has made.
#[derive(Default)]
struct Sessions {
    opened: u64,
    calls: HashMap<String, u64>,
}

/// Serves `/mcp` at the port, or at any for 0, and prints the URL.
pub(super) async fn serve(server: Arc<FakeServer>, port: u16) -> io::Result<ExitCode> {
    let (exit, exited) = mpsc::channel(1);
    let endpoint = Endpoint {
        server,
        sessions: Mutex::default(),
        exit,
    };
    let routes = post(receive).get(listen).delete(close);
    let app = Router::new()
        .route("/mcp", routes)
        .with_state(Arc::new(endpoint));
    run(app, port, "mcp", exited).await
}

/// Runs an application at a port until a code to exit with arrives.
pub(super) async fn run(
    app: Router,
    port: u16,
    path: &str,
    mut exited: mpsc::Receiver<u8>,
) -> io::Result<ExitCode> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    writeln!(io::stdout(), "http://{}/{path}", listener.local_addr()?)?;
    tokio::select! {
        served = axum::serve(listener, app).into_future() => served.map(|()| ExitCode::SUCCESS),
        code = exited.recv() => Ok(ExitCode::from(code.unwrap_or(0))),
    }
}

async fn receive(
    State(endpoint): State<Arc<Endpoint>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(refusal) = endpoint.refuse_all(&headers) {
        return refusal;
    }
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return failure(StatusCode::BAD_REQUEST, &Value::Null, -32700, "Parse error");
    };
    if let Err(refusal) = endpoint.check(&message, &headers) {
        return *refusal;
    }
    if message.get("id").is_none() || message.get("method").is_none() {
        return StatusCode::ACCEPTED.into_response();
    }
    answer(endpoint, message).await
}

/// The legacy stream on which the server speaks by itself.
async fn listen(State(endpoint): State<Arc<Endpoint>>, headers: HeaderMap) -> Response {
    if let Some(refusal) = endpoint.refuse_all(&headers) {
        return refusal;
    }
    if !endpoint.server.options().is_legacy() {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    if let Err(refusal) = endpoint.check_session(&Value::Null, &headers) {
        return *refusal;
    }
    let (outbox, lines) = mpsc::channel(16);
    let connection = Connection::new(outbox);
    connection.initialized.store(true, Ordering::Relaxed);
    event_stream::respond(None, lines, async move {
        endpoint.server.report_changes(&connection).await;
        None
    })
}

/// Ends a session.
async fn close(State(endpoint): State<Arc<Endpoint>>, headers: HeaderMap) -> Response {
    let id = text(&headers, "mcp-session-id");
    let mut sessions = endpoint
        .sessions
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    match sessions.calls.remove(id) {
        Some(_) => StatusCode::OK.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn answer(endpoint: Arc<Endpoint>, message: Value) -> Response {
    let streams = endpoint.server.options().sse || message["method"] == "subscriptions/listen";
    let opens = message["method"] == "initialize";
    let (outbox, lines) = mpsc::channel(16);
    let connection = Connection::new(outbox);
    // The session, or the era, was checked before.
    connection.initialized.store(!opens, Ordering::Relaxed);
    let session = opens.then(|| endpoint.open_session());
    let mut response = if streams {
        let work = async move { line(&endpoint, &message, &connection).await };
        event_stream::respond(None, lines, work)
    } else {
        // Nobody takes what is no answer.
        drop(lines);
        match line(&endpoint, &message, &connection).await {
            Some(line) => (
                status_of(&line),
                [(header::CONTENT_TYPE, "application/json")],
                line,
            )
                .into_response(),
            None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    };
    if let Some(session) = session.and_then(|id| id.parse().ok()) {
        response.headers_mut().insert("mcp-session-id", session);
    }
    response
}

async fn line(endpoint: &Endpoint, message: &Value, connection: &Connection) -> Option<String> {
    match endpoint.server.answer(message, connection).await {
        Reply::Line(line) => Some(line),
        Reply::Nothing => None,
        Reply::Exit(code) => {
            // A full channel means that the process already ends.
            let _ = endpoint.exit.send(code).await;
            std::future::pending().await
        }
    }
}

impl Endpoint {
    /// Refuses every request when the options say so.
    fn refuse_all(&self, headers: &HeaderMap) -> Option<Response> {
        let options = self.server.options();
        if let Some(status) = options.status {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Some((status, "refused, as asked").into_response());
        }
        let (name, value) = options.require_header.as_deref()?.split_once('=')?;
        if text(headers, name) == value {
            return None;
        }
        Some(failure(
            StatusCode::UNAUTHORIZED,
            &Value::Null,
            -32001,
            "Missing or wrong header",
        ))
    }

    /// Checks a message's era and session.
    fn check(&self, message: &Value, headers: &HeaderMap) -> Result<(), Box<Response>> {
        if !message["params"]["_meta"][META_VERSION].is_null() {
            return check_headers(message, headers);
        }
        if message["method"] == "initialize" {
            return Ok(());
        }
        self.check_session(message, headers)
    }

    fn check_session(&self, message: &Value, headers: &HeaderMap) -> Result<(), Box<Response>> {
        let id = text(headers, "mcp-session-id");
        let refuse =
            |status, reason| Err(Box::new(failure(status, &message["id"], -32600, reason)));
        if id.is_empty() {
            return refuse(StatusCode::BAD_REQUEST, "Mcp-Session-Id is missing");
        }
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(calls) = sessions.calls.get_mut(id) else {
            return refuse(StatusCode::NOT_FOUND, "No such session");
        };
        if message["method"] == "tools/call" {
            *calls += 1;
        }
        if self
            .server
            .options()
            .session_expires_after
            .is_some_and(|limit| *calls > limit)
        {
            sessions.calls.remove(id);
            return refuse(StatusCode::NOT_FOUND, "The session has expired");
        }
        Ok(())
    }

    fn open_session(&self) -> String {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.opened += 1;
        let id = format!("session-{}-{}", std::process::id(), sessions.opened);
        sessions.calls.insert(id.clone(), 0);
        id
    }
}

/// The headers must repeat what the body says (transports, "Standard Headers", 2026-07-28).
fn check_headers(message: &Value, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let params = &message["params"];
    let mut expected = vec![
        ("mcp-protocol-version", &params["_meta"][META_VERSION]),
        ("mcp-method", &message["method"]),
    ];
    if message["method"] == "tools/call" {
        expected.push(("mcp-name", &params["name"]));
    }
    match expected
        .iter()
        .find(|(name, value)| *value != text(headers, name))
    {
        None => Ok(()),
        Some((name, _)) => {
            let reason = format!("Header mismatch: {name}");
            Err(Box::new(failure(
                StatusCode::BAD_REQUEST,
                &message["id"],
                -32020,
                &reason,
            )))
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// The status that goes with an answer of the stateless era; legacy servers use the same here.
fn status_of(line: &str) -> StatusCode {
    let answer: Value = serde_json::from_str(line).unwrap_or_default();
    match answer["error"]["code"].as_i64() {
        Some(-32601) => StatusCode::NOT_FOUND,
        Some(-32022..=-32020) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    }
}

fn failure(status: StatusCode, id: &Value, code: i64, reason: &str) -> Response {
    let body = json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": reason}});
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        body.to_string(),
    )
        .into_response()
}

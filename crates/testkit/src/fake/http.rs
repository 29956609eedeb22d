//! The Streamable HTTP transport: stateless requests of 2026-07-28, sessions of the revisions
//! before it, with answers as JSON or as event streams.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::event_stream::{First, Telling, message};
use super::exchange::{Connection, Incoming, META_VERSION, Reply};
use super::server::FakeServer;
use super::session::Session;

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
    open: HashMap<String, (Arc<Session>, u64)>,
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
    // Small events would wait for the client's acknowledgement of the ones before them.
    let listener = listener.tap_io(|stream| {
        // A connection that is gone needs no option.
        let _ = stream.set_nodelay(true);
    });
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
    let Some(incoming) = std::str::from_utf8(&body).ok().and_then(Incoming::parse) else {
        return failure(StatusCode::BAD_REQUEST, &Value::Null, -32700, "Parse error");
    };
    match endpoint.check(&incoming, &headers) {
        Ok(session) => answer(endpoint, incoming, session, &headers).await,
        Err(refusal) => *refusal,
    }
}

/// The legacy stream on which the server speaks by itself.
async fn listen(State(endpoint): State<Arc<Endpoint>>, headers: HeaderMap) -> Response {
    if let Some(refusal) = endpoint.refuse_all(&headers) {
        return refusal;
    }
    if !endpoint.server.options().is_legacy() {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let session = match endpoint.check_session(&Value::Null, &headers) {
        Ok(session) => session,
        Err(refusal) => return *refusal,
    };
    let (outbox, lines) = mpsc::channel(16);
    let connection = Connection::new(outbox, session);
    let telling = Telling::new(lines, async move {
        endpoint.server.report_news(&connection).await;
        None
    });
    telling.respond(None)
}

/// Ends a session.
async fn close(State(endpoint): State<Arc<Endpoint>>, headers: HeaderMap) -> Response {
    let id = text(&headers, "mcp-session-id");
    match endpoint.sessions().open.remove(id) {
        Some(_) => {
            endpoint.server.journal.note("end");
            StatusCode::OK.into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Answers with JSON, or with a stream if there is more to say or the options want one.
async fn answer(
    endpoint: Arc<Endpoint>,
    incoming: Incoming,
    session: Arc<Session>,
    headers: &HeaderMap,
) -> Response {
    let is_request = !incoming.method().is_empty() && incoming.message.get("id").is_some();
    let streams = endpoint.server.options().sse || incoming.method() == "subscriptions/listen";
    let opened = (incoming.method() == "initialize").then(|| endpoint.open(&session));
    let (outbox, lines) = mpsc::channel(16);
    let connection = Connection::new(outbox, session);
    let headers = protocol_headers(headers);
    let work = async move { line(&endpoint, incoming, &connection, &headers).await };
    let mut telling = Telling::new(lines, work);
    let mut response = if is_request && streams {
        telling.respond(None)
    } else {
        match telling.first().await {
            First::Line(line) => telling.respond(Some(message(&line))),
            First::Last(Some(line)) => {
                let content_type = [(header::CONTENT_TYPE, "application/json")];
                (status_of(&line), content_type, line).into_response()
            }
            First::Last(None) => StatusCode::ACCEPTED.into_response(),
        }
    };
    if let Some(id) = opened.and_then(|id| id.parse().ok()) {
        response.headers_mut().insert("mcp-session-id", id);
    }
    response
}

async fn line(
    endpoint: &Endpoint,
    incoming: Incoming,
    connection: &Connection,
    headers: &Value,
) -> Option<String> {
    match endpoint.server.receive(incoming, connection, headers).await {
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

    /// Checks a message's era and session, and finds or makes what it belongs to.
    fn check(
        &self,
        incoming: &Incoming,
        headers: &HeaderMap,
    ) -> Result<Arc<Session>, Box<Response>> {
        if incoming.is_modern() {
            check_headers(&incoming.message, headers)?;
            let session = self.server.session();
            // Nothing has to come before a stateless request.
            session.greet("null");
            return Ok(session);
        }
        if incoming.method() == "initialize" {
            return Ok(self.server.session());
        }
        self.check_session(&incoming.message, headers)
    }

    fn check_session(
        &self,
        message: &Value,
        headers: &HeaderMap,
    ) -> Result<Arc<Session>, Box<Response>> {
        let id = text(headers, "mcp-session-id");
        let options = self.server.options();
        let refuse = |code: u16, reason| {
            let status = StatusCode::from_u16(code).unwrap_or(StatusCode::NOT_FOUND);
            Err(Box::new(failure(status, &message["id"], -32600, reason)))
        };
        let gone = |reason| match options.forget_session_with {
            400 => refuse(400, "No valid session ID provided"),
            code => refuse(code, reason),
        };
        if id.is_empty() {
            return refuse(400, "Mcp-Session-Id is missing");
        }
        let mut sessions = self.sessions();
        let Some((session, calls)) = sessions.open.get_mut(id) else {
            return gone("No such session");
        };
        if message["method"] == "tools/call" {
            *calls += 1;
        }
        let limit = options.session_expires_after;
        if limit.is_none_or(|limit| *calls <= limit) {
            return Ok(session.clone());
        }
        sessions.open.remove(id);
        gone("The session has expired")
    }

    /// Gives a session an id.
    fn open(&self, session: &Arc<Session>) -> String {
        let mut sessions = self.sessions();
        sessions.opened += 1;
        let id = format!("session-{}-{}", std::process::id(), sessions.opened);
        sessions.open.insert(id.clone(), (session.clone(), 0));
        id
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The headers must repeat what the body says (transports, "Standard Headers", 2026-07-28).
fn check_headers(message: &Value, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let params = &message["params"];
    let mut expected = vec![
        ("mcp-protocol-version", &params["_meta"][META_VERSION]),
        ("mcp-method", &message["method"]),
    ];
    match message["method"].as_str().unwrap_or_default() {
        "tools/call" | "prompts/get" => expected.push(("mcp-name", &params["name"])),
        "resources/read" => expected.push(("mcp-name", &params["uri"])),
        task if task.starts_with("tasks/") => expected.push(("mcp-name", &params["taskId"])),
        _ => {}
    }
    if params["name"] == "routed" && !params["arguments"]["region"].is_null() {
        expected.push(("mcp-param-region", &params["arguments"]["region"]));
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

/// The protocol's own headers.
fn protocol_headers(headers: &HeaderMap) -> Value {
    let own = headers.keys().map(header::HeaderName::as_str);
    own.filter(|name| name.starts_with("mcp-"))
        .map(|name| (name.to_owned(), Value::from(text(headers, name))))
        .collect()
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

//! The doors towards clients: Streamable HTTP of both eras, the HTTP+SSE pair before it, and
//! WebSocket, all for the same faces.
//!
//! Every POST is answered by itself. Legacy clients open a session first; modern requests stand
//! alone. The GET stream of a legacy session carries what changes by itself.

mod admission;
mod answering;
mod batch;
mod conversation;
mod http_answer;
mod legacy;
mod listen;
mod modern;
mod pair;
mod param_headers;
mod post;
mod websocket;

use std::sync::Arc;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, Request, State};
use axum::http::header::{ACCEPT, ALLOW};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use fleet::{Catalog, Pass};
use wire::{HEADER_PROTOCOL_VERSION, HEADER_SESSION, MODERN_REVISION, Notification};

use crate::Gateway;
use crate::face::Face;
use crate::guard::Doorkeeper;
use crate::methods::Asking;
use crate::requester::Requester;
use crate::session::Session;

pub(crate) use pair::Pairs;

/// Largest request taken from a client, in bytes.
const MAX_REQUEST: usize = 10 * 1024 * 1024;

/// Deepest nesting of a message; what lies behind the gateway may overflow on more.
const MAX_DEPTH: usize = 128;

/// All MCP paths, guarded by `keeper`.
pub fn router(gateway: Gateway, keeper: Doorkeeper) -> Router {
    let door = get(open_stream).post(take_message).delete(end_session);
    Router::new()
        .route("/mcp", door.clone())
        .route("/mcp/all", door.clone())
        .route("/mcp/server/{name}", door)
        .route("/ws", get(open_socket))
        .route("/ws/all", get(open_socket))
        .route("/ws/server/{name}", get(open_socket))
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .layer(middleware::from_fn_with_state(
            gateway.clone(),
            admission::admit,
        ))
        .layer(middleware::from_fn_with_state(keeper, guard))
        .with_state(gateway)
}

/// Lets nothing in that the doorkeeper turns away.
pub async fn guard(State(keeper): State<Doorkeeper>, mut request: Request, next: Next) -> Response {
    match keeper.check(request.method(), request.uri(), request.headers()) {
        Ok(()) => {
            request.extensions_mut().insert(keeper);
            next.run(request).await
        }
        Err(rejection) => (rejection.status, rejection.message).into_response(),
    }
}

/// The same for static pages, which a person may also reach by a link on another site.
pub async fn guard_pages(
    State(keeper): State<Doorkeeper>,
    request: Request,
    next: Next,
) -> Response {
    match keeper.check_page(request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(rejection) => (rejection.status, rejection.message).into_response(),
    }
}

/// Who came in, to which face.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) gateway: Gateway,
    pub(crate) face: Face,
    pass: Arc<Pass>,
}

impl Visit {
    fn asking(&self, who: Requester) -> Asking {
        Asking {
            gateway: self.gateway.clone(),
            face: self.face.clone(),
            who,
        }
    }

    /// What of all servers and tools is shown to whoever came in.
    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        self.gateway.fleet().catalog().within(&self.pass.scope)
    }
}

const MISSING: &str = "there is no server of this name; see `toolgate servers list`";
const BEYOND: &str = "this token is not good for a server of this name";

impl FromRequestParts<Gateway> for Visit {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        gateway: &Gateway,
    ) -> Result<Self, Self::Rejection> {
        let Some(pass) = parts.extensions.get::<Arc<Pass>>().cloned() else {
            return Err(StatusCode::UNAUTHORIZED.into_response());
        };
        let visit = |face, pass| Self {
            gateway: gateway.clone(),
            face,
            pass,
        };
        match parts.uri.path() {
            "/mcp" | "/ws" => return Ok(visit(Face::Menu, pass)),
            "/mcp/all" | "/ws/all" => return Ok(visit(Face::All, pass)),
            _ => {}
        }
        let named = Path::<String>::from_request_parts(parts, gateway).await;
        let catalog = gateway.fleet().catalog().within(&pass.scope);
        let server = named
            .ok()
            .and_then(|Path(name)| catalog.server(&name).map(|server| server.name.clone()));
        match server {
            Some(name) => Ok(visit(Face::Server(name), pass)),
            // One that there is and one that there is not look alike.
            None if pass.scope.is_limited() => Err((StatusCode::FORBIDDEN, BEYOND).into_response()),
            None => Err((StatusCode::NOT_FOUND, MISSING).into_response()),
        }
    }
}

async fn take_message(visit: Visit, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let pair = uri.query().and_then(|query| {
        let (key, id) = query.split_once('=')?;
        (key == pair::QUERY_KEY).then_some(id)
    });
    match pair {
        Some(id) => pair::take(&visit, id, body).await,
        None => post::take(&visit, &headers, &body).await,
    }
}

async fn open_stream(visit: Visit, uri: Uri, headers: HeaderMap) -> Response {
    if is_modern(&headers) {
        return not_allowed("send MCP messages by POST");
    }
    if session_id(&headers).is_some() {
        return match legacy::session(&visit, &headers) {
            Ok(session) => legacy::open_stream(&visit, &session, &headers),
            Err((status, error)) => (status, error.message).into_response(),
        };
    }
    // Clients of 2024-11-05 open with a GET; all later ones send their revision, and browsers
    // have nothing to listen to here.
    let asks_for_events = headers.contains_key(ACCEPT) && http_answer::names_events(&headers);
    if asks_for_events && !headers.contains_key(HEADER_PROTOCOL_VERSION) {
        return pair::open(visit, &uri);
    }
    not_allowed("send MCP messages by POST")
}

/// The refusal of a way to ask; POST is always one.
fn not_allowed(message: &'static str) -> Response {
    let allowed = [(ALLOW, "POST")];
    (StatusCode::METHOD_NOT_ALLOWED, allowed, message).into_response()
}

/// The modern era has neither sessions nor streams that are opened by a GET.
fn is_modern(headers: &HeaderMap) -> bool {
    headers
        .get(HEADER_PROTOCOL_VERSION)
        .is_some_and(|revision| revision == MODERN_REVISION)
}

async fn end_session(visit: Visit, headers: HeaderMap) -> Response {
    let id = session_id(&headers).filter(|_| !is_modern(&headers));
    let Some(id) = id else {
        return not_allowed("there is no session to end");
    };
    match legacy::session(&visit, &headers) {
        Ok(_) if visit.gateway.0.sessions.close(id) => StatusCode::NO_CONTENT.into_response(),
        Ok(_) => StatusCode::NOT_FOUND.into_response(),
        Err((status, error)) => (status, error.message).into_response(),
    }
}

async fn open_socket(visit: Visit, upgrade: WebSocketUpgrade) -> Response {
    websocket::open(visit, upgrade)
}

fn session_id(headers: &HeaderMap) -> Option<&str> {
    headers.get(HEADER_SESSION)?.to_str().ok()
}

/// A notification of a client that no request of its own is the subject of.
async fn take_notice(visit: &Visit, session: Option<&Arc<Session>>, notification: &Notification) {
    match (notification.method.as_str(), session) {
        // Said to the gateway itself.
        ("notifications/initialized", _) | (_, None) => {}
        (_, Some(session)) => {
            let asking = visit.asking(session.requester(None));
            asking.notify(notification).await;
        }
    }
}

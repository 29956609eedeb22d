//! The HTTP door: Streamable HTTP towards clients of both eras.
//!
//! Every POST is answered by itself. Legacy clients open a session first; modern requests stand
//! alone. The GET stream of a legacy session carries what changes by itself.

mod post;
mod stream;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use wire::HEADER_SESSION;

use crate::Gateway;
use crate::face::Face;
use crate::guard::Doorkeeper;

/// Largest request taken from a client, in bytes.
const MAX_REQUEST: usize = 10 * 1024 * 1024;

/// All MCP paths, guarded by `keeper`.
pub fn router(gateway: Gateway, keeper: Doorkeeper) -> Router {
    let door = get(open_stream).post(take_message).delete(end_session);
    Router::new()
        .route("/mcp", door.clone())
        .route("/mcp/all", door.clone())
        .route("/mcp/server/{name}", door)
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .layer(middleware::from_fn_with_state(keeper, guard))
        .with_state(gateway)
}

/// Lets nothing in that the doorkeeper turns away.
pub async fn guard(State(keeper): State<Doorkeeper>, request: Request, next: Next) -> Response {
    match keeper.check(request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(rejection) => (rejection.status, rejection.message).into_response(),
    }
}

/// The face that a path names.
struct Chosen(Face);

impl FromRequestParts<Gateway> for Chosen {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        gateway: &Gateway,
    ) -> Result<Self, Self::Rejection> {
        match parts.uri.path() {
            "/mcp" => return Ok(Self(Face::Menu)),
            "/mcp/all" => return Ok(Self(Face::All)),
            _ => {}
        }
        let named = Path::<String>::from_request_parts(parts, gateway).await;
        let server = named
            .ok()
            .and_then(|Path(name)| gateway.fleet().server_named(&name));
        let missing = "there is no server of this name; see `toolgate servers list`";
        server
            .map(|name| Self(Face::Server(name)))
            .ok_or_else(|| (StatusCode::NOT_FOUND, missing).into_response())
    }
}

async fn take_message(
    State(gateway): State<Gateway>,
    Chosen(face): Chosen,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    post::take(&gateway, &face, &headers, &body).await
}

async fn open_stream(
    State(gateway): State<Gateway>,
    Chosen(face): Chosen,
    headers: HeaderMap,
) -> Response {
    match session_id(&headers).map(|id| gateway.0.sessions.get(id)) {
        Some(Some(_)) => stream::open(&gateway, face),
        Some(None) => (StatusCode::NOT_FOUND, "this session has ended").into_response(),
        // Clients of the modern era, and browsers, have nothing to listen to here.
        None => (StatusCode::METHOD_NOT_ALLOWED, "send MCP messages by POST").into_response(),
    }
}

async fn end_session(State(gateway): State<Gateway>, headers: HeaderMap) -> StatusCode {
    match session_id(&headers) {
        Some(id) if gateway.0.sessions.close(id) => StatusCode::NO_CONTENT,
        Some(_) => StatusCode::NOT_FOUND,
        None => StatusCode::METHOD_NOT_ALLOWED,
    }
}

fn session_id(headers: &HeaderMap) -> Option<&str> {
    headers.get(HEADER_SESSION)?.to_str().ok()
}

//! Answers as HTTP responses: JSON where the answer is all there is to say, else an event stream.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _, stream};
use wire::{ErrorObject, Message, Request, code};

/// Comments keep the connection from being taken for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// An answer that takes longer is announced by opening the stream that it will come on.
pub(super) const EARLY: Duration = Duration::from_secs(5);

/// A message as a whole response.
pub(super) fn whole(message: &Message, headers: &HeaderMap) -> Response {
    let status = match message {
        Message::Response(response) => status(response.outcome.as_ref().err()),
        _ => StatusCode::OK,
    };
    if status == StatusCode::OK && wants_only_events(headers) {
        return events(stream::iter([event(message)]));
    }
    json(status, message.to_json())
}

/// The status that goes with an error (MCP 2026-07-28, basic/transports/streamable-http).
fn status(error: Option<&ErrorObject>) -> StatusCode {
    match error.map(|error| error.code) {
        Some(code::METHOD_NOT_FOUND) => StatusCode::NOT_FOUND,
        Some(code::HEADER_MISMATCH | code::MISSING_CAPABILITY | code::UNSUPPORTED_VERSION) => {
            StatusCode::BAD_REQUEST
        }
        _ => StatusCode::OK,
    }
}

pub(super) fn json(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}

/// A refusal of what was posted.
pub(super) fn refuse(
    status: StatusCode,
    request: Option<&Request>,
    error: ErrorObject,
) -> Response {
    let response = wire::Response {
        id: request.map(|request| request.id.clone()),
        outcome: Err(error),
    };
    json(status, response.into_json())
}

/// An event stream as a response.
pub(super) fn events(events: impl Stream<Item = SseEvent> + Send + 'static) -> Response {
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    let mut response = Sse::new(events.map(Ok::<_, Infallible>))
        .keep_alive(keep_alive)
        .into_response();
    // Proxies that buffer would hold back what is meant to arrive now.
    response
        .headers_mut()
        .insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

pub(super) fn event(message: &Message) -> SseEvent {
    SseEvent::default().event("message").data(message.to_json())
}

/// Whether the client reads event streams.
pub(super) fn takes_events(headers: &HeaderMap) -> bool {
    accepts(headers, &["text/event-stream", "text/*", "*/*"])
}

/// Whether the client says in so many words that it reads event streams.
pub(super) fn names_events(headers: &HeaderMap) -> bool {
    accepts(headers, &["text/event-stream"])
}

/// Whether the client reads event streams and nothing else.
fn wants_only_events(headers: &HeaderMap) -> bool {
    takes_events(headers) && !accepts(headers, &["application/json", "application/*", "*/*"])
}

/// Whether one of the kinds is among those that the client names; whoever names none takes all.
fn accepts(headers: &HeaderMap, kinds: &[&str]) -> bool {
    let mut accepted = headers.get_all(ACCEPT).iter().peekable();
    accepted.peek().is_none()
        || accepted
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .map(|kind| kind.split(';').next().unwrap_or_default().trim())
            .any(|kind| kinds.iter().any(|wanted| kind.eq_ignore_ascii_case(wanted)))
}

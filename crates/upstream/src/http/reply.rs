//! What an HTTP response means for the request that was posted.

use std::time::Duration;

use bytes::Bytes;
use model::{Problem, ProblemCode, SafeUrl};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use tokio::sync::mpsc;
use wire::{Message, RequestId, SseParser};

use crate::link::{CallError, Incoming, MAX_MESSAGE};

/// Bytes of an error page that are looked at.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// The kinds of body that a server may answer with.
pub(super) enum Body {
    Json(Response),
    Events(Response),
    /// Nothing to read, as after a notification.
    Empty,
}

/// Sorts a response: a body to read, or an error that says why there is none.
pub(super) async fn sort(response: Response, url: &SafeUrl) -> Result<Body, Refusal> {
    let status = response.status();
    if !status.is_success() {
        return Err(refusal(response, url).await);
    }
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    match kind.map(|kind| {
        kind.split(';')
            .next()
            .unwrap_or(kind)
            .trim()
            .to_ascii_lowercase()
    }) {
        Some(kind) if kind == "application/json" => Ok(Body::Json(response)),
        Some(kind) if kind == "text/event-stream" => Ok(Body::Events(response)),
        _ if status == StatusCode::ACCEPTED || status == StatusCode::NO_CONTENT => Ok(Body::Empty),
        other => {
            let kind = other.unwrap_or_else(|| "nothing".to_owned());
            Err(Refusal::Error(CallError::Http {
                status: status.as_u16(),
                retry_after: None,
                problem: Problem::new(
                    ProblemCode::NotMcp,
                    format!("{url} answered with {kind} instead of an MCP message."),
                    "Check that the URL is the server's MCP endpoint.",
                ),
            }))
        }
    }
}

/// An unsuccessful response: a protocol message in its body, or an HTTP error.
pub(super) enum Refusal {
    Message(Message),
    Error(CallError),
}

async fn refusal(mut response: Response, url: &SafeUrl) -> Refusal {
    let status = response.status();
    let retry_after = retry_after(&response);
    let mut body = Vec::new();
    while body.len() < MAX_ERROR_BODY
        && let Ok(Some(chunk)) = response.chunk().await
    {
        body.extend_from_slice(&chunk);
    }
    let unauthorized = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    if !unauthorized
        && let Ok(message @ Message::Response(_)) = Message::parse(&body)
        && status != StatusCode::NOT_FOUND
    {
        return Refusal::Message(message);
    }
    Refusal::Error(CallError::Http {
        status: status.as_u16(),
        retry_after,
        problem: status_problem(status, url),
    })
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response
        .headers()
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}

fn status_problem(status: StatusCode, url: &SafeUrl) -> Problem {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Problem::new(
            ProblemCode::SignInRequired,
            format!("{url} does not accept our credentials ({status})."),
            "Add or renew its token under `headers`, for example \
             \"Authorization\": \"Bearer ${keyring:name}\".",
        ),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Problem::new(
            ProblemCode::HttpError,
            format!("{url} asks to be left alone for a while ({status})."),
            "Nothing to do; it is tried again later.",
        ),
        _ => Problem::new(
            ProblemCode::HttpError,
            format!("{url} answered {status}."),
            "Check the URL and the server's own log.",
        ),
    }
}

/// A connection that failed, in words.
pub(super) fn connection_error(error: &reqwest::Error, url: &SafeUrl) -> CallError {
    let problem = Problem::new(
        ProblemCode::Unreachable,
        format!("{url} cannot be reached: {}.", root_cause(error)),
        "Check the address, the network and that the server runs.",
    );
    if error.is_connect() {
        CallError::NotDelivered(problem)
    } else {
        CallError::Lost(problem)
    }
}

/// The innermost cause, which names the real trouble (refused, unknown host, bad certificate).
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// Reads a JSON body as one message.
pub(super) async fn read_json(mut response: Response, url: &SafeUrl) -> Result<Message, CallError> {
    let mut body: Vec<u8> = Vec::new();
    while let Some(chunk) = next_chunk(&mut response, url).await? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_MESSAGE {
            return Err(CallError::Lost(too_large(url)));
        }
    }
    Message::parse(&body).map_err(|error| {
        CallError::Lost(Problem::new(
            ProblemCode::NotMcp,
            format!("{url} answered something else than a message: {error}."),
            "Check that the URL is the server's MCP endpoint.",
        ))
    })
}

/// Hands on the messages of an event stream, in order, until it ends or the peer is gone. Returns
/// whether the answer to `awaited` was among them.
pub(super) async fn read_events(
    mut response: Response,
    url: &SafeUrl,
    awaited: Option<&RequestId>,
    incoming: &mpsc::Sender<Incoming>,
) -> Result<bool, CallError> {
    let mut parser = SseParser::new(MAX_MESSAGE);
    let mut answered = false;
    while let Some(chunk) = next_chunk(&mut response, url).await? {
        for event in parser
            .feed(&chunk)
            .map_err(|_| CallError::Lost(too_large(url)))?
        {
            // Priming events carry an id only.
            let Ok(message) = Message::parse(event.data.as_bytes()) else {
                continue;
            };
            answered |= matches!(&message, Message::Response(r) if r.id.as_ref() == awaited);
            if incoming
                .send(Incoming::Message {
                    message,
                    during: awaited.cloned(),
                })
                .await
                .is_err()
            {
                return Ok(true);
            }
        }
        if answered {
            return Ok(true);
        }
    }
    Ok(answered)
}

async fn next_chunk(response: &mut Response, url: &SafeUrl) -> Result<Option<Bytes>, CallError> {
    response.chunk().await.map_err(|error| {
        CallError::Lost(Problem::new(
            ProblemCode::Unreachable,
            format!("The connection to {url} broke: {}.", root_cause(&error)),
            "Try again; the gateway reconnects by itself.",
        ))
    })
}

fn too_large(url: &SafeUrl) -> Problem {
    Problem::new(
        ProblemCode::NotMcp,
        format!("{url} sent a message over the limit of {MAX_MESSAGE} bytes."),
        "Ask it for less at once.",
    )
}

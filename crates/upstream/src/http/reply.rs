//! What an HTTP response means for the message that was posted.

use bytes::Bytes;
use model::{Problem, ProblemCode, SafeUrl};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode};
use wire::Message;

use super::refusal::Refusal;
use crate::link::{CallError, MAX_MESSAGE};

/// The kinds of body that a server may answer with.
pub(super) enum Body {
    Json(Response),
    Events(Response),
    /// Nothing to read, as after a notification.
    Empty,
}

/// Why there is no body to read.
pub(super) enum Failure {
    /// The server could not be asked, or answered with something else than MCP.
    Error(CallError),
    /// The server said no.
    Refused(Refusal),
}

/// Sorts a response: a body to read, or why there is none.
pub(super) async fn sort(response: Response, url: &SafeUrl) -> Result<Body, Failure> {
    let status = response.status();
    if !status.is_success() {
        return Err(Failure::Refused(Refusal::read(response, url).await));
    }
    match content_type(&response).as_deref() {
        Some("application/json") => Ok(Body::Json(response)),
        Some("text/event-stream") => Ok(Body::Events(response)),
        _ if status == StatusCode::ACCEPTED || status == StatusCode::NO_CONTENT => Ok(Body::Empty),
        other => Err(Failure::Error(CallError::Http {
            status: status.as_u16(),
            retry_after: None,
            problem: Problem::new(
                ProblemCode::NotMcp,
                format!(
                    "{url} answered with {} instead of an MCP message.",
                    other.unwrap_or("nothing")
                ),
                "Check that the URL is the server's MCP endpoint.",
            ),
        })),
    }
}

fn content_type(response: &Response) -> Option<String> {
    let kind = response.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    let kind = kind.split(';').next().unwrap_or(kind);
    Some(kind.trim().to_ascii_lowercase())
}

/// A connection that failed, in words.
pub(crate) fn connection_error(error: &reqwest::Error, url: &SafeUrl) -> CallError {
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
pub(super) async fn read_json(mut response: Response, url: &SafeUrl) -> Result<Message, Problem> {
    let mut body: Vec<u8> = Vec::new();
    while let Some(chunk) = next_chunk(&mut response, url).await? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_MESSAGE {
            return Err(too_large(url));
        }
    }
    Message::parse(&body).map_err(|error| {
        Problem::new(
            ProblemCode::NotMcp,
            format!("{url} answered something else than a message: {error}."),
            "Check that the URL is the server's MCP endpoint.",
        )
    })
}

/// The next part of a body, or why there is none.
pub(super) async fn next_chunk(
    response: &mut Response,
    url: &SafeUrl,
) -> Result<Option<Bytes>, Problem> {
    response.chunk().await.map_err(|error| {
        Problem::new(
            ProblemCode::Unreachable,
            format!("The connection to {url} broke: {}.", root_cause(&error)),
            "Try again; the gateway reconnects by itself.",
        )
    })
}

/// A message that is not taken, because of its size.
pub(crate) fn too_large(url: &SafeUrl) -> Problem {
    Problem::new(
        ProblemCode::NotMcp,
        format!("{url} sent a message over the limit of {MAX_MESSAGE} bytes."),
        "Ask it for less at once.",
    )
}

/// An answer that ended before it was given.
pub(super) fn unanswered(url: &SafeUrl) -> Problem {
    Problem::new(
        ProblemCode::NotMcp,
        format!("{url} ended its answer without a result."),
        "See the server's own log.",
    )
}

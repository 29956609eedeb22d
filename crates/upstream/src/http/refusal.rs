//! Unsuccessful HTTP responses, and what they say beyond their status.

use std::time::Duration;

use model::{Problem, ProblemCode, SafeUrl};
use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};
use wire::{Message, code};

use crate::link::CallError;

/// Bytes of an error page that are looked at.
const MAX_BODY: usize = 64 * 1024;

/// The code that many servers give a session which they do not know (the specification has none).
const SESSION_NOT_FOUND: i64 = -32001;

/// What servers write about a session that they do not know, in lower case. The word `session`
/// has to stand beside it.
const UNKNOWN: [&str; 9] = [
    "not found",
    "no valid session",
    "invalid session",
    "invalid or missing session",
    "unknown session",
    "no transport found",
    "not exist",
    "expired",
    "terminated",
];

/// What the reference implementation for TypeScript says after it was started anew.
const NOT_INITIALIZED: &str = "server not initialized";

/// A response that is none to the request in it.
pub(crate) struct Refusal {
    status: StatusCode,
    retry_after: Option<Duration>,
    body: Vec<u8>,
    url: SafeUrl,
}

impl Refusal {
    /// Reads what the server has to say, as far as that is of use.
    pub(crate) async fn read(mut response: Response, url: &SafeUrl) -> Self {
        let (status, retry_after) = (response.status(), retry_after(&response));
        let mut body = Vec::new();
        while body.len() < MAX_BODY
            && let Ok(Some(chunk)) = response.chunk().await
        {
            body.extend_from_slice(&chunk);
        }
        Self {
            status,
            retry_after,
            body,
            url: url.clone(),
        }
    }

    /// Whether the same request may succeed a little later.
    pub(super) fn may_pass(&self) -> bool {
        self.status.is_server_error() || self.status == StatusCode::TOO_MANY_REQUESTS
    }

    /// Whether it says 404, which means many things.
    pub(super) fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }

    /// The protocol message in its body. What guards the way to the server also speaks JSON, so a
    /// refused sign-in stays one.
    pub(super) fn message(&self) -> Option<Message> {
        let unauthorized = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
        if unauthorized.contains(&self.status) {
            return None;
        }
        let message = Message::parse(&self.body).ok()?;
        matches!(message, Message::Response(_)).then_some(message)
    }

    /// Whether a message that carried a session was refused for that: by a 404, as specified, or
    /// by a 400 that says so.
    pub(super) fn forgets_session(&self) -> bool {
        match self.error_code() {
            // The server knows the session and looked at the message.
            Some(code::METHOD_NOT_FOUND | code::INVALID_PARAMS) => false,
            _ => self.is_not_found() || self.names_session(),
        }
    }

    /// Whether its body says that the session is not known. Where a 404 may also mean that there
    /// is no such place, this tells which.
    pub(super) fn names_session(&self) -> bool {
        if !matches!(self.status, StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST) {
            return false;
        }
        match self.error_code() {
            Some(SESSION_NOT_FOUND) => true,
            Some(code::UPSTREAM | code::INVALID_REQUEST) | None => {
                let text = String::from_utf8_lossy(&self.body).to_lowercase();
                let unknown = || UNKNOWN.iter().any(|words| text.contains(words));
                text.contains(NOT_INITIALIZED) || text.contains("session") && unknown()
            }
            Some(_) => false,
        }
    }

    /// The refusal as an HTTP error.
    pub(crate) fn into_error(self) -> CallError {
        CallError::Http {
            status: self.status.as_u16(),
            retry_after: self.retry_after,
            problem: status_problem(self.status, &self.url),
        }
    }

    fn error_code(&self) -> Option<i64> {
        match Message::parse(&self.body) {
            Ok(Message::Response(response)) => response.outcome.err().map(|error| error.code),
            _ => None,
        }
    }
}

/// A session that the server no longer knows. Nothing ran: it looked the session up and refused.
pub(super) fn session_expired(url: &SafeUrl) -> Problem {
    Problem::new(
        ProblemCode::SessionExpired,
        format!("{url} has forgotten our session."),
        "Nothing to do; a new session is opened.",
    )
}

fn retry_after(response: &Response) -> Option<Duration> {
    let header = response.headers().get(RETRY_AFTER)?;
    let seconds = header.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn status_problem(status: StatusCode, url: &SafeUrl) -> Problem {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Problem::new(
            ProblemCode::SignInRequired,
            format!("{url} does not accept our credentials ({status})."),
            "Sign in to it, in the window or with toolgate servers sign-in NAME; or give it a token \
             under `headers`, for example \"Authorization\": \"Bearer ${keyring:name}\".",
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

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> Refusal {
        Refusal {
            status: StatusCode::from_u16(status).expect("a status"),
            retry_after: None,
            body: body.as_bytes().to_vec(),
            url: SafeUrl::new("http://host/mcp".parse().expect("a URL")),
        }
    }

    fn rpc(code: i64, message: &str) -> String {
        format!(r#"{{"jsonrpc":"2.0","id":null,"error":{{"code":{code},"message":"{message}"}}}}"#)
    }

    #[test]
    fn a_forgotten_session_is_told_in_many_ways() {
        for (status, body) in [
            (404, String::new()),
            (404, "Session terminated".to_owned()),
            (404, rpc(-32600, "Session not found")),
            (404, rpc(-32001, "Session not found")),
            (400, rpc(-32001, "who are you")),
            (
                400,
                rpc(-32000, "Bad Request: No valid session ID provided"),
            ),
            (400, rpc(-32000, "Bad Request: Server not initialized")),
            (400, "Invalid or missing session ID".to_owned()),
            (400, "No transport found for sessionId".to_owned()),
        ] {
            assert!(refusal(status, &body).forgets_session(), "{status} {body}");
        }
    }

    #[test]
    fn other_refusals_do_not_end_a_session() {
        for (status, body) in [
            (400, String::new()),
            (400, "Bad Request".to_owned()),
            (400, rpc(-32602, "Invalid session argument: not found")),
            (400, rpc(-32000, "Mcp-Session-Id header is required")),
            (400, rpc(-32020, "header mismatch")),
            (404, rpc(-32601, "Method not found")),
            (500, "Session not found".to_owned()),
            (401, "Session expired".to_owned()),
        ] {
            assert!(!refusal(status, &body).forgets_session(), "{status} {body}");
        }
    }

    #[test]
    fn only_words_tell_a_session_from_a_place_that_is_not_there() {
        assert!(!refusal(404, "Cannot GET /mcp").names_session());
        assert!(refusal(404, "session not found").names_session());
    }

    #[test]
    fn errors_of_the_protocol_are_messages_whatever_the_status() {
        for status in [400, 404, 500] {
            assert!(refusal(status, &rpc(-32601, "no")).message().is_some());
        }
        for (status, body) in [(401, rpc(-32001, "no")), (404, "{}".to_owned())] {
            assert!(refusal(status, &body).message().is_none());
        }
    }
}

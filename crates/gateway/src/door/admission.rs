//! Who comes in: the token of a client's request, and what ends when that is no longer good.
//!
//! No answer points to a description of a protected resource (RFC 9728): clients that find one
//! start a sign-in and drop the header that a person configured.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use fleet::{Admitted, Pass, TOKEN_PREFIX};
use futures_util::StreamExt as _;
use tokio::sync::OwnedSemaphorePermit;

use crate::Gateway;
use crate::guard::Doorkeeper;

const NO_TOKEN: &str = "this address needs a token: a person makes one with `toolgate tokens add \
                        NAME`, and the client sends it as `Authorization: Bearer tg_…`";
const BAD_TOKEN: &str = "this token is not good, or not any more: a person makes another with \
                         `toolgate tokens add NAME`";
const TWO_TOKENS: &str = "send one Authorization header";
const TOO_MANY_WRONG: &str = "too many wrong tokens are being tried; wait a moment";
const TOO_LARGE: &str = "a message has 10 MiB at most";
const TOO_MANY_STREAMS: &str = "too many streams are open; close some first";

/// Lets requests in that may come in, and ends what they opened once they may not any more.
pub(super) async fn admit(
    State(gateway): State<Gateway>,
    mut request: Request,
    next: Next,
) -> Response {
    let keeper = request.extensions().get::<Doorkeeper>();
    let pass = match pass(&gateway, keeper, request.headers()) {
        Ok(pass) => pass,
        Err(refused) => return refused,
    };
    if announces_too_much(request.headers()) {
        return (StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE).into_response();
    }
    request.extensions_mut().insert(Arc::clone(&pass));
    // Streams of answers are as many as the requests in flight, which are bounded.
    let is_standing = request.method() == Method::GET;
    let answer = tokio::select! {
        answer = next.run(request) => answer,
        () = pass.over().cancelled() => return unauthorized(BAD_TOKEN),
    };
    if !is_stream(answer.headers()) {
        return answer;
    }
    let room = is_standing.then(|| pass.stream());
    match room {
        Some(None) => too_many_streams(),
        Some(Some(room)) => ending(answer, &pass, Some(room)),
        None => ending(answer, &pass, None),
    }
}

/// The refusal of one more stream.
pub(super) fn too_many_streams() -> Response {
    (StatusCode::TOO_MANY_REQUESTS, TOO_MANY_STREAMS).into_response()
}

fn unauthorized(message: &'static str) -> Response {
    let headers = [(WWW_AUTHENTICATE, "Bearer")];
    (StatusCode::UNAUTHORIZED, headers, message).into_response()
}

/// Whether a body says of itself that it is larger than any that is read.
fn announces_too_much(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    length.is_some_and(|length| length > super::MAX_REQUEST as u64)
}

/// Whoever asks, by the door and the header. A token that is sent counts at every door.
#[expect(
    clippy::result_large_err,
    reason = "a refusal is a response, made once for each request at most"
)]
fn pass(
    gateway: &Gateway,
    keeper: Option<&Doorkeeper>,
    headers: &HeaderMap,
) -> Result<Arc<Pass>, Response> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, second) = (values.next(), values.next());
    if second.is_some() {
        return Err((StatusCode::BAD_REQUEST, TWO_TOKENS).into_response());
    }
    let token = value.map(|value| bearer(value.as_bytes()));
    let is_ours = token.is_some_and(|token| token.starts_with(TOKEN_PREFIX.as_bytes()));
    if !is_ours {
        // Where none is needed, a client may send what was meant for somebody else.
        let without = match keeper {
            Some(Doorkeeper::Socket) => Some(Arc::clone(&gateway.0.user)),
            Some(Doorkeeper::Loopback(_)) => gateway.fleet().admit_anybody(),
            None => None,
        };
        if let Some(pass) = without {
            return Ok(pass);
        }
    }
    let Some(token) = token else {
        return Err(unauthorized(NO_TOKEN));
    };
    match gateway.fleet().admit(token) {
        Admitted::Pass(pass) => Ok(pass),
        Admitted::No => Err(unauthorized(BAD_TOKEN)),
        Admitted::TooMany => {
            let headers = [(RETRY_AFTER, "1")];
            Err((StatusCode::TOO_MANY_REQUESTS, headers, TOO_MANY_WRONG).into_response())
        }
    }
}

/// The credential of a bearer (RFC 6750, section 2.1); empty for any other scheme (RFC 9110,
/// section 11.1: its name is case-insensitive).
fn bearer(value: &[u8]) -> &[u8] {
    const SCHEME: &[u8] = b"Bearer ";
    match value.split_at_checked(SCHEME.len()) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(SCHEME) => token.trim_ascii(),
        _ => &[],
    }
}

fn is_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

/// A stream that ends with the pass, and holds what is given to it until its own end.
fn ending(answer: Response, pass: &Pass, held: Option<OwnedSemaphorePermit>) -> Response {
    let over = pass.over().clone().cancelled_owned();
    answer.map(|body| {
        let frames = body.into_data_stream().take_until(over);
        Body::from_stream(frames.inspect(move |_| {
            let _open = &held;
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn a_bearer_is_told_from_other_schemes() {
        for value in ["Bearer tg_1", "bearer tg_1", "BEARER  tg_1 "] {
            assert_eq!(bearer(value.as_bytes()), b"tg_1", "{value}");
        }
        for value in [
            "",
            "Bearer",
            "Bearertg_1",
            "Basic tg_1",
            "tg_1",
            "Bearer\ttg_1",
        ] {
            assert_eq!(bearer(value.as_bytes()), b"", "{value}");
        }
    }
}

//! One POST: one message, one answer.

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use wire::{
    Era, ErrorObject, HEADER_METHOD, HEADER_NAME, HEADER_PROTOCOL_VERSION, HEADER_SESSION,
    LEGACY_REVISIONS, META_CLIENT_INFO, MODERN_REVISION, Message, RawObject, Request, code,
    decode_value, name_of_request, nests_deeper_than, request_revision,
};

use super::{session_id, stream};
use crate::Gateway;
use crate::face::Face;
use crate::methods::{Asking, take_notice};
use crate::session::{Client, Session};

/// Deepest nesting of a message; what lies behind the gateway may overflow on more.
const MAX_DEPTH: usize = 128;

/// Takes one message and answers it.
pub(super) async fn take(
    gateway: &Gateway,
    face: &Face,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    if nests_deeper_than(body, MAX_DEPTH) {
        let error = ErrorObject::new(code::PARSE, "this is nested too deeply");
        return refuse(StatusCode::BAD_REQUEST, None, error);
    }
    match Message::parse(body) {
        Err(error) => refuse(StatusCode::BAD_REQUEST, None, error.to_error()),
        Ok(Message::Notification(notification)) => {
            take_notice(&notification);
            StatusCode::ACCEPTED.into_response()
        }
        // Nothing is asked of clients, so no answer of theirs is awaited.
        Ok(Message::Response(_)) => StatusCode::ACCEPTED.into_response(),
        Ok(Message::Request(request)) => {
            let response = take_request(gateway, face, headers, request).await;
            if wants_only_events(headers) {
                as_event(response).await
            } else {
                response
            }
        }
    }
}

async fn take_request(
    gateway: &Gateway,
    face: &Face,
    headers: &HeaderMap,
    request: Request,
) -> Response {
    let params = request.params_object().unwrap_or_default();
    match request_revision(&params) {
        Some(revision) => {
            if let Err(error) = check_modern(&revision, &request, &params, headers) {
                return refuse(StatusCode::BAD_REQUEST, Some(request), error);
            }
            let meta = params.object("_meta").unwrap_or_default();
            let client = Client::from_info(meta.object(META_CLIENT_INFO).as_ref());
            if request.method == "subscriptions/listen" {
                return stream::listen(gateway, face.clone(), request, &params);
            }
            let asking = Asking {
                gateway,
                face,
                era: Era::Modern,
                client: &client,
            };
            answer(&asking, request).await
        }
        None if request.method == "initialize" => initialize(gateway, face, &request, &params),
        None => legacy(gateway, face, headers, request).await,
    }
}

/// Checks that a modern request means one thing only: what routers read in the headers must be
/// what is executed from the body (MCP 2026-07-28, basic/transports/streamable-http).
fn check_modern(
    revision: &str,
    request: &Request,
    params: &RawObject,
    headers: &HeaderMap,
) -> Result<(), ErrorObject> {
    if revision != MODERN_REVISION {
        let data = serde_json::json!({ "supported": [MODERN_REVISION], "requested": revision });
        let message = format!("Unsupported protocol version: {revision}");
        return Err(ErrorObject::new(code::UNSUPPORTED_VERSION, message).with_data(&data));
    }
    let wanted = [
        (HEADER_PROTOCOL_VERSION, Some(revision.to_owned())),
        (HEADER_METHOD, Some(request.method.clone())),
        (HEADER_NAME, name_of_request(&request.method, params)),
    ];
    for (name, expected) in wanted {
        let given = headers
            .get(name)
            .and_then(|value| decode_value(value.to_str().ok()?));
        if expected.is_some() && given != expected {
            let message = format!("the header {name} is missing or does not agree with the body");
            return Err(ErrorObject::new(code::HEADER_MISMATCH, message));
        }
    }
    Ok(())
}

/// Opens a legacy session.
fn initialize(gateway: &Gateway, face: &Face, request: &Request, params: &RawObject) -> Response {
    let client = Client::from_info(params.object("clientInfo").as_ref());
    let asking = Asking {
        gateway,
        face,
        era: Era::Legacy,
        client: &client,
    };
    let result = asking.initialize(params);
    let Ok(id) = gateway.0.sessions.open(Session { client }) else {
        let error = ErrorObject::new(code::INTERNAL, "no randomness for a session");
        return json(
            StatusCode::INTERNAL_SERVER_ERROR,
            reply(request, Err(error)),
        );
    };
    let mut response = json(StatusCode::OK, reply(request, Ok(result)));
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(HEADER_SESSION, id);
    }
    response
}

async fn legacy(gateway: &Gateway, face: &Face, headers: &HeaderMap, request: Request) -> Response {
    let Some(id) = session_id(headers) else {
        let message = "this request names no session; send `initialize` first";
        let error = ErrorObject::new(code::INVALID_REQUEST, message);
        return refuse(StatusCode::BAD_REQUEST, Some(request), error);
    };
    if let Some(revision) = headers.get(HEADER_PROTOCOL_VERSION)
        && !LEGACY_REVISIONS.iter().any(|known| revision == known)
    {
        let message = "the header MCP-Protocol-Version names a revision that has no sessions";
        let error = ErrorObject::new(code::INVALID_REQUEST, message);
        return refuse(StatusCode::BAD_REQUEST, Some(request), error);
    }
    let Some(session) = gateway.0.sessions.get(id) else {
        let message = "this session has ended; send `initialize` again";
        let error = ErrorObject::new(code::INVALID_REQUEST, message);
        return refuse(StatusCode::NOT_FOUND, Some(request), error);
    };
    let asking = Asking {
        gateway,
        face,
        era: Era::Legacy,
        client: &session.client,
    };
    answer(&asking, request).await
}

async fn answer(asking: &Asking<'_>, request: Request) -> Response {
    let (era, id) = (asking.era, request.id.clone());
    let outcome = asking.answer(request).await;
    let status = match (&outcome, era) {
        (Err(error), Era::Modern) if error.code == code::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    };
    json(status, wire::Response::new(id, outcome).into_json())
}

fn reply(request: &Request, outcome: Result<wire::Raw, ErrorObject>) -> String {
    wire::Response::new(request.id.clone(), outcome).into_json()
}

fn refuse(status: StatusCode, request: Option<Request>, error: ErrorObject) -> Response {
    let response = wire::Response {
        id: request.map(|request| request.id),
        outcome: Err(error),
    };
    json(status, response.into_json())
}

fn json(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}

/// Whether the client reads event streams and nothing else.
fn wants_only_events(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .unwrap_or("*/*");
    accept.contains("text/event-stream")
        && !accept.contains("application/json")
        && !accept.contains("*/*")
        && !accept.contains("application/*")
}

/// The same answer as the only event of a stream.
async fn as_event(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let text = axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default();
    parts
        .headers
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    let event = format!(
        "event: message\ndata: {}\n\n",
        String::from_utf8_lossy(&text)
    );
    Response::from_parts(parts, event.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(n, v)| (n.parse().expect("name"), v.parse().expect("value")))
            .collect()
    }

    #[test]
    fn headers_and_body_must_agree() {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ü"}}"#;
        let Ok(Message::Request(request)) = Message::parse(body.as_bytes()) else {
            unreachable!("a request")
        };
        let params = request.params_object().expect("an object");
        let check = |revision: &str, changed: &[(&'static str, &'static str)]| {
            let mut all = headers(&[
                ("mcp-protocol-version", "2026-07-28"),
                ("mcp-method", "tools/call"),
                ("mcp-name", "=?base64?w7w=?="),
            ]);
            for (name, value) in changed {
                all.remove(*name);
                all.extend(
                    headers(&[(name, value)])
                        .into_iter()
                        .filter(|(_, v)| !v.is_empty()),
                );
            }
            check_modern(revision, &request, &params, &all).map_err(|error| error.code)
        };
        assert_eq!(check("2026-07-28", &[]), Ok(()));
        assert_eq!(check("2030-01-01", &[]), Err(code::UNSUPPORTED_VERSION));
        for name in ["mcp-protocol-version", "mcp-method", "mcp-name"] {
            for value in ["", "2025-11-25"] {
                let verdict = check("2026-07-28", &[(name, value)]);
                assert_eq!(verdict, Err(code::HEADER_MISMATCH), "{name}: {value}");
            }
        }
    }

    #[test]
    fn json_is_preferred_wherever_it_is_accepted() {
        for accept in [
            "application/json, text/event-stream",
            "*/*",
            "application/json",
        ] {
            assert!(
                !wants_only_events(&headers(&[("accept", accept)])),
                "{accept}"
            );
        }
        assert!(!wants_only_events(&headers(&[])));
        assert!(wants_only_events(&headers(&[(
            "accept",
            "text/event-stream"
        )])));
    }
}

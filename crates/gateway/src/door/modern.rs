//! Requests of the modern era: each stands alone, and ends with its response stream.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use fleet::PresenceKind;
use futures_util::stream;
use serde_json::json;
use tokio::sync::mpsc;
use upstream::Party;
use wire::{
    Era, ErrorObject, HEADER_METHOD, HEADER_NAME, HEADER_PROTOCOL_VERSION, LogLevel,
    META_CLIENT_CAPABILITIES, META_CLIENT_INFO, META_LOG_LEVEL, META_PROTOCOL_VERSION,
    MODERN_REVISION, Message, RawObject, Request, code, decode_value, name_of_request,
    request_revision,
};

use super::Visit;
use super::answering::Answering;
use super::http_answer::{EARLY, event, events, refuse, takes_events, whole};
use super::{listen, param_headers};
use crate::requester::{Back, QUEUE, Requester};
use crate::session::Client;

/// Answers a request that was posted.
pub(super) async fn answer(
    visit: &Visit,
    headers: &HeaderMap,
    request: Request,
    params: &RawObject,
) -> Response {
    // A revision that header and body disagree on is not a revision to speak of.
    let checked = check_headers(&request, params, headers)
        .and_then(|()| check(&request, params))
        .and_then(|()| param_headers::check(visit, &request, params, headers));
    if let Err(error) = checked {
        return refuse(StatusCode::BAD_REQUEST, Some(&request), error);
    }
    if request.method == "subscriptions/listen" {
        return listen::respond(visit, request, params).await;
    }
    let streams = takes_events(headers);
    let (outlet, said) = mpsc::channel(QUEUE);
    let asking = visit.asking(requester(visit, params, streams.then_some(outlet)));
    let mut answering = Answering::new(asking, request, said, None);
    if !streams {
        let answer = answering.answer().await;
        return answer.map_or_else(gone, |answer| whole(&answer, headers));
    }
    match tokio::time::timeout(EARLY, answering.next()).await {
        Ok(Some(answer @ Message::Response(_))) => whole(&answer, headers),
        Ok(None) => gone(),
        Ok(Some(first)) => stream_from(Some(first), answering),
        Err(_) => stream_from(None, answering),
    }
}

/// Whoever makes a modern request says so in it.
pub(super) fn requester(
    visit: &Visit,
    params: &RawObject,
    outlet: Option<mpsc::Sender<Message>>,
) -> Requester {
    let meta = params.object("_meta").unwrap_or_default();
    let info = meta.get(META_CLIENT_INFO).map(ToOwned::to_owned);
    let level = meta.get_as::<String>(META_LOG_LEVEL);
    let client = Client::from_info(meta.object(META_CLIENT_INFO).as_ref());
    let client = client.with_token(visit.pass.name.as_deref());
    let fleet = visit.gateway.fleet();
    Requester {
        presence: fleet.client_present(&client.name, PresenceKind::Connection, visit.pass.over()),
        is_person: false,
        client,
        era: Era::Modern,
        revision: MODERN_REVISION,
        capabilities: meta.object(META_CLIENT_CAPABILITIES).unwrap_or_default(),
        info,
        log_level: level.and_then(|level| level.parse::<LogLevel>().ok()),
        party: Party::fresh(),
        pass: Arc::clone(&visit.pass),
        back: Back::new(outlet, None),
    }
}

/// Dropped by the server when the client closes the connection, which is its way to cancel.
fn stream_from(first: Option<Message>, answering: Answering) -> Response {
    events(stream::unfold(
        (first, answering),
        |(first, mut answering)| async move {
            let message = match first {
                Some(first) => first,
                None => answering.next().await?,
            };
            Some((event(&message), (None, answering)))
        },
    ))
}

/// Checks what every modern request must carry (MCP 2026-07-28, basic/index).
pub(super) fn check(request: &Request, params: &RawObject) -> Result<(), ErrorObject> {
    let meta = params.object("_meta").unwrap_or_default();
    let Some(revision) = meta.get_as::<String>(META_PROTOCOL_VERSION) else {
        return Err(missing(request, META_PROTOCOL_VERSION, "a string"));
    };
    if revision != MODERN_REVISION {
        let data = json!({ "supported": [MODERN_REVISION], "requested": revision });
        let message = format!("Unsupported protocol version: {revision}");
        return Err(ErrorObject::new(code::UNSUPPORTED_VERSION, message).with_data(&data));
    }
    if meta.object(META_CLIENT_CAPABILITIES).is_none() {
        return Err(missing(request, META_CLIENT_CAPABILITIES, "an object"));
    }
    Ok(())
}

fn missing(request: &Request, key: &str, kind: &str) -> ErrorObject {
    let message = format!("`{}` needs `_meta[\"{key}\"]`, {kind}", request.method);
    ErrorObject::new(code::INVALID_PARAMS, message)
}

/// Checks that a request means one thing only: what routers read in the headers must be what is
/// executed from the body (MCP 2026-07-28, basic/transports/streamable-http).
fn check_headers(
    request: &Request,
    params: &RawObject,
    headers: &HeaderMap,
) -> Result<(), ErrorObject> {
    let wanted = [
        (HEADER_PROTOCOL_VERSION, request_revision(params)),
        (HEADER_METHOD, Some(request.method.clone())),
        (HEADER_NAME, name_of_request(&request.method, params)),
    ];
    for (name, expected) in wanted {
        let mut given = headers.get_all(name).iter();
        let (value, second) = (given.next(), given.next());
        let value = value.and_then(|value| value.to_str().ok());
        let value = value.and_then(|value| match name {
            // Only names may be encoded.
            HEADER_NAME => decode_value(value),
            _ => Some(value.to_owned()),
        });
        // Who reads the first of two values and who reads the second disagree.
        if second.is_some() || expected.is_some() && value != expected {
            let message = format!("the header {name} is missing or does not agree with the body");
            return Err(ErrorObject::new(code::HEADER_MISMATCH, message));
        }
    }
    Ok(())
}

fn gone() -> Response {
    let error = ErrorObject::new(code::INTERNAL, "the request was given up");
    refuse(StatusCode::INTERNAL_SERVER_ERROR, None, error)
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

    fn request() -> (Request, RawObject) {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ü","_meta":{
            "io.modelcontextprotocol/protocolVersion":"2026-07-28",
            "io.modelcontextprotocol/clientCapabilities":{}}}}"#;
        let Ok(Message::Request(request)) = Message::parse(body.as_bytes()) else {
            unreachable!("a request")
        };
        let params = request.params_object().expect("an object");
        (request, params)
    }

    #[test]
    fn headers_and_body_must_agree() {
        let (request, params) = request();
        let good = [
            (HEADER_PROTOCOL_VERSION, MODERN_REVISION),
            (HEADER_METHOD, "tools/call"),
            (HEADER_NAME, "=?base64?w7w=?="),
        ];
        let check_with = |pairs: &[_]| check_headers(&request, &params, &headers(pairs));
        assert!(check(&request, &params).is_ok());
        assert!(check_with(&good).is_ok());
        for missing in 0..3 {
            let mut fewer = good.to_vec();
            fewer.remove(missing);
            let error = check_with(&fewer).expect_err("refused");
            assert_eq!(error.code, code::HEADER_MISMATCH);
        }
        let mut other = good;
        other[2].1 = "another";
        assert!(check_with(&other).is_err());
        let mut encoded = good;
        encoded[1].1 = "=?base64?dG9vbHMvY2FsbA==?=";
        assert!(check_with(&encoded).is_err(), "a method is never encoded");
    }

    #[test]
    fn headers_that_come_twice_mean_two_things() {
        let (request, params) = request();
        let mut twice = headers(&[
            (HEADER_PROTOCOL_VERSION, MODERN_REVISION),
            (HEADER_METHOD, "tools/call"),
            (HEADER_NAME, "=?base64?w7w=?="),
        ]);
        assert!(check_headers(&request, &params, &twice).is_ok());
        let same = "tools/call".parse().expect("a value");
        twice.append(HEADER_METHOD, same);
        assert!(check_headers(&request, &params, &twice).is_err());
    }

    #[test]
    fn another_revision_is_refused_with_the_ones_spoken() {
        let (request, mut params) = request();
        let mut meta = params.object("_meta").expect("meta");
        meta.set(META_PROTOCOL_VERSION, wire::raw("2031-01-01"));
        params.set("_meta", meta.to_raw());
        let error = check(&request, &params).expect_err("refused");
        assert_eq!(error.code, code::UNSUPPORTED_VERSION);
        let data = error.data.expect("data");
        assert!(data.get().contains(MODERN_REVISION) && data.get().contains("2031-01-01"));
    }

    #[test]
    fn what_every_request_must_carry_is_named_when_it_is_missing() {
        for key in [META_PROTOCOL_VERSION, META_CLIENT_CAPABILITIES] {
            let (request, mut params) = request();
            let mut meta = params.object("_meta").expect("meta");
            meta.remove(key);
            params.set("_meta", meta.to_raw());
            let error = check(&request, &params).expect_err("refused");
            assert_eq!(error.code, code::INVALID_PARAMS);
            assert!(error.message.contains(key), "{}", error.message);
        }
    }
}

//! What of a message decides how it travels over HTTP.

use http::{HeaderMap, HeaderValue, header};
use serde_json::value::RawValue;
use wire::{
    HEADER_METHOD, HEADER_NAME, HEADER_PROTOCOL_VERSION, HEADER_SESSION, Message, RawObject,
};

use super::session::Tag;

/// Whether a request names its revision itself.
pub(super) fn is_modern(params: Option<&RawValue>) -> bool {
    revision(params).is_some()
}

pub(super) fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/event-stream"))
}

/// The headers of every message of a session.
pub(super) fn session_headers(tag: &Tag) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let pairs = [
        (HEADER_SESSION, &tag.id),
        (HEADER_PROTOCOL_VERSION, &tag.version),
    ];
    for (name, value) in pairs {
        if let Some(value) = value {
            headers.insert(name, value.clone());
        }
    }
    headers
}

/// The headers of a message that stands alone (MCP 2026-07-28, transports/streamable-http);
/// `None` for one that belongs to a session.
pub(super) fn modern_headers(message: &Message) -> Option<HeaderMap> {
    let (method, params) = match message {
        Message::Request(request) => (&request.method, request.params.as_deref()),
        Message::Notification(notification) => {
            (&notification.method, notification.params.as_deref())
        }
        Message::Response(_) => return None,
    };
    let revision = revision(params)?;
    let name = params
        .and_then(RawObject::parse)
        .and_then(|params| wire::name_of_request(method, &params));
    let mut headers = HeaderMap::new();
    let values = [
        (HEADER_PROTOCOL_VERSION, Some(revision)),
        (HEADER_METHOD, Some(method.clone())),
        (HEADER_NAME, name),
    ];
    for (header, value) in values {
        // Encoded values are printable ASCII, which every header can carry.
        if let Some(value) = value
            && let Ok(value) = HeaderValue::from_str(&wire::encode_value(&value))
        {
            headers.insert(header, value);
        }
    }
    Some(headers)
}

fn revision(params: Option<&RawValue>) -> Option<String> {
    wire::request_revision(&RawObject::parse(params?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message::parse(text.as_bytes()).expect("a message")
    }

    fn modern(method: &str, params: &str) -> HeaderMap {
        let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#;
        let text = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{meta}{params}}}}}"#
        );
        modern_headers(&message(&text)).expect("of the modern era")
    }

    #[test]
    fn modern_messages_say_in_headers_what_they_are() {
        let headers = modern("resources/read", r#","uri":"file:///ä b""#);
        assert_eq!(headers[HEADER_PROTOCOL_VERSION], "2026-07-28");
        assert_eq!(headers[HEADER_METHOD], "resources/read");
        assert_eq!(headers[HEADER_NAME], "=?base64?ZmlsZTovLy/DpCBi?=");
        assert!(!modern("tools/list", "").contains_key(HEADER_NAME));
    }

    #[test]
    fn legacy_messages_and_answers_belong_to_the_session() {
        let ping = message(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#);
        assert!(modern_headers(&ping).is_none());
        assert!(modern_headers(&message(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#)).is_none());
        let tag = Tag {
            id: None,
            version: Some(HeaderValue::from_static("2025-06-18")),
        };
        let headers = session_headers(&tag);
        assert_eq!(headers[HEADER_PROTOCOL_VERSION], "2025-06-18");
        assert!(!headers.contains_key(HEADER_SESSION));
    }

    #[test]
    fn streams_are_told_by_their_type() {
        let mut headers = HeaderMap::new();
        assert!(!is_event_stream(&headers));
        let kind = HeaderValue::from_static("Text/Event-Stream; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, kind);
        assert!(is_event_stream(&headers));
    }
}

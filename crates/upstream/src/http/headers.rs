//! The headers that Streamable HTTP asks for beside the configured ones.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use wire::{
    HEADER_METHOD, HEADER_NAME, HEADER_PROTOCOL_VERSION, HEADER_SESSION, MODERN_REVISION,
    RawObject, Request, encode_value, name_of_request,
};

use super::Agreed;

/// Session and revision, once agreed.
pub(super) fn agreed_headers(agreed: &Agreed) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let pairs = [
        (HEADER_SESSION, &agreed.session),
        (HEADER_PROTOCOL_VERSION, &agreed.revision),
    ];
    for (name, value) in pairs {
        if let Some(value) = value.as_deref().and_then(|value| value.try_into().ok()) {
            headers.insert(name, value);
        }
    }
    headers
}

/// Whether a request is of the modern era, which it says itself.
pub(super) fn is_modern(request: &Request) -> bool {
    params_of(request).is_some_and(|params| names_modern(&params))
}

/// What a request of the modern era repeats in its headers; nothing for any other.
pub(super) fn modern_headers(request: &Request, agreed: &Agreed) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(params) = params_of(request).filter(names_modern) else {
        return headers;
    };
    insert(&mut headers, HEADER_PROTOCOL_VERSION, MODERN_REVISION);
    insert(&mut headers, HEADER_METHOD, &encode_value(&request.method));
    let name = name_of_request(&request.method, &params);
    if let Some(name) = &name {
        insert(&mut headers, HEADER_NAME, &encode_value(name));
    }
    let wanted = name.and_then(|name| agreed.param_headers.get(&name));
    if let ("tools/call", Some(wanted)) = (request.method.as_str(), wanted) {
        for (header, value) in wanted.values(params.get("arguments")) {
            insert(&mut headers, header, &value);
        }
    }
    headers
}

fn params_of(request: &Request) -> Option<RawObject> {
    RawObject::parse(request.params.as_deref()?)
}

fn names_modern(params: &RawObject) -> bool {
    wire::request_revision(params).as_deref() == Some(MODERN_REVISION)
}

fn insert(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use serde_json::{Value, json};
    use wire::{ParamHeaders, RequestId, raw};

    use super::*;

    fn call(params: &Value) -> Request {
        Request {
            id: RequestId::number(1),
            method: "tools/call".to_owned(),
            params: Some(raw(params)),
        }
    }

    fn modern(name: &str, arguments: &Value) -> Request {
        let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" });
        call(&json!({ "name": name, "arguments": arguments, "_meta": meta }))
    }

    #[test]
    fn modern_requests_repeat_themselves_in_headers() {
        let request = modern("日本", &json!({}));
        assert!(is_modern(&request));
        let headers = modern_headers(&request, &Agreed::default());
        assert_eq!(headers[HEADER_METHOD], "tools/call");
        assert_eq!(headers[HEADER_NAME], "=?base64?5pel5pys?=");
        assert_eq!(headers[HEADER_PROTOCOL_VERSION], MODERN_REVISION);
        let legacy = call(&json!({ "name": "x" }));
        assert!(!is_modern(&legacy));
        assert!(modern_headers(&legacy, &Agreed::default()).is_empty());
    }

    #[test]
    fn arguments_go_into_headers_where_the_tool_wants_it() {
        let schema =
            json!({ "properties": { "r": { "type": "string", "x-mcp-header": "Region" } } });
        let table = ParamHeaders::of_schema(&raw(&schema)).expect("valid");
        let agreed = Agreed {
            param_headers: Arc::new(HashMap::from([("t".to_owned(), table)])),
            ..Agreed::default()
        };
        let arguments = json!({ "r": "ä", "q": "x" });
        let headers = modern_headers(&modern("t", &arguments), &agreed);
        assert_eq!(headers["mcp-param-region"], "=?base64?w6Q=?=");
        assert_eq!(headers.len(), 4, "{headers:?}");
        assert_eq!(modern_headers(&modern("u", &arguments), &agreed).len(), 3);
        assert_eq!(modern_headers(&modern("t", &json!({})), &agreed).len(), 3);
    }

    #[test]
    fn agreed_values_become_headers() {
        let mut agreed = Agreed::default();
        assert!(agreed_headers(&agreed).is_empty());
        agreed.session = Some("s-1".to_owned());
        assert_eq!(agreed_headers(&agreed)[HEADER_SESSION], "s-1");
    }
}

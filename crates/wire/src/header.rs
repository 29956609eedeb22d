//! HTTP headers of Streamable HTTP (MCP 2026-07-28, basic/transports/streamable-http).

use crate::RawObject;

/// The revision in use.
pub const HEADER_PROTOCOL_VERSION: &str = "mcp-protocol-version";
/// The method of the request in the body (modern era).
pub const HEADER_METHOD: &str = "mcp-method";
/// The tool, prompt or resource that the request in the body names (modern era).
pub const HEADER_NAME: &str = "mcp-name";
/// The session (legacy era).
pub const HEADER_SESSION: &str = "mcp-session-id";

/// What [`HEADER_NAME`] must say for a request, where it must be sent at all.
pub fn name_of_request(method: &str, params: &RawObject) -> Option<String> {
    match method {
        "tools/call" | "prompts/get" => params.get_as("name"),
        "resources/read" => params.get_as("uri"),
        _ => None,
    }
}

/// A text in the form that headers can carry: as it is, or `=?base64?…?=` where it has characters
/// outside printable ASCII, is padded with blanks, or could be mistaken for the encoded form.
pub fn encode_value(text: &str) -> String {
    let plain = text.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
        && text.trim() == text
        && !text.starts_with("=?base64?");
    if plain {
        text.to_owned()
    } else {
        format!("=?base64?{}?=", base64(text.as_bytes()))
    }
}

/// Standard Base64 with padding (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = (bits >> (18 - 6 * place)) & 0x3f;
            let known = place <= chunk.len();
            text.push(if known {
                char::from(ALPHABET[digit as usize])
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stay_as_they_are() {
        assert_eq!(encode_value("create_issue"), "create_issue");
        assert_eq!(encode_value("test://static-text"), "test://static-text");
    }

    #[test]
    fn other_names_are_encoded() {
        assert_eq!(encode_value("日本"), "=?base64?5pel5pys?=");
        assert_eq!(encode_value(" a"), "=?base64?IGE=?=");
        assert_eq!(encode_value("a\nb"), "=?base64?YQpi?=");
        assert_eq!(encode_value("=?base64?x?="), "=?base64?PT9iYXNlNjQ/eD89?=");
    }

    #[test]
    fn only_three_methods_have_a_name() {
        let params: RawObject =
            serde_json::from_str(r#"{"name":"n","uri":"u:1"}"#).expect("an object");
        assert_eq!(name_of_request("tools/call", &params).as_deref(), Some("n"));
        assert_eq!(
            name_of_request("prompts/get", &params).as_deref(),
            Some("n")
        );
        assert_eq!(
            name_of_request("resources/read", &params).as_deref(),
            Some("u:1")
        );
        assert_eq!(name_of_request("tools/list", &params), None);
    }
}

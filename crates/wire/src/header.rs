//! HTTP headers of Streamable HTTP (MCP 2026-07-28, basic/transports/streamable-http).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::RawObject;

/// Around a value that is not plain ASCII.
const PREFIX: &str = "=?base64?";
const SUFFIX: &str = "?=";

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
        // The tasks extension (SEP-2663): whoever routes by it finds the instance that has the task.
        "tasks/get" | "tasks/update" | "tasks/cancel" => params.get_as("taskId"),
        _ => None,
    }
}

/// A text in the form that headers can carry: as it is, or `=?base64?…?=` where it has characters
/// outside printable ASCII, is padded with blanks, or could be mistaken for the encoded form.
pub fn encode_value(text: &str) -> String {
    let plain = text.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
        && text.trim() == text
        && !text.starts_with(PREFIX);
    if plain {
        text.to_owned()
    } else {
        format!("{PREFIX}{}{SUFFIX}", STANDARD.encode(text))
    }
}

/// The text that a header's value stands for; `None` if it says that it is encoded and is not.
pub fn decode_value(value: &str) -> Option<String> {
    let rest = value.strip_prefix(PREFIX);
    let Some(encoded) = rest.and_then(|rest| rest.strip_suffix(SUFFIX)) else {
        return Some(value.to_owned());
    };
    String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
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
    fn what_was_encoded_can_be_read() {
        for text in ["create_issue", "日本", " a", "a\nb", "=?base64?x?=", ""] {
            assert_eq!(decode_value(&encode_value(text)).as_deref(), Some(text));
        }
        assert_eq!(decode_value("=?base64?***?="), None);
        assert_eq!(decode_value("=?base64?/w==?="), None);
    }

    #[test]
    fn half_a_mark_is_part_of_the_text() {
        for text in ["=?base64?YQ==", "=?base64?=", "YQ==?="] {
            assert_eq!(decode_value(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn few_methods_have_a_name() {
        let params: RawObject =
            serde_json::from_str(r#"{"name":"n","uri":"u:1","taskId":"t"}"#).expect("an object");
        assert_eq!(name_of_request("tools/call", &params).as_deref(), Some("n"));
        assert_eq!(
            name_of_request("prompts/get", &params).as_deref(),
            Some("n")
        );
        assert_eq!(
            name_of_request("resources/read", &params).as_deref(),
            Some("u:1")
        );
        assert_eq!(name_of_request("tasks/get", &params).as_deref(), Some("t"));
        assert_eq!(name_of_request("tools/list", &params), None);
    }
}

//! A tool's result for people. The whole of it is what `--json` prints.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::output::{bytes, visible, visible_lines};

/// Whether the tool says that it failed.
pub(super) fn is_error(result: &RawValue) -> bool {
    value(result)["isError"] == true
}

/// The texts of a result, and a word about everything else in it.
pub(super) fn render(result: &RawValue) -> String {
    let value = value(result);
    let blocks = value["content"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut text = String::new();
    for block in blocks {
        text.push_str(&render_block(block));
        text.push('\n');
    }
    if blocks.is_empty() && !value["structuredContent"].is_null() {
        text = pretty(&value["structuredContent"]) + "\n";
    }
    text
}

fn render_block(block: &Value) -> String {
    let word = |key: &str| visible(block[key].as_str().unwrap_or("?"));
    match block["type"].as_str() {
        Some("text") => visible_lines(block["text"].as_str().unwrap_or_default()),
        Some(kind @ ("image" | "audio")) => {
            // Base64 carries three bytes in four characters.
            let size = block["data"].as_str().map_or(0, str::len) / 4 * 3;
            format!(
                "[{kind}, {}, {}; use --json to get it]",
                word("mimeType"),
                bytes(size)
            )
        }
        Some("resource_link") => format!("[link to {}]", word("uri")),
        Some("resource") => render_resource(&block["resource"]),
        _ => pretty(block),
    }
}

fn render_resource(resource: &Value) -> String {
    if let Some(text) = resource["text"].as_str() {
        return visible_lines(text);
    }
    let uri = resource["uri"].as_str().unwrap_or("?");
    format!("[resource {}; use --json to get it]", visible(uri))
}

fn pretty(value: &Value) -> String {
    visible_lines(&serde_json::to_string_pretty(value).unwrap_or_default())
}

fn value(result: &RawValue) -> Value {
    serde_json::from_str(result.get()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json::value::to_raw_value;

    use super::*;

    fn shown(value: &Value) -> String {
        render(&to_raw_value(value).expect("serialises"))
    }

    #[test]
    fn each_kind_of_content_is_shown() {
        let result = json!({"content": [
            {"type": "text", "text": "a\nb\u{1b}[2J"},
            {"type": "image", "mimeType": "image/png", "data": "AAAA"},
            {"type": "resource_link", "uri": "file:///x"},
            {"type": "resource", "resource": {"uri": "u:1", "text": "inside"}},
            {"type": "resource", "resource": {"uri": "u:2", "blob": "AAAA"}},
        ]});
        assert_eq!(
            shown(&result),
            "a\nb\\u{1b}[2J\n[image, image/png, 3 B; use --json to get it]\n\
             [link to file:///x]\ninside\n[resource u:2; use --json to get it]\n"
        );
    }

    #[test]
    fn what_is_unknown_is_shown_as_it_is() {
        let result = json!({"content": [{"type": "hologram", "x": 1}]});
        assert!(shown(&result).contains("\"hologram\""));
    }

    #[test]
    fn structured_content_stands_in_for_missing_text() {
        assert_eq!(
            shown(&json!({"structuredContent": {"a": 1}})),
            "{\n  \"a\": 1\n}\n"
        );
        let both = json!({"content": [{"type": "text", "text": "t"}], "structuredContent": {}});
        assert_eq!(shown(&both), "t\n");
    }

    #[test]
    fn errors_are_told_by_their_flag() {
        let flag = |value: Value| is_error(&to_raw_value(&value).expect("serialises"));
        assert!(flag(json!({"isError": true})));
        assert!(!flag(json!({"isError": false})) && !flag(json!({})));
    }
}

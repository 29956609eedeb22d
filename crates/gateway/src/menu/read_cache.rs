//! `read_cache`: long results, page by page.

use model::Effect;
use rmcp::model::Tool;
use serde_json::{Value, json};

use super::{count, define, missing, text};
use crate::Inner;
use crate::refusal::Refusal;

/// Characters of a page that the envelope and escaping may add.
const ENVELOPE: usize = 300;

pub(super) fn tool() -> Tool {
    let schema = json!({
        "type": "object",
        "properties": {
            "key": { "type": "string", "description": "cache_key of a truncated answer" },
            "offset": { "type": "integer", "minimum": 0, "default": 0, "description": "In characters; next_offset of the page before" },
            "limit": { "type": "integer", "minimum": 1, "description": "Characters at most" },
        },
        "required": ["key"],
    });
    let text = "Read on in an answer that was truncated; pages join without gap.";
    define("read_cache", text.to_owned(), schema, Effect::Read)
}

pub(super) async fn run(inner: &Inner, arguments: &Value) -> Result<Value, Refusal> {
    let example = json!({ "key": "<cache_key>", "offset": 0 });
    let key = text(arguments, "key").ok_or_else(|| missing("read_cache", "a `key`", &example))?;
    let offset = arguments.get("offset").and_then(Value::as_u64).unwrap_or(0);
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let most = inner
        .settings()
        .tool_response_limit
        .saturating_sub(ENVELOPE)
        .max(100);
    let limit = count(arguments, "limit", most, most);
    let (pages, key_owned) = (inner.pages.clone(), key.to_owned());
    let page = tokio::task::spawn_blocking(move || pages.read(&key_owned, offset, limit)).await;
    let page = match page {
        Ok(Ok(page)) => page,
        Ok(Err(error)) => {
            return Err(Refusal::new(
                "no-such-page",
                format!("{error}."),
                "Pages are kept for an hour; call the tool again for a new key.",
            ));
        }
        Err(_) => {
            return Err(Refusal::new(
                "internal",
                "The page could not be read.",
                "Try again.",
            ));
        }
    };
    Ok(json!({
        "key": key,
        "offset": page.offset,
        "next_offset": page.next_offset,
        "total_chars": page.total_chars,
        "text": page.text,
    }))
}

//! Results that are too long for a model: kept whole, shown in part, and still valid JSON.
//!
//! Only text counts: images, audio and links stay as they are. The first text block becomes an
//! object that says what was cut and under which key the whole can be read with `read_cache`.

mod preview;

use serde_json::{Value, json};
use store::PageStore;
use wire::{Raw, RawObject, raw};

use preview::{chars, preview, shrink};

/// Characters of the answer set aside for everything but the preview.
const ENVELOPE: usize = 500;

/// Shortens a result whose text is longer than `limit` characters; others pass untouched.
pub(crate) async fn shorten(pages: &PageStore, result: Raw, limit: usize) -> Raw {
    // Bytes are never fewer than characters, so most results need no look inside.
    if result.get().len() <= limit {
        return result;
    }
    let pages = pages.clone();
    let whole = result.clone();
    tokio::task::spawn_blocking(move || cut(&pages, &result, limit))
        .await
        .ok()
        .flatten()
        .unwrap_or(whole)
}

/// The shortened result; `None` where nothing is to be cut.
fn cut(pages: &PageStore, result: &Raw, limit: usize) -> Option<Raw> {
    let mut object = RawObject::parse(result)?;
    let content: Vec<Raw> = object.get_as("content").unwrap_or_default();
    let structured: Option<Value> = object.get_as("structuredContent");
    let texts: Vec<String> = content.iter().filter_map(text_of).collect();
    let total = texts.iter().map(|text| text.chars().count()).sum::<usize>()
        + structured.as_ref().map_or(0, chars);
    if total <= limit {
        return None;
    }

    // One text is kept as it is; several, or text with structure, as the result they came in.
    let kept = match (texts.as_slice(), &structured) {
        ([only], None) => only.as_str(),
        ([only], Some(structure)) if same(only, structure) => only.as_str(),
        _ => result.get(),
    };
    let key = match pages.put(kept) {
        Ok(key) => Some(key.to_string()),
        Err(error) => {
            tracing::warn!(%error, "a long result could not be kept; only its start is shown");
            None
        }
    };
    // Half goes to the structure where there is one, because its client may insist on it.
    let share = if structured.is_some() {
        limit / 2
    } else {
        limit
    };
    let notice = Notice {
        key,
        total: kept.chars().count(),
    };
    let text = notice.render(texts.first().map_or("", String::as_str), share);
    let mut shown = vec![raw(&json!({ "type": "text", "text": text }))];
    shown.extend(content.into_iter().filter(|block| text_of(block).is_none()));
    object.set("content", raw(&shown));
    if let Some(structure) = structured {
        object.set("structuredContent", raw(&shrink(&structure, limit - share)));
    }
    Some(object.to_raw())
}

/// The text that a model would read of a block, if it has any.
fn text_of(block: &Raw) -> Option<String> {
    let object = RawObject::parse(block)?;
    match object.get_as::<String>("type")?.as_str() {
        "text" => object.get_as("text"),
        "resource" => object.object("resource")?.get_as("text"),
        _ => None,
    }
}

/// Whether a text is but the structure written out, as the protocol recommends.
fn same(text: &str, structure: &Value) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|value| value == *structure)
}

/// What the reader is told.
struct Notice {
    key: Option<String>,
    total: usize,
}

impl Notice {
    /// A JSON text of at most `budget` characters, with as much of `text` as fits.
    fn render(&self, text: &str, budget: usize) -> String {
        let mut room = budget.saturating_sub(ENVELOPE);
        loop {
            let answer = self.answer(&preview(text, room)).to_string();
            // Escaping may make a text longer than it looks; then less of it is shown.
            let length = answer.chars().count();
            if length <= budget || room == 0 {
                return answer;
            }
            room = (room * budget / length).min(room.saturating_sub(32));
        }
    }

    fn answer(&self, preview: &Value) -> Value {
        match &self.key {
            Some(key) => json!({
                "truncated": true,
                "cache_key": key,
                "total_chars": self.total,
                "next": "Read the whole with read_cache {\"key\": \"<cache_key>\", \"offset\": 0}, \
                         or ask the tool for less.",
                "preview": preview,
            }),
            None => json!({
                "truncated": true,
                "total_chars": self.total,
                "next": "The rest could not be kept; ask the tool for less.",
                "preview": preview,
            }),
        }
    }
}

#[cfg(test)]
mod tests;

//! As much of a text or a JSON value as fits a budget.

use serde_json::{Map, Value};

/// The start of a text; of a text that is JSON, a smaller JSON of the same shape.
pub(super) fn preview(text: &str, budget: usize) -> Value {
    match serde_json::from_str::<Value>(text) {
        Ok(value @ (Value::Array(_) | Value::Object(_))) => shrink(&value, budget),
        _ => Value::String(cut_text(text, budget)),
    }
}

/// How many characters a value takes as compact JSON.
pub(super) fn chars(value: &Value) -> usize {
    match value {
        Value::Array(items) => {
            2 + items.len().saturating_sub(1) + items.iter().map(chars).sum::<usize>()
        }
        Value::Object(fields) => {
            let inner: usize = fields
                .iter()
                .map(|(key, value)| text(key) + 1 + chars(value))
                .sum();
            2 + fields.len().saturating_sub(1) + inner
        }
        Value::String(string) => text(string),
        other => other.to_string().len(),
    }
}

/// A value of the same shape within about `budget` characters: long strings are cut, of long
/// arrays the first items stay, of objects all keys as long as there is room.
pub(super) fn shrink(value: &Value, budget: usize) -> Value {
    if chars(value) <= budget {
        return value.clone();
    }
    match value {
        Value::Array(items) => Value::Array(shrink_items(items, budget)),
        Value::Object(fields) => Value::Object(shrink_fields(fields, budget)),
        Value::String(string) => Value::String(cut_text(string, budget.saturating_sub(2))),
        other => other.clone(),
    }
}

fn shrink_items(items: &[Value], budget: usize) -> Vec<Value> {
    let mut left = budget.saturating_sub(2);
    let mut kept = Vec::new();
    for item in items {
        let size = chars(item) + 1;
        if size > left {
            // One item alone may be the whole trouble; then show a part of it.
            if kept.is_empty() && left > 2 {
                kept.push(shrink(item, left));
            }
            break;
        }
        left -= size;
        kept.push(item.clone());
    }
    kept
}

fn shrink_fields(fields: &Map<String, Value>, budget: usize) -> Map<String, Value> {
    let mut sizes: Vec<(&String, usize)> = fields
        .iter()
        .map(|(key, value)| (key, chars(value)))
        .collect();
    // Small fields first: what they leave over goes to the large ones.
    sizes.sort_by_key(|(_, size)| *size);
    let mut left = budget.saturating_sub(2);
    let mut kept = Map::new();
    for (place, (key, size)) in sizes.iter().enumerate() {
        let overhead = text(key) + 2;
        let fair = left / (sizes.len() - place);
        let room = fair.saturating_sub(overhead);
        if room < 2 && *size > room {
            continue;
        }
        let value = shrink(&fields[*key], room.max(2));
        left = left.saturating_sub(chars(&value) + overhead);
        kept.insert((*key).clone(), value);
    }
    // The reader gets the fields in the order of the original.
    let order: Vec<&String> = fields.keys().collect();
    let mut sorted: Vec<(String, Value)> = kept.into_iter().collect();
    sorted.sort_by_key(|(key, _)| order.iter().position(|known| *known == key));
    sorted.into_iter().collect()
}

/// The first characters of a text, with a mark where it was cut.
fn cut_text(text: &str, budget: usize) -> String {
    if text.chars().count() <= budget {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(budget.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// Characters of a string as JSON, quotes and escapes included.
fn text(string: &str) -> usize {
    let escaped = |c: char| match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        c if c < ' ' => 6,
        _ => 1,
    };
    2 + string.chars().map(escaped).sum::<usize>()
}

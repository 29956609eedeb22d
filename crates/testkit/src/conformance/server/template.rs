//! Placeholders in the catalogue: `${arguments.name}` stands for a value of the call.

use serde_json::Value;

/// A copy of `pattern` with every placeholder in its strings filled from `values`.
///
/// A placeholder names members by a dotted path. What is no string is written as JSON, and what
/// does not exist is written as nothing.
pub(super) fn fill(pattern: &Value, values: &Value) -> Value {
    match pattern {
        Value::String(text) => Value::String(fill_text(text, values)),
        Value::Array(items) => items.iter().map(|item| fill(item, values)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), fill(member, values)))
            .collect(),
        plain => plain.clone(),
    }
}

fn fill_text(text: &str, values: &Value) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, opened)) = rest.split_once("${")
        && let Some((path, after)) = opened.split_once('}')
    {
        filled += before;
        filled += &written(path, values);
        rest = after;
    }
    filled + rest
}

fn written(path: &str, values: &Value) -> String {
    let found = path
        .split('.')
        .try_fold(values, |value, member| value.get(member));
    match found {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn placeholders_are_filled_wherever_a_string_is() {
        let pattern = json!({"a": ["${x.y}", 1], "b": {"c": "<${x.z}|${n}>"}});
        let values = json!({"x": {"y": "why", "z": true}, "n": 2.5});
        let expected = json!({"a": ["why", 1], "b": {"c": "<true|2.5>"}});
        assert_eq!(fill(&pattern, &values), expected);
    }

    #[test]
    fn what_is_missing_is_empty_and_what_is_no_placeholder_stays() {
        let values = json!({"a": 1});
        assert_eq!(fill(&json!("[${b.c}]"), &values), "[]");
        assert_eq!(fill(&json!(r#"{"a":"${a}"}"#), &values), r#"{"a":"1"}"#);
        assert_eq!(fill(&json!("${a"), &values), "${a");
    }
}

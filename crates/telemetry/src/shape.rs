//! What arguments look like, without what they say.

use std::fmt::Write;

use serde_json::{Map, Value};

/// Longest shape, in bytes, before it is cut.
const MAX_LENGTH: usize = 1_024;

/// Objects and arrays within more than so many others are only counted.
const MAX_DEPTH: usize = 4;

/// Longest name of a property that is shown, in characters.
const MAX_NAME: usize = 64;

/// The shape of a value, such as `{path: string(23), limit: number, tags: [string×3]}`.
///
/// Never holds a value; the number beside `string` is its length in characters. Names of
/// properties are shown. At most about 1,100 bytes long.
pub fn shape(value: &Value) -> String {
    let mut out = String::new();
    push(&mut out, value, 0);
    out
}

fn push(out: &mut String, value: &Value, depth: usize) {
    // Writing to a string cannot fail.
    let _ = match value {
        Value::Null => out.write_str("null"),
        Value::Bool(_) => out.write_str("boolean"),
        Value::Number(_) => out.write_str("number"),
        Value::String(text) => write!(out, "string({})", text.chars().count()),
        Value::Array(items) if depth >= MAX_DEPTH => write!(out, "array({})", items.len()),
        Value::Object(fields) if depth >= MAX_DEPTH => write!(out, "object({})", fields.len()),
        Value::Array(items) => return push_array(out, items, depth),
        Value::Object(fields) => return push_object(out, fields, depth),
    };
}

fn push_object(out: &mut String, fields: &Map<String, Value>, depth: usize) {
    out.push('{');
    for (n, (name, value)) in fields.iter().enumerate() {
        if n > 0 {
            out.push_str(", ");
        }
        if out.len() >= MAX_LENGTH {
            let _ = write!(out, "… {} more", fields.len() - n);
            break;
        }
        out.extend(name.chars().take(MAX_NAME));
        out.push_str(": ");
        push(out, value, depth + 1);
    }
    out.push('}');
}

/// Items of one kind are counted; of several kinds, each kind is named once.
fn push_array(out: &mut String, items: &[Value], depth: usize) {
    let [first, rest @ ..] = items else {
        return out.push_str("[]");
    };
    out.push('[');
    if rest.is_empty() {
        push(out, first, depth + 1);
    } else {
        out.push_str(kinds(items).join("|").as_str());
        let _ = write!(out, "×{}", items.len());
    }
    out.push(']');
}

fn kinds(items: &[Value]) -> Vec<&'static str> {
    let mut kinds: Vec<&str> = Vec::new();
    for item in items {
        let kind = kind(item);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shapes_name_and_count() {
        let arguments = json!({
            "path": "/home/user/notes.txt…é", "limit": 10, "tags": ["a", "b", "c"],
            "deep": {"on": true, "none": null}, "one": [{"x": 1}], "mixed": [1, "a", 2], "empty": []
        });
        assert_eq!(
            shape(&arguments),
            "{path: string(22), limit: number, tags: [string×3], deep: {on: boolean, none: null}, \
             one: [{x: number}], mixed: [number|string×3], empty: []}"
        );
    }

    #[test]
    fn values_never_show() {
        let arguments = json!({"token": "hunter2", "list": ["hunter2"], "n": [{"k": "hunter2"}]});
        assert!(!shape(&arguments).contains("hunter2"));
        assert_eq!(shape(&json!("hunter2")), "string(7)");
    }

    #[test]
    fn length_and_depth_are_bounded() {
        let wide: Map<String, Value> = (0..10_000)
            .map(|n| (format!("{n}{}", "x".repeat(1_000)), json!(n)))
            .collect();
        let shape_of_wide = shape(&Value::Object(wide));
        assert!(
            shape_of_wide.len() < MAX_LENGTH + 100,
            "{}",
            shape_of_wide.len()
        );
        assert!(shape_of_wide.contains("more}"));

        let deep = (0..100).fold(json!(1), |inner, _| json!({"a": inner}));
        assert_eq!(shape(&deep), "{a: {a: {a: {a: object(1)}}}}");
        let nested = (0..100).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(shape(&nested), "[[[[array(1)]]]]");
    }
}

//! An input schema in one line that a model can call from.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use wire::{Raw, RawObject};

/// Enum values shown.
const MAX_ENUM: usize = 8;
/// Parameters shown.
const MAX_PARAMETERS: usize = 24;

/// `{path: string, limit?: integer = 10, mode?: "a"|"b"}`: names, types, what is optional.
pub(super) fn signature(definition: &Raw) -> String {
    let schema: Option<Value> =
        RawObject::parse(definition).and_then(|definition| definition.get_as("inputSchema"));
    schema
        .as_ref()
        .map_or_else(|| "{}".to_owned(), |schema| object(schema, 0))
}

fn object(schema: &Value, depth: usize) -> String {
    let empty = Map::new();
    let properties = schema
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let mut parts: Vec<String> = Vec::new();
    // What must be given comes first, so that a cut never hides it.
    for wanted in [true, false] {
        for (name, property) in properties {
            if required.contains(&name.as_str()) == wanted {
                let mark = if wanted { "" } else { "?" };
                parts.push(format!("{name}{mark}: {}", kind(property, depth)));
            }
        }
    }
    if parts.len() > MAX_PARAMETERS {
        let more = parts.len() - MAX_PARAMETERS;
        parts.truncate(MAX_PARAMETERS);
        parts.push(format!("…{more} more"));
    }
    format!("{{{}}}", parts.join(", "))
}

fn kind(schema: &Value, depth: usize) -> String {
    let mut text = if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let mut shown: Vec<String> = values.iter().take(MAX_ENUM).map(Value::to_string).collect();
        if values.len() > MAX_ENUM {
            shown.push("…".to_owned());
        }
        shown.join("|")
    } else if let Some(value) = schema.get("const") {
        value.to_string()
    } else {
        declared(schema, depth)
    };
    if let Some(default) = schema.get("default")
        && !default.is_null()
        && default.to_string().len() <= 40
    {
        // Writing to a string cannot fail.
        let _ = write!(text, " = {default}");
    }
    text
}

fn declared(schema: &Value, depth: usize) -> String {
    for key in ["anyOf", "oneOf"] {
        if let Some(choices) = schema.get(key).and_then(Value::as_array) {
            let mut kinds: Vec<String> = choices
                .iter()
                .map(|choice| kind(choice, depth + 1))
                .collect();
            kinds.dedup();
            return kinds.join("|");
        }
    }
    match schema.get("type") {
        Some(Value::String(name)) => named(name, schema, depth),
        Some(Value::Array(names)) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            names.join("|")
        }
        _ if schema.get("properties").is_some() => named("object", schema, depth),
        _ => "any".to_owned(),
    }
}

fn named(name: &str, schema: &Value, depth: usize) -> String {
    match name {
        "array" => {
            let items = schema
                .get("items")
                .map_or_else(|| "any".into(), |items| kind(items, depth + 1));
            if items.contains('|') {
                format!("({items})[]")
            } else {
                format!("{items}[]")
            }
        }
        // Two levels show the shape; deeper ones are for describe_tools.
        "object" if depth < 2 && schema.get("properties").is_some() => object(schema, depth + 1),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wire::raw;

    use super::*;

    fn of(schema: &Value) -> String {
        signature(&raw(&json!({ "name": "t", "inputSchema": schema })))
    }

    #[test]
    fn parameters_read_like_a_type() {
        let schema = json!({
            "type": "object", "required": ["path", "mode"],
            "properties": {
                "limit": { "type": "integer", "default": 10 },
                "path": { "type": "string" },
                "mode": { "enum": ["a", "b"] },
                "tags": { "type": "array", "items": { "type": "string" } },
                "maybe": { "anyOf": [{ "type": "string" }, { "type": "null" }], "default": null },
                "many": { "type": ["string", "number"] },
                "where": { "type": "object", "required": ["x"], "properties": { "x": {} } },
            },
        });
        insta::assert_snapshot!(of(&schema), @r#"{path: string, mode: "a"|"b", limit?: integer = 10, tags?: string[], maybe?: string|null, many?: string|number, where?: {x: any}}"#);
    }

    #[test]
    fn odd_schemas_do_no_harm() {
        assert_eq!(of(&json!({})), "{}");
        assert_eq!(of(&json!({ "properties": [] })), "{}");
        let mut deep = json!({ "type": "string" });
        for _ in 0..50 {
            deep = json!({ "type": "object", "properties": { "d": deep } });
        }
        assert_eq!(of(&deep), "{d?: {d?: {d?: object}}}");
    }

    #[test]
    fn many_parameters_are_counted() {
        let mut properties = Map::new();
        for number in 0..40 {
            properties.insert(format!("p{number}"), json!({ "type": "string" }));
        }
        let text = of(&json!({ "properties": properties, "required": ["p39"] }));
        assert!(
            text.starts_with("{p39: string, ") && text.ends_with("…16 more}"),
            "{text}"
        );
    }
}

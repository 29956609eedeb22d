//! Values that fit a schema: the default where it has one.

use serde_json::{Map, Value, json};

/// An object with every property that the schema requires.
pub(super) fn required(schema: &Value) -> Map<String, Value> {
    let required = schema["required"].as_array().into_iter().flatten();
    let names = required.filter_map(Value::as_str);
    names
        .map(|name| (name.to_owned(), sample(&schema["properties"][name])))
        .collect()
}

/// An object with every property that the schema names.
pub(super) fn all(schema: &Value) -> Map<String, Value> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, property)| (name.clone(), sample(property)))
        .collect()
}

/// A value that fits the schema.
fn sample(schema: &Value) -> Value {
    let chosen = [
        &schema["default"],
        &schema["const"],
        &schema["enum"][0],
        &schema["oneOf"][0]["const"],
    ];
    if let Some(chosen) = chosen.into_iter().find(|value| !value.is_null()) {
        return chosen.clone();
    }
    match schema["type"].as_str() {
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => required(schema).into(),
        Some("null") => Value::Null,
        _ => json!("text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_choices_come_before_types() {
        let schema = json!({"properties": {
            "name": {"type": "string", "default": "John"},
            "score": {"type": "number", "default": 95.5},
            "kind": {"type": "string", "enum": ["a", "b"]},
            "titled": {"type": "string", "oneOf": [{"const": "v", "title": "V"}]},
            "agreed": {"type": "boolean"},
            "free": {"type": "string"},
        }});
        let expected = json!({"name": "John", "score": 95.5, "kind": "a", "titled": "v",
                              "agreed": true, "free": "text"});
        assert_eq!(Value::from(all(&schema)), expected);
    }

    #[test]
    fn only_what_is_required_is_given() {
        let schema = json!({"properties": {
            "a": {"type": "number"}, "b": {"type": "object", "required": ["c"]}, "d": {}
        }, "required": ["a", "b"]});
        let expected = json!({"a": 1, "b": {"c": "text"}});
        assert_eq!(Value::from(required(&schema)), expected);
    }
}

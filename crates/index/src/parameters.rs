//! The searchable text of a JSON Schema of arguments.

use serde_json::{Map, Value};

/// Schemas nest without end; what lies deeper than this says little about the tool.
const MAX_DEPTH: usize = 6;

/// Enumerations of countries or currencies would drown everything else.
const MAX_ENUM_VALUES: usize = 20;

/// Longest text taken from one schema, in bytes, for names and for descriptions each.
const MAX_TEXT: usize = 16_384;

/// Keywords whose value is one schema or several, that apply to the same arguments.
const SUBSCHEMAS: [&str; 6] = [
    "items",
    "anyOf",
    "oneOf",
    "allOf",
    "prefixItems",
    "additionalProperties",
];

/// Keywords whose value maps names of the schema's author's choosing to schemas.
const DEFINITIONS: [&str; 2] = ["$defs", "definitions"];

/// Words about a tool's parameters.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ParameterText {
    /// Their names, separated by spaces.
    pub(crate) names: String,
    /// Their descriptions and the values they allow.
    pub(crate) descriptions: String,
}

impl ParameterText {
    /// Collects the parameters at all levels of a schema.
    pub(crate) fn of(schema: &Value) -> Self {
        let mut text = Self::default();
        text.visit(schema, 0);
        text
    }

    fn visit(&mut self, schema: &Value, depth: usize) {
        let Value::Object(schema) = schema else {
            return;
        };
        if depth > MAX_DEPTH {
            return;
        }
        if let Some(Value::Object(properties)) = schema.get("properties") {
            for (name, property) in properties {
                push(&mut self.names, name);
                self.describe(property);
                self.visit(property, depth + 1);
            }
        }
        for subschema in subschemas(schema) {
            self.visit(subschema, depth + 1);
        }
    }

    fn describe(&mut self, property: &Value) {
        if let Some(description) = property.get("description").and_then(Value::as_str) {
            push(&mut self.descriptions, description);
        }
        let values = property.get("enum").and_then(Value::as_array);
        for value in values.into_iter().flatten().take(MAX_ENUM_VALUES) {
            if let Some(text) = value.as_str() {
                push(&mut self.descriptions, text);
            }
        }
    }
}

fn subschemas(schema: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let applied = SUBSCHEMAS.iter().filter_map(|keyword| schema.get(*keyword));
    let applied = applied.flat_map(|value| match value {
        Value::Array(alternatives) => alternatives.as_slice(),
        single => std::slice::from_ref(single),
    });
    let defined = DEFINITIONS
        .iter()
        .filter_map(|keyword| schema.get(*keyword)?.as_object());
    applied.chain(defined.flat_map(Map::values))
}

fn push(text: &mut String, words: &str) {
    if text.len() < MAX_TEXT {
        text.push_str(prefix(words, MAX_TEXT - text.len()));
        text.push(' ');
    }
}

/// The longest beginning of `text` that has at most `max` bytes.
pub(crate) fn prefix(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(schema: &Value) -> (String, String) {
        let text = ParameterText::of(schema);
        (
            text.names.trim_end().to_owned(),
            text.descriptions.trim_end().to_owned(),
        )
    }

    #[test]
    fn names_descriptions_and_enums_are_taken() {
        let schema = json!({"type": "object", "description": "ignored: the tool describes itself",
        "properties": {
            "repo": {"type": "string", "description": "Repository"},
            "state": {"enum": ["open", "closed", 7, null]}
        }});
        assert_eq!(
            text(&schema),
            ("repo state".into(), "Repository open closed".into())
        );
    }

    #[test]
    fn nested_schemas_are_followed() {
        let schema = json!({
            "properties": {
                "filter": {"type": "object", "properties": {"label": {"description": "A label"}}},
                "edits": {"items": {"properties": {"oldText": {}}}},
                "either": {"anyOf": [{"properties": {"left": {}}}, {"type": "null"}]}
            },
            "$defs": {"Person": {"properties": {"email": {}}}}
        });
        let (names, descriptions) = text(&schema);
        assert_eq!(names, "filter label edits oldText either left email");
        assert_eq!(descriptions, "A label");
    }

    #[test]
    fn what_is_no_schema_has_no_text() {
        for schema in [
            json!(null),
            json!(true),
            json!([1]),
            json!({"properties": [1, 2]}),
        ] {
            assert_eq!(ParameterText::of(&schema), ParameterText::default());
        }
        let odd = json!({"properties": {"a": 1, "b": {"enum": "x", "description": 5}}});
        assert_eq!(text(&odd), ("a b".into(), String::new()));
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let deep = (0..1_000).fold(json!({}), |inner, _| json!({"properties": {"a": inner}}));
        assert_eq!(ParameterText::of(&deep).names.len(), 2 * (MAX_DEPTH + 1));

        let long = "é".repeat(MAX_TEXT);
        let wide = json!({"properties": {"a": {"description": long}, "b": {"description": long}}});
        assert!(ParameterText::of(&wide).descriptions.len() <= MAX_TEXT + 1);
        assert_eq!(prefix("aé", 2), "a");
    }

    #[test]
    fn long_enumerations_are_cut() {
        let values: Vec<String> = (0..300).map(|n| format!("v{n}")).collect();
        let (_, descriptions) = text(&json!({"properties": {"a": {"enum": values}}}));
        assert_eq!(descriptions.split(' ').count(), MAX_ENUM_VALUES);
    }
}

//! Finding the annotations in a schema, and what is wrong with them.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{ANNOTATION, PREFIX, ParamHeader};

/// Why a tool's `x-mcp-header` annotations cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAnnotation {
    /// It stands where no chain of `properties` leads.
    #[error("`x-mcp-header` stands where no chain of `properties` leads")]
    Misplaced,
    /// It names no header.
    #[error("`x-mcp-header` of `{0}` is not a text that can be part of a header's name")]
    Name(String),
    /// Two annotations name the same header.
    #[error("`x-mcp-header` of `{0}` names the same header as another one")]
    Repeated(String),
    /// Only texts, integers and booleans can be repeated in headers.
    #[error("`x-mcp-header` of `{0}` needs the type string, integer or boolean")]
    Type(String),
    /// The schema cannot be looked through.
    #[error("the input schema is nested too deeply, or is not JSON")]
    Unreadable,
}

/// Keys whose values are schemas by name.
const SCHEMA_MAPS: [&str; 5] = [
    "$defs",
    "definitions",
    "dependentSchemas",
    "patternProperties",
    "dependencies",
];

/// Keys whose values are data, in which the annotation is a word like any other.
const DATA: [&str; 4] = ["const", "default", "enum", "examples"];

/// All annotations of a schema, in its order.
pub(super) fn read(schema: &str) -> Result<Vec<ParamHeader>, InvalidAnnotation> {
    // Nearly every schema has none, and then its form does not matter here.
    if !schema.contains(ANNOTATION) {
        return Ok(Vec::new());
    }
    let schema: Value = serde_json::from_str(schema).map_err(|_| InvalidAnnotation::Unreadable)?;
    let Value::Object(root) = schema else {
        return Ok(Vec::new());
    };
    if root.contains_key(ANNOTATION) {
        return Err(InvalidAnnotation::Misplaced);
    }
    let mut found = Found::default();
    found.object(&root, &mut Vec::new())?;
    Ok(found.headers)
}

#[derive(Default)]
struct Found {
    headers: Vec<ParamHeader>,
    /// The names in lower case.
    names: HashSet<String>,
}

impl Found {
    /// Looks through the root, or a property that a chain of `properties` leads to.
    fn object(
        &mut self,
        schema: &Map<String, Value>,
        path: &mut Vec<String>,
    ) -> Result<(), InvalidAnnotation> {
        for (key, value) in schema {
            match (key.as_str(), value) {
                (ANNOTATION, name) => self.annotation(name, schema, path)?,
                ("properties", Value::Object(properties)) => {
                    self.properties(properties, path)?;
                }
                (key, value) if hides_annotation(key, value) => {
                    return Err(InvalidAnnotation::Misplaced);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn properties(
        &mut self,
        properties: &Map<String, Value>,
        path: &mut Vec<String>,
    ) -> Result<(), InvalidAnnotation> {
        for (name, schema) in properties {
            if let Value::Object(schema) = schema {
                path.push(name.clone());
                self.object(schema, path)?;
                path.pop();
            }
        }
        Ok(())
    }

    fn annotation(
        &mut self,
        name: &Value,
        schema: &Map<String, Value>,
        path: &[String],
    ) -> Result<(), InvalidAnnotation> {
        let place = || path.join(".");
        let name = name.as_str().filter(|name| is_token(name));
        let name = name.ok_or_else(|| InvalidAnnotation::Name(place()))?;
        if !self.names.insert(name.to_ascii_lowercase()) {
            return Err(InvalidAnnotation::Repeated(place()));
        }
        let kind = schema.get("type").and_then(Value::as_str);
        if !matches!(kind, Some("string" | "integer" | "boolean")) {
            return Err(InvalidAnnotation::Type(place()));
        }
        self.headers.push(ParamHeader {
            name: format!("{PREFIX}{name}"),
            path: path.to_vec(),
        });
        Ok(())
    }
}

/// Whether the value of a key other than `properties` has an annotation somewhere.
fn hides_annotation(key: &str, value: &Value) -> bool {
    match value {
        _ if DATA.contains(&key) => false,
        Value::Object(map) if SCHEMA_MAPS.contains(&key) || key == "properties" => {
            map.values().any(|schema| hides_annotation("", schema))
        }
        Value::Object(schema) => schema
            .iter()
            .any(|(key, value)| key == ANNOTATION || hides_annotation(key, value)),
        Value::Array(schemas) => schemas.iter().any(|schema| hides_annotation("", schema)),
        _ => false,
    }
}

/// The characters of a header's name: RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(allowed)
}

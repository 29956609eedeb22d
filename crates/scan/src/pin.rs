//! What is pinned of a definition, and its fingerprint.
//!
//! Pinned is everything that reaches a model or steers how a client treats the definition, so
//! that none of it can change unseen. Members that nobody has heard of are pinned too: the
//! gateway passes them on, and some client may show them to its model. Left out is only what no
//! model reads and what changes by itself: `_meta`, pictures, the hint how a call is to be run
//! (`execution`), and the size and age of a resource.

use model::DefinitionKind;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::canon::canonical;
use crate::hidden;
use crate::skeleton::skeleton;

/// How a definition compares with an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Nothing that is pinned differs.
    Unchanged,
    /// The same name, other contents.
    Changed {
        /// Whether hidden characters have come in.
        hidden: bool,
    },
    /// Another name.
    New {
        /// Whether the new name can be taken for the old one.
        confusable: bool,
    },
}

/// What is pinned of a definition, which is its JSON as the server lists it. Instructions are a
/// JSON string and pinned as they are.
pub fn pinned(kind: DefinitionKind, definition: &Value) -> Value {
    let Value::Object(members) = definition else {
        return definition.clone();
    };
    let kept = members
        .iter()
        .filter(|(name, value)| is_pinned(kind, name, value));
    let kept = kept.map(|(name, value)| (name.clone(), pinned_member(kind, name, value)));
    Value::Object(kept.collect())
}

/// SHA-256 of the canonical form of what is pinned, in lower-case hexadecimal digits.
pub fn hash(kind: DefinitionKind, definition: &Value) -> String {
    let text = canonical(&pinned(kind, definition));
    model::hex(&Sha256::digest(text.as_bytes()))
}

/// Compares a definition with the one that was approved earlier.
pub fn compare(kind: DefinitionKind, before: &Value, after: &Value) -> Comparison {
    let (old, new) = (name(kind, before), name(kind, after));
    if old != new {
        let confusable = skeleton(old) == skeleton(new);
        return Comparison::New { confusable };
    }
    if hash(kind, before) == hash(kind, after) {
        return Comparison::Unchanged;
    }
    let hidden = hidden_characters(kind, after) > hidden_characters(kind, before);
    Comparison::Changed { hidden }
}

/// The member that names a definition of this kind; instructions have none.
fn name(kind: DefinitionKind, definition: &Value) -> &str {
    let member = match kind {
        DefinitionKind::Instructions | DefinitionKind::PromptText => return "",
        DefinitionKind::Tool | DefinitionKind::Prompt => "name",
        DefinitionKind::Resource => "uri",
        DefinitionKind::ResourceTemplate => "uriTemplate",
    };
    definition[member].as_str().unwrap_or_default()
}

fn hidden_characters(kind: DefinitionKind, definition: &Value) -> usize {
    hidden::count(&canonical(&pinned(kind, definition)))
}

fn is_pinned(kind: DefinitionKind, name: &str, value: &Value) -> bool {
    match name {
        "_meta" | "icons" => false,
        "execution" => kind != DefinitionKind::Tool,
        // Only the number is volatile; words in its place would be an odd way to be left out.
        "size" => kind != DefinitionKind::Resource || !value.is_number(),
        _ => true,
    }
}

fn pinned_member(kind: DefinitionKind, name: &str, value: &Value) -> Value {
    match (kind, name) {
        (DefinitionKind::Tool, "inputSchema" | "outputSchema") => schema(value),
        (DefinitionKind::Resource | DefinitionKind::ResourceTemplate, "annotations") => {
            without_age(value)
        }
        _ => value.clone(),
    }
}

/// Annotations without the time of the last change, if that is a time.
fn without_age(annotations: &Value) -> Value {
    let Value::Object(members) = annotations else {
        return annotations.clone();
    };
    let kept = members
        .iter()
        .filter(|(name, value)| name.as_str() != "lastModified" || !is_time(value));
    Value::Object(
        kept.map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

fn is_time(value: &Value) -> bool {
    let of_times = |byte: u8| byte.is_ascii_digit() || b"TZ:-+.".contains(&byte);
    value
        .as_str()
        .is_some_and(|text| text.len() <= 40 && text.bytes().all(of_times))
}

/// A JSON schema in which the order of `required`, which is a set, has no meaning. Data in it
/// (defaults, enumerations, examples) is left alone, and so is a property named `required`.
fn schema(value: &Value) -> Value {
    let Value::Object(members) = value else {
        return value.clone();
    };
    let members = members
        .iter()
        .map(|(name, value)| (name.clone(), keyword(name, value)));
    Value::Object(members.collect())
}

fn keyword(name: &str, value: &Value) -> Value {
    match name {
        "required" => set(value),
        "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" => {
            let Value::Object(members) = value else {
                return value.clone();
            };
            let schemas = members
                .iter()
                .map(|(name, value)| (name.clone(), schema(value)));
            Value::Object(schemas.collect::<Map<_, _>>())
        }
        "allOf" | "anyOf" | "oneOf" | "prefixItems" | "items" => match value {
            Value::Array(schemas) => schemas.iter().map(schema).collect(),
            single => schema(single),
        },
        "additionalProperties"
        | "additionalItems"
        | "contains"
        | "else"
        | "if"
        | "not"
        | "propertyNames"
        | "then"
        | "unevaluatedItems"
        | "unevaluatedProperties" => schema(value),
        _ => value.clone(),
    }
}

/// An array of strings, sorted and each once.
fn set(value: &Value) -> Value {
    let names: Option<Vec<&str>> = value
        .as_array()
        .and_then(|names| names.iter().map(Value::as_str).collect());
    let Some(mut names) = names else {
        return value.clone();
    };
    names.sort_unstable();
    names.dedup();
    Value::from(names)
}

#[cfg(test)]
#[path = "pin_tests.rs"]
mod tests;

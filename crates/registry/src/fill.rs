//! Gaps of an entry, filled with what a person gives.

use std::collections::BTreeMap;

use model::{RegistryChoice, RegistryInput};
use serde_json::{Map, Value};

/// What an entry lacks, or has too much of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// Values that it cannot do without.
    #[error("these values are required: {}", .0.join(", "))]
    Values(Vec<String>),
    /// A value that it has no place for.
    #[error("there is no value named `{0}`")]
    Unknown(String),
}

/// The entry with these values, by the names of the inputs, in their places.
pub fn filled(
    choice: &RegistryChoice,
    values: &BTreeMap<String, String>,
) -> Result<Value, Missing> {
    let is_known = |name: &&String| choice.inputs.iter().any(|input| input.name == **name);
    if let Some(unknown) = values.keys().find(|name| !is_known(name)) {
        return Err(Missing::Unknown(unknown.clone()));
    }
    let missing: Vec<String> = choice
        .inputs
        .iter()
        .filter(|input| !values.contains_key(&input.name) && is_needed(input))
        .map(|input| input.name.clone())
        .collect();
    if !missing.is_empty() {
        return Err(Missing::Values(missing));
    }
    let mut entry = choice.entry.clone();
    for input in &choice.inputs {
        if let Some(value) = values.get(&input.name) {
            put(&mut entry, &input.pointer, value);
        }
    }
    Ok(entry)
}

/// Whether a person has to give a value. What is there of a secret is only its beginning.
pub fn is_needed(input: &RegistryInput) -> bool {
    let has_default = input.default.as_ref().is_some_and(|text| !text.is_empty());
    input.required && (input.secret || !has_default)
}

/// The last part of a registry's name: `io.github.acme/weather` is called `weather`.
pub fn short_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Puts a text in the place that a pointer names. Arguments have a place already; a variable or a
/// header need not, and neither need what holds them.
fn put(entry: &mut Value, pointer: &str, value: &str) {
    if let Some(place) = entry.pointer_mut(pointer) {
        *place = value.into();
        return;
    }
    let Some((section, name)) = pointer.trim_start_matches('/').split_once('/') else {
        return;
    };
    let name = name.replace("~1", "/").replace("~0", "~");
    let Some(entry) = entry.as_object_mut() else {
        return;
    };
    let section = entry
        .entry(section)
        .or_insert_with(|| Value::Object(Map::new()));
    if let Some(section) = section.as_object_mut() {
        section.insert(name, value.into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input(name: &str, pointer: &str, required: bool, default: Option<&str>) -> RegistryInput {
        RegistryInput {
            name: name.to_owned(),
            description: String::new(),
            required,
            secret: name == "Authorization",
            default: default.map(str::to_owned),
            pointer: pointer.to_owned(),
        }
    }

    fn choice() -> RegistryChoice {
        RegistryChoice {
            label: "npx x".to_owned(),
            transport: "stdio".to_owned(),
            package: None,
            entry: json!({"command": "npx", "args": ["x", "", "80"], "headers": {"Authorization": "Bearer "}}),
            inputs: vec![
                input("folder", "/args/1", true, None),
                input("port", "/args/2", true, Some("80")),
                input(
                    "Authorization",
                    "/headers/Authorization",
                    true,
                    Some("Bearer "),
                ),
                input("A/B", "/env/A~1B", false, None),
            ],
        }
    }

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        let owned = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        owned.collect()
    }

    #[test]
    fn values_go_to_their_places_and_nothing_else_changes() {
        let given = values(&[
            ("folder", "/w; id"),
            ("Authorization", "Bearer ${keyring:x}"),
            ("A/B", "1"),
        ]);
        let entry = filled(&choice(), &given).expect("whole");
        assert_eq!(
            entry,
            json!({
                "command": "npx", "args": ["x", "/w; id", "80"],
                "headers": {"Authorization": "Bearer ${keyring:x}"}, "env": {"A/B": "1"},
            })
        );
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        let missing = filled(&choice(), &values(&[])).expect_err("gaps");
        let names = vec!["folder".to_owned(), "Authorization".to_owned()];
        assert_eq!(missing, Missing::Values(names));
        let unknown = filled(&choice(), &values(&[("command", "sh")])).expect_err("no place");
        assert_eq!(unknown, Missing::Unknown("command".to_owned()));
    }

    #[test]
    fn the_last_part_is_the_short_name() {
        assert_eq!(short_name("io.github.acme/weather"), "weather");
        assert_eq!(short_name("weather"), "weather");
    }
}

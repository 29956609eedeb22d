//! Fields that no specification knows, added to every object that is sent.
//!
//! They depend on the seed and on the place in the message alone, so that the same answer carries
//! the same fields whoever asks for it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Value;
use serde_json::value::RawValue;

/// Values whose form is easily lost: numbers that a parser rewrites, nested and unusual text.
const VALUES: &[&str] = &[
    "1.0",
    "1e3",
    "1E+2",
    "-0",
    "-0.0",
    "12345678901234567890",
    "123456789012345678901234567890",
    "0.10000000000000000555",
    "1.50e-7",
    "null",
    r#""Grüße 👋 \u0001 \ud83d\ude00 \/""#,
    r#"{"z":[1.50,null,{"deep":[[{}]]}],"größe":-0.0,"":"empty"}"#,
    r#"[{"a":1.0},[],"",12345678901234567891]"#,
];

/// Objects that are maps, where another member would be another entry and no unknown field.
const MAPS: &[&str] = &[
    "$defs",
    "arguments",
    "experimental",
    "extensions",
    "inputResponses",
    "properties",
];

/// The text with more fields in each of its objects.
pub(super) fn adorn(text: &str, place: &str, seed: u64) -> String {
    match text.trim_start().as_bytes().first() {
        Some(b'{') => adorn_object(text, place, seed),
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
            let elements = elements
                .iter()
                .enumerate()
                .map(|(index, element)| adorn(element.get(), &format!("{place}/{index}"), seed));
            format!("[{}]", elements.collect::<Vec<_>>().join(","))
        }
        _ => text.to_owned(),
    }
}

fn adorn_object(text: &str, place: &str, seed: u64) -> String {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap_or_default();
    let mut all: Vec<_> = members
        .iter()
        .map(|(name, value)| {
            let value = match name.as_str() {
                // What is asked got its fields as in a request of its own.
                "inputRequests" => value.get().to_owned(),
                _ => adorn(value.get(), &format!("{place}/{name}"), seed),
            };
            format!("{}:{value}", Value::from(name.as_str()))
        })
        .collect();
    let is_map = MAPS.iter().any(|map| place.ends_with(&format!("/{map}")));
    if !is_map {
        let number = number_of(place, seed);
        let value = VALUES[number % VALUES.len()];
        all.push(format!(r#""x-extra-{}":{value}"#, number % 1000));
        all.push(format!(
            r#""x-größe":{}"#,
            VALUES[(number / 7) % VALUES.len()]
        ));
    }
    format!("{{{}}}", all.join(","))
}

fn number_of(place: &str, seed: u64) -> usize {
    let mut hasher = DefaultHasher::new();
    (place, seed).hash(&mut hasher);
    usize::try_from(hasher.finish() >> 33).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_but_no_map_gets_more_fields() {
        let text = r#"{"tools":[{"inputSchema":{"properties":{"a":{}}}}],"n":1.0}"#;
        let adorned = adorn(text, "tools/list", 1);
        assert_eq!(adorned.matches("x-größe").count(), 4, "{adorned}");
        let json: Value = serde_json::from_str(&adorned).expect("JSON");
        let properties = &json["tools"][0]["inputSchema"]["properties"];
        assert_eq!(properties.as_object().expect("an object").len(), 1);
        assert!(adorned.contains(r#""n":1.0"#));
    }

    #[test]
    fn place_and_seed_decide() {
        assert_eq!(adorn("{}", "a", 1), adorn("{}", "a", 1));
        assert_ne!(adorn("{}", "a", 1), adorn("{}", "b", 1));
        assert_ne!(adorn("{}", "a", 1), adorn("{}", "a", 2));
    }

    #[test]
    fn every_value_is_json() {
        for value in VALUES {
            let parsed = serde_json::from_str::<&RawValue>(value);
            assert_eq!(parsed.expect(value).get(), *value);
        }
    }
}

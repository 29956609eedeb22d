//! The settings as a form, made from the schema: a key that the schema knows is in the form, with
//! its description, its choices and its default.

use model::{Setting, SettingKind};
use serde_json::{Map, Value};

use crate::edit::{self, EditError};
use crate::schema::schema;

/// Keys of the file that are no settings.
const OTHERS: [&str; 3] = ["$schema", "mcpServers", "servers"];

/// Settings that are read when the gateway starts, and not again.
const AT_START: [&str; 5] = [
    "listen",
    "logs.level",
    "logs.maxFileMegabytes",
    "logs.maxFiles",
    "logs.maxAgeDays",
];

/// What stands before the default in a description; the default itself is JSON.
const DEFAULT: &str = " Default: ";

/// The settings in the order of the schema, with the values of a file's text.
pub(crate) fn settings(text: &str) -> Result<Vec<Setting>, EditError> {
    let file = edit::value(text)?;
    let schema = schema();
    let mut settings = Vec::new();
    collect(&schema, &schema, &mut Vec::new(), &mut |path, part| {
        let value = path.iter().try_fold(&file, |value, key| value.get(key));
        settings.push(setting(path.join("."), part, value));
    });
    Ok(settings)
}

/// The text with settings changed; null stands for the default.
pub(crate) fn apply(text: &str, values: &Map<String, Value>) -> Result<String, EditError> {
    let known = settings(text)?;
    values
        .iter()
        .try_fold(text.to_owned(), |text, (key, value)| {
            if !known.iter().any(|setting| setting.key == *key) {
                return Err(EditError::InvalidSetting {
                    key: key.clone(),
                    reason: "there is no such setting".to_owned(),
                });
            }
            let path: Vec<&str> = key.split('.').collect();
            edit::set(&text, &path, Some(value).filter(|value| !value.is_null()))
        })
}

/// Visits every setting in an object of the schema with its path.
fn collect(
    root: &Value,
    object: &Value,
    path: &mut Vec<String>,
    visit: &mut dyn FnMut(&[String], &Value),
) {
    let properties = object["properties"].as_object();
    for (key, part) in properties.into_iter().flatten() {
        if path.is_empty() && OTHERS.contains(&key.as_str()) {
            continue;
        }
        let resolved = resolved(root, part);
        path.push(key.clone());
        if resolved["properties"].is_object() {
            collect(root, &resolved, path, visit);
        } else {
            visit(path, &resolved);
        }
        path.pop();
    }
}

/// What a property may be, with the description that stands at the property itself.
fn resolved(root: &Value, part: &Value) -> Value {
    let choices = part["anyOf"].as_array().into_iter().flatten();
    let mut references = choices
        .chain([part])
        .filter_map(|part| part["$ref"].as_str());
    let pointer = references
        .next()
        .and_then(|reference| reference.strip_prefix('#'));
    let Some(Value::Object(target)) = pointer.and_then(|pointer| root.pointer(pointer)) else {
        return part.clone();
    };
    let mut target = target.clone();
    if let Some(own) = part.get("description") {
        target.insert("description".to_owned(), own.clone());
    }
    Value::Object(target)
}

fn setting(key: String, part: &Value, value: Option<&Value>) -> Setting {
    let said = part["description"]
        .as_str()
        .unwrap_or_default()
        .replace('\n', " ");
    let (description, default) = match said.rsplit_once(DEFAULT) {
        Some((description, default)) => (description.to_owned(), default),
        None => (said.clone(), "null."),
    };
    let default = default.strip_suffix('.').unwrap_or(default);
    let default: Value = serde_json::from_str(default).unwrap_or_default();
    let choices = choices(part);
    Setting {
        restart: AT_START.contains(&key.as_str()),
        kind: kind(part, &choices),
        value: value.map_or_else(|| default.clone(), one_text),
        key,
        choices,
        default,
        description,
    }
}

/// A list of texts in the form of one text, as the reader takes it too.
fn one_text(value: &Value) -> Value {
    let Some(list) = value.as_array() else {
        return value.clone();
    };
    let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    words.join(" ").into()
}

/// The words of an enumeration, which a schema writes in either of two ways.
fn choices(part: &Value) -> Vec<String> {
    let listed = part["enum"].as_array().into_iter().flatten();
    let described = part["oneOf"].as_array().into_iter().flatten();
    let described = described.map(|choice| &choice["const"]);
    let words = listed.chain(described).filter_map(Value::as_str);
    words.map(str::to_owned).collect()
}

fn kind(part: &Value, choices: &[String]) -> SettingKind {
    let kinds = part["type"].as_array().cloned();
    let kinds = kinds.unwrap_or_else(|| vec![part["type"].clone()]);
    let is = |kind: &str| kinds.iter().any(|known| known == kind);
    if !choices.is_empty() {
        SettingKind::Choice
    } else if is("boolean") {
        SettingKind::Switch
    } else if is("integer") || is("number") {
        SettingKind::Number
    } else {
        SettingKind::Text
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::settings::Settings;

    fn get(text: &str, key: &str) -> Setting {
        let settings = settings(text).expect("a form");
        let found = settings.into_iter().find(|setting| setting.key == key);
        found.unwrap_or_else(|| panic!("{key}"))
    }

    fn change(text: &str, values: &Value) -> Result<String, EditError> {
        apply(text, values.as_object().expect("an object"))
    }

    #[test]
    fn every_default_of_the_form_is_the_default_of_the_reader() {
        let settings = settings("").expect("a form");
        let defaults: Map<String, Value> = settings
            .iter()
            .map(|setting| {
                assert!(!setting.default.is_null(), "{setting:?}");
                assert!(!setting.description.contains("Default"), "{setting:?}");
                (setting.key.clone(), setting.default.clone())
            })
            .collect();
        let text = apply("", &defaults).expect("written");
        let parsed = crate::parse(&text, Path::new("x"));
        assert_eq!(parsed.diagnostics, [], "{text}");
        assert_eq!(parsed.settings, Some(Settings::default()), "{text}");
    }

    #[test]
    fn settings_know_how_they_are_edited() {
        let text = r#"{"readOnly": true, "logs": {"level": "debug"}}"#;
        let level = get(text, "logs.level");
        assert_eq!(
            (level.kind, level.value),
            (SettingKind::Choice, json!("debug"))
        );
        assert_eq!(level.choices, ["error", "warn", "info", "debug", "trace"]);
        assert!(level.restart);
        let read_only = get(text, "readOnly");
        assert_eq!(
            (read_only.kind, read_only.value),
            (SettingKind::Switch, json!(true))
        );
        assert!(!read_only.restart);
        let timeout = get(text, "callTimeout");
        assert_eq!(
            (timeout.kind, timeout.value),
            (SettingKind::Number, json!(120))
        );
        assert_eq!(get(text, "listen").kind, SettingKind::Text);
        assert_eq!(get(text, "desktop.notices.review").value, json!(true));
        for key in AT_START {
            get(text, key);
        }
    }

    #[test]
    fn one_key_changes_and_everything_else_stays() {
        let text = "{\n  // mine\n  \"readOnly\": true, // why\n  \"logs\": {\"maxFiles\": 3}\n}\n";
        let changed = change(text, &json!({"logs.level": "debug", "readOnly": false}));
        assert_eq!(
            changed.as_deref(),
            Ok("{\n  // mine\n  \"readOnly\": false, // why\n  \
                \"logs\": {\"maxFiles\": 3, \"level\": \"debug\"}\n}\n")
        );
        let back = change(text, &json!({"readOnly": null, "callTimeout": null}));
        let back = back.expect("changed");
        assert!(
            !back.contains("readOnly") && back.contains("// mine"),
            "{back}"
        );
    }

    #[test]
    fn what_is_missing_around_a_setting_is_written_too() {
        let text = change("", &json!({"desktop.notices.review": false})).expect("written");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value, json!({"desktop": {"notices": {"review": false}}}));
        let text = change(&text, &json!({"desktop.theme": "dark"})).expect("written");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(
            value["desktop"],
            json!({"notices": {"review": false}, "theme": "dark"})
        );
    }

    #[test]
    fn what_is_no_setting_is_not_written() {
        for key in [
            "mcpServers",
            "logs",
            "$schema",
            "nonsense",
            "logs.level.x",
            "",
        ] {
            let refused = change("{}", &json!({ key: 1 }));
            assert!(
                matches!(refused, Err(EditError::InvalidSetting { .. })),
                "{key}"
            );
        }
    }
}

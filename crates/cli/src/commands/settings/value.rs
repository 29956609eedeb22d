//! Values of settings as people write and read them.

use model::{Setting, SettingKind};
use serde_json::{Number, Value};

use crate::exit::{Code, Failure};
use crate::output::visible;

/// Reads a value as what its setting is: `on` for a switch, `5` for a number.
pub(super) fn read(setting: &Setting, text: &str) -> Result<Value, Failure> {
    let wanted = match setting.kind {
        SettingKind::Switch => match text.to_ascii_lowercase().as_str() {
            "on" | "true" | "yes" => return Ok(Value::Bool(true)),
            "off" | "false" | "no" => return Ok(Value::Bool(false)),
            _ => "Write on or off.".to_owned(),
        },
        SettingKind::Number => match serde_json::from_str::<Number>(text.trim()) {
            Ok(number) => return Ok(Value::Number(number)),
            Err(_) => format!("Write a number, for example {}.", setting.default),
        },
        SettingKind::Choice if !setting.choices.iter().any(|choice| choice == text) => {
            format!("Write one of: {}.", setting.choices.join(", "))
        }
        SettingKind::Choice | SettingKind::Text => return Ok(text.into()),
    };
    let (key, text) = (&setting.key, visible(text));
    let message = format!("`{text}` is no value of {key}.");
    Err(Failure::new(Code::Usage, message, wanted))
}

/// A value without the marks of JSON.
pub(super) fn shown(kind: SettingKind, value: &Value) -> String {
    match (kind, value) {
        (SettingKind::Switch, Value::Bool(true)) => "on".to_owned(),
        (SettingKind::Switch, Value::Bool(false)) => "off".to_owned(),
        (_, Value::String(text)) => text.clone(),
        (_, value) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn setting(kind: SettingKind) -> Setting {
        Setting {
            key: "k".into(),
            kind,
            choices: vec!["info".into(), "debug".into()],
            value: Value::Null,
            default: json!(120),
            description: String::new(),
            restart: false,
        }
    }

    fn value(kind: SettingKind, text: &str) -> Result<Value, Failure> {
        read(&setting(kind), text)
    }

    #[test]
    fn the_kind_decides_how_a_value_is_read() {
        for (kind, text, wanted) in [
            (SettingKind::Switch, "On", json!(true)),
            (SettingKind::Switch, "false", json!(false)),
            (SettingKind::Number, "5", json!(5)),
            (SettingKind::Number, "0.5", json!(0.5)),
            (SettingKind::Text, "5", json!("5")),
            (SettingKind::Text, "", json!("")),
            (SettingKind::Choice, "debug", json!("debug")),
        ] {
            assert_eq!(value(kind, text).expect(text), wanted);
        }
    }

    #[test]
    fn a_refused_value_says_what_is_taken() {
        for (kind, text, fix) in [
            (SettingKind::Switch, "maybe", "Write on or off."),
            (SettingKind::Number, "many", "for example 120"),
            (SettingKind::Number, "\"5\"", "for example 120"),
            (SettingKind::Choice, "Info", "info, debug"),
        ] {
            let failure = value(kind, text).expect_err(text);
            assert_eq!(failure.code, Code::Usage);
            assert!(failure.fix.contains(fix), "{failure:?}");
        }
    }

    #[test]
    fn values_are_shown_as_they_are_written() {
        assert_eq!(shown(SettingKind::Switch, &json!(true)), "on");
        assert_eq!(shown(SettingKind::Text, &json!("a b")), "a b");
        assert_eq!(shown(SettingKind::Number, &json!(1.5)), "1.5");
    }
}

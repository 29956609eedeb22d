//! Values as text.

use serde_json::Value;

/// A list that fits into this many characters stays on one line.
const LIST_WIDTH: usize = 80;

/// How several lines are laid out.
#[derive(Clone, Debug)]
pub(super) struct Style {
    /// The line break of the file.
    pub(super) line_break: &'static str,
    /// One step of indentation.
    pub(super) unit: String,
}

/// A value on one line: `{ "a": [1, 2] }`.
pub(super) fn one_line(value: &Value) -> String {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let properties: Vec<_> = map
                .iter()
                .map(|(key, value)| property(key, &one_line(value)))
                .collect();
            format!("{{ {} }}", properties.join(", "))
        }
        Value::Array(list) => {
            format!(
                "[{}]",
                list.iter().map(one_line).collect::<Vec<_>>().join(", ")
            )
        }
        other => other.to_string(),
    }
}

/// A value on several lines, the first of which stands on a line indented by `indent`.
pub(super) fn lines(value: &Value, style: &Style, indent: &str) -> String {
    let inner = format!("{indent}{}", style.unit);
    let (open, parts, close) = match value {
        Value::Object(map) if !map.is_empty() => {
            let part =
                |(key, value): (&String, &Value)| property(key, &lines(value, style, &inner));
            ('{', map.iter().map(part).collect::<Vec<_>>(), '}')
        }
        Value::Array(list) if !fits(value) => (
            '[',
            list.iter()
                .map(|value| lines(value, style, &inner))
                .collect(),
            ']',
        ),
        other => return one_line(other),
    };
    let line_break = style.line_break;
    let separator = format!(",{line_break}{inner}");
    format!(
        "{open}{line_break}{inner}{}{line_break}{indent}{close}",
        parts.join(&separator)
    )
}

/// A key with a rendered value.
pub(super) fn property(key: &str, value: &str) -> String {
    format!("{}: {value}", Value::from(key))
}

fn fits(list: &Value) -> bool {
    let flat = list
        .as_array()
        .is_none_or(|list| list.iter().all(|value| !value.is_object()));
    flat && one_line(list).chars().count() <= LIST_WIDTH
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn style() -> Style {
        Style {
            line_break: "\r\n",
            unit: "\t".into(),
        }
    }

    #[test]
    fn values_are_laid_out() {
        let value = json!({"command": "npx", "args": ["-y", "a\"b"], "env": {"A": "1"}, "x": {}});
        assert_eq!(
            one_line(&value),
            r#"{ "command": "npx", "args": ["-y", "a\"b"], "env": { "A": "1" }, "x": {} }"#
        );
        assert_eq!(
            lines(&value, &style(), "\t"),
            "{\r\n\t\t\"command\": \"npx\",\r\n\t\t\"args\": [\"-y\", \"a\\\"b\"],\r\n\t\t\
             \"env\": {\r\n\t\t\t\"A\": \"1\"\r\n\t\t},\r\n\t\t\"x\": {}\r\n\t}"
        );
    }

    #[test]
    fn long_lists_take_several_lines() {
        let value = json!(["x".repeat(50), "y".repeat(50)]);
        let text = lines(&value, &style(), "");
        assert_eq!(text.lines().count(), 4);
        assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), value);
    }
}

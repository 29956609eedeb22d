//! Arguments of a call, in the forms in which people give them.

use std::io::Read as _;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use crate::exit::{Code, Failure};

const AFTER_HELP: &str = "\
Examples:
  toolgate tools call time__get_current_time timezone=Europe/Berlin
  toolgate tools call search__query --args '{\"text\": \"x\", \"limit\": 5}'
  echo '{\"text\": \"x\"}' | toolgate tools call search__query -

A value given as key=value is read as the type that the tool declares for it.
Exit code 6 means that the tool ran and returned an error.";

/// Which tool to call with what.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The tool's id, for example `github__create_issue`
    pub(super) id: String,
    /// All arguments as one JSON object
    #[arg(long = "args", value_name = "JSON", conflicts_with = "values")]
    whole: Option<String>,
    /// Arguments one by one, or `-` to read a JSON object from standard input
    #[arg(value_name = "KEY=VALUE")]
    values: Vec<String>,
}

/// Arguments as given.
#[derive(Debug)]
pub(super) enum Given {
    /// One JSON object.
    Json(Box<RawValue>),
    /// Keys and values, the latter as text.
    Pairs(Vec<(String, String)>),
}

impl Args {
    /// Takes the arguments from the command line or standard input.
    pub(super) fn read(self) -> Result<Given, Failure> {
        if let Some(text) = self.whole {
            return object(&text).map(Given::Json);
        }
        if self.values == ["-"] {
            let mut text = String::new();
            std::io::stdin().lock().read_to_string(&mut text)?;
            return object(&text).map(Given::Json);
        }
        let pairs = self.values.iter().map(|pair| {
            let (key, value) = pair.split_once('=').ok_or_else(|| {
                let message = format!("`{pair}` is not an argument.");
                Failure::new(Code::Usage, message, "Write KEY=VALUE, or use --args JSON.")
            })?;
            Ok((key.to_owned(), value.to_owned()))
        });
        pairs.collect::<Result<_, Failure>>().map(Given::Pairs)
    }
}

/// Turns pairs into an object, each value of the type that the tool's schema declares.
pub(super) fn from_pairs(pairs: &[(String, String)], definition: &Value) -> Box<RawValue> {
    let mut object = Map::new();
    for (key, text) in pairs {
        let declared = &definition["inputSchema"]["properties"][key]["type"];
        object.insert(key.clone(), value(text, declared));
    }
    // An object with text as keys always serialises.
    to_raw_value(&object).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// A text that can only be meant as text stays one; anything else is read as JSON if it can be.
fn value(text: &str, declared: &Value) -> Value {
    let as_text = || Value::String(text.to_owned());
    if declared == "string" {
        return as_text();
    }
    serde_json::from_str(text).unwrap_or_else(|_| as_text())
}

fn object(text: &str) -> Result<Box<RawValue>, Failure> {
    let usage = |message: String| {
        Failure::new(
            Code::Usage,
            message,
            r#"Give an object, for example {"key": "value"}."#,
        )
    };
    let parsed: Box<RawValue> = serde_json::from_str(text)
        .map_err(|error| usage(format!("The arguments are not JSON: {error}.")))?;
    if parsed.get().starts_with('{') {
        Ok(parsed)
    } else {
        Err(usage("The arguments are not a JSON object.".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn args(whole: Option<&str>, values: &[&str]) -> Args {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Args {
            id: "s__t".into(),
            whole: whole.map(str::to_owned),
            values,
        }
    }

    #[test]
    fn the_declared_type_decides() {
        let types = json!({"id": {"type": "string"}, "n": {"type": "number"}});
        let definition = json!({"inputSchema": {"properties": types}});
        let pairs = [("id", "42"), ("n", "42"), ("tags", "[1]"), ("free", "a b")];
        let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(
            from_pairs(&pairs, &definition).get(),
            r#"{"id":"42","n":42,"tags":[1],"free":"a b"}"#
        );
    }

    #[test]
    fn values_may_hold_equals_signs() {
        let Ok(Given::Pairs(pairs)) = args(None, &["q=a=b", "e="]).read() else {
            unreachable!("pairs were given")
        };
        assert_eq!(
            pairs,
            [("q".into(), "a=b".into()), ("e".into(), String::new())]
        );
    }

    #[test]
    fn json_is_passed_on_as_it_is() {
        let Ok(Given::Json(json)) = args(Some(r#" {"n": 1.50} "#), &[]).read() else {
            unreachable!("JSON was given")
        };
        assert_eq!(json.get(), r#"{"n": 1.50}"#);
    }

    #[test]
    fn other_forms_are_usage_errors() {
        for wrong in [
            args(Some("[1]"), &[]),
            args(Some("{"), &[]),
            args(None, &["x"]),
        ] {
            assert_eq!(wrong.read().expect_err("wrong").code, Code::Usage);
        }
    }
}

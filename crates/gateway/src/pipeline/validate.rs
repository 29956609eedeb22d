//! Arguments against the tool's own schema, before anything is sent.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fleet::Tool;
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use wire::{Raw, RawObject};

use crate::refusal::Refusal;

/// Compiled schemas kept; beyond that all are compiled anew when needed.
const KEPT: usize = 128;
/// A schema beyond this size is left to the server to check.
const MAX_SCHEMA: usize = 256 * 1024;
/// Problems shown at once.
const SHOWN: usize = 10;

/// Compiled schemas by tool id.
#[derive(Default)]
pub(crate) struct Validators(Mutex<HashMap<String, Compiled>>);

/// A schema and what it was compiled from; `None` if it cannot be used.
#[derive(Clone)]
struct Compiled {
    source: Box<str>,
    validator: Option<Arc<Validator>>,
}

/// Checks the arguments and returns them as they are to be sent. A tool whose schema cannot be
/// compiled gets its arguments unchecked: then only its server can judge them.
pub(super) fn validate(
    validators: &Validators,
    tool: &Tool,
    arguments: Option<&RawValue>,
) -> Result<Raw, Refusal> {
    // Several servers fail on absent arguments, so an empty object is always sent.
    let Some(arguments) = arguments.filter(|arguments| arguments.get() != "null") else {
        let empty = RawObject::default().to_raw();
        return check(validators, tool, &json!({})).map(|()| empty);
    };
    let value: Value = serde_json::from_str(arguments.get()).map_err(|error| {
        Refusal::new(
            "invalid-arguments",
            format!("The arguments of `{}` cannot be read: {error}.", tool.id),
            "Send a JSON object with moderate nesting.",
        )
    })?;
    if !value.is_object() {
        return Err(Refusal::new(
            "invalid-arguments",
            format!("The arguments of `{}` must be a JSON object.", tool.id),
            "Send the object itself, not a string that holds it.",
        ));
    }
    check(validators, tool, &value).map(|()| arguments.to_owned())
}

/// The arguments unchecked; absent ones are an empty object, because several servers fail on none.
pub(super) fn as_sent(arguments: Option<&RawValue>) -> Raw {
    let given = arguments.filter(|arguments| arguments.get() != "null");
    given.map_or_else(|| RawObject::default().to_raw(), ToOwned::to_owned)
}

fn check(validators: &Validators, tool: &Tool, arguments: &Value) -> Result<(), Refusal> {
    let Some(schema) = schema_of(tool) else {
        return Ok(());
    };
    let Some(validator) = validators.get(&tool.id, &schema) else {
        return Ok(());
    };
    let problems: Vec<Value> = validator
        .iter_errors(arguments)
        .take(SHOWN)
        .map(|error| {
            let path = error.instance_path().to_string();
            let place = if path.is_empty() {
                "(arguments)".to_owned()
            } else {
                path
            };
            json!({ "at": place, "problem": error.to_string() })
        })
        .collect();
    if problems.is_empty() {
        return Ok(());
    }
    let schema: Value = serde_json::from_str(schema.get()).unwrap_or_default();
    Err(Refusal::new(
        "invalid-arguments",
        format!(
            "The arguments do not fit the input schema of `{}`.",
            tool.id
        ),
        "Correct what is listed under `problems` and call again; nothing was sent.",
    )
    .with("problems", problems)
    .with("input_schema", schema))
}

fn schema_of(tool: &Tool) -> Option<Raw> {
    RawObject::parse(&tool.definition.definition)?.remove("inputSchema")
}

impl Validators {
    fn get(&self, id: &str, schema: &RawValue) -> Option<Arc<Validator>> {
        let known = self
            .lock()
            .get(id)
            .filter(|known| *known.source == *schema.get())
            .cloned();
        let compiled = known.unwrap_or_else(|| {
            let compiled = compile(schema);
            let mut all = self.lock();
            if all.len() >= KEPT {
                all.clear();
            }
            all.insert(id.to_owned(), compiled.clone());
            compiled
        });
        compiled.validator
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Compiled>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn compile(schema: &RawValue) -> Compiled {
    let source: Box<str> = schema.get().into();
    if source.len() > MAX_SCHEMA {
        return Compiled {
            source,
            validator: None,
        };
    }
    let value: Value = serde_json::from_str(&source).unwrap_or_default();
    // 2020-12 is the protocol's default; a declared `$schema` overrides it. The linear regex
    // engine keeps a hostile `pattern` from stalling the gateway.
    let mut options = jsonschema::options();
    if value.get("$schema").is_none() {
        options = options.with_draft(Draft::Draft202012);
    }
    let built = options
        .with_pattern_options(PatternOptions::regex())
        .build(&value);
    if let Err(error) = &built {
        tracing::debug!(%error, "a tool's input schema cannot be compiled");
    }
    Compiled {
        source,
        validator: built.ok().map(Arc::new),
    }
}

#[cfg(test)]
mod tests {
    use model::{Effect, ServerName};
    use upstream::ToolDefinition;
    use wire::raw;

    use super::*;

    fn tool(schema: &Value) -> Tool {
        Tool {
            slug: "s".to_owned(),
            id: "s__t".to_owned(),
            server: ServerName::new("s").expect("a name"),
            definition: ToolDefinition {
                name: "t".to_owned(),
                title: None,
                description: String::new(),
                effect: Effect::Read,
                definition: raw(&json!({ "name": "t", "inputSchema": schema })),
            },
        }
    }

    fn run(schema: &Value, arguments: &str) -> Result<Raw, Refusal> {
        let arguments: Raw = serde_json::from_str(arguments).expect("JSON");
        validate(&Validators::default(), &tool(schema), Some(&arguments))
    }

    #[test]
    fn good_arguments_pass_as_written() {
        let schema = json!({ "type": "object", "properties": { "n": { "type": "number" } } });
        let sent = run(&schema, r#"{"n": 1.50, "extra":[1e3]}"#).expect("valid");
        assert_eq!(sent.get(), r#"{"n": 1.50, "extra":[1e3]}"#);
    }

    #[test]
    fn a_refusal_says_where_and_what_and_shows_the_schema() {
        let schema = json!({
            "type": "object", "required": ["path"],
            "properties": { "path": { "type": "string" }, "n": { "type": "integer" } },
        });
        let refusal = run(&schema, r#"{"n": "x"}"#).expect_err("invalid");
        assert_eq!(
            refusal.details["problems"]
                .as_array()
                .expect("a list")
                .len(),
            2
        );
        assert_eq!(refusal.details["input_schema"], schema);
    }

    #[test]
    fn each_draft_is_read_in_its_own_way() {
        // A tuple is written `items: [..]` in draft-07 and `prefixItems` in 2020-12.
        let old = json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "properties": { "pair": { "items": [{ "type": "string" }] } },
        });
        let new = json!({ "properties": { "pair": { "prefixItems": [{ "type": "string" }] } } });
        for schema in [old, new] {
            assert!(run(&schema, r#"{"pair":["x",1]}"#).is_ok(), "{schema}");
            assert!(run(&schema, r#"{"pair":[1]}"#).is_err(), "{schema}");
        }
    }

    #[test]
    fn local_references_work_and_remote_ones_are_not_fetched() {
        let local = json!({
            "$defs": { "name": { "type": "string" } },
            "properties": { "a": { "$ref": "#/$defs/name" } },
        });
        assert!(run(&local, r#"{"a":1}"#).is_err());
        let remote = json!({ "properties": { "a": { "$ref": "http://127.0.0.1:9/x.json" } } });
        assert!(run(&remote, r#"{"a":1}"#).is_ok(), "left to the server");
    }

    #[test]
    fn absent_arguments_are_an_empty_object() {
        let lenient = tool(&json!({ "type": "object" }));
        let sent = validate(&Validators::default(), &lenient, None).expect("valid");
        assert_eq!(sent.get(), "{}");
        let strict = tool(&json!({ "type": "object", "required": ["a"] }));
        assert!(validate(&Validators::default(), &strict, None).is_err());
    }

    #[test]
    fn arguments_must_be_an_object() {
        for arguments in ["[]", "\"{}\"", "1"] {
            assert!(run(&json!({}), arguments).is_err(), "{arguments}");
        }
    }

    #[test]
    fn a_changed_schema_is_compiled_anew() {
        let validators = Validators::default();
        let arguments: Raw = serde_json::from_str(r#"{"a":1}"#).expect("JSON");
        let string = tool(&json!({ "properties": { "a": { "type": "string" } } }));
        let number = tool(&json!({ "properties": { "a": { "type": "number" } } }));
        assert!(validate(&validators, &string, Some(&arguments)).is_err());
        assert!(validate(&validators, &number, Some(&arguments)).is_ok());
    }
}

//! `quarantine_security`: what is held back, for a model to look at. Approving is a person's act.

use model::Effect;
use rmcp::model::Tool;
use serde_json::{Value, json};

use super::{define, missing, text};
use crate::refusal::Refusal;

pub(super) fn tool() -> Tool {
    let schema = json!({
        "type": "object",
        "properties": {
            "operation": { "type": "string", "enum": ["list", "inspect"] },
            "server": { "type": "string" },
        },
        "required": ["operation"],
    });
    let text = "See servers and tools held for review. Only a person can approve them.";
    define("quarantine_security", text.to_owned(), schema, Effect::Read)
}

/// Nothing is ever held yet: every configured server was put there by a person.
pub(super) fn run(arguments: &Value) -> Result<Value, Refusal> {
    match text(arguments, "operation") {
        Some("list") => Ok(json!({ "held": [], "message": "Nothing is held for review." })),
        Some("inspect") => match text(arguments, "server") {
            Some(server) => Ok(json!({
                "server": server, "held": [],
                "message": format!("Nothing of `{server}` is held for review."),
            })),
            None => Err(missing(
                "inspect",
                "a `server`",
                &json!({ "operation": "inspect", "server": "github" }),
            )),
        },
        _ => Err(missing(
            "quarantine_security",
            "an `operation`",
            &json!({ "operation": "list" }),
        )),
    }
}

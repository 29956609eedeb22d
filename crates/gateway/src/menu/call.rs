//! `call_tool_read`, `call_tool_write`, `call_tool_destructive`, and the plain `call_tool`.

use config::CallTools;
use model::Effect;
use rmcp::model::Tool;
use serde_json::{Value, json};
use wire::{ErrorObject, Raw, RawObject, code};

use super::{define, missing};
use crate::Gateway;
use crate::face::Face;
use crate::pipeline::{self, ToolCall};
use crate::refusal::Refusal;
use crate::requester::Requester;

/// The calling tools that the menu shows.
pub(super) fn tools(style: CallTools) -> Vec<Tool> {
    match style {
        CallTools::Single => vec![define(
            "call_tool",
            "Call a tool found with retrieve_tools.".to_owned(),
            schema(),
            Effect::Destructive,
        )],
        CallTools::Split => [
            (Effect::Read, "Call a tool that only reads. Allowed where retrieve_tools says call_with: call_tool_read."),
            (Effect::Write, "Call a tool that changes something without destroying (call_with: call_tool_write), or reads."),
            (Effect::Destructive, "Call a tool that may delete or overwrite (call_with: call_tool_destructive), or any other."),
        ]
        .into_iter()
        .map(|(effect, text)| define(effect.call_with(), text.to_owned(), schema(), effect))
        .collect(),
    }
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "description": "Tool id as shown, e.g. github__create_issue" },
            "arguments": { "type": "object", "description": "The tool's own arguments" },
        },
        "required": ["name"],
    })
}

/// What a calling tool lets its caller mean; `None` inside for the plain one, `None` outside for
/// tools that call nothing.
#[expect(
    clippy::option_option,
    reason = "absent and unrestricted are two things"
)]
pub(super) fn intent(name: &str) -> Option<Option<Effect>> {
    match name {
        "call_tool" => Some(None),
        "call_tool_read" => Some(Some(Effect::Read)),
        "call_tool_write" => Some(Some(Effect::Write)),
        "call_tool_destructive" => Some(Some(Effect::Destructive)),
        _ => None,
    }
}

/// Errors of a server that ask something of the client.
const FOR_CLIENTS: [i64; 2] = [code::URL_ELICITATION_REQUIRED, code::MISSING_CAPABILITY];

/// Calls the tool that the arguments name.
pub(super) async fn run(
    gateway: &Gateway,
    who: &Requester,
    intent: Option<Effect>,
    mut params: RawObject,
) -> Result<Raw, ErrorObject> {
    let arguments = params.object("arguments").unwrap_or_default();
    let Some(tool) = arguments.get_as::<String>("name") else {
        let example = json!({ "name": "server__tool", "arguments": {} });
        return Ok(missing("A call", "the `name` of a tool", &example).to_result());
    };
    // Some models write the inner arguments as text, or under the key that other gateways use.
    let inner = arguments
        .get("arguments")
        .or_else(|| arguments.get("args"))
        .map(unquote);
    // Answers to questions, a task to run it in and whatever else came beside the arguments
    // belongs to the inner call.
    params.remove("name");
    params.remove("arguments");
    let call = ToolCall {
        who,
        face: &Face::Menu,
        tool: tool.trim(),
        arguments: inner.as_deref(),
        extra: params,
        intent,
    };
    match pipeline::call(gateway, &call).await {
        // These the client itself acts upon; all others are for the model to read.
        Err(error) if FOR_CLIENTS.contains(&error.code) => Err(error),
        Err(error) => Ok(Refusal::from_server(&error).to_result()),
        Ok(result) => Ok(result),
    }
}

/// An object that was sent as a string that holds it.
fn unquote(arguments: &serde_json::value::RawValue) -> Raw {
    let inner = serde_json::from_str::<String>(arguments.get()).ok();
    let object = inner.and_then(|text| serde_json::from_str::<RawObject>(&text).ok());
    object.map_or_else(|| arguments.to_owned(), |object| object.to_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_arguments_are_unquoted() {
        let raw = |text: &str| serde_json::from_str::<Raw>(text).expect("JSON");
        assert_eq!(unquote(&raw(r#""{\"a\": 1.0}""#)).get(), r#"{"a":1.0}"#);
        assert_eq!(unquote(&raw(r#"{"a": 1.0}"#)).get(), r#"{"a": 1.0}"#);
        assert_eq!(unquote(&raw(r#""plain""#)).get(), r#""plain""#);
    }
}

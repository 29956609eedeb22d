//! `describe_tools`: whole definitions of tools already found.

use fleet::Tool;
use model::Effect;
use rmcp::model::Tool as MenuTool;
use serde_json::{Value, json};
use wire::RawObject;

use super::{define, missing};
use crate::Inner;
use crate::refusal::Refusal;
use crate::requester::Requester;

/// Tools described at once.
const MOST: usize = 10;

pub(super) fn tool() -> MenuTool {
    let schema = json!({
        "type": "object",
        "properties": {
            "names": {
                "type": "array", "items": { "type": "string" }, "minItems": 1, "maxItems": MOST,
                "description": "Tool ids as shown by retrieve_tools",
            },
        },
        "required": ["names"],
    });
    let text = "Show whole descriptions and input schemas of tools found with retrieve_tools.";
    define("describe_tools", text.to_owned(), schema, Effect::Read)
}

pub(super) fn run(inner: &Inner, who: &Requester, arguments: &Value) -> Result<Value, Refusal> {
    let names = match arguments.get("names").or_else(|| arguments.get("name")) {
        Some(Value::String(name)) => vec![name.as_str()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).take(MOST).collect(),
        _ => Vec::new(),
    };
    if names.is_empty() {
        let example = json!({ "names": ["github__create_issue"] });
        return Err(missing("describe_tools", "`names`", &example));
    }
    let catalog = who.catalog(&inner.fleet);
    let (mut tools, mut unknown) = (Vec::new(), Vec::new());
    for name in names {
        match catalog.tool(name) {
            Some(tool) => tools.push(form(tool)),
            None => unknown.push(name),
        }
    }
    let mut answer = json!({ "tools": tools });
    if !unknown.is_empty() {
        answer["unknown"] = json!(unknown);
        answer["fix"] = "Find tools with retrieve_tools; use their names exactly as shown.".into();
    }
    Ok(answer)
}

/// A tool with everything that helps to call it; what it returns as well, if its server says so.
pub(super) fn form(tool: &Tool) -> Value {
    let definition = RawObject::parse(&tool.definition.definition).unwrap_or_default();
    let part = |key| definition.get_as::<Value>(key);
    let mut form = json!({
        "name": tool.id,
        "server": tool.server,
        "description": tool.definition.description,
        "inputSchema": part("inputSchema"),
        "call_with": tool.definition.effect.call_with(),
    });
    for key in ["outputSchema", "annotations"] {
        if let Some(value) = part(key) {
            form[key] = value;
        }
    }
    form
}

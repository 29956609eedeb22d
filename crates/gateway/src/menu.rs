//! The tools of the default face: find, describe, call, read on, look after servers.

mod call;
mod describe;
mod limited;
mod quarantine;
mod read_cache;
mod registries;
mod retrieve;
mod servers;
mod signature;

#[cfg(test)]
use config::CallTools;
use fleet::Catalog;
use model::Effect;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Value, json};
use std::sync::Arc;
use wire::{ErrorObject, Raw, RawObject};

use crate::refusal::{Refusal, text_result};
use crate::requester::Requester;
use crate::{Gateway, Inner, behind};

pub(crate) use servers::Parked;

/// The most that the whole menu may cost a model, in bytes of JSON.
#[cfg(test)]
const MAX_MENU: usize = 8_000;

/// The menu's tools, as `tools/list` shows them in front of these servers.
pub(crate) fn tools(inner: &Inner, catalog: &Catalog) -> Vec<Tool> {
    let servers = behind::look(catalog);
    let mut tools = vec![retrieve::tool(&servers), describe::tool()];
    tools.extend(call::tools(inner.settings().call_tools));
    tools.push(read_cache::tool());
    tools.push(servers::tool());
    tools.push(quarantine::tool());
    tools
}

/// Runs one of the menu's tools; `None` if it has no tool of that name.
pub(crate) async fn run(
    gateway: &Gateway,
    who: &Requester,
    name: &str,
    mut params: RawObject,
) -> Option<Result<Raw, ErrorObject>> {
    let inner = &gateway.0;
    if let Some(intent) = call::intent(name) {
        return Some(call::run(gateway, who, intent, params).await);
    }
    let arguments: Value = match params.remove("arguments") {
        None => json!({}),
        Some(arguments) => serde_json::from_str(arguments.get()).unwrap_or_default(),
    };
    let answer = match name {
        "retrieve_tools" => retrieve::run(inner, who, &arguments),
        "describe_tools" => describe::run(inner, who, &arguments),
        "read_cache" => read_cache::run(inner, &arguments).await,
        "upstream_servers" | "quarantine_security" if who.pass.scope.is_limited() => {
            limited::run(inner, who, name, &arguments)
        }
        "upstream_servers" => servers::run(inner, who, &arguments).await,
        "quarantine_security" => quarantine::run(inner, &arguments).await,
        _ => return None,
    };
    Some(Ok(match answer {
        Ok(value) => text_result(&value, false),
        Err(refusal) => refusal.to_result(),
    }))
}

/// A tool of the menu with its hints.
fn define(name: &'static str, description: String, schema: Value, effect: Effect) -> Tool {
    let schema = match schema {
        Value::Object(schema) => schema,
        _ => JsonObject::new(),
    };
    let mut hints = ToolAnnotations::new();
    hints.read_only_hint = Some(effect == Effect::Read);
    if effect != Effect::Read {
        hints.destructive_hint = Some(effect == Effect::Destructive);
    }
    Tool::new(name, description, Arc::new(schema)).with_annotations(hints)
}

/// A refusal for arguments of the menu's own tools.
fn missing(tool: &str, what: &str, example: &Value) -> Refusal {
    Refusal::new(
        "invalid-arguments",
        format!("{tool} needs {what}."),
        "Call it as in the example.",
    )
    .with("example", example.clone())
}

/// A text argument.
fn text<'a>(arguments: &'a Value, key: &str) -> Option<&'a str> {
    arguments
        .get(key)
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// A count argument, kept within bounds.
fn count(arguments: &Value, key: &str, default: usize, most: usize) -> usize {
    let given = arguments.get(key).and_then(Value::as_u64);
    given.map_or(default, |count| {
        usize::try_from(count).unwrap_or(most).clamp(1, most)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behind::Behind;

    #[test]
    fn the_menu_is_small_with_any_number_of_servers() {
        let slugs: Vec<String> = (0..300).map(|n| format!("some-server-{n}")).collect();
        let topics = ["pull requests", "repositories", "branches", "releases"];
        let server = |slug| Behind {
            slug,
            tools: 9,
            ready: true,
            says: None,
            topics: topics.map(str::to_owned).to_vec(),
        };
        let servers: Vec<Behind<'_>> = slugs.iter().map(|slug| server(slug)).collect();
        for count in [0, 1, 10, 20, 40, 70, 300] {
            let mut tools = vec![retrieve::tool(&servers[..count]), describe::tool()];
            tools.extend(call::tools(CallTools::Split));
            tools.extend([read_cache::tool(), servers::tool(), quarantine::tool()]);
            let size = serde_json::to_string(&tools).expect("JSON").len();
            assert!(size <= MAX_MENU, "{size} bytes with {count} servers");
        }
    }

    #[test]
    fn counts_stay_within_bounds() {
        assert_eq!(count(&json!({}), "limit", 5, 50), 5);
        assert_eq!(count(&json!({ "limit": 0 }), "limit", 5, 50), 1);
        assert_eq!(count(&json!({ "limit": 1000 }), "limit", 5, 50), 50);
        assert_eq!(count(&json!({ "limit": "7" }), "limit", 5, 50), 5);
    }
}

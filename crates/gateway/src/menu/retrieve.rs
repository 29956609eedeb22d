//! `retrieve_tools`: the few tools that fit a task.

mod description;

use fleet::{Catalog, Found};
use model::Effect;
use rmcp::model::Tool;
use serde_json::{Value, json};

use super::servers::config_errors;
use super::signature::signature;
use super::{count, define, missing, text};
use crate::Inner;
use crate::behind::Behind;
use crate::refusal::{Refusal, standing};
use crate::requester::Requester;

/// Characters of a description shown in a compact answer.
const SHORT: usize = 240;

/// The tool in front of these servers.
pub(super) fn tool(servers: &[Behind<'_>]) -> Tool {
    let description = description::description(servers);
    let schema = json!({
        "type": "object",
        "properties": {
            "query": { "type": "string", "description": "What the tool should do" },
            "limit": { "type": "integer", "minimum": 1, "maximum": 50, "default": 5 },
            "server": { "type": "string", "description": "Only tools of this server" },
            "detail": {
                "type": "string", "enum": ["compact", "full"], "default": "compact",
                "description": "full: with whole description and input schema",
            },
        },
        "required": ["query"],
    });
    define("retrieve_tools", description, schema, Effect::Read)
}

/// Searches, and names every server that could not take part.
pub(super) fn run(inner: &Inner, who: &Requester, arguments: &Value) -> Result<Value, Refusal> {
    let example = json!({ "query": "create issue github" });
    let query =
        text(arguments, "query").ok_or_else(|| missing("retrieve_tools", "a `query`", &example))?;
    let limit = count(arguments, "limit", 5, 50);
    let catalog = who.catalog(&inner.fleet);
    let server = match text(arguments, "server") {
        None => None,
        Some(named) => {
            let server = catalog.server(named);
            Some(server.ok_or_else(|| no_server(&catalog, named))?)
        }
    };
    let full = text(arguments, "detail") == Some("full");
    let is_limited = who.pass.scope.is_limited();
    // What is not shown must not take the places of what is.
    let most = if is_limited {
        inner.fleet.catalog().len()
    } else {
        limit
    };
    let server = server.map(|server| server.name.as_str());
    let mut found = inner.fleet.search(query, most, server);
    found.retain(|found| catalog.tool(&found.tool.id).is_some());
    found.truncate(limit);
    let tools: Vec<Value> = found
        .iter()
        .map(|found| {
            if full {
                full_form(found)
            } else {
                compact(found)
            }
        })
        .collect();
    let mut answer = json!({ "tools": tools });
    let unavailable = unavailable(&catalog);
    if !unavailable.is_empty() {
        answer["unavailable"] = unavailable.into();
    }
    let errors = config_errors(inner);
    if !errors.is_empty() && !is_limited {
        // A server whose entry cannot be read is missing from everything else.
        answer["configuration_errors"] = errors.into();
    }
    if found.is_empty() {
        answer["hint"] = format!(
            "None of {} tools matches. Try other words for the same action, or \
             upstream_servers {{\"operation\": \"list\"}} to see what is connected.",
            catalog.len()
        )
        .into();
    }
    Ok(answer)
}

fn compact(found: &Found) -> Value {
    let definition = &found.tool.definition;
    json!({
        "name": found.tool.id,
        "description": shorten(&definition.description),
        "arguments": signature(&definition.definition),
        "call_with": definition.effect.call_with(),
    })
}

fn full_form(found: &Found) -> Value {
    let mut form = super::describe::form(&found.tool);
    form["score"] = json!((f64::from(found.score) * 100.0).round() / 100.0);
    form["matched"] = json!(found.matched);
    form
}

/// The first words of a description, on one line.
fn shorten(description: &str) -> String {
    let line = description.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= SHORT {
        return line;
    }
    let cut: String = line.chars().take(SHORT).collect();
    let end = cut.rfind(' ').unwrap_or(cut.len());
    format!("{}…", &cut[..end])
}

/// Enabled servers whose tools cannot be found now, each with the way out.
fn unavailable(catalog: &Catalog) -> Vec<Value> {
    let down = |server: &&fleet::CatalogServer| {
        !server.state.is_ready() && server.state != model::ServerState::Disabled
    };
    catalog
        .servers()
        .iter()
        .filter(down)
        .map(|server| {
            let (message, fix) = standing(server.name.as_str(), &server.state);
            json!({ "server": server.name, "state": server.state.label(), "message": message, "fix": fix })
        })
        .collect()
}

fn no_server(catalog: &Catalog, wanted: &str) -> Refusal {
    let names: Vec<&str> = catalog
        .servers()
        .iter()
        .map(|server| server.slug.as_str())
        .collect();
    Refusal::new(
        "unknown-server",
        format!("There is no server `{wanted}`."),
        "Leave `server` out, or use one of those listed.",
    )
    .with("servers", names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_cut_between_words() {
        assert_eq!(shorten("One\n  two"), "One two");
        let long = shorten(&"wörter ".repeat(100));
        assert!(long.ends_with("wörter…") && long.chars().count() <= SHORT + 1);
    }
}

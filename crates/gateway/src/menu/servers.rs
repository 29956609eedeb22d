//! `upstream_servers`: look after the servers behind the gateway.
//!
//! A command in the configuration is code that runs as the user. So what an agent adds or changes
//! stays off until a person enables it, and an agent may enable only what it disabled itself.

use std::collections::BTreeSet;

use config::{Edit, edit::EditError};
use fleet::RestartError;
use model::{Author, Effect, ServerStatus, Severity};
use rmcp::model::Tool;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{count, define, missing, registries, text};
use crate::Inner;
use crate::refusal::Refusal;
use crate::requester::Requester;

/// Servers that agents disabled since the gateway started. Locked over every change of an agent,
/// so that no entry is replaced between the look at this list and the enabling.
#[derive(Default)]
pub(crate) struct Parked(Mutex<BTreeSet<String>>);

/// An agent that changes something.
pub(super) struct By<'a> {
    pub(super) inner: &'a Inner,
    who: &'a Requester,
}

pub(super) fn tool() -> Tool {
    let schema = json!({
        "type": "object",
        "properties": {
            "operation": {
                "type": "string",
                "enum": [
                    "list", "add", "remove", "update", "enable", "disable", "restart", "tail_log",
                    "search_registry", "add_from_registry",
                ],
            },
            "name": { "type": "string", "description": "Server; not for list and search_registry" },
            "entry": {
                "type": "object",
                "description": "For add, update: as in mcpServers, {command, args, env} or {url, headers}",
            },
            "query": { "type": "string", "description": "For search_registry" },
            "id": { "type": "string", "description": "For add_from_registry, as found" },
            "lines": { "type": "integer", "minimum": 1, "maximum": 200, "default": 50 },
        },
        "required": ["operation"],
    });
    let text = "List and look after the connected MCP servers. What you add or update stays off \
                until the user enables it.";
    define(
        "upstream_servers",
        text.to_owned(),
        schema,
        Effect::Destructive,
    )
}

pub(super) async fn run(
    inner: &Inner,
    who: &Requester,
    arguments: &Value,
) -> Result<Value, Refusal> {
    let operation = text(arguments, "operation").unwrap_or_default();
    let by = By { inner, who };
    match operation {
        "list" => return Ok(list(inner)),
        "search_registry" => return registries::search(&by, arguments).await,
        "add_from_registry" => return registries::add(&by, arguments).await,
        _ => {}
    }
    let example = json!({ "operation": "restart", "name": "github" });
    let name = text(arguments, "name")
        .ok_or_else(|| missing("upstream_servers", "an `operation` and a `name`", &example))?;
    match operation {
        "add" | "update" => write(&by, operation, name, arguments.get("entry")).await,
        "remove" => remove(&by, name).await,
        "enable" => enable(&by, name).await,
        "disable" => disable(&by, name).await,
        "restart" => restart(inner, name),
        "tail_log" => tail_log(inner, name, count(arguments, "lines", 50, 200)).await,
        _ => Err(missing(
            "upstream_servers",
            "one of its operations",
            &example,
        )),
    }
}

fn list(inner: &Inner) -> Value {
    let snapshot = inner.fleet.snapshot();
    let servers: Vec<Value> = snapshot.servers.iter().map(describe).collect();
    let mut answer = json!({ "servers": servers, "totals": snapshot.totals });
    if snapshot.config.has_errors() {
        answer["configuration_errors"] = json!(config_errors(inner));
    }
    answer
}

/// What is wrong with the configuration file, in sentences.
pub(super) fn config_errors(inner: &Inner) -> Vec<String> {
    let config = inner.fleet.config().current();
    let errors = config
        .status
        .diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error);
    errors
        .map(|error| format!("{}: {} {}", error.key, error.message, error.fix))
        .collect()
}

pub(super) fn describe(server: &ServerStatus) -> Value {
    let mut form = json!({
        "name": server.name, "prefix": server.slug, "state": server.state.label(), "tools": server.tools,
    });
    // What a server says of its own failure is for people until one has let it in.
    let state = if server.trust.is_open() {
        server.state.clone()
    } else {
        server.state.without_words()
    };
    if let Some(problem) = state.problem() {
        form["problem"] = problem.message.clone().into();
        form["fix"] = problem.fix.clone().into();
    }
    form
}

/// Whether agents may add and change servers here.
pub(super) fn may_add(by: &By<'_>) -> Result<(), Refusal> {
    let inner = by.inner;
    if inner.overrides.no_server_add || inner.read_only() || !inner.settings().allow_server_add {
        return Err(forbidden("adding or changing servers", "allowServerAdd"));
    }
    Ok(())
}

/// Adds or replaces an entry, switched off.
pub(super) async fn write(
    by: &By<'_>,
    operation: &str,
    name: &str,
    entry: Option<&Value>,
) -> Result<Value, Refusal> {
    may_add(by)?;
    let example = json!({
        "operation": operation, "name": "time", "entry": { "command": "uvx", "args": ["mcp-server-time"] },
    });
    let Some(Value::Object(entry)) = entry else {
        return Err(missing("upstream_servers", "an `entry`", &example));
    };
    let mut entry = entry.clone();
    entry.remove("enabled");
    entry.insert("disabled".to_owned(), true.into());
    let (name_owned, entry) = (name.to_owned(), Value::Object(entry));
    let edit = if operation == "add" {
        Edit::Add {
            name: name_owned,
            entry,
        }
    } else {
        Edit::Replace {
            name: name_owned,
            entry,
        }
    };
    let mut parked = by.inner.parked.0.lock().await;
    parked.remove(name);
    edit_config(by, edit).await?;
    Ok(json!({
        "ok": true, "state": "disabled",
        "next": format!("Ask the user to look at it and enable it: toolgate servers enable {name}"),
    }))
}

async fn remove(by: &By<'_>, name: &str) -> Result<Value, Refusal> {
    let inner = by.inner;
    let forbidden_here = inner.overrides.no_server_remove || inner.read_only();
    if forbidden_here || !inner.settings().allow_server_remove {
        return Err(forbidden("removing servers", "allowServerRemove"));
    }
    let mut parked = inner.parked.0.lock().await;
    parked.remove(name);
    edit_config(
        by,
        Edit::Remove {
            name: name.to_owned(),
        },
    )
    .await?;
    Ok(json!({ "ok": true, "message": format!("`{name}` was removed from the configuration.") }))
}

async fn enable(by: &By<'_>, name: &str) -> Result<Value, Refusal> {
    let inner = by.inner;
    if inner.read_only() {
        return Err(forbidden("enabling servers", "readOnly"));
    }
    let mut parked = inner.parked.0.lock().await;
    if !parked.remove(name) {
        return Err(Refusal::new(
            "needs-person",
            format!("Enabling `{name}` starts a program, so a person must do it."),
            format!("Ask the user to run: toolgate servers enable {name}"),
        ));
    }
    edit_config(
        by,
        Edit::SetEnabled {
            name: name.to_owned(),
            enabled: true,
        },
    )
    .await?;
    Ok(json!({ "ok": true, "state": "starting" }))
}

async fn disable(by: &By<'_>, name: &str) -> Result<Value, Refusal> {
    let inner = by.inner;
    if inner.read_only() {
        return Err(forbidden("disabling servers", "readOnly"));
    }
    let mut parked = inner.parked.0.lock().await;
    let was_enabled = inner
        .fleet
        .server_config(name)
        .is_ok_and(|config| config.enabled);
    edit_config(
        by,
        Edit::SetEnabled {
            name: name.to_owned(),
            enabled: false,
        },
    )
    .await?;
    if was_enabled {
        parked.insert(name.to_owned());
    }
    Ok(json!({ "ok": true, "state": "disabled" }))
}

fn restart(inner: &Inner, name: &str) -> Result<Value, Refusal> {
    match inner.fleet.restart(name) {
        Ok(()) => Ok(json!({ "ok": true, "state": "starting" })),
        Err(RestartError::Unknown(error)) => Err(unknown(inner, &error.to_string())),
        Err(error @ RestartError::Disabled(_)) => Err(Refusal::new(
            "server-disabled",
            format!("{error}."),
            format!("Ask the user to run: toolgate servers enable {name}"),
        )),
        Err(RestartError::Held(_)) => Err(held(name)),
    }
}

fn held(name: &str) -> Refusal {
    Refusal::new(
        "held",
        format!("`{name}` waits for a person's review."),
        "Ask the user to review it, in the tray, in the window, or with: toolgate review",
    )
}

async fn tail_log(inner: &Inner, name: &str, lines: usize) -> Result<Value, Refusal> {
    let catalog = inner.fleet.catalog();
    let server = catalog
        .servers()
        .iter()
        .find(|s| s.name.as_str() == name || s.slug == name);
    let Some(server) = server else {
        return Err(unknown(
            inner,
            &format!("there is no server named `{name}`"),
        ));
    };
    // What a server prints is for people until one has let it in.
    if !inner.fleet.is_open(&server.name) {
        return Err(held(name));
    }
    let tail = inner.fleet.context().logs.tail(&server.slug, lines).await;
    let lines = tail.map_err(|error| {
        Refusal::new(
            "log-unreadable",
            format!("The log of `{name}` cannot be read: {error}."),
            "Check the permissions of the log folder.",
        )
    })?;
    Ok(json!({ "lines": lines }))
}

async fn edit_config(by: &By<'_>, edit: Edit) -> Result<(), Refusal> {
    let author = Author::agent(&by.who.client.name);
    let edited = by.inner.fleet.config().edit_by(author, edit).await;
    edited.map(drop).map_err(|error: EditError| {
        Refusal::new(
            "config-not-changed",
            format!("The configuration was not changed: {error}."),
            "Correct the name or the entry and try again.",
        )
    })
}

fn forbidden(what: &str, key: &str) -> Refusal {
    Refusal::new(
        "forbidden",
        format!("This gateway does not allow {what} by an agent."),
        format!("A person can do it, or allow it with `{key}` in the configuration."),
    )
}

fn unknown(inner: &Inner, message: &str) -> Refusal {
    let snapshot = inner.fleet.snapshot();
    let names: Vec<&str> = snapshot
        .servers
        .iter()
        .map(|server| server.name.as_str())
        .collect();
    Refusal::new(
        "unknown-server",
        format!("{message}."),
        "Use one of those listed.",
    )
    .with("servers", names)
}

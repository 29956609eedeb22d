//! Management, files and processes under attack. Each test is named after the case that
//! docs/security.md lists.

mod agents;
mod files;
mod launches;
mod logs;
mod names;
mod pages;
mod registries;
mod secrets;
mod stand;

use std::path::Path;

use anyhow::ensure;
use model::{ServerState, ServerStatus};
use serde_json::{Value, json};
use testkit::gateway::Gateway;
use testkit::http::Answer;

use crate::agent::Agent;

/// Waits until a server is held by the quarantine, and checks that nothing of it runs.
async fn held(gateway: &Gateway, name: &str) -> anyhow::Result<ServerStatus> {
    let is_held = |server: &ServerStatus| {
        let waits = matches!(server.state, ServerState::NeedsPerson { .. });
        waits && server.trust.hold.is_some() && server.pid.is_none()
    };
    gateway.wait_server(name, "it is held", is_held).await
}

/// Asks `upstream_servers` for an operation and returns the whole result.
async fn ask(agent: &Agent, operation: &str, more: Value) -> anyhow::Result<Value> {
    let mut arguments = json!({ "operation": operation });
    for (key, value) in more.as_object().into_iter().flatten() {
        arguments[key] = value.clone();
    }
    agent.client.call("upstream_servers", arguments).await
}

/// Adds a server by the local API, without anybody's consent.
async fn add(gateway: &Gateway, name: &str, entry: &Value) -> anyhow::Result<Answer> {
    let body = json!({ "name": name, "entry": entry });
    gateway.api("POST", "/servers", &body.to_string()).await
}

/// The files below a folder.
fn files_below(folder: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let (path, kind) = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                files.push(path);
            }
        }
    }
    ensure!(!files.is_empty(), "there are no files");
    Ok(files)
}

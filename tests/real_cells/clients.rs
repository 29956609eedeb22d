//! The clients: scripts of `tests/fixtures` on the SDKs that others wrote.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use testkit::fixtures;
use tokio::process::Command;

/// How long a scenario may take on two cores that other tests use as well.
const PATIENCE: Duration = Duration::from_mins(2);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Client {
    /// Version 1 of the protocol's npm package, which knows no modern era.
    NpmV1,
    /// Version 2 of it.
    Npm,
    /// The protocol's own Python package.
    Python,
    FastMcp,
}

/// How a client finds out which era to speak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mode {
    Legacy,
    /// The newest era that both sides know.
    Auto,
}

impl Mode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Auto => "auto",
        }
    }

    /// The revision that a client in this mode speaks with the gateway.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Legacy => "2025-11-25",
            Self::Auto => "2026-07-28",
        }
    }
}

/// A client and where it connects to.
pub(crate) struct Run<'a> {
    client: Client,
    mode: Mode,
    target: &'a Value,
}

impl<'a> Run<'a> {
    pub(crate) fn new(client: Client, mode: Mode, target: &'a Value) -> Self {
        Self {
            client,
            mode,
            target,
        }
    }

    /// Runs the steps and returns what the client printed.
    pub(crate) async fn report(&self, steps: &[Value]) -> anyhow::Result<Value> {
        let home = tempfile::tempdir()?;
        let mut command = command(self.client)?;
        command
            .arg(self.mode.name())
            .arg(self.target.to_string())
            .arg(serde_json::to_string(steps)?)
            .env("HOME", home.path())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output()).await;
        let output = output.with_context(|| format!("{:?} hangs", self.client))??;
        let [stdout, stderr] =
            [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        ensure!(
            output.status.success(),
            "{:?} ended with {}\n{stdout}\n{stderr}",
            self.client,
            output.status
        );
        serde_json::from_str(&stdout).with_context(|| format!("no report but {stdout}"))
    }
}

fn command(client: Client) -> anyhow::Result<Command> {
    match client {
        Client::NpmV1 => node("npm/sdk.mjs"),
        Client::Npm => node("npm/client2.mjs"),
        Client::Python => python("python/mcp_client.py"),
        Client::FastMcp => python("python/fastmcp_client.py"),
    }
}

/// A script that finds its packages from the working directory.
pub(crate) fn node(script: &str) -> anyhow::Result<Command> {
    let modules = fixtures::npm("@modelcontextprotocol")?;
    let folder = modules.ancestors().nth(2);
    let mut command = Command::new("node");
    command
        .arg(fixtures::checked_in(script))
        .current_dir(folder.context("no folder above node_modules")?);
    Ok(command)
}

pub(crate) fn python(script: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(fixtures::python("python")?);
    command
        // The folder of the scripts is no place for compiled files.
        .arg("-B")
        .arg(fixtures::checked_in(script));
    Ok(command)
}

//! A private gateway: the built `toolgate` with its own configuration, data and home directory.

mod builder;

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use hyper::Request;
use model::{IssuedToken, ServerStatus, Snapshot};
use serde_json::{Map, Value};
use tempfile::TempDir;
use tokio::process::{Child, Command};

pub use builder::Builder;

use crate::client::McpClient;
use crate::http::{Answer, Door};
use crate::{process, programs};

/// How long a condition may take to come true before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a condition is looked at.
const PAUSE: Duration = Duration::from_millis(25);

/// A gateway's directory and, between start and stop, its process.
pub struct Gateway {
    folder: TempDir,
    variables: Vec<(String, String)>,
    arguments: Vec<String>,
    child: Option<Child>,
    endpoint: String,
}

impl Gateway {
    /// Settings for a new gateway.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The folder that holds everything of this gateway; tests may keep files in it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.folder().join("config.json")
    }

    /// The data directory.
    pub fn data_dir(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// The local socket.
    pub fn socket(&self) -> Door {
        Door::Socket(self.data_dir().join("toolgate.sock"))
    }

    /// The URL of the default face, `http://127.0.0.1:<port>/mcp`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The URL of another path, for example `/mcp/all`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.endpoint.trim_end_matches("/mcp"))
    }

    /// The gateway's process id.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.child
            .as_ref()
            .and_then(Child::id)
            .context("the gateway does not run")
    }

    /// Starts the program and waits until it answers; for a gateway that was stopped, too.
    pub async fn launch(&mut self) -> anyhow::Result<()> {
        let stderr = std::fs::File::create(self.stderr_file())?;
        let mut serve = self.command(&["serve"])?;
        serve
            .args(&self.arguments)
            .stdout(Stdio::null())
            .stderr(stderr)
            .kill_on_drop(true);
        self.child = Some(serve.spawn().context("toolgate cannot be started")?);
        self.endpoint.clear();
        let deadline = Instant::now() + PATIENCE;
        while self.endpoint.is_empty() {
            self.check_running()?;
            ensure!(
                Instant::now() < deadline,
                "the gateway is not up:\n{}",
                self.diagnose()
            );
            tokio::time::sleep(PAUSE).await;
            if let Ok(snapshot) = self.snapshot().await {
                self.endpoint = snapshot.endpoint;
            }
        }
        Ok(())
    }

    /// A `toolgate` command with this gateway's files and nothing of the user's environment.
    pub fn command(&self, arguments: &[&str]) -> anyhow::Result<Command> {
        let mut command = Command::new(programs::toolgate()?);
        command
            .arg("--config")
            .arg(self.config_file())
            .arg("--data-dir")
            .arg(self.data_dir())
            .args(arguments)
            .current_dir(self.folder())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home())
            .env("NO_COLOR", "1")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    /// Runs a `toolgate` command to its end.
    pub async fn cli(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let mut command = self.command(arguments)?;
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output()).await;
        Ok(output.with_context(|| format!("`toolgate {}` hangs", arguments.join(" ")))??)
    }

    /// Makes a token for a client; `wanted` is the body of `POST /tokens`.
    pub async fn token(&self, wanted: &Value) -> anyhow::Result<IssuedToken> {
        let answer = self.api("POST", "/tokens", &wanted.to_string()).await?;
        ensure!(answer.status == 201, "no token: {}", answer.body);
        Ok(serde_json::from_str(&answer.body)?)
    }

    /// A client of the default face, with a session.
    pub async fn mcp_client(&self) -> anyhow::Result<McpClient> {
        McpClient::legacy(self.endpoint()).await
    }

    /// A client of the face at this path, with a session.
    pub async fn client_of(&self, path: &str) -> anyhow::Result<McpClient> {
        McpClient::legacy(&self.url(path)).await
    }

    /// Sends a request to the local API over the socket; an empty body sends none.
    pub async fn api(&self, method: &str, path: &str, body: &str) -> anyhow::Result<Answer> {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("content-type", "application/json")
            .body(body.to_owned())?;
        self.socket().send(request).await
    }

    /// The gateway's state.
    pub async fn snapshot(&self) -> anyhow::Result<Snapshot> {
        let answer = self.api("GET", "/status", "").await?;
        ensure!(
            answer.status == 200,
            "status got {}: {}",
            answer.status,
            answer.body
        );
        Ok(serde_json::from_str(&answer.body)?)
    }

    /// One server's state.
    pub async fn server(&self, name: &str) -> anyhow::Result<ServerStatus> {
        let servers = self.snapshot().await?.servers;
        let found = servers.into_iter().find(|server| server.name == name);
        found.with_context(|| format!("no server {name}"))
    }

    /// Waits until the state fulfils a condition, which `what` says in words.
    pub async fn wait_until(
        &self,
        what: &str,
        condition: impl Fn(&Snapshot) -> bool,
    ) -> anyhow::Result<Snapshot> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let snapshot = self.snapshot().await;
            match snapshot {
                Ok(snapshot) if condition(&snapshot) => return Ok(snapshot),
                state if Instant::now() > deadline => {
                    bail!("still not: {what}\n{state:#?}\n{}", self.diagnose())
                }
                _ => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// Waits until every enabled server is ready.
    pub async fn wait_ready(&self) -> anyhow::Result<Snapshot> {
        self.wait_until("every server is ready", |snapshot| {
            snapshot
                .servers
                .iter()
                .all(|server| server.state.is_ready() || !is_enabled(server))
        })
        .await
    }

    /// Waits until no server is on its way up or down any more.
    pub async fn wait_settled(&self) -> anyhow::Result<Snapshot> {
        self.wait_until("every server is settled", |snapshot| {
            snapshot
                .servers
                .iter()
                .all(|server| server.state.is_settled())
        })
        .await
    }

    /// Waits until the server of this name fulfils a condition.
    pub async fn wait_server(
        &self,
        name: &str,
        what: &str,
        condition: impl Fn(&ServerStatus) -> bool,
    ) -> anyhow::Result<ServerStatus> {
        let snapshot = self
            .wait_until(what, |snapshot| {
                snapshot
                    .servers
                    .iter()
                    .any(|server| server.name == name && condition(server))
            })
            .await?;
        let found = snapshot
            .servers
            .into_iter()
            .find(|server| server.name == name);
        found.with_context(|| format!("no server {name}"))
    }

    /// Replaces the configuration file by these bytes, as an editor does.
    pub fn write_bytes(&self, bytes: &[u8]) -> anyhow::Result<()> {
        let new = self.folder().join("config.json.new");
        std::fs::write(&new, bytes)?;
        Ok(std::fs::rename(new, self.config_file())?)
    }

    /// Replaces the configuration file.
    pub fn write_config(&self, config: &Value) -> anyhow::Result<()> {
        self.write_bytes(serde_json::to_string_pretty(config)?.as_bytes())
    }

    /// Replaces the servers in the configuration file, on top of the settings that tests need.
    pub fn write_servers(&self, servers: Map<String, Value>) -> anyhow::Result<()> {
        self.write_config(&builder::config(Map::new(), servers))
    }

    /// Ends the gateway as `kill -9` does.
    pub async fn kill9(&mut self) -> anyhow::Result<()> {
        let mut child = self.child.take().context("the gateway does not run")?;
        Ok(child.kill().await?)
    }

    /// Asks the gateway to stop, as `kill` does, and waits until it has.
    #[cfg(unix)]
    pub async fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        process::terminate(self.pid()?);
        let mut child = self.child.take().context("the gateway does not run")?;
        let ended = tokio::time::timeout(PATIENCE, child.wait()).await;
        Ok(ended.with_context(|| format!("it does not stop:\n{}", self.diagnose()))??)
    }

    /// Every living process that descends from this gateway or its commands.
    pub fn processes(&self) -> Vec<u32> {
        process::with_variable(&format!("HOME={}", self.home().display()))
    }

    /// What the gateway and its servers wrote, for the message of a failed test.
    pub fn diagnose(&self) -> String {
        let mut text = String::new();
        let mut files = vec![self.stderr_file()];
        if let Ok(logs) = std::fs::read_dir(self.data_dir().join("logs")) {
            files.extend(logs.filter_map(|entry| Some(entry.ok()?.path())));
        }
        for file in files {
            let content = std::fs::read(&file).unwrap_or_default();
            let content = String::from_utf8_lossy(&content);
            let lines: Vec<_> = content.lines().rev().take(40).collect();
            let shown = lines.into_iter().rev().collect::<Vec<_>>().join("\n");
            text = format!("{text}--- {}\n{shown}\n", file.display());
        }
        text
    }

    fn home(&self) -> PathBuf {
        self.folder().join("home")
    }

    fn stderr_file(&self) -> PathBuf {
        self.folder().join("stderr.txt")
    }

    fn check_running(&mut self) -> anyhow::Result<()> {
        let child = self.child.as_mut().context("the gateway does not run")?;
        match child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("the gateway ended with {status}:\n{}", self.diagnose()),
        }
    }
}

impl Drop for Gateway {
    /// Ends the gateway and, should it have left any, all of its descendants.
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended already, which is as good.
            let _ = child.start_kill();
        }
        #[cfg(unix)]
        self.processes().into_iter().for_each(process::kill);
    }
}

fn is_enabled(server: &ServerStatus) -> bool {
    server.state != model::ServerState::Disabled
}

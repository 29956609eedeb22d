//! A gateway of its own to run against: private configuration, private data, a free port.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::measure::http::{Connection, Request};
use crate::shell;
use crate::workspace::Workspace;

/// How long anything awaited may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// A running `toolgate serve`; it is stopped when dropped.
pub(crate) struct Gateway {
    process: Child,
    folder: TempDir,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// When it was started.
    started: Instant,
}

impl Gateway {
    /// Starts the gateway that was built with this profile, with these `mcpServers`, without
    /// waiting for it.
    pub(crate) fn start(workspace: &Workspace, profile: &str, servers: &Value) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let address = free_address()?;
        let config = folder.path().join("config.json");
        // Clients of the conformance suite cannot send a token.
        let settings = json!({
            "listen": address.to_string(), "tokens": "off", "mcpServers": servers,
        });
        std::fs::write(&config, settings.to_string())?;
        let mut command = Command::new(workspace.binary(profile, "toolgate"));
        command.arg("--config").arg(&config);
        command.arg("--data-dir").arg(folder.path().join("data"));
        command
            .args(["serve", "--trust", "auto"])
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command.stderr(std::fs::File::create(folder.path().join("stderr"))?);
        let started = Instant::now();
        let process = command
            .spawn()
            .context("the gateway could not be started")?;
        Ok(Self {
            process,
            folder,
            address,
            started,
        })
    }

    /// Process id.
    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Waits for the endpoint; returns the time since the start of the process.
    pub(super) fn ready(&mut self) -> Result<Duration> {
        self.wait("the endpoint", |gateway| {
            let mut connection = Connection::open(gateway.address)?;
            let response = connection.send(Request {
                path: "/readyz",
                ..Request::default()
            })?;
            ensure!(response.status == 200, "not ready: {}", response.status);
            Ok(())
        })
    }

    /// Waits for this many ready servers, whatever they offer.
    pub(crate) fn ready_with_servers(&mut self, servers: u64) -> Result<Duration> {
        self.ready()?;
        self.wait("the servers", |gateway| {
            let totals = &gateway.status()?["totals"];
            ensure!(totals["ready"] == servers, "not all are ready: {totals}");
            Ok(())
        })
    }

    /// Waits for this many ready servers and tools; returns the time since the start.
    pub(super) fn ready_with(&mut self, servers: u64, tools: u64) -> Result<Duration> {
        self.ready()?;
        self.wait("the servers", |gateway| {
            let totals = &gateway.status()?["totals"];
            let all = totals["ready"] == servers && totals["tools"] == tools;
            ensure!(all, "not all are ready: {totals}");
            Ok(())
        })
    }

    /// The gateway's snapshot.
    fn status(&self) -> Result<Value> {
        let token = std::fs::read_to_string(self.folder.path().join("data/local-token"))?;
        let authorization = format!("Bearer {}", token.trim());
        let headers = [("Authorization", authorization.as_str())];
        let request = Request {
            path: "/api/v1/status",
            headers: &headers,
            body: None,
        };
        let response = Connection::open(self.address)?.send(request)?;
        ensure!(
            response.status == 200,
            "the status was refused: {}",
            response.status
        );
        Ok(serde_json::from_slice(&response.body)?)
    }

    fn wait(&mut self, what: &str, done: impl Fn(&Self) -> Result<()>) -> Result<Duration> {
        while let Err(error) = done(self) {
            let alive = self.process.try_wait()?.is_none();
            if !alive || self.started.elapsed() > PATIENCE {
                let said = std::fs::read_to_string(self.folder.path().join("stderr"))?;
                let state = if alive {
                    "took too long"
                } else {
                    "the gateway ended"
                };
                return Err(error.context(format!("waiting for {what}: {state}; it said:\n{said}")));
            }
            pause(Duration::from_millis(2));
        }
        Ok(self.started.elapsed())
    }
}

impl Drop for Gateway {
    /// Asks it to stop, so that it stops its servers too; insists when it does not.
    fn drop(&mut self) {
        let pid = self.pid().to_string();
        let asked = shell::succeeds(Command::new("kill").args(["-TERM", &pid]));
        let deadline = Instant::now() + Duration::from_secs(10);
        while asked && Instant::now() < deadline {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            pause(Duration::from_millis(10));
        }
        // Nothing is left to do about a process that cannot even be killed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Lets time pass, which is what is measured here.
pub(super) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

/// An address that was free a moment ago.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_gateway_that_was_not_built_is_an_error() {
        let workspace = Workspace {
            root: PathBuf::new(),
            target: PathBuf::from("/nowhere"),
            packages: Vec::new(),
        };
        let error = Gateway::start(&workspace, "debug", &json!({}))
            .err()
            .expect("there is no program");
        assert_eq!(error.to_string(), "the gateway could not be started");
    }

    #[test]
    fn free_addresses_are_on_the_loopback() {
        let address = free_address().expect("a free port");
        assert!(address.ip().is_loopback() && address.port() != 0);
    }
}

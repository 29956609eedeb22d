//! The servers: examples and reference servers of the SDKs, and scripts of `tests/fixtures`.

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::fixtures;
use tokio::process::{Child, Command};

use super::clients;

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_mins(1);

/// How a client talks to a server; HTTP with the path of the endpoint.
#[derive(Clone, Copy)]
pub(crate) enum Transport {
    Stdio,
    Http(&'static str),
    /// The older transport, with an event stream at this path.
    Sse(&'static str),
}

/// A server that can be started.
#[derive(Clone, Copy)]
pub(crate) struct Server {
    program: Program,
    transport: Transport,
    /// Whether it wants a token, and has a sign-in that agrees by itself.
    signs_in: bool,
}

#[derive(Clone, Copy)]
enum Program {
    /// A file of an npm package of the protocol, and its arguments.
    Npm(&'static str, &'static [&'static str]),
    /// An example of the protocol's npm package.
    Example(&'static str),
    /// A script of `tests/fixtures/python`.
    Python(&'static str),
}

/// A started server; it ends when this is dropped.
pub(crate) struct Started {
    /// Its entry in the gateway's configuration.
    pub(crate) entry: Value,
    /// Where the scripts on the clients find it.
    pub(crate) target: Value,
    _process: Option<Process>,
}

struct Process {
    _child: Child,
    port: u16,
    _folder: TempDir,
}

impl Server {
    pub(crate) fn npm(
        file: &'static str,
        arguments: &'static [&'static str],
        transport: Transport,
    ) -> Self {
        Self::of(Program::Npm(file, arguments), transport)
    }

    pub(crate) fn example(name: &'static str) -> Self {
        Self::of(Program::Example(name), Transport::Http("/mcp"))
    }

    pub(crate) fn python(script: &'static str, transport: Transport) -> Self {
        Self::of(Program::Python(script), transport)
    }

    /// The same server over another transport.
    pub(crate) fn over(self, transport: Transport) -> Self {
        Self { transport, ..self }
    }

    /// The same server, which wants a token.
    pub(crate) fn with_sign_in(self) -> Self {
        Self {
            signs_in: true,
            ..self
        }
    }

    fn of(program: Program, transport: Transport) -> Self {
        Self {
            program,
            transport,
            signs_in: false,
        }
    }

    /// Starts the server, if the client does not do that itself.
    pub(crate) async fn start(&self) -> anyhow::Result<Started> {
        let (kind, key, path) = match self.transport {
            Transport::Stdio => return self.started_by_the_client(),
            Transport::Http(path) => ("http", "url", path),
            Transport::Sse(path) => ("sse", "sse", path),
        };
        let process = self.spawn().await?;
        let url = format!("http://127.0.0.1:{}{path}", process.port);
        let mut entry = json!({"type": kind, "url": url});
        let mut target = json!({key: url});
        if self.signs_in {
            let headers = json!({"Authorization": format!("Bearer {}", token(&url).await?)});
            entry["headers"] = headers.clone();
            target["headers"] = headers;
        }
        Ok(Started {
            entry,
            target,
            _process: Some(process),
        })
    }

    fn started_by_the_client(&self) -> anyhow::Result<Started> {
        let command = self.command()?;
        let text = |word: &std::ffi::OsStr| word.to_str().map(str::to_owned).context("no UTF-8");
        let arguments: Vec<_> = command
            .as_std()
            .get_args()
            .map(text)
            .collect::<Result<_, _>>()?;
        let target = json!({"command": text(command.as_std().get_program())?, "args": arguments});
        Ok(Started {
            entry: target.clone(),
            target,
            _process: None,
        })
    }

    fn command(&self) -> anyhow::Result<Command> {
        let http = !matches!(self.transport, Transport::Stdio);
        let package = |file: &str| fixtures::npm(&format!("@modelcontextprotocol/{file}"));
        match self.program {
            Program::Npm(file, arguments) => Ok(node(&package(file)?, arguments, http)),
            Program::Example(name) => {
                let file = format!("sdk/dist/esm/examples/server/{name}.js");
                Ok(node(&package(&file)?, &[], http))
            }
            Program::Python(script) => {
                let mut command = clients::python(&format!("python/{script}"))?;
                command.arg(if http { "http" } else { "stdio" });
                Ok(command)
            }
        }
    }

    async fn spawn(&self) -> anyhow::Result<Process> {
        let folder = tempfile::tempdir()?;
        let output = folder.path().join("output");
        let file = std::fs::File::create(&output)?;
        let mut command = self.command()?;
        command
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .kill_on_drop(true);
        let told = if self.signs_in {
            Some(free_ports(&mut command)?)
        } else {
            None
        };
        let mut child = command.spawn().context("the server cannot be started")?;
        let port = listening(&mut child, &output, told).await?;
        Ok(Process {
            _child: child,
            port,
            _folder: folder,
        })
    }
}

fn node(file: &Path, arguments: &[&str], http: bool) -> Command {
    let mut command = Command::new("node");
    if http {
        let mut import = OsString::from("--import=");
        import.push(fixtures::checked_in("npm/listen.mjs"));
        command.arg(import);
    }
    command.arg(file).args(arguments);
    command
}

/// Tells a server with an authorization server of its own which ports to take; returns its own.
fn free_ports(command: &mut Command) -> anyhow::Result<u16> {
    // Both are taken at the same time, so that they are not the same.
    let listeners = [
        TcpListener::bind("127.0.0.1:0")?,
        TcpListener::bind("127.0.0.1:0")?,
    ];
    let port = listeners[0].local_addr()?.port();
    let authorization = listeners[1].local_addr()?.port();
    command
        .env("MCP_PORT", port.to_string())
        .env("MCP_AUTH_PORT", authorization.to_string());
    Ok(port)
}

/// Waits until the server says that it listens, on the port that it was told, if any.
async fn listening(child: &mut Child, output: &Path, told: Option<u16>) -> anyhow::Result<u16> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let text = std::fs::read_to_string(output).unwrap_or_default();
        if let Some(port) = ports(&text).find(|port| told.is_none_or(|told| told == *port)) {
            return Ok(port);
        }
        if let Some(status) = child.try_wait()? {
            bail!("the server ended with {status}:\n{text}");
        }
        ensure!(
            Instant::now() < deadline,
            "the server does not listen:\n{text}"
        );
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// The ports in whole lines that say `listening on PORT`.
fn ports(output: &str) -> impl Iterator<Item = u16> {
    output
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .filter_map(|line| line.trim_end().strip_prefix("listening on ")?.parse().ok())
}

/// Signs in at a server and returns the access token.
async fn token(url: &str) -> anyhow::Result<String> {
    // The server's metadata and the token's audience say `localhost`.
    let url = url.replace("127.0.0.1", "localhost");
    let mut command = clients::node("npm/token.mjs")?;
    let output = command.arg(url).kill_on_drop(true).output().await?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "no token: {stderr}");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_counts_once_its_line_is_complete() {
        assert_eq!(
            ports("Starting\nlistening on 80\nlistening on 4").collect::<Vec<_>>(),
            [80]
        );
        assert_eq!(ports("listening on port 80\n").count(), 0);
    }
}

//! Checks of the gateway itself: whether it runs, and whether it could.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use model::{Snapshot, TokenRule, now_millis};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::words::{age, count};
use crate::{Check, Standing};

/// How long a listener on this machine may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) async fn examine(
    standing: &Standing<'_>,
    socket: &Path,
    listen: SocketAddr,
) -> Vec<Check> {
    match standing {
        Standing::Running(snapshot) => present(snapshot).await,
        Standing::Silent(reason) => vec![Check::error(
            "gateway",
            format!("A gateway runs but does not answer: {reason}."),
            "End its process and start it again with `toolgate serve`.",
        )],
        Standing::Absent => absent(socket, listen),
    }
}

/// What a running gateway says about itself.
async fn present(snapshot: &Snapshot) -> Vec<Check> {
    let running = age(snapshot.started_at, now_millis());
    let message = format!(
        "Version {} has been running for {running} (process {}).",
        snapshot.version, snapshot.pid
    );
    let mut findings = vec![Check::ok("gateway", message)];
    findings.extend(version(&snapshot.version));
    findings.push(endpoint(&snapshot.endpoint).await);
    findings.extend(tokens(snapshot.token_rule));
    findings.extend(servers(snapshot));
    findings
}

fn version(running: &str) -> Option<Check> {
    let own = env!("CARGO_PKG_VERSION");
    (running != own).then(|| {
        let message = format!("The gateway is version {running}, this command is {own}.");
        Check::warning("version", message, "Restart the gateway.")
    })
}

/// Whether clients reach the endpoint.
async fn endpoint(endpoint: &str) -> Check {
    let address = address_of(endpoint);
    let connect = async {
        match &address {
            Some(address) => TcpStream::connect(address).await.map(drop),
            None => Err(io::Error::other("it is not an address")),
        }
    };
    match timeout(PATIENCE, connect)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    {
        Ok(()) => Check::ok("endpoint", format!("Clients reach {endpoint}.")),
        Err(error) => Check::error(
            "endpoint",
            format!("Clients cannot reach {endpoint}: {error}."),
            "Check for a firewall that blocks connections within this machine.",
        ),
    }
}

/// Host and port of `http://host:port/path`.
fn address_of(endpoint: &str) -> Option<String> {
    let (_, rest) = endpoint.split_once("://")?;
    rest.split('/').next().map(str::to_owned)
}

fn servers(snapshot: &Snapshot) -> Vec<Check> {
    let mut findings = Vec::new();
    for server in &snapshot.servers {
        if let Some(problem) = server.state.problem() {
            let message = format!("{}: {}", server.name, problem.message);
            findings.push(Check::error(
                problem.code.as_str(),
                message,
                problem.fix.clone(),
            ));
        }
    }
    let totals = &snapshot.totals;
    if findings.is_empty() {
        let enabled = count(totals.ready + totals.not_ready, "server");
        findings.push(Check::ok(
            "servers",
            format!("{} of {enabled} ready.", totals.ready),
        ));
    }
    findings
}

/// Whether every program of the machine may call.
pub(crate) fn tokens(rule: TokenRule) -> Option<Check> {
    (rule == TokenRule::Off).then(|| {
        Check::warning(
            "tokens-off",
            "Clients need no token, so every program and every user of this machine may call.",
            "Make a token for each client with `toolgate tokens add NAME`, then remove `tokens` \
             from the configuration.",
        )
    })
}

/// Whether a gateway could start.
fn absent(socket: &Path, listen: SocketAddr) -> Vec<Check> {
    let mut findings = vec![Check::warning(
        "gateway",
        "No gateway is running.",
        "Start one with `toolgate serve`.",
    )];
    findings.extend(leftover(socket));
    findings.push(port(listen));
    findings
}

fn leftover(socket: &Path) -> Option<Check> {
    let is_there = socket.symlink_metadata().is_ok();
    is_there.then(|| {
        let message = format!(
            "A gateway that was killed left {}; the next one will replace it.",
            socket.display()
        );
        Check::note("stale-socket", message)
    })
}

/// Whether the port is free; looked up by taking it for a moment.
fn port(listen: SocketAddr) -> Check {
    match TcpListener::bind(listen) {
        Ok(_) => Check::ok("port", format!("{listen} is free.")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Check::error(
            "port-taken",
            format!("Another program listens on {listen}."),
            "End that program, or set another `listen` in the configuration.",
        ),
        Err(error) => Check::error(
            "port",
            format!("The gateway cannot listen on {listen}: {error}."),
            "Set another `listen` in the configuration.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use model::{Problem, ProblemCode, ServerState, ServerStatus};

    use super::*;
    use crate::Level;

    fn server(name: &str, state: ServerState) -> ServerStatus {
        serde_json::from_value(serde_json::json!({
            "name": name, "slug": name, "state": "ready", "since": 0, "transport": "stdio",
            "target": "x", "pid": null, "starts": 1, "protocol": null, "server_info": null,
            "tools": 1, "calls": 0, "last_call": null,
        }))
        .map(|status: ServerStatus| ServerStatus { state, ..status })
        .expect("a status")
    }

    fn snapshot(servers: Vec<ServerStatus>) -> Snapshot {
        Snapshot {
            servers,
            ..Snapshot::default()
        }
    }

    #[test]
    fn a_taken_port_is_told_from_a_free_one() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("binds");
        let address = taken.local_addr().expect("bound");
        assert_eq!(port(address).code, "port-taken");
        drop(taken);
        assert_eq!(port(address).level, Level::Ok);
    }

    #[tokio::test]
    async fn an_endpoint_is_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        let url = format!("http://{}/mcp", listener.local_addr().expect("bound"));
        assert_eq!(endpoint(&url).await.level, Level::Ok);
        drop(listener);
        assert_eq!(endpoint(&url).await.level, Level::Error);
        assert_eq!(endpoint("nonsense").await.level, Level::Error);
    }

    #[test]
    fn each_server_that_is_down_is_an_error_with_its_own_code() {
        let problem = Problem::new(ProblemCode::CommandNotFound, "It is gone.", "Look.");
        let failed = server("b", ServerState::NeedsPerson { problem });
        let findings = servers(&snapshot(vec![server("a", ServerState::Ready), failed]));
        assert_eq!(findings.len(), 1);
        assert_eq!(
            (findings[0].code, findings[0].level),
            ("command-not-found", Level::Error)
        );
        assert!(findings[0].message.starts_with("b: "));
        assert_eq!(
            servers(&snapshot(vec![server("a", ServerState::Ready)]))[0].level,
            Level::Ok
        );
    }

    #[test]
    fn only_a_socket_that_is_there_is_left_over() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let socket = dir.path().join("s");
        assert_eq!(leftover(&socket), None);
        std::fs::write(&socket, "").expect("writes");
        assert_eq!(
            leftover(&socket).map(|finding| finding.code),
            Some("stale-socket")
        );
    }

    #[test]
    fn a_door_without_tokens_is_mentioned() {
        assert_eq!(tokens(TokenRule::Required), None);
        let finding = tokens(TokenRule::Off).map(|finding| (finding.code, finding.level));
        assert_eq!(finding, Some(("tokens-off", Level::Warning)));
    }

    #[test]
    fn another_version_is_mentioned() {
        assert_eq!(version(env!("CARGO_PKG_VERSION")), None);
        assert_eq!(
            version("0.0.0").map(|finding| finding.level),
            Some(Level::Warning)
        );
    }
}

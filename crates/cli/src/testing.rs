//! States for tests.

use model::{
    ConfigStatus, Problem, ProblemCode, ServerState, ServerStatus, Snapshot, StartPhase, Totals,
};

/// Places that do not exist.
pub(crate) fn paths() -> config::Paths {
    config::Paths::resolve(Some("/c/config.json".into()), Some("/d".into())).expect("absolute")
}

/// A server that is ready.
pub(crate) fn ready(name: &str, tools: usize) -> ServerStatus {
    server(name, ServerState::Ready, tools)
}

/// A server that is on its way up.
pub(crate) fn starting(name: &str) -> ServerStatus {
    server(
        name,
        ServerState::Starting {
            phase: StartPhase::Handshake,
        },
        0,
    )
}

/// A server whose command is missing.
pub(crate) fn failed(name: &str) -> ServerStatus {
    let problem = Problem::new(
        ProblemCode::CommandNotFound,
        "The command `npx` was not found.",
        "Install Node.js.",
    );
    server(
        name,
        ServerState::BackingOff {
            attempts: 1,
            retry_at: 0,
            problem,
        },
        0,
    )
}

/// A server in any state, since second 1000.
pub(crate) fn server(name: &str, state: ServerState, tools: usize) -> ServerStatus {
    ServerStatus {
        name: name.to_owned(),
        slug: name.to_owned(),
        state,
        since: 1_000_000,
        transport: "stdio".to_owned(),
        target: format!("npx -y {name}"),
        pid: Some(8),
        starts: 1,
        protocol: Some("2025-11-25".to_owned()),
        server_info: Some(format!("{name} 1.2.3")),
        tools,
        rejected_tools: Vec::new(),
        calls: 0,
        last_call: None,
        sign_in: None,
        trust: model::TrustStatus::default(),
        sandbox: None,
    }
}

/// A gateway with these servers.
pub(crate) fn snapshot(servers: Vec<ServerStatus>) -> Snapshot {
    let ready = servers
        .iter()
        .filter(|server| server.state.is_ready())
        .count();
    Snapshot {
        version: "0.1.0".to_owned(),
        revision: 1,
        started_at: 1_000_000,
        pid: 7,
        endpoint: "http://127.0.0.1:8665/mcp".to_owned(),
        config: ConfigStatus {
            path: "/c/config.json".to_owned(),
            ..ConfigStatus::default()
        },
        totals: Totals {
            servers: servers.len(),
            ready,
            not_ready: servers.len() - ready,
            processes: ready,
            tools: servers.iter().map(|server| server.tools).sum(),
            ..Totals::default()
        },
        servers,
        ..Snapshot::default()
    }
}

//! Snapshots for tests.

use model::{
    CallOutcome, CallSummary, ClientStatus, ConfigStatus, Diagnostic, Evidence, Problem,
    ProblemCode, ReviewItem, ReviewSource, ServerState, ServerStatus, Severity, Snapshot,
    StartPhase, Totals,
};

use crate::clock::Clock;

/// A clock whose hours are those of 1970-01-01.
pub(crate) struct FakeClock(pub(crate) std::sync::Arc<std::sync::atomic::AtomicU64>);

impl FakeClock {
    /// A clock that stands still.
    pub(crate) fn at(now: u64) -> Self {
        Self(std::sync::Arc::new(now.into()))
    }
}

impl Clock for FakeClock {
    fn now(&self) -> u64 {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }

    fn time_of_day(&self, at: u64) -> String {
        let minutes = at / 60_000;
        format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
    }
}

pub(crate) fn ready() -> ServerState {
    ServerState::Ready
}

pub(crate) fn disabled() -> ServerState {
    ServerState::Disabled
}

pub(crate) fn starting() -> ServerState {
    ServerState::Starting {
        phase: StartPhase::Handshake,
    }
}

pub(crate) fn backing_off() -> ServerState {
    ServerState::BackingOff {
        attempts: 1,
        retry_at: 0,
        problem: problem(ProblemCode::Exited),
    }
}

pub(crate) fn broken(code: ProblemCode) -> ServerState {
    ServerState::CrashLoop {
        attempts: 9,
        retry_at: 0,
        problem: problem(code),
    }
}

pub(crate) fn needs(code: ProblemCode) -> ServerState {
    ServerState::NeedsPerson {
        problem: problem(code),
    }
}

fn problem(code: ProblemCode) -> Problem {
    Problem::new(code, "It happened.", "Do this.")
}

/// A state of everything with these servers.
pub(crate) fn snapshot<const N: usize>(servers: [(&str, ServerState); N]) -> Snapshot {
    let servers: Vec<_> = servers
        .into_iter()
        .map(|(name, state)| server(name, state))
        .collect();
    Snapshot {
        pid: 7,
        endpoint: "http://127.0.0.1:8665/mcp".to_owned(),
        socket: "/run/toolgate.sock".to_owned(),
        totals: Totals {
            servers: servers.len(),
            ready: servers.iter().filter(|s| s.state.is_ready()).count(),
            ..Totals::default()
        },
        servers,
        ..Snapshot::default()
    }
}

fn server(name: &str, state: ServerState) -> ServerStatus {
    ServerStatus {
        name: name.to_owned(),
        slug: name.to_owned(),
        state,
        since: 0,
        transport: "stdio".to_owned(),
        target: "program".to_owned(),
        pid: None,
        starts: 1,
        protocol: None,
        server_info: None,
        tools: 0,
        rejected_tools: Vec::new(),
        calls: 0,
        last_call: None,
        sign_in: None,
        trust: model::TrustStatus::default(),
        sandbox: None,
    }
}

pub(crate) fn config_error() -> ConfigStatus {
    ConfigStatus {
        diagnostics: vec![Diagnostic {
            severity: Severity::Error,
            file: "config.json".to_owned(),
            line: 1,
            column: 1,
            key: String::new(),
            message: "Broken.".to_owned(),
            fix: "Mend it.".to_owned(),
        }],
        ..ConfigStatus::default()
    }
}

/// A call of `tool`, the newest first.
pub(crate) fn call(server: &str, tool: &str, outcome: CallOutcome) -> CallSummary {
    CallSummary {
        id: 1,
        at: 0,
        client: "Editor".to_owned(),
        server: server.to_owned(),
        tool: tool.to_owned(),
        outcome,
        millis: 5,
    }
}

pub(crate) fn client(name: &str, open: usize, last_seen: u64) -> ClientStatus {
    ClientStatus {
        name: name.to_owned(),
        open,
        last_seen,
        last_call: None,
        calls: 0,
        failures: 0,
    }
}

pub(crate) fn review(name: &str) -> ReviewItem {
    ReviewItem {
        id: name.to_owned(),
        source: ReviewSource::Agent,
        by: None,
        at: 0,
        name: name.to_owned(),
        entry: serde_json::Value::Null,
        evidence: Evidence::default(),
        configured: false,
    }
}

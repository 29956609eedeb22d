//! The snapshot, drawn from the slots.

use std::collections::BTreeMap;

use config::Loaded;
use model::{
    CallSummary, ClientStatus, ClientToken, ConfigStatus, Event, Pause, ReviewItem, ServerName,
    ServerStatus, Snapshot, TokenRule, Totals, now_millis,
};

use crate::place::Place;
use crate::slot::{View, Views};

/// What the snapshot shows besides the servers and the configuration.
#[derive(Default)]
pub(crate) struct Beside {
    pub(crate) clients: Vec<ClientStatus>,
    pub(crate) tokens: Vec<ClientToken>,
    pub(crate) token_rule: TokenRule,
    pub(crate) recent: Vec<CallSummary>,
    pub(crate) pause: Option<Pause>,
    pub(crate) review: Vec<ReviewItem>,
    pub(crate) desktop: bool,
    /// Calls since midnight, and those that did not end well.
    pub(crate) today: (u64, u64),
}

/// The snapshot before anything was started.
pub(crate) fn first(place: &Place, config: &ConfigStatus) -> Snapshot {
    Snapshot {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        revision: 0,
        started_at: now_millis(),
        pid: std::process::id(),
        endpoint: place.endpoint.clone(),
        socket: place.socket.clone(),
        config: config.clone(),
        ..Snapshot::default()
    }
}

/// The snapshot that follows `last`.
pub(crate) fn next(
    last: &Snapshot,
    views: &Views,
    slugs: &BTreeMap<ServerName, String>,
    loaded: &Loaded,
    beside: Beside,
) -> Snapshot {
    let servers: Vec<ServerStatus> = views
        .iter()
        .map(|(name, view)| server(name, slugs.get(name).cloned().unwrap_or_default(), view))
        .collect();
    let (calls_today, failures_today) = beside.today;
    Snapshot {
        revision: last.revision + 1,
        config: loaded.status.clone(),
        preferences: loaded.settings.desktop,
        totals: Totals {
            calls_today,
            failures_today,
            ..totals(&servers)
        },
        servers,
        version: last.version.clone(),
        endpoint: last.endpoint.clone(),
        socket: last.socket.clone(),
        started_at: last.started_at,
        pid: last.pid,
        clients: beside.clients,
        tokens: beside.tokens,
        token_rule: beside.token_rule,
        recent: beside.recent,
        pause: beside.pause,
        review: beside.review,
        desktop: beside.desktop,
    }
}

/// What of the difference is news.
pub(crate) fn news(last: &Snapshot, next: &Snapshot) -> Vec<Event> {
    let before: BTreeMap<&str, &ServerStatus> = last
        .servers
        .iter()
        .map(|server| (server.name.as_str(), server))
        .collect();
    let mut events = Vec::new();
    for now in &next.servers {
        let then = before.get(now.name.as_str());
        if then.is_none_or(|then| then.state.label() != now.state.label()) {
            events.push(Event::ServerState {
                server: now.name.clone(),
                state: now.state.label().to_owned(),
                problem: now.state.problem().cloned(),
            });
        }
    }
    events
}

fn server(name: &ServerName, slug: String, view: &View) -> ServerStatus {
    let status = view.status.as_deref();
    ServerStatus {
        name: name.to_string(),
        slug,
        since: view.since,
        transport: view.config.transport().to_owned(),
        target: view.config.target(),
        pid: status.and_then(|status| status.pid),
        starts: view.starts,
        protocol: status.and_then(|status| status.protocol.clone()),
        server_info: status.and_then(|status| status.server_info.clone()),
        tools: if view.state.is_ready() { view.tools } else { 0 },
        rejected_tools: status
            .map(|status| status.rejected.to_vec())
            .unwrap_or_default(),
        calls: view.calls,
        last_call: view.last_call,
        sign_in: None,
        trust: view.trust.clone(),
        sandbox: status.and_then(|status| status.sandbox.clone()),
        state: view.state.clone(),
    }
}

fn totals(servers: &[ServerStatus]) -> Totals {
    let count =
        |chosen: &dyn Fn(&ServerStatus) -> bool| servers.iter().filter(|s| chosen(s)).count();
    let disabled = count(&|server| server.state == model::ServerState::Disabled);
    let ready = count(&|server| server.state.is_ready());
    Totals {
        servers: servers.len(),
        ready,
        not_ready: servers.len() - ready - disabled,
        processes: count(&|server| server.pid.is_some()),
        tools: servers.iter().map(|server| server.tools).sum(),
        ..Totals::default()
    }
}

#[cfg(test)]
mod tests {
    use model::{Problem, ProblemCode, ServerState};

    use super::*;

    fn status(name: &str, state: ServerState, tools: usize) -> ServerStatus {
        ServerStatus {
            name: name.to_owned(),
            slug: name.to_owned(),
            state,
            since: 0,
            transport: "stdio".to_owned(),
            target: "x".to_owned(),
            pid: (tools > 0).then_some(1),
            starts: 1,
            protocol: None,
            server_info: None,
            tools,
            rejected_tools: Vec::new(),
            calls: 0,
            last_call: None,
            sign_in: None,
            trust: model::TrustStatus::default(),
            sandbox: None,
        }
    }

    fn snapshot(servers: Vec<ServerStatus>) -> Snapshot {
        let first = first(&Place::default(), &ConfigStatus::default());
        Snapshot {
            totals: totals(&servers),
            servers,
            ..first
        }
    }

    #[test]
    fn totals_add_up() {
        let problem = Problem::new(ProblemCode::Exited, "It ended.", "Look.");
        let totals = snapshot(vec![
            status("a", ServerState::Ready, 3),
            status("b", ServerState::NeedsPerson { problem }, 0),
            status("c", ServerState::Disabled, 0),
        ])
        .totals;
        assert_eq!((totals.servers, totals.ready, totals.not_ready), (3, 1, 1));
        assert_eq!((totals.processes, totals.tools), (1, 3));
    }

    #[test]
    fn only_changes_are_news() {
        let before = snapshot(vec![status("a", ServerState::Ready, 3)]);
        assert!(news(&before, &before).is_empty());
        let problem = Problem::new(ProblemCode::Exited, "It ended.", "Look.");
        let state = ServerState::BackingOff {
            attempts: 1,
            retry_at: 5,
            problem: problem.clone(),
        };
        let after = snapshot(vec![status("a", state, 0)]);
        let expected = [Event::ServerState {
            server: "a".to_owned(),
            state: "backing off".to_owned(),
            problem: Some(problem),
        }];
        assert_eq!(news(&before, &after), expected);
    }
}

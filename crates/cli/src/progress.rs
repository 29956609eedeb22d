//! What people see while servers start.

use std::time::Duration;

use api_client::{ApiEvent, EventStream};
use futures_util::StreamExt as _;
use model::{ServerStatus, Snapshot, now_millis};
use tokio::time::{MissedTickBehavior, interval};

use crate::exit::Failure;
use crate::output::{self, age, count, visible};

/// How often the line is drawn again, for the seconds in it.
const REDRAW: Duration = Duration::from_secs(1);

/// Clears the line under the cursor.
const CLEAR: &str = "\r\x1b[2K";

/// Follows the state until every server, or the one named, is ready or has failed; shows on
/// standard error what is still waited for, on one line if `is_terminal`.
pub(crate) async fn wait(
    mut events: EventStream,
    only: Option<&str>,
    is_terminal: bool,
) -> Result<Snapshot, Failure> {
    let mut line = StatusLine {
        is_terminal,
        shown: String::new(),
    };
    let settled = follow(&mut events, only, &mut line).await;
    line.clear();
    settled
}

async fn follow(
    events: &mut EventStream,
    only: Option<&str>,
    line: &mut StatusLine,
) -> Result<Snapshot, Failure> {
    let mut redraw = interval(REDRAW);
    redraw.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut latest: Option<Box<Snapshot>> = None;
    loop {
        tokio::select! {
            event = events.next() => match event.ok_or_else(stopped)?? {
                ApiEvent::Snapshot(snapshot) if is_settled(&snapshot, only) => {
                    return Ok(*snapshot);
                }
                ApiEvent::Snapshot(snapshot) => latest = Some(snapshot),
                ApiEvent::News(_) => {}
            },
            _ = redraw.tick() => {}
        }
        if let Some(snapshot) = &latest {
            line.show(waiting(snapshot, only), now_millis());
        }
    }
}

fn stopped() -> Failure {
    let fix = "Start it again with `toolgate serve`; its log may say why.";
    Failure::other("The gateway stopped while servers were starting.", fix)
}

/// One line for each server that is down, with its way out; the last line sums up.
pub(crate) fn summary(snapshot: &Snapshot) -> Vec<String> {
    let mut lines = Vec::new();
    for server in &snapshot.servers {
        if let Some(problem) = server.state.problem() {
            let (name, fix) = (visible(&server.name), visible(&problem.fix));
            lines.push(format!("{name}: {} Fix: {fix}", visible(&problem.message)));
        }
    }
    let totals = &snapshot.totals;
    let enabled = totals.ready + totals.not_ready;
    let tools = count(totals.tools, "tool");
    lines.push(format!(
        "{} of {} ready, {tools}.",
        totals.ready,
        count(enabled, "server")
    ));
    lines
}

/// Whether nothing is left to wait for. A named server that is gone has been removed meanwhile;
/// a gateway without any has just started and will show them soon.
fn is_settled(snapshot: &Snapshot, only: Option<&str>) -> bool {
    let settled = |server: &ServerStatus| server.state.is_settled();
    match only {
        Some(name) => snapshot
            .servers
            .iter()
            .find(|s| s.name == name)
            .is_none_or(settled),
        None => !snapshot.servers.is_empty() && snapshot.servers.iter().all(settled),
    }
}

/// What is still waited for: how far it is, and the server that has taken longest.
struct Waiting {
    text: String,
    since: u64,
}

fn waiting(snapshot: &Snapshot, only: Option<&str>) -> Waiting {
    let is_waited_for = |server: &&ServerStatus| {
        !server.state.is_settled() && only.is_none_or(|name| server.name == name)
    };
    let longest = snapshot
        .servers
        .iter()
        .filter(is_waited_for)
        .min_by_key(|server| server.since);
    let totals = &snapshot.totals;
    let progress = match only {
        Some(_) => String::new(),
        None => format!(
            "{} of {} ready, ",
            totals.ready,
            totals.ready + totals.not_ready
        ),
    };
    match longest {
        Some(server) => Waiting {
            text: format!("{progress}waiting for {}", visible(&server.name)),
            since: server.since,
        },
        None => Waiting {
            text: format!("{progress}waiting"),
            since: now_millis(),
        },
    }
}

/// The line on standard error that is drawn again and again; without a terminal, a line for
/// every change.
struct StatusLine {
    is_terminal: bool,
    shown: String,
}

impl StatusLine {
    fn show(&mut self, waiting: Waiting, now: u64) {
        if self.is_terminal {
            output::redraw(&format!(
                "{CLEAR}{} ({})",
                waiting.text,
                age(waiting.since, now)
            ));
        } else if waiting.text != self.shown {
            output::note(&waiting.text);
        }
        self.shown = waiting.text;
    }

    fn clear(&mut self) {
        if self.is_terminal && !self.shown.is_empty() {
            output::redraw(CLEAR);
        }
        self.shown.clear();
    }
}

#[cfg(test)]
mod tests {
    use api_client::ClientError;
    use futures_util::stream;

    use super::*;
    use crate::testing::{failed, ready, snapshot, starting};

    fn events(states: Vec<Snapshot>) -> EventStream {
        let states = states
            .into_iter()
            .map(|state| Ok(ApiEvent::Snapshot(Box::new(state))));
        Box::pin(stream::iter(
            states.collect::<Vec<Result<_, ClientError>>>(),
        ))
    }

    #[tokio::test]
    async fn waiting_ends_when_all_are_ready_or_failed() {
        let states = vec![
            snapshot(Vec::new()),
            snapshot(vec![starting("a"), starting("b")]),
            snapshot(vec![ready("a", 2), starting("b")]),
            snapshot(vec![ready("a", 2), failed("b")]),
            snapshot(vec![ready("a", 2), starting("b")]),
        ];
        let last = wait(events(states), None, false).await.expect("settles");
        assert!(last.servers[1].state.problem().is_some());
    }

    #[tokio::test]
    async fn one_server_is_waited_for_alone_and_only_while_it_is_there() {
        let states = vec![
            snapshot(vec![starting("slow"), starting("new")]),
            snapshot(vec![starting("slow"), ready("new", 1)]),
        ];
        let last = wait(events(states), Some("new"), false)
            .await
            .expect("settles");
        assert!(last.servers[1].state.is_ready());
        let removed = vec![
            snapshot(vec![starting("new")]),
            snapshot(vec![starting("slow")]),
        ];
        let last = wait(events(removed), Some("new"), false)
            .await
            .expect("settles");
        assert_eq!(last.servers[0].name, "slow");
    }

    #[tokio::test]
    async fn a_gateway_that_stops_is_reported() {
        let failure = wait(events(vec![snapshot(vec![starting("a")])]), None, false).await;
        assert!(failure.expect_err("it stopped").message.contains("stopped"));
    }

    #[test]
    fn the_line_names_the_slowest() {
        let mut state = snapshot(vec![ready("a", 1), starting("b"), starting("c")]);
        state.servers[2].since -= 5_000;
        let line = waiting(&state, None);
        assert_eq!(line.text, "1 of 3 ready, waiting for c");
        assert_eq!(age(line.since, 1_003_000), "8 s");
        assert_eq!(waiting(&state, Some("b")).text, "waiting for b");
    }

    #[test]
    fn the_summary_names_each_failure_with_its_way_out() {
        let lines = summary(&snapshot(vec![ready("a", 2), failed("b")]));
        assert_eq!(
            lines,
            [
                "b: The command `npx` was not found. Fix: Install Node.js.",
                "1 of 2 servers ready, 2 tools."
            ]
        );
    }
}

//! Opening a session with a child process.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use model::{Problem, ProblemCode, SandboxStatus, StartPhase, now_millis};
use store::Verdict;
use tokio::task::JoinSet;
use wire::Era;

use super::{Session, Start, establish};
use crate::context::Context;
use crate::handshake::Opening;
use crate::link::CallError;
use crate::stdio::{Launch, Place, Process, spawn};

/// Starts a process and greets it. A process that ends on the probe is started once more and
/// greeted the old way: every server on an SDK older than the probe does that.
pub(super) async fn open(start: &Start<'_>, launch: Launch) -> Result<Session, Problem> {
    let fingerprint = start.config.fingerprint();
    let known = start.context.eras.get(&fingerprint);
    let opening = match known {
        _ if start.no_probe.load(Ordering::Relaxed) => Opening::Initialize,
        Some(Verdict {
            era: Era::Legacy, ..
        }) => Opening::Initialize,
        _ => Opening::Probe,
    };
    let mut opened = try_process(start, &launch, opening).await;
    let ended = matches!(
        opened,
        Err((CallError::Lost(_) | CallError::NotDelivered(_), _))
    );
    if ended && opening == Opening::Probe {
        let text = "ended on the era probe; started again with `initialize`";
        start.log.event(tracing::Level::INFO, text);
        // Not asked again in this run, so that a crash loop costs one process a round.
        start.no_probe.store(true, Ordering::Relaxed);
        opened = try_process(start, &launch, Opening::Initialize).await;
    }
    let session = opened.map_err(|(_, problem)| problem)?;
    let era = session.caller.era;
    if known.is_none_or(|known| known.era != era) {
        let exits_on_probe = ended && era == Era::Legacy;
        let verdict = Verdict {
            era,
            exits_on_probe,
            learned_at: now_millis(),
        };
        remember(start.context, &fingerprint, verdict);
    }
    Ok(session)
}

async fn try_process(
    start: &Start<'_>,
    launch: &Launch,
    opening: Opening,
) -> Result<Session, (CallError, Problem)> {
    let Start {
        context,
        log,
        mark,
        processes,
        ..
    } = start;
    let place = Place {
        context,
        log,
        mark,
        processes,
    };
    let (link, process) = spawn(launch, &place)
        .await
        .map_err(|problem| (CallError::NotReady(model::ServerState::Disabled), problem))?;
    (start.spawned)(&process);
    let fence = format!("fenced in: {}", process.sandbox);
    log.event(tracing::Level::INFO, &fence);
    (start.progress)(StartPhase::Handshake);
    match establish(link, JoinSet::new(), opening, start.terms(), None).await {
        Ok(mut session) => {
            session.process = Some(process);
            Ok(session)
        }
        Err(error) => {
            let problem = explain(start, &error, process).await;
            Err((error, problem))
        }
    }
}

/// Ends a process whose handshake failed, and says why it did.
async fn explain(start: &Start<'_>, error: &CallError, process: Process) -> Problem {
    let (junk, remarks) = (process.remarks().junk(), Arc::clone(process.remarks()));
    let fence = process.sandbox.clone();
    if matches!(error, CallError::Lost(_) | CallError::NotDelivered(_)) {
        let found = process.autopsy().await;
        let printed = junk.map(|junk| format!(" It printed what is no MCP message: {junk}"));
        return Problem {
            code: ProblemCode::ExitedAtStart,
            message: found.message + &printed.unwrap_or_default(),
            fix: found.fix + &hint(&fence),
        };
    }
    process.stop().await;
    if let (CallError::Timeout(_), Some(junk)) = (error, junk) {
        return Problem::new(
            ProblemCode::NotMcp,
            format!("Its standard output is not MCP; it began with: {junk}"),
            "Check that the command starts an MCP server in stdio mode.",
        );
    }
    let mut problem = error
        .clone()
        .into_problem(ProblemCode::HandshakeRefused, "the handshake");
    if problem.code == ProblemCode::StartTimeout {
        let after = start.config.start_timeout.as_secs();
        problem.message = format!("It did not answer the handshake within {after} s.");
    }
    problem.message.push_str(&remarks.quote());
    problem
}

/// That the sandbox may be the reason, where there is one.
fn hint(fence: &SandboxStatus) -> String {
    if fence.is_open() {
        return String::new();
    }
    format!(
        " It may need more than its sandbox allows ({fence}): name what it needs under `sandbox`, \
         or set `\"sandbox\": \"compat\"`."
    )
}

fn remember(context: &Context, fingerprint: &str, verdict: Verdict) {
    if let Err(error) = context.eras.put(fingerprint, verdict) {
        tracing::warn!(%error, "what was learned about a server's era could not be stored");
    }
}

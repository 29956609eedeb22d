//! Opening a session with a child process.

use std::sync::Arc;

use model::{Problem, ProblemCode, StartPhase, now_millis};
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
    let opening = opening_for(known.as_ref());
    match try_process(start, &launch, opening).await {
        Ok(session) => {
            remember(
                start.context,
                &fingerprint,
                session.greeting.era,
                known.as_ref(),
                false,
            );
            Ok(session)
        }
        Err((CallError::Lost(_) | CallError::NotDelivered(_), _)) if opening == Opening::Probe => {
            start.log.event(
                tracing::Level::INFO,
                "ended on the era probe; started again with `initialize`",
            );
            let second = try_process(start, &launch, Opening::Initialize).await;
            // Noted even if it fails again, so that a crash loop costs one process a round.
            remember(start.context, &fingerprint, Era::Legacy, None, true);
            second.map_err(|(_, problem)| problem)
        }
        Err((_, problem)) => Err(problem),
    }
}

fn opening_for(known: Option<&Verdict>) -> Opening {
    match known {
        Some(verdict) if verdict.era == Era::Legacy => Opening::Initialize,
        _ => Opening::Probe,
    }
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
    (start.progress)(StartPhase::Handshake);
    match establish(link, JoinSet::new(), opening, start.config.start_timeout).await {
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
    if matches!(error, CallError::Lost(_) | CallError::NotDelivered(_)) {
        let found = process.autopsy().await;
        return Problem {
            code: ProblemCode::ExitedAtStart,
            ..found
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

fn remember(
    context: &Context,
    fingerprint: &str,
    era: Era,
    known: Option<&Verdict>,
    exits_on_probe: bool,
) {
    if known.is_some_and(|verdict| verdict.era == era) {
        return;
    }
    let verdict = Verdict {
        era,
        exits_on_probe,
        learned_at: now_millis(),
    };
    if let Err(error) = context.eras.put(fingerprint, verdict) {
        tracing::warn!(%error, "what was learned about a server's era could not be stored");
    }
}

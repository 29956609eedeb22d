//! Opening a session with a server behind a URL.

use std::sync::Arc;

use config::RemoteKind;
use model::{Problem, ProblemCode, SafeUrl, Secret, StartPhase};
use tokio::task::JoinSet;
use wire::{Era, ErrorObject, code};

use super::beside::Beside;
use super::{Session, Start, Terms, establish};
use crate::handshake::{Greeting, Opening};
use crate::http::{self, Farewell, Shared, Target};
use crate::link::CallError;

/// Connects to a URL by whichever transport it speaks.
pub(super) async fn open(
    start: &Start<'_>,
    url: SafeUrl,
    headers: &[(String, Secret)],
    kind: RemoteKind,
) -> Result<Session, Problem> {
    let headers = http::header_map(headers).map_err(|name| {
        Problem::new(
            ProblemCode::InvalidConfig,
            format!("The header `{name}` holds characters that HTTP does not allow."),
            "Check its name and value under `headers`.",
        )
    })?;
    let target = Target {
        client: start.context.http()?,
        url,
        headers,
    };
    (start.progress)(StartPhase::Handshake);
    let first = match kind {
        RemoteKind::Sse => open_sse(start, &target).await,
        RemoteKind::Auto | RemoteKind::Http => open_streamable(start, &target).await,
    };
    let second = match (&first, kind) {
        (Err(error), RemoteKind::Auto | RemoteKind::Http) if may_be_sse(error) => {
            open_sse(start, &target).await
        }
        // Files often say `sse` of servers that have moved on.
        (Err(error), RemoteKind::Sse) if may_be_streamable(error) => {
            open_streamable(start, &target).await
        }
        _ => return first.map_err(remote_problem),
    };
    second.or_else(|_| first.map_err(remote_problem))
}

fn remote_problem(error: CallError) -> Problem {
    error.into_problem(ProblemCode::HandshakeRefused, "the handshake")
}

fn may_be_sse(error: &CallError) -> bool {
    matches!(
        error,
        CallError::Http {
            status: 400 | 404 | 405 | 406 | 415,
            ..
        }
    )
}

fn may_be_streamable(error: &CallError) -> bool {
    matches!(
        error,
        CallError::Http { .. } | CallError::Lost(_) | CallError::Timeout(_)
    ) && !matches!(
        error,
        CallError::Http {
            status: 401 | 403 | 429,
            ..
        }
    )
}

async fn open_streamable(start: &Start<'_>, target: &Target) -> Result<Session, CallError> {
    let mut session = streamable(target, Opening::Probe, start.terms()).await?;
    if session.caller.era == Era::Modern {
        let beside = Beside::new(target.clone(), start.terms());
        session.caller.beside = Some(Arc::new(beside));
    }
    Ok(session)
}

/// Opens a legacy connection beside a modern one.
pub(super) async fn open_legacy_beside(
    target: &Target,
    terms: Terms,
) -> Result<Session, CallError> {
    let session = streamable(target, Opening::Initialize, terms).await?;
    match session.caller.era {
        Era::Legacy => Ok(session),
        // It answered `initialize` by pointing to the era that we know already.
        Era::Modern => Err(ErrorObject::new(code::UNSUPPORTED_VERSION, "modern only").into()),
    }
}

async fn streamable(target: &Target, opening: Opening, terms: Terms) -> Result<Session, CallError> {
    let (shared, mut tasks) = (Shared::default(), JoinSet::new());
    let farewell = Farewell::default();
    let link =
        http::connect_streamable(target.clone(), shared.clone(), farewell.clone(), &mut tasks);
    let side_door = link.side_door.clone();
    let mut session = establish(link, tasks, opening, terms).await?;
    session.farewell = Some(farewell);
    let Greeting { era, revision, .. } = &*session.caller.greeting;
    shared.update(|agreed| {
        agreed.era = Some(*era);
        agreed.revision = (*era == Era::Legacy).then(|| revision.clone());
    });
    if let (Era::Legacy, Some(incoming)) = (session.caller.era, side_door.upgrade()) {
        session
            .tasks
            .spawn(http::listen(target.clone(), shared, incoming));
    }
    Ok(session)
}

async fn open_sse(start: &Start<'_>, target: &Target) -> Result<Session, CallError> {
    let (mut tasks, deadline) = (JoinSet::new(), start.config.start_timeout);
    let connected = http::connect_legacy_sse(target.clone(), &mut tasks);
    let link = tokio::time::timeout(deadline, connected).await;
    let link = link.unwrap_or(Err(CallError::Timeout(deadline)))?;
    establish(link, tasks, Opening::Initialize, start.terms()).await
}

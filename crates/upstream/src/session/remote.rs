//! Opening a session with a server behind a URL.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use config::RemoteKind;
use model::{Problem, ProblemCode, SafeUrl, Secret, StartPhase};
use tokio::task::JoinSet;
use wire::{Era, ErrorObject, code};

use super::beside::Beside;
use super::{Session, Start, Terms, establish};
use crate::handshake::{Greeting, Opening};
use crate::http::{self, Farewell, Shared, Target};
use crate::link::CallError;
use crate::websocket;

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
    let client = match kind {
        RemoteKind::WebSocket => start.context.upgrades()?,
        _ => start.context.http()?,
    };
    let target = Target {
        client,
        url,
        headers,
    };
    (start.progress)(StartPhase::Handshake);
    let first = match kind {
        RemoteKind::WebSocket => open_websocket(start, &target).await,
        RemoteKind::Sse => open_sse(&target, start.terms()).await,
        RemoteKind::Auto | RemoteKind::Http => open_probed(start, &target).await,
    };
    let second = match (&first, kind) {
        (Err(error), RemoteKind::Auto | RemoteKind::Http) if may_be_sse(error) => {
            open_sse(&target, start.terms()).await
        }
        // Files often say `sse` of servers that have moved on.
        (Err(error), RemoteKind::Sse) if may_be_streamable(error) => {
            open_probed(start, &target).await
        }
        _ => return first.map_err(remote_problem),
    };
    second.or_else(|_| first.map_err(remote_problem))
}

/// Opens a legacy session with a server that also speaks the modern era, beside the connection
/// that the target is of.
pub(crate) async fn open_legacy_beside(
    target: &Target,
    terms: Terms,
) -> Result<Session, CallError> {
    let session = open_streamable(target, Opening::Initialize, terms).await?;
    if session.caller.era == Era::Legacy {
        return Ok(session);
    }
    let message = "the server knows no sessions";
    Err(ErrorObject::new(code::UNSUPPORTED_VERSION, message).into())
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

/// Opens a connection in whichever era the server prefers. One that prefers the modern era may
/// speak the older one as well, to those who need it.
async fn open_probed(start: &Start<'_>, target: &Target) -> Result<Session, CallError> {
    let mut session = open_streamable(target, Opening::Probe, start.terms()).await?;
    if session.caller.era == Era::Modern {
        let beside = Beside::new(target.clone(), start.terms());
        session.caller.beside = Some(Arc::new(beside));
    }
    Ok(session)
}

async fn open_streamable(
    target: &Target,
    opening: Opening,
    terms: Terms,
) -> Result<Session, CallError> {
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
        let news = http::listen(target.clone(), shared.clone(), incoming);
        session.tasks.spawn(news);
    }
    session.caller.http = Some(shared);
    Ok(session)
}

async fn open_sse(target: &Target, terms: Terms) -> Result<Session, CallError> {
    let (mut tasks, deadline) = (JoinSet::new(), terms.deadline);
    let connected = http::connect_legacy_sse(target.clone(), &mut tasks);
    let link = tokio::time::timeout(deadline, connected).await;
    let link = link.unwrap_or(Err(CallError::Timeout(deadline)))?;
    establish(link, tasks, Opening::Initialize, terms).await
}

/// Connects over a WebSocket. A server that hangs up on the probe is greeted the old way on a
/// connection of its own, as a process that ends on it is.
async fn open_websocket(start: &Start<'_>, target: &Target) -> Result<Session, CallError> {
    if start.no_probe.load(Ordering::Relaxed) {
        return greet_socket(target, Opening::Initialize, start.terms()).await;
    }
    let probed = greet_socket(target, Opening::Probe, start.terms()).await;
    let hung_up = matches!(&probed, Err(CallError::Lost(problem) | CallError::NotDelivered(problem))
        if problem.code == ProblemCode::Exited);
    if !hung_up {
        return probed;
    }
    start.no_probe.store(true, Ordering::Relaxed);
    greet_socket(target, Opening::Initialize, start.terms()).await
}

async fn greet_socket(
    target: &Target,
    opening: Opening,
    terms: Terms,
) -> Result<Session, CallError> {
    let (mut tasks, farewell) = (JoinSet::new(), Farewell::default());
    let link = websocket::connect(target.clone(), farewell.clone(), &mut tasks).await?;
    let mut session = establish(link, tasks, opening, terms).await?;
    session.farewell = Some(farewell);
    Ok(session)
}

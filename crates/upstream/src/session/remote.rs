//! Opening a session with a server behind a URL.

use std::sync::atomic::Ordering;
use std::time::Duration;

use config::RemoteKind;
use model::{Problem, ProblemCode, SafeUrl, Secret, StartPhase};
use tokio::task::JoinSet;
use wire::Era;

use super::{Session, Start, establish};
use crate::handshake::{Greeting, Opening};
use crate::http::{self, Farewell, Shared, Target};
use crate::link::CallError;
use crate::websocket;

/// What a Streamable HTTP connection has beside its link.
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "for who lists tools and opens a twin")
)]
pub(crate) struct Remote {
    /// Where the server is, for another connection beside this one.
    pub(crate) target: Target,
    /// What later requests carry.
    pub(crate) shared: Shared,
}

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
    let deadline = start.config.start_timeout;
    let first = match kind {
        RemoteKind::WebSocket => open_websocket(start, &target).await,
        RemoteKind::Sse => open_sse(&target, deadline).await,
        RemoteKind::Auto | RemoteKind::Http => {
            open_streamable(&target, Opening::Probe, deadline).await
        }
    };
    let second = match (&first, kind) {
        (Err(error), RemoteKind::Auto | RemoteKind::Http) if may_be_sse(error) => {
            open_sse(&target, deadline).await
        }
        // Files often say `sse` of servers that have moved on.
        (Err(error), RemoteKind::Sse) if may_be_streamable(error) => {
            open_streamable(&target, Opening::Probe, deadline).await
        }
        _ => return first.map_err(remote_problem),
    };
    second.or_else(|_| first.map_err(remote_problem))
}

/// Opens a legacy session with a server that also speaks the modern era, beside the connection
/// that the target is of.
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "for what only a session can do")
)]
pub(crate) async fn open_legacy_beside(
    target: &Target,
    deadline: Duration,
) -> Result<Session, CallError> {
    let session = open_streamable(target, Opening::Initialize, deadline).await?;
    if session.greeting.era == Era::Legacy {
        return Ok(session);
    }
    let url = &target.url;
    Err(CallError::NotDelivered(Problem::new(
        ProblemCode::HandshakeRefused,
        format!("{url} knows no sessions any more."),
        "Update the client, or use another server.",
    )))
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

async fn open_streamable(
    target: &Target,
    opening: Opening,
    deadline: Duration,
) -> Result<Session, CallError> {
    let (shared, mut tasks) = (Shared::default(), JoinSet::new());
    let farewell = Farewell::default();
    let link =
        http::connect_streamable(target.clone(), shared.clone(), farewell.clone(), &mut tasks);
    let side_door = link.side_door.clone();
    let mut session = establish(link, tasks, opening, deadline).await?;
    session.farewell = Some(farewell);
    let Greeting { era, revision, .. } = &session.greeting;
    shared.update(|agreed| {
        agreed.era = Some(*era);
        agreed.revision = (*era == Era::Legacy).then(|| revision.clone());
    });
    if let (Era::Legacy, Some(incoming)) = (session.greeting.era, side_door.upgrade()) {
        let news = http::listen(target.clone(), shared.clone(), incoming);
        session.tasks.spawn(news);
    }
    session.remote = Some(Remote {
        target: target.clone(),
        shared,
    });
    Ok(session)
}

async fn open_sse(target: &Target, deadline: Duration) -> Result<Session, CallError> {
    let mut tasks = JoinSet::new();
    let connected = http::connect_legacy_sse(target.clone(), &mut tasks);
    let link = tokio::time::timeout(deadline, connected).await;
    let link = link.unwrap_or(Err(CallError::Timeout(deadline)))?;
    establish(link, tasks, Opening::Initialize, deadline).await
}

/// Connects over a WebSocket. A server that hangs up on the probe is greeted the old way on a
/// connection of its own, as a process that ends on it is.
async fn open_websocket(start: &Start<'_>, target: &Target) -> Result<Session, CallError> {
    let deadline = start.config.start_timeout;
    if start.no_probe.load(Ordering::Relaxed) {
        return greet_socket(target, Opening::Initialize, deadline).await;
    }
    let probed = greet_socket(target, Opening::Probe, deadline).await;
    let hung_up = matches!(&probed, Err(CallError::Lost(problem) | CallError::NotDelivered(problem))
        if problem.code == ProblemCode::Exited);
    if !hung_up {
        return probed;
    }
    start.no_probe.store(true, Ordering::Relaxed);
    greet_socket(target, Opening::Initialize, deadline).await
}

async fn greet_socket(
    target: &Target,
    opening: Opening,
    deadline: Duration,
) -> Result<Session, CallError> {
    let (mut tasks, farewell) = (JoinSet::new(), Farewell::default());
    let link = websocket::connect(target.clone(), farewell.clone(), &mut tasks).await?;
    let mut session = establish(link, tasks, opening, deadline).await?;
    session.farewell = Some(farewell);
    Ok(session)
}

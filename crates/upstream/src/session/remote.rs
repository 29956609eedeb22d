//! Opening a session with a server behind a URL.

use std::sync::atomic::Ordering;
use std::time::Duration;

use config::RemoteKind;
use model::{ClientIdentity, Problem, ProblemCode, SafeUrl, Secret, StartPhase};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use wire::Era;

use super::beside::Beside;
use super::{Session, Start, Terms, establish};
use crate::exchange::Behalf;
use crate::handshake::{Greeting, Opening};
use crate::http::{self, Bearer, Farewell, Shared, Target};
use crate::link::CallError;
use crate::websocket;

/// The stream for a server's own messages is waited for so long.
const STREAM_PATIENCE: Duration = Duration::from_secs(3);

/// Where to connect, and what goes with every request.
pub(super) fn target(
    start: &Start<'_>,
    url: SafeUrl,
    headers: &[(String, Secret)],
    identity: ClientIdentity,
    kind: RemoteKind,
) -> Result<Target, Problem> {
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
    let authorizer = start.context.authorizer().cloned();
    let authorizer = authorizer.filter(|_| !http::is_settled(&headers));
    let server = &start.config.name;
    let bearer =
        authorizer.map(|authorizer| Bearer::new(authorizer, server.clone(), url.clone(), identity));
    Ok(Target {
        client,
        url,
        headers,
        bearer,
    })
}

/// Connects, once the server takes our token.
pub(super) async fn open(
    start: &Start<'_>,
    target: Target,
    kind: RemoteKind,
) -> Result<Session, Problem> {
    (start.progress)(StartPhase::Handshake);
    let mut renewals = 0;
    loop {
        let opened = connect(start, &target, kind).await;
        let Some(bearer) = &target.bearer else {
            return opened.map_err(remote_problem);
        };
        match opened {
            Ok(session) => {
                bearer.establish();
                return Ok(session);
            }
            Err(error) => bearer
                .let_in(error, renewals)
                .await
                .map_err(remote_problem)?,
        }
        renewals += 1;
    }
}

/// Connects by whichever transport the server speaks.
async fn connect(
    start: &Start<'_>,
    target: &Target,
    kind: RemoteKind,
) -> Result<Session, CallError> {
    let first = match kind {
        RemoteKind::WebSocket => open_websocket(start, target).await,
        RemoteKind::Sse => open_sse(target, start.terms()).await,
        RemoteKind::Auto | RemoteKind::Http => open_probed(start, target).await,
    };
    let second = match (&first, kind) {
        (Err(error), RemoteKind::Auto | RemoteKind::Http) if may_be_sse(error) => {
            open_sse(target, start.terms()).await
        }
        // Files often say `sse` of servers that have moved on.
        (Err(error), RemoteKind::Sse) if may_be_streamable(error) => {
            open_probed(start, target).await
        }
        _ => return first,
    };
    second.or(first)
}

/// Opens a legacy session for one client, as that client would.
pub(crate) async fn open_for(
    target: &Target,
    terms: Terms,
    client: &Behalf,
) -> Result<Session, CallError> {
    open_streamable(target, Opening::Initialize, terms, Some(client)).await
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

/// Opens the connection that all clients share, in whichever era the server prefers, and the way
/// to sessions of single clients.
async fn open_probed(start: &Start<'_>, target: &Target) -> Result<Session, CallError> {
    let mut session = open_streamable(target, Opening::Probe, start.terms(), None).await?;
    session.caller.beside = Some(Beside::new(target.clone(), start.terms()));
    Ok(session)
}

async fn open_streamable(
    target: &Target,
    opening: Opening,
    terms: Terms,
    client: Option<&Behalf>,
) -> Result<Session, CallError> {
    let (shared, mut tasks) = (Shared::default(), JoinSet::new());
    let farewell = Farewell::default();
    let link =
        http::connect_streamable(target.clone(), shared.clone(), farewell.clone(), &mut tasks);
    let side_door = link.side_door.clone();
    let mut session = establish(link, tasks, opening, terms, client).await?;
    session.farewell = Some(farewell);
    let Greeting { era, revision, .. } = &*session.caller.greeting;
    shared.update(|agreed| {
        agreed.era = Some(*era);
        agreed.revision = (*era == Era::Legacy).then(|| revision.clone());
    });
    if let (Era::Legacy, Some(incoming)) = (session.caller.era, side_door.upgrade()) {
        let (opened, open) = oneshot::channel();
        let news = http::listen(target.clone(), shared.clone(), incoming, opened);
        session.tasks.spawn(news);
        // Many servers ask and log on this stream only, and what they say before it is open is lost.
        let _ = tokio::time::timeout(STREAM_PATIENCE, open).await;
    }
    session.caller.http = Some(shared);
    Ok(session)
}

async fn open_sse(target: &Target, terms: Terms) -> Result<Session, CallError> {
    let (mut tasks, deadline) = (JoinSet::new(), terms.deadline);
    let connected = http::connect_legacy_sse(target.clone(), &mut tasks);
    let link = tokio::time::timeout(deadline, connected).await;
    let link = link.unwrap_or(Err(CallError::Timeout(deadline)))?;
    establish(link, tasks, Opening::Initialize, terms, None).await
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
    let mut session = establish(link, tasks, opening, terms, None).await?;
    session.farewell = Some(farewell);
    Ok(session)
}

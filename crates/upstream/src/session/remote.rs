//! Opening a session with a server behind a URL.

use config::RemoteKind;
use model::{ClientIdentity, Problem, ProblemCode, SafeUrl, Secret, StartPhase};
use tokio::task::JoinSet;
use wire::Era;

use super::{Session, Start, establish};
use crate::handshake::{Greeting, Opening};
use crate::http::{self, Bearer, Farewell, Shared, Target};
use crate::link::CallError;

/// Where to connect, and what goes with every request.
pub(super) fn target(
    start: &Start<'_>,
    url: SafeUrl,
    headers: &[(String, Secret)],
    identity: ClientIdentity,
) -> Result<Target, Problem> {
    let headers = http::header_map(headers).map_err(|name| {
        Problem::new(
            ProblemCode::InvalidConfig,
            format!("The header `{name}` holds characters that HTTP does not allow."),
            "Check its name and value under `headers`.",
        )
    })?;
    let authorizer = start.context.authorizer().cloned();
    let authorizer = authorizer.filter(|_| !http::is_settled(&headers));
    let server = &start.config.name;
    let bearer =
        authorizer.map(|authorizer| Bearer::new(authorizer, server.clone(), url.clone(), identity));
    Ok(Target {
        client: start.context.http()?,
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
        RemoteKind::Sse => open_sse(start, target).await,
        RemoteKind::Auto | RemoteKind::Http => open_streamable(start, target).await,
    };
    let second = match (&first, kind) {
        (Err(error), RemoteKind::Auto | RemoteKind::Http) if may_be_sse(error) => {
            open_sse(start, target).await
        }
        // Files often say `sse` of servers that have moved on.
        (Err(error), RemoteKind::Sse) if may_be_streamable(error) => {
            open_streamable(start, target).await
        }
        _ => return first,
    };
    second.or(first)
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
    let (shared, mut tasks) = (Shared::default(), JoinSet::new());
    let farewell = Farewell::default();
    let link =
        http::connect_streamable(target.clone(), shared.clone(), farewell.clone(), &mut tasks);
    let side_door = link.side_door.clone();
    let deadline = start.config.start_timeout;
    let mut session = establish(link, tasks, Opening::Probe, deadline).await?;
    session.farewell = Some(farewell);
    let Greeting { era, revision, .. } = &session.greeting;
    shared.update(|agreed| {
        agreed.era = Some(*era);
        agreed.revision = (*era == Era::Legacy).then(|| revision.clone());
    });
    if let (Era::Legacy, Some(incoming)) = (session.greeting.era, side_door.upgrade()) {
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
    establish(link, tasks, Opening::Initialize, deadline).await
}

//! One live connection to a server, from its launch to its end.

use std::sync::Arc;
use std::time::Duration;

use config::{RemoteKind, ServerConfig};
use model::{Problem, ProblemCode, SafeUrl, Secret, StartPhase, now_millis};
use serde_json::json;
use store::Verdict;
use telemetry::ServerLog;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use vault::ResolvedLaunch;
use wire::{Era, Notification, Raw, RawObject, raw};

use crate::context::Context;
use crate::handshake::{Greeting, Opening, dress, greet};
use crate::http::{self, Shared, Target};
use crate::link::{CallError, Link, QUEUE};
use crate::peer::Peer;
use crate::stdio::{self, Process};

/// A modern server's subscription is a request without end; this is as good as that.
const SUBSCRIPTION: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// Sends requests over a live connection; cheap to clone.
#[derive(Clone)]
pub(crate) struct Caller {
    peer: Peer,
    era: Era,
}

/// What a start needs to know.
pub(crate) struct Start<'a> {
    pub(crate) config: &'a ServerConfig,
    pub(crate) context: &'a Arc<Context>,
    pub(crate) log: &'a ServerLog,
    /// Marks the processes of this start.
    pub(crate) mark: String,
    /// Tells the world how far the start has come.
    pub(crate) progress: &'a (dyn Fn(StartPhase) + Sync),
}

/// A connection whose handshake has succeeded.
pub(crate) struct Session {
    pub(crate) caller: Caller,
    pub(crate) greeting: Greeting,
    /// Notifications of the server, until somebody takes charge of them.
    notices: Option<mpsc::Receiver<Notification>>,
    process: Option<Process>,
    tasks: JoinSet<()>,
}

impl Caller {
    /// Whether the connection has broken; its supervisor learns of it a moment later.
    pub(crate) fn is_closed(&self) -> bool {
        self.peer.is_closed()
    }

    /// Sends a request, dressed for the server's era, and waits for its result.
    pub(crate) async fn request(
        &self,
        method: &str,
        mut params: RawObject,
        deadline: Duration,
    ) -> Result<Raw, CallError> {
        dress(&mut params, self.era);
        self.peer.request(method, &params, deadline).await
    }
}

impl Session {
    /// Connects and greets. Stops what it started if that fails.
    pub(crate) async fn open(start: &Start<'_>) -> Result<Self, Problem> {
        (start.progress)(StartPhase::Resolving);
        let launch = start.context.vault.resolve_launch(start.config).await?;
        (start.progress)(StartPhase::Connecting);
        match launch {
            ResolvedLaunch::Stdio {
                command,
                args,
                env,
                cwd,
            } => {
                open_process(
                    start,
                    stdio::Launch {
                        command,
                        args,
                        env,
                        cwd,
                    },
                )
                .await
            }
            ResolvedLaunch::Remote { url, headers, kind } => {
                open_remote(start, url, &headers, kind).await
            }
        }
    }

    /// The server's notifications; can be taken once.
    pub(crate) fn take_notices(&mut self) -> mpsc::Receiver<Notification> {
        self.notices.take().unwrap_or_else(|| mpsc::channel(1).1)
    }

    /// The process behind it, if it has one.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(|process| process.pid)
    }

    /// Waits until the connection breaks.
    pub(crate) async fn closed(&self) -> Problem {
        self.caller.peer.closed().await
    }

    /// Asks for news about the tools, where the server must be asked (modern era).
    pub(crate) fn subscribe(&mut self) {
        let changes = self.greeting.capabilities.object("tools");
        let announces = changes
            .and_then(|tools| tools.get_as("listChanged"))
            .unwrap_or(false);
        if self.caller.era == Era::Legacy || !announces {
            return;
        }
        let caller = self.caller.clone();
        let mut params = RawObject::default();
        params.set("notifications", raw(&json!({ "toolsListChanged": true })));
        self.tasks.spawn(async move {
            let ended = caller
                .request("subscriptions/listen", params, SUBSCRIPTION)
                .await;
            tracing::debug!(?ended, "a subscription has ended");
        });
    }

    /// How long the server has been silent, where its era lets us ask whether it still lives.
    pub(crate) fn silence(&self) -> Option<Duration> {
        (self.caller.era == Era::Legacy).then(|| self.caller.peer.silence())
    }

    /// Ends the connection in order.
    pub(crate) async fn stop(self) {
        let Self {
            caller,
            process,
            mut tasks,
            ..
        } = self;
        drop(caller);
        match process {
            Some(process) => process.stop().await,
            // Closing the link lets the transport say goodbye; it bounds that itself.
            None => drop(tokio::time::timeout(Duration::from_secs(3), tasks.join_next()).await),
        }
    }

    /// Ends what is left of a broken connection, and tells more about the reason if it can.
    pub(crate) async fn autopsy(self, problem: Problem) -> Problem {
        match self.process {
            Some(process) => {
                let found = process.autopsy().await;
                if problem.code == ProblemCode::Exited {
                    found
                } else {
                    problem
                }
            }
            None => problem,
        }
    }
}

/// Starts a process and greets it. A process that ends on the probe is started once more and
/// greeted the old way: every server on an SDK older than the probe does that.
async fn open_process(start: &Start<'_>, launch: stdio::Launch) -> Result<Session, Problem> {
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
    launch: &stdio::Launch,
    opening: Opening,
) -> Result<Session, (CallError, Problem)> {
    let (link, process) = stdio::spawn(launch, &start.mark, start.context, start.log)
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

/// Connects to a URL by whichever transport it speaks.
async fn open_remote(
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
    let (shared, mut tasks) = (Shared::default(), JoinSet::new());
    let link = http::connect_streamable(target.clone(), shared.clone(), &mut tasks);
    let side_door = link.side_door.clone();
    let deadline = start.config.start_timeout;
    let mut session = establish(link, tasks, Opening::Probe, deadline).await?;
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
    let mut tasks = JoinSet::new();
    let link = http::connect_legacy_sse(target.clone(), &mut tasks).await?;
    establish(link, tasks, Opening::Initialize, start.config.start_timeout).await
}

/// Makes the handshake over a fresh link.
async fn establish(
    link: Link,
    mut tasks: JoinSet<()>,
    opening: Opening,
    deadline: Duration,
) -> Result<Session, CallError> {
    let (sender, notices) = mpsc::channel(QUEUE);
    let (peer, dispatch) = Peer::new(link, sender);
    tasks.spawn(dispatch.run());
    let greeting = tokio::time::timeout(deadline, greet(&peer, opening, deadline))
        .await
        .unwrap_or(Err(CallError::Timeout(deadline)))?;
    let caller = Caller {
        peer,
        era: greeting.era,
    };
    Ok(Session {
        caller,
        greeting,
        notices: Some(notices),
        process: None,
        tasks,
    })
}

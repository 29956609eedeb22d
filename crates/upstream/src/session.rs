//! One live connection to a server, from its launch to its end.

mod process;
mod remote;

use std::sync::Arc;
use std::time::Duration;

use config::ServerConfig;
use model::{Problem, ProblemCode, StartPhase};
use serde_json::json;
use telemetry::ServerLog;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;
use vault::ResolvedLaunch;
use wire::{Era, Notification, Raw, RawObject, raw};

use crate::context::Context;
use crate::handshake::{Greeting, Opening, dress, greet};
use crate::link::{CallError, Link, QUEUE};
use crate::peer::Peer;
use crate::stdio::{Launch, Process};

/// A modern server's subscription is a request without end; this is as good as that.
const SUBSCRIPTION: Duration = Duration::from_hours(24 * 365);

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
    /// The processes of all starts of this server.
    pub(crate) processes: &'a TaskTracker,
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
                process::open(
                    start,
                    Launch {
                        command,
                        args,
                        env,
                        cwd,
                    },
                )
                .await
            }
            ResolvedLaunch::Remote { url, headers, kind } => {
                remote::open(start, url, &headers, kind).await
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

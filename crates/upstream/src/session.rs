//! One live connection to a server, from its launch to its end.

mod process;
mod remote;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use config::ServerConfig;
use model::{Problem, ProblemCode, StartPhase};
use serde_json::json;
use telemetry::ServerLog;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;
use vault::ResolvedLaunch;
use wire::{Era, Raw, RawObject, raw};

use crate::context::Context;
use crate::handshake::{Greeting, Opening, dress, greet};
use crate::http::Farewell;
use crate::link::{CallError, Link};
use crate::peer::Peer;
use crate::stdio::{Launch, Process};

/// A modern server's subscription is a request without end; this is as good as that.
const SUBSCRIPTION: Duration = Duration::from_hours(24 * 365);

/// A subscription that ended is opened again after this long, doubling.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_mins(1);

/// A remote server is told that its session is over, within this time.
const FAREWELL: Duration = Duration::from_secs(3);

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
    /// Set once the server has ended on the era probe.
    pub(crate) no_probe: &'a AtomicBool,
    /// Tells the world how far the start has come.
    pub(crate) progress: &'a (dyn Fn(StartPhase) + Sync),
    /// Tells the world of a process as soon as there is one.
    pub(crate) spawned: &'a (dyn Fn(u32) + Sync),
}

/// A connection whose handshake has succeeded.
pub(crate) struct Session {
    pub(crate) caller: Caller,
    pub(crate) greeting: Greeting,
    /// News of changed tools, until somebody takes charge of them.
    changes: Option<mpsc::Receiver<()>>,
    process: Option<Process>,
    /// How to say goodbye, where the transport has a way to.
    farewell: Option<Farewell>,
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
            ResolvedLaunch::Remote {
                url,
                headers,
                identity,
                kind,
            } => {
                let target = remote::target(start, url, &headers, identity)?;
                remote::open(start, target, kind).await
            }
        }
    }

    /// News of changed tools; can be taken once.
    pub(crate) fn take_changes(&mut self) -> mpsc::Receiver<()> {
        self.changes.take().unwrap_or_else(|| mpsc::channel(1).1)
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
        self.tasks.spawn(keep_subscribed(self.caller.clone()));
    }

    /// How long the server has been silent, where its era lets us ask whether it still lives.
    pub(crate) fn silence(&self) -> Option<Duration> {
        (self.caller.era == Era::Legacy).then(|| self.caller.peer.silence())
    }

    /// Whether the server is working on a request; then it need not answer another.
    pub(crate) fn is_busy(&self) -> bool {
        self.caller.peer.is_busy()
    }

    /// Ends the connection in order.
    pub(crate) async fn stop(self) {
        let Self {
            process,
            farewell,
            tasks: _tasks,
            ..
        } = self;
        if let Some(process) = process {
            return process.stop().await;
        }
        if let Some(Farewell { wanted, gone }) = farewell {
            wanted.cancel();
            // A server that does not answer need not be told.
            let _ = tokio::time::timeout(FAREWELL, gone.cancelled()).await;
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

/// Asks a modern server for news of its tools, again whenever its stream ends; what changed
/// meanwhile is asked for as well.
async fn keep_subscribed(caller: Caller) {
    let mut params = RawObject::default();
    params.set("notifications", raw(&json!({ "toolsListChanged": true })));
    let mut wait = FIRST_RETRY;
    loop {
        let began = Instant::now();
        let ended = caller
            .request("subscriptions/listen", params.clone(), SUBSCRIPTION)
            .await;
        if matches!(ended, Err(CallError::Rpc(_))) || caller.is_closed() {
            return;
        }
        if began.elapsed() > LONGEST_RETRY {
            wait = FIRST_RETRY;
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_RETRY);
        caller.peer.suspect_changes();
    }
}

/// Makes the handshake over a fresh link.
async fn establish(
    link: Link,
    mut tasks: JoinSet<()>,
    opening: Opening,
    deadline: Duration,
) -> Result<Session, CallError> {
    let (peer, dispatch, changes) = Peer::new(link);
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
        changes: Some(changes),
        process: None,
        farewell: None,
        tasks,
    })
}

//! One live connection to a server, from its launch to its end.

pub(crate) mod beside;
mod informed;
mod process;
pub(crate) mod remote;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use config::ServerConfig;
use model::{Problem, ProblemCode, StartPhase};
use telemetry::ServerLog;
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;
use vault::ResolvedLaunch;
use wire::{Era, LogLevel, Raw, RawObject};

use crate::context::Context;
use crate::exchange::{Behalf, Exchange};
use crate::handshake::{Greeting, Opening, dress, greet, initialize};
use crate::http::{Farewell, Shared};
use crate::interests::Interests;
use crate::link::{CallError, Link};
use crate::news::NewsDesk;
use crate::peer::{ListChanges, Listener, Peer};
use crate::stdio::{Launch, Process};
use beside::{Beside, Watched};

/// A remote server is told that its session is over, within this time.
const FAREWELL: Duration = Duration::from_secs(3);

/// Sends requests over a live connection; cheap to clone.
#[derive(Clone)]
pub(crate) struct Caller {
    peer: Peer,
    era: Era,
    greeting: Arc<Greeting>,
    /// The way to sessions of single clients, where they can have their own.
    beside: Option<Arc<Beside>>,
    /// Of such a session: the resources that its client watches.
    own: Option<Arc<Watched>>,
    /// What later requests carry, over Streamable HTTP.
    pub(crate) http: Option<Shared>,
}

/// What goes for every connection of a start.
#[derive(Clone)]
pub(crate) struct Terms {
    /// The handshake may take this long.
    pub(crate) deadline: Duration,
    /// Where news goes.
    pub(crate) news: NewsDesk,
}

/// What a start needs to know.
pub(crate) struct Start<'a> {
    pub(crate) config: &'a ServerConfig,
    pub(crate) context: &'a Arc<Context>,
    pub(crate) log: &'a ServerLog,
    /// The server's slug.
    pub(crate) slug: &'a Arc<str>,
    /// Marks the processes of this start.
    pub(crate) mark: String,
    /// The processes of all starts of this server.
    pub(crate) processes: &'a TaskTracker,
    /// Set once the server has ended on the era probe.
    pub(crate) no_probe: &'a AtomicBool,
    /// Tells the world how far the start has come.
    pub(crate) progress: &'a (dyn Fn(StartPhase) + Sync),
    /// Tells the world of a process as soon as there is one.
    pub(crate) spawned: &'a (dyn Fn(&Process) + Sync),
}

/// A connection whose handshake has succeeded.
pub(crate) struct Session {
    pub(crate) caller: Caller,
    /// News of changed lists, until somebody takes charge of them.
    changes: Option<ListChanges>,
    process: Option<Process>,
    /// How to say goodbye, where the transport has a way to.
    farewell: Option<Farewell>,
    tasks: JoinSet<()>,
}

impl Caller {
    /// Whether the server has answered any client.
    pub(crate) fn has_served(&self) -> bool {
        self.peer.has_served()
    }

    /// Whether the connection has broken; its supervisor learns of it a moment later.
    pub(crate) fn is_closed(&self) -> bool {
        self.peer.is_closed()
    }

    /// Sends a request of our own and waits for its result.
    pub(crate) async fn request(
        &self,
        method: &str,
        mut params: RawObject,
        deadline: Duration,
    ) -> Result<Raw, CallError> {
        dress(&mut params, self.era, None);
        self.peer.request(method, &params, deadline).await
    }

    /// Sends a request on a client's behalf, in the client's own era where the server speaks it.
    pub(crate) async fn open(
        &self,
        method: &str,
        mut params: RawObject,
        behalf: &Behalf,
    ) -> Result<Exchange, CallError> {
        let caller = self.towards(behalf).await;
        dress(&mut params, caller.era, Some(behalf));
        if let Some(watched) = &caller.own {
            watched.note(method, &params);
        }
        let listener = Listener {
            party: behalf.party.id(),
            progress: behalf.progress,
            // Over HTTP of the modern era, everything comes on the stream that it belongs to.
            needs_turn: behalf.listens() && (caller.era == Era::Legacy || caller.http.is_none()),
        };
        Ok(Exchange {
            in_flight: caller.peer.open(method, params, listener).await?,
            era: caller.era,
        })
    }

    /// The connection on which a client is met: its own, where it can have one.
    pub(crate) async fn towards(&self, client: &Behalf) -> Self {
        if client.era == Era::Legacy
            && let Some(beside) = &self.beside
            && let Some(caller) = beside.caller(client).await
        {
            return caller;
        }
        self.clone()
    }

    /// Whether the connection is the client's own.
    pub(crate) fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Sends a notification on a client's behalf.
    pub(crate) async fn notify(&self, method: &str, params: Option<Raw>) {
        self.peer.notify(method, params).await;
    }

    /// Asks for the server's log from a level on, where its era has such a request.
    pub(crate) async fn set_level(&self, level: LogLevel) -> Result<(), CallError> {
        match self.era {
            Era::Legacy => informed::set_level(self, level).await,
            Era::Modern => Ok(()),
        }
    }

    /// Has everything listed anew.
    pub(crate) fn suspect_changes(&self) {
        self.peer.suspect_changes();
    }

    /// The era of the connection.
    pub(crate) fn era(&self) -> Era {
        self.era
    }

    /// What the server said of itself.
    pub(crate) fn greeting(&self) -> &Arc<Greeting> {
        &self.greeting
    }

    /// Whether the server says that it has this.
    pub(crate) fn offers(&self, capability: &str) -> bool {
        self.greeting.capabilities.get(capability).is_some()
    }
}

impl Start<'_> {
    /// What goes for every connection of this start.
    fn terms(&self) -> Terms {
        Terms {
            deadline: self.config.start_timeout,
            news: NewsDesk::new(self.slug, &self.context.news, self.log),
        }
    }
}

impl Session {
    /// Connects and greets. Stops what it started if that fails.
    pub(crate) async fn open(start: &Start<'_>) -> Result<Self, Problem> {
        (start.progress)(StartPhase::Resolving);
        let resolved = start.context.vault.resolve_noting(start.config).await?;
        let (launch, secrets) = resolved;
        // Servers print what they were given, when they fail for example.
        start.log.hide(&secrets);
        (start.progress)(StartPhase::Connecting);
        match launch {
            ResolvedLaunch::Stdio {
                command,
                args,
                env,
                cwd,
                sandbox,
            } => {
                process::open(
                    start,
                    Launch {
                        command,
                        args,
                        env,
                        cwd,
                        sandbox,
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
                let target = remote::target(start, url, &headers, identity, kind)?;
                remote::open(start, target, kind).await
            }
        }
    }

    /// News of changed lists; can be taken once.
    pub(crate) fn take_changes(&mut self) -> Option<ListChanges> {
        self.changes.take()
    }

    /// Waits until the connection breaks.
    pub(crate) async fn closed(&self) -> Problem {
        self.caller.peer.closed().await
    }

    /// Keeps the server informed of what its clients want to hear of.
    pub(crate) fn keep_informed(&mut self, interests: Interests) {
        let caller = self.caller.clone();
        self.tasks.spawn(informed::keep_informed(caller, interests));
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
            caller,
            process,
            farewell,
            tasks: _tasks,
            ..
        } = self;
        if let Some(beside) = &caller.beside {
            beside.stop().await;
        }
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

/// Makes the handshake over a fresh link.
async fn establish(
    link: Link,
    mut tasks: JoinSet<()>,
    opening: Opening,
    terms: Terms,
    client: Option<&Behalf>,
) -> Result<Session, CallError> {
    let deadline = terms.deadline;
    let (peer, dispatch, changes) = Peer::new(link, terms.news);
    tasks.spawn(dispatch.run());
    let greeting = async {
        match client {
            Some(client) => initialize(&peer, Some(client), deadline).await,
            None => greet(&peer, opening, deadline).await,
        }
    };
    let greeting = tokio::time::timeout(deadline, greeting)
        .await
        .unwrap_or(Err(CallError::Timeout(deadline)))?;
    let caller = Caller {
        peer,
        era: greeting.era,
        greeting: Arc::new(greeting),
        beside: None,
        own: None,
        http: None,
    };
    Ok(Session {
        caller,
        changes: Some(changes),
        process: None,
        farewell: None,
        tasks,
    })
}

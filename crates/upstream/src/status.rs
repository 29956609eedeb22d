//! What the outside may know of a server, and the handle to it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use config::ServerConfig;
use model::{SandboxStatus, ServerState, StartPhase, now_millis};
use telemetry::ServerLog;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use wire::{Era, LogLevel, Raw, RawObject};

use crate::backoff::Backoff;
use crate::context::Context;
use crate::exchange::{Behalf, Exchange};
use crate::interests::Interests;
use crate::link::CallError;
use crate::offers::Offers;
use crate::session::Caller;
use crate::supervisor::{Order, Supervisor};
use crate::tools::ToolDefinition;

/// A listing that is waited for takes at most this long.
const LIST_PATIENCE: Duration = Duration::from_secs(10);

/// Where a server stands, and what it offers.
#[derive(Clone, Debug)]
pub struct Status {
    /// Its state.
    pub state: ServerState,
    /// Since when, in Unix milliseconds.
    pub since: u64,
    /// Its process, if it has one and it lives.
    pub pid: Option<u32>,
    /// What fences its process in.
    pub sandbox: Option<SandboxStatus>,
    /// Starts so far.
    pub starts: u64,
    /// The revision agreed on last.
    pub protocol: Option<String>,
    /// What it calls itself.
    pub server_info: Option<String>,
    /// What it wants a model to know.
    pub instructions: Option<String>,
    /// What it said it can do, last time.
    pub capabilities: Arc<RawObject>,
    /// Its tools as listed last; also while it is down.
    pub tools: Arc<[ToolDefinition]>,
    /// What the server says in its list beside the tools.
    pub beside_tools: Arc<RawObject>,
    /// Its prompts, resources and templates as listed last; `None` until they are.
    pub offers: Option<Arc<Offers>>,
    /// Why definitions were left out.
    pub rejected: Arc<[String]>,
}

/// The status and, while the server is up, the way to call it.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) status: Status,
    pub(crate) caller: Option<Caller>,
    /// How often the tools were listed.
    pub(crate) listings: u64,
}

/// What a server says of itself to a client.
#[derive(Clone, Debug)]
pub struct Introduction {
    /// The era in which the client is met.
    pub era: Era,
    /// Whether the client has a session of its own.
    pub own: bool,
    /// Its capabilities as sent.
    pub capabilities: RawObject,
    /// What it wants a model to know.
    pub instructions: Option<String>,
}

/// What a server is given on its way besides its configuration.
pub struct Beginning {
    /// Its name in marks, logs and news.
    pub slug: String,
    /// What clients want to hear of; outlives the server's connections.
    pub interests: Interests,
}

/// One server under supervision. Dropping the handle stops the server.
pub struct Upstream {
    live: watch::Receiver<Live>,
    orders: mpsc::Sender<Order>,
    task: JoinHandle<()>,
}

impl Upstream {
    /// Starts supervising. The task belongs to `tasks`.
    pub fn start(
        config: ServerConfig,
        start: Beginning,
        context: Arc<Context>,
        log: ServerLog,
        tasks: &TaskTracker,
    ) -> Self {
        let (live_sender, live) = watch::channel(Live {
            status: first_status(),
            caller: None,
            listings: 0,
        });
        let (orders, receiver) = mpsc::channel(4);
        let supervisor = Supervisor {
            config,
            slug: Arc::from(start.slug),
            interests: start.interests,
            context,
            log,
            live: live_sender,
            orders: receiver,
            backoff: Backoff::default(),
            no_probe: AtomicBool::new(false),
            served: false,
            processes: TaskTracker::new(),
        };
        Self {
            live,
            orders,
            task: tasks.spawn(supervisor.run()),
        }
    }

    /// The status now.
    pub fn status(&self) -> Status {
        self.live.borrow().status.clone()
    }

    /// Follows the status; `None` when the server is gone for good.
    pub fn watch(&self) -> Watch {
        Watch(self.live.clone())
    }

    /// A way to call the server that outlives restarts.
    pub fn line(&self) -> CallLine {
        CallLine(self.live.clone())
    }

    /// Starts the server afresh.
    pub async fn restart(&self) {
        let _ = self.orders.send(Order::Restart).await;
    }

    /// Stops the server and waits until nothing of it is left.
    pub async fn stop(self) {
        let _ = self.orders.send(Order::Stop).await;
        let _ = self.task.await;
    }
}

fn first_status() -> Status {
    Status {
        state: ServerState::Starting {
            phase: StartPhase::Resolving,
        },
        since: now_millis(),
        pid: None,
        sandbox: None,
        starts: 0,
        protocol: None,
        server_info: None,
        instructions: None,
        capabilities: Arc::default(),
        tools: Arc::default(),
        beside_tools: Arc::default(),
        offers: None,
        rejected: Arc::default(),
    }
}

/// Follows a server's status.
pub struct Watch(watch::Receiver<Live>);

impl Watch {
    /// Waits for the next change; `None` when the server is gone for good.
    pub async fn changed(&mut self) -> Option<Status> {
        self.0.changed().await.ok()?;
        Some(self.0.borrow_and_update().status.clone())
    }
}

/// Sends requests to a server, waiting for it while it starts.
#[derive(Clone)]
pub struct CallLine(watch::Receiver<Live>);

impl CallLine {
    /// Sends a request and waits for its result, all within `deadline`.
    ///
    /// A request that certainly never ran is sent once more after the server is back; one that
    /// may have run never is.
    pub async fn request(
        &self,
        method: &str,
        params: RawObject,
        deadline: Duration,
    ) -> Result<Raw, CallError> {
        let exchange = async {
            let first = self
                .caller()
                .await?
                .request(method, params.clone(), deadline)
                .await;
            match first {
                Err(CallError::NotDelivered(_)) => {
                    self.caller().await?.request(method, params, deadline).await
                }
                other => other,
            }
        };
        tokio::time::timeout(deadline, exchange)
            .await
            .unwrap_or(Err(CallError::Timeout(deadline)))
    }

    /// Sends a request on a client's behalf. What happens to it is up to the exchange: nothing is
    /// sent twice here.
    pub async fn open(
        &self,
        method: &str,
        params: RawObject,
        behalf: &Behalf,
    ) -> Result<Exchange, CallError> {
        self.caller().await?.open(method, params, behalf).await
    }

    /// What the server says of itself to a client, as soon as it is up.
    pub async fn introduction(&self, client: &Behalf) -> Result<Introduction, CallError> {
        let caller = self.caller().await?.towards(client).await;
        let greeting = caller.greeting();
        Ok(Introduction {
            era: caller.era(),
            own: caller.is_own(),
            capabilities: greeting.capabilities.clone(),
            instructions: greeting.instructions.clone(),
        })
    }

    /// Asks for the server's log from a level on, on the connection where the client is met.
    pub async fn set_level(&self, level: LogLevel, client: &Behalf) -> Result<(), CallError> {
        let caller = self.caller().await?.towards(client).await;
        caller.set_level(level).await
    }

    /// Passes on a client's notification, where the client has a session of its own; elsewhere
    /// nobody could tell whose it is.
    pub async fn notify(&self, method: &str, params: Option<Raw>, client: &Behalf) {
        if let Ok(caller) = self.caller().await {
            let caller = caller.towards(client).await;
            if caller.is_own() {
                caller.notify(method, params).await;
            }
        }
    }

    /// Has the tools listed anew and waits until they are, within bounds.
    pub async fn list_again(&self) {
        let mut live = self.0.clone();
        let before = live.borrow().listings;
        if let Ok(caller) = self.caller().await {
            caller.suspect_changes();
            let listed = live.wait_for(|live| live.listings > before);
            let _ = tokio::time::timeout(LIST_PATIENCE, listed).await;
        }
    }

    /// The way to the server, as soon as it is up; an error if it is not coming up.
    async fn caller(&self) -> Result<Caller, CallError> {
        let mut live = self.0.clone();
        loop {
            {
                let now = live.borrow_and_update();
                match (&now.caller, &now.status.state) {
                    (Some(caller), _) if !caller.is_closed() => return Ok(caller.clone()),
                    // On its way up, or lost a moment ago: there will be news.
                    (Some(_), _) => {}
                    (None, state) if is_passing(state) => {}
                    (None, state) => return Err(CallError::NotReady(state.clone())),
                }
            }
            if live.changed().await.is_err() {
                return Err(CallError::NotReady(ServerState::Disabled));
            }
        }
    }
}

/// Whether a server in this state is about to be in another.
fn is_passing(state: &ServerState) -> bool {
    match state {
        ServerState::Starting { .. } | ServerState::Ready | ServerState::Stopping => true,
        ServerState::BackingOff { attempts, .. } => *attempts == 1,
        ServerState::Disabled | ServerState::CrashLoop { .. } | ServerState::NeedsPerson { .. } => {
            false
        }
    }
}

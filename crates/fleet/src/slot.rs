//! The place of one configured server: at most one living connection, replaced only after the old
//! one has ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use config::ServerConfig;
use indexmap::IndexMap;
use model::{Problem, ProblemCode, ServerName, ServerState, StartPhase, TrustStatus, now_millis};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use upstream::{
    Beginning, Behalf, CallError, CallLine, Context, Exchange, Interests, Introduction, Status,
    Upstream,
};
use wire::{Era, LogLevel, Raw, RawObject};

use crate::Inner;
use crate::exchange::Wanted;

/// All slots in the order of the configuration.
pub(crate) type Slots = IndexMap<ServerName, Arc<Slot>>;

/// What the outside needs of a slot.
pub(crate) struct Slot {
    /// What is to be now; `None` once the server was removed.
    wanted: watch::Sender<Option<Plan>>,
    /// The last known configuration.
    config: ArcSwap<ServerConfig>,
    status: ArcSwapOption<Status>,
    line: watch::Sender<Option<CallLine>>,
    slug: String,
    /// Cancelled when nothing of the slot is left.
    closed: CancellationToken,
    /// Since when the slot has had no connection, in Unix milliseconds.
    idle_since: AtomicU64,
    /// Counts a person's orders to start afresh.
    restarts: watch::Sender<u64>,
    /// Starts of connections that were replaced.
    earlier_starts: AtomicU64,
    calls: AtomicU64,
    last_call: AtomicU64,
    interests: Interests,
}

/// What a slot is to run.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) config: Arc<ServerConfig>,
    /// Whether a person has let it start as it is configured.
    pub(crate) may_start: bool,
}

impl Plan {
    fn runs(&self) -> bool {
        self.config.enabled && self.may_start
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.config, &other.config) && self.may_start == other.may_start
    }
}

impl Slot {
    /// Opens a slot and runs it until the server is removed or the fleet stops. It waits for
    /// `before`, the slot that had its place: there is never a second process.
    pub(crate) fn open(
        inner: &Inner,
        slug: String,
        plan: Plan,
        before: Option<CancellationToken>,
    ) -> Arc<Self> {
        let slot = Arc::new(Self {
            config: ArcSwap::new(Arc::clone(&plan.config)),
            wanted: watch::Sender::new(Some(plan)),
            status: ArcSwapOption::empty(),
            line: watch::Sender::new(None),
            slug,
            closed: CancellationToken::new(),
            idle_since: AtomicU64::new(now_millis()),
            restarts: watch::Sender::new(0),
            earlier_starts: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            last_call: AtomicU64::new(0),
            interests: Interests::default(),
        });
        let runner = Runner {
            slot: Arc::clone(&slot),
            context: Arc::clone(&inner.context),
            changed: Arc::clone(&inner.changed),
            tasks: inner.tasks.clone(),
            stop: inner.stop.clone(),
        };
        inner.tasks.spawn(async move {
            let closed = runner.slot.closed.clone().drop_guard();
            if let Some(before) = before {
                before.cancelled().await;
            }
            runner.run().await;
            drop(closed);
        });
        slot
    }

    /// Takes over a changed configuration or permission; nothing happens if both are the same.
    pub(crate) fn configure(&self, config: &ServerConfig, may_start: bool) {
        let same = **self.config.load() == *config;
        if same && self.may_start() == may_start {
            return;
        }
        let config = if same {
            self.config()
        } else {
            Arc::new(config.clone())
        };
        self.config.store(Arc::clone(&config));
        self.wanted.send_replace(Some(Plan { config, may_start }));
    }

    /// Whether a person has let it start as it is configured.
    fn may_start(&self) -> bool {
        let plan = self.wanted.borrow();
        plan.as_ref().is_some_and(|plan| plan.may_start)
    }

    /// Stops the server for good.
    pub(crate) fn remove(&self) {
        self.wanted.send_replace(None);
    }

    /// Starts the server afresh; one that is starting or waiting for its start begins at once.
    pub(crate) fn restart(&self) {
        self.restarts.send_modify(|count| *count += 1);
    }

    /// The slot's name in tool names, marks and logs, for as long as it lives.
    pub(crate) fn slug(&self) -> &str {
        &self.slug
    }

    /// Cancelled when nothing of the slot is left.
    pub(crate) fn closed(&self) -> CancellationToken {
        self.closed.clone()
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        self.config.load_full()
    }

    /// Everything that is shown of the slot, at one moment.
    pub(crate) fn view(&self) -> View {
        let (config, status) = (self.config(), self.status.load_full());
        let state = match &status {
            Some(status) => status.state.clone(),
            None if config.enabled && !self.may_start() => held(),
            None if config.enabled => ServerState::Starting {
                phase: StartPhase::Resolving,
            },
            None => ServerState::Disabled,
        };
        let idle_since = self.idle_since.load(Ordering::Relaxed);
        let last_call = self.last_call.load(Ordering::Relaxed);
        let earlier = self.earlier_starts.load(Ordering::Relaxed);
        View {
            since: status.as_ref().map_or(idle_since, |status| status.since),
            starts: earlier + status.as_ref().map_or(0, |status| status.starts),
            calls: self.calls.load(Ordering::Relaxed),
            last_call: (last_call > 0).then_some(last_call),
            tools: 0,
            trust: TrustStatus::default(),
            version: 0,
            config,
            status,
            state,
        }
    }

    /// Sends a request to the server, waiting for it while it starts or is replaced.
    pub(crate) async fn request(
        &self,
        method: &str,
        params: RawObject,
        deadline: Duration,
    ) -> Result<Raw, CallError> {
        let exchange = async {
            let mut lines = self.lines();
            loop {
                let line = lines.next().await?;
                match line.request(method, params.clone(), deadline).await {
                    // This connection is over; the next one is on its way.
                    Err(CallError::NotReady(ServerState::Disabled)) => {}
                    other => return other,
                }
            }
        };
        let answered = tokio::time::timeout(deadline, exchange).await;
        answered.unwrap_or(Err(CallError::Timeout(deadline)))
    }

    /// Sends a request on a client's behalf, waiting for the server as [`Self::request`] does.
    pub(crate) async fn exchange(&self, wanted: &Wanted) -> Result<Exchange, CallError> {
        let Wanted {
            method,
            params,
            behalf,
        } = wanted;
        let mut lines = self.lines();
        loop {
            let line = lines.next().await?;
            match line.open(method, params.clone(), behalf).await {
                Err(CallError::NotReady(ServerState::Disabled)) => {}
                other => return other,
            }
        }
    }

    /// What the server says of itself to a client, as soon as it is up.
    pub(crate) async fn introduction(&self, client: &Behalf) -> Result<Introduction, CallError> {
        let mut lines = self.lines();
        loop {
            let line = lines.next().await?;
            match line.introduction(client).await {
                Err(CallError::NotReady(ServerState::Disabled)) => {}
                other => return other,
            }
        }
    }

    /// Asks for the server's log from a level on: now if the server is up, else when it is.
    pub(crate) async fn want_level(&self, level: LogLevel, client: &Behalf) {
        let more = self.interests.want_level(level);
        let ready = self.view().state.is_ready();
        let line = self.line.borrow().clone();
        if let (true, Some(line)) = (ready && (more || client.era == Era::Legacy), line) {
            // A server that refuses the level logs as before.
            let _ = line.set_level(level, client).await;
        }
    }

    /// Passes on a client's notification, if the server is up and knows the client.
    pub(crate) async fn notify(&self, method: &str, params: Option<Raw>, client: &Behalf) {
        let ready = self.view().state.is_ready();
        let line = self.line.borrow().clone();
        if let (true, Some(line)) = (ready, line) {
            line.notify(method, params, client).await;
        }
    }

    /// Has the tools listed anew and waits until they are, within bounds.
    pub(crate) async fn list_again(&self) {
        let line = self.line.borrow().clone();
        if let Some(line) = line {
            line.list_again().await;
        }
    }

    /// What clients want to hear of.
    pub(crate) fn interests(&self) -> &Interests {
        &self.interests
    }

    fn lines(&self) -> Lines {
        Lines {
            line: self.line.subscribe(),
            wanted: self.wanted.subscribe(),
            first: true,
        }
    }

    pub(crate) fn count_call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.last_call.store(now_millis(), Ordering::Relaxed);
    }
}

/// The state of a server that no person has let start.
fn held() -> ServerState {
    ServerState::NeedsPerson {
        problem: Problem::new(
            ProblemCode::Held,
            "It was not started: nobody has let it start as it is configured.",
            "Review it in the tray or the window, or with: toolgate review",
        ),
    }
}

/// The ways to a server, one after the other as its connections are replaced.
struct Lines {
    line: watch::Receiver<Option<CallLine>>,
    wanted: watch::Receiver<Option<Plan>>,
    first: bool,
}

impl Lines {
    /// The way to the server now; after the first, the one that follows. An error if the server
    /// is switched off.
    async fn next(&mut self) -> Result<CallLine, CallError> {
        let off = CallError::NotReady(ServerState::Disabled);
        loop {
            if !std::mem::take(&mut self.first) {
                tokio::select! {
                    changed = self.line.changed() => if changed.is_err() { return Err(off) },
                    _ = self.wanted.wait_for(|plan| plan.as_ref().is_none_or(|plan| !plan.runs())) => {
                        return Err(off);
                    }
                }
            }
            let line = self.line.borrow_and_update().clone();
            if let Some(line) = line {
                return Ok(line);
            }
        }
    }
}

/// What is shown of a slot.
pub(crate) struct View {
    pub(crate) config: Arc<ServerConfig>,
    /// The connection's status; `None` while there is none.
    pub(crate) status: Option<Arc<Status>>,
    /// The state, also where there is no connection.
    pub(crate) state: ServerState,
    /// Since when the state holds, in Unix milliseconds.
    pub(crate) since: u64,
    /// Starts since the gateway runs.
    pub(crate) starts: u64,
    /// How often the server was called, and when last.
    pub(crate) calls: u64,
    pub(crate) last_call: Option<u64>,
    /// How many of its tools clients may see, and how it stands with the quarantine.
    pub(crate) tools: usize,
    pub(crate) trust: TrustStatus,
    /// By which version of what was decided its lists were sifted.
    pub(crate) version: u64,
}

/// All slots at one moment, in the order of the configuration.
pub(crate) type Views = IndexMap<ServerName, View>;

/// The task behind a slot.
struct Runner {
    slot: Arc<Slot>,
    context: Arc<Context>,
    changed: Arc<Notify>,
    tasks: tokio_util::task::TaskTracker,
    stop: CancellationToken,
}

impl Runner {
    async fn run(self) {
        let mut wanted = self.slot.wanted.subscribe();
        loop {
            let plan = wanted.borrow_and_update().clone();
            let Some(plan) = plan else { return };
            if plan.runs() {
                let config = &plan.config;
                let upstream = match self.start(config) {
                    Ok(upstream) => upstream,
                    Err(error) => {
                        tracing::error!(server = self.slot.slug, %error, "its log cannot be opened");
                        return;
                    }
                };
                self.live(&upstream, config, &mut wanted).await;
                self.end(upstream).await;
            }
            if self.stop.is_cancelled() {
                return;
            }
            // After a live connection ended, what is wanted may have changed already.
            let same = wanted.borrow().as_ref().is_some_and(|now| now.is(&plan));
            if same && !plan.runs() {
                tokio::select! {
                    changed = wanted.changed() => if changed.is_err() { return },
                    () = self.stop.cancelled() => return,
                }
            }
        }
    }

    fn start(&self, config: &Arc<ServerConfig>) -> std::io::Result<Upstream> {
        let log = self.context.logs.open(&self.slot.slug)?;
        let beginning = Beginning {
            slug: self.slot.slug.clone(),
            interests: self.slot.interests.clone(),
        };
        Ok(Upstream::start(
            config.as_ref().clone(),
            beginning,
            Arc::clone(&self.context),
            log,
            &self.tasks,
        ))
    }

    /// Publishes the connection's status until it is no longer wanted.
    async fn live(
        &self,
        upstream: &Upstream,
        config: &Arc<ServerConfig>,
        wanted: &mut watch::Receiver<Option<Plan>>,
    ) {
        let mut status = upstream.watch();
        let mut restarts = self.slot.restarts.subscribe();
        self.slot.line.send_replace(Some(upstream.line()));
        self.publish(Some(upstream.status()));
        loop {
            tokio::select! {
                changed = status.changed() => match changed {
                    Some(status) => self.publish(Some(status)),
                    None => return,
                },
                changed = wanted.changed() => {
                    let now = wanted.borrow().clone();
                    let keep = now.is_some_and(|now| {
                        now.runs()
                            && now.config.same_launch(config)
                            && now.config.start_timeout == config.start_timeout
                    });
                    if changed.is_err() || !keep {
                        return;
                    }
                }
                Ok(()) = restarts.changed() => upstream.restart().await,
                () = self.stop.cancelled() => return,
            }
        }
    }

    /// Ends the connection; what it goes through meanwhile is shown.
    async fn end(&self, upstream: Upstream) {
        let mut status = upstream.watch();
        let mut ended = std::pin::pin!(upstream.stop());
        loop {
            tokio::select! {
                () = &mut ended => break,
                Some(status) = status.changed() => {
                    // Its last word is "disabled", which the server need not be.
                    if status.state != ServerState::Disabled {
                        self.publish(Some(status));
                    }
                }
            }
        }
        self.publish(None);
    }

    fn publish(&self, status: Option<Status>) {
        if status.is_none() {
            let starts = self
                .slot
                .status
                .load_full()
                .map_or(0, |status| status.starts);
            self.slot
                .earlier_starts
                .fetch_add(starts, Ordering::Relaxed);
            self.slot.line.send_replace(None);
            self.slot.idle_since.store(now_millis(), Ordering::Relaxed);
        }
        self.slot.status.store(status.map(Arc::new));
        self.changed.notify_one();
    }
}

//! Keeps one server up: starts it, follows its news, starts it again when it is lost.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use config::ServerConfig;
use model::{Problem, ProblemCode, ServerState, StartPhase, now_millis};
use telemetry::ServerLog;
use tokio::sync::{mpsc, watch};
use tokio_util::task::TaskTracker;
use wire::{Notification, RawObject};

use crate::backoff::Backoff;
use crate::context::Context;
use crate::interests::Interests;
use crate::link::CallError;
use crate::news::NewsDesk;
use crate::offers;
use crate::peer::{ListChanges, TOOLS_CHANGED};
use crate::session::{Session, Start};
use crate::status::Live;
use crate::stdio::Process;
use crate::tools::{self, ToolDefinition};

/// A legacy server that has been silent for so long is asked whether it lives.
const IDLE: Duration = Duration::from_mins(1);
/// It has this long to answer.
const PING_PATIENCE: Duration = Duration::from_secs(20);
/// Several changes of the tools in a row are followed by one listing.
const SETTLE: Duration = Duration::from_millis(50);

/// Tools that could not be listed anew are asked for again after this long.
const LIST_AGAIN: Duration = Duration::from_secs(10);

/// What a supervisor can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Start afresh, now.
    Restart,
    /// End for good.
    Stop,
}

/// Why a connection, or an attempt at one, is over.
enum Ended {
    /// It failed, after having been ready for so long.
    Lost(Problem, Duration),
    Ordered(Order),
}

pub(crate) struct Supervisor {
    pub(crate) config: ServerConfig,
    pub(crate) slug: Arc<str>,
    pub(crate) interests: Interests,
    pub(crate) context: Arc<Context>,
    pub(crate) log: ServerLog,
    pub(crate) live: watch::Sender<Live>,
    pub(crate) orders: mpsc::Receiver<Order>,
    pub(crate) backoff: Backoff,
    /// Set once the server has ended on the era probe.
    pub(crate) no_probe: AtomicBool,
    /// Whether the last connection has answered any client.
    pub(crate) served: bool,
    /// The server's processes, until nothing of them is left.
    pub(crate) processes: TaskTracker,
}

impl Supervisor {
    /// Runs until ordered to stop, or until the handle is dropped.
    pub(crate) async fn run(mut self) {
        loop {
            let ended = self.attempt().await;
            // There is never a second process, also where a start was broken off.
            self.processes.close();
            self.processes.wait().await;
            self.processes.reopen();
            self.live.send_modify(|live| live.status.pid = None);
            let order = match ended {
                Ended::Ordered(order) => order,
                Ended::Lost(problem, uptime) => self.wait_after(problem, uptime).await,
            };
            match order {
                Order::Restart => self.log.event(tracing::Level::INFO, "starting again"),
                Order::Stop => return self.set_state(ServerState::Disabled),
            }
        }
    }

    /// One start and, if it succeeds, the life that follows.
    async fn attempt(&mut self) -> Ended {
        self.live.send_modify(|live| live.status.starts += 1);
        let session = {
            let spawned = |process: &Process| {
                self.live.send_modify(|live| {
                    live.status.pid = Some(process.pid);
                    live.status.sandbox = Some(process.sandbox.clone());
                });
            };
            let progress = |phase| set_state(&self.live, ServerState::Starting { phase });
            let start = Start {
                config: &self.config,
                context: &self.context,
                log: &self.log,
                slug: &self.slug,
                mark: self.context.run.next_start(&self.slug),
                processes: &self.processes,
                no_probe: &self.no_probe,
                progress: &progress,
                spawned: &spawned,
            };
            self.log.event(
                tracing::Level::INFO,
                &format!("starting {}", self.config.target()),
            );
            tokio::select! {
                opened = Session::open(&start) => opened,
                order = next_order(&mut self.orders) => return Ended::Ordered(order),
            }
        };
        let mut session = match session {
            Ok(session) => session,
            Err(problem) => return Ended::Lost(problem, Duration::ZERO),
        };
        self.introduce(&session);
        let ended = self.live_through(&mut session).await;
        self.served = session.caller.has_served();
        self.live.send_modify(|live| live.caller = None);
        self.set_state(ServerState::Stopping);
        match ended {
            Ended::Lost(problem, uptime) => Ended::Lost(session.autopsy(problem).await, uptime),
            Ended::Ordered(order) => {
                session.stop().await;
                Ended::Ordered(order)
            }
        }
    }

    /// Lists the tools, then serves until the connection ends.
    async fn live_through(&mut self, session: &mut Session) -> Ended {
        set_state(
            &self.live,
            ServerState::Starting {
                phase: StartPhase::Listing,
            },
        );
        session.keep_informed(self.interests.clone());
        let changes = session.take_changes();
        let (live, log, ready) = (&self.live, &self.log, OnceLock::new());
        let patience = self.config.start_timeout;
        let watched = Watched {
            session,
            live,
            log,
            ready: &ready,
            patience,
            news: NewsDesk::new(&self.slug, &self.context.news, &self.log),
            interests: &self.interests,
        };
        let problem = tokio::select! {
            problem = watched.serve(changes) => problem,
            problem = session.closed() => problem,
            problem = check_pulse(session) => problem,
            order = next_order(&mut self.orders) => return Ended::Ordered(order),
        };
        Ended::Lost(
            problem,
            ready.get().map_or(Duration::ZERO, Instant::elapsed),
        )
    }

    /// Publishes who the server is.
    fn introduce(&self, session: &Session) {
        self.live.send_modify(|live| {
            let greeting = session.caller.greeting();
            live.status.protocol = Some(greeting.revision.clone());
            live.status.server_info.clone_from(&greeting.server_info);
            live.status.instructions.clone_from(&greeting.instructions);
            live.status.capabilities = Arc::new(greeting.capabilities.clone());
        });
    }

    /// Waits until the next start is due, or until a person acts where only that helps.
    async fn wait_after(&mut self, problem: Problem, uptime: Duration) -> Order {
        self.log
            .event(tracing::Level::WARN, &format!("not running: {problem}"));
        // Forgetting a session is no failure, if it was good for anything.
        if problem.code == ProblemCode::SessionExpired && self.served {
            return Order::Restart;
        }
        if problem.code.needs_person() {
            self.set_state(ServerState::NeedsPerson { problem });
            return self.person().await;
        }
        let wait = self.backoff.next_wait(uptime);
        let attempts = self.backoff.attempts();
        let retry_at = now_millis() + u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.set_state(if self.backoff.is_crash_loop() {
            ServerState::CrashLoop {
                attempts,
                retry_at,
                problem,
            }
        } else {
            ServerState::BackingOff {
                attempts,
                retry_at,
                problem,
            }
        });
        tokio::select! {
            () = tokio::time::sleep(wait) => Order::Restart,
            order = self.person() => order,
        }
    }

    /// Waits for an order; a person's restart clears the count of failures.
    async fn person(&mut self) -> Order {
        let order = next_order(&mut self.orders).await;
        self.backoff.reset();
        order
    }

    fn set_state(&self, state: ServerState) {
        set_state(&self.live, state);
    }
}

/// A live connection and where its news goes.
struct Watched<'a> {
    session: &'a Session,
    live: &'a watch::Sender<Live>,
    log: &'a ServerLog,
    /// Since when the server can be called.
    ready: &'a OnceLock<Instant>,
    /// Listing may take as long as starting.
    patience: Duration,
    news: NewsDesk,
    interests: &'a Interests,
}

impl Watched<'_> {
    /// Keeps the tools as the server has them; returns only if they cannot be listed at first.
    async fn serve(&self, changes: Option<ListChanges>) -> Problem {
        if let Err(error) = self.follow_tools().await {
            return error.into_problem(ProblemCode::ListFailed, "to list its tools");
        }
        self.announce();
        let Some(ListChanges { tools, offers }) = changes else {
            return std::future::pending().await;
        };
        tokio::join!(self.keep_tools(tools), self.keep_offers(offers)).0
    }

    /// Lists the tools anew whenever they may have changed; never returns.
    async fn keep_tools(&self, mut changes: mpsc::Receiver<()>) -> Problem {
        while settled(&mut changes).await {
            // The old list stays until there is a new one.
            loop {
                match self.follow_tools().await {
                    // Whoever looks for changes finds none; whoever was promised news gets it.
                    Ok(true) => self.news.publish(Notification {
                        method: TOOLS_CHANGED.to_owned(),
                        params: None,
                    }),
                    Ok(false) => {}
                    Err(error) => {
                        let text = format!("tools not listed anew: {error}");
                        self.log.event(tracing::Level::WARN, &text);
                        tokio::time::sleep(LIST_AGAIN).await;
                        continue;
                    }
                }
                break;
            }
        }
        std::future::pending().await
    }

    /// Lists everything else at once, and anew whenever it may have changed.
    async fn keep_offers(&self, mut changes: mpsc::Receiver<()>) {
        loop {
            let offers = Arc::new(offers::list(&self.session.caller).await);
            self.live
                .send_modify(|live| live.status.offers = Some(offers));
            if !settled(&mut changes).await {
                return;
            }
        }
    }

    /// Lists the tools anew, and tells whether they are the same as before.
    async fn follow_tools(&self) -> Result<bool, CallError> {
        let listing = tools::list(&self.session.caller, self.patience).await?;
        for reason in &listing.rejected {
            let text = format!("left out a tool: {reason}");
            self.log.event(tracing::Level::WARN, &text);
        }
        let mut same = false;
        self.live.send_modify(|live| {
            same = are_same(&live.status.tools, &listing.tools);
            live.status.tools = listing.tools.into();
            live.status.rejected = listing.rejected.into();
            live.status.beside_tools = Arc::new(listing.beside);
            live.listings += 1;
        });
        Ok(same)
    }

    /// Opens the server to calls.
    fn announce(&self) {
        self.ready.get_or_init(Instant::now);
        self.tell_of_a_new_connection();
        let tools = self.live.borrow().status.tools.len();
        self.log
            .event(tracing::Level::INFO, &format!("ready with {tools} tools"));
        self.live.send_modify(|live| {
            live.caller = Some(self.session.caller.clone());
            live.status.state = ServerState::Ready;
            live.status.since = now_millis();
        });
    }
}

impl Watched<'_> {
    /// What changed while there was no connection was told to nobody.
    fn tell_of_a_new_connection(&self) {
        if self.live.borrow().status.starts <= 1 {
            return;
        }
        let desk = &self.news;
        for kind in ["prompts", "resources"] {
            let method = format!("notifications/{kind}/list_changed");
            desk.publish(Notification {
                method,
                params: None,
            });
        }
        for uri in self.interests.follow().borrow().resources.keys() {
            let mut params = RawObject::default();
            params.set("uri", wire::raw(uri));
            desk.publish(Notification {
                method: "notifications/resources/updated".to_owned(),
                params: Some(params.to_raw()),
            });
        }
    }
}

/// Waits for news, and for what comes right behind it; `false` when there will be no more.
async fn settled(changes: &mut mpsc::Receiver<()>) -> bool {
    if changes.recv().await.is_none() {
        return false;
    }
    tokio::time::sleep(SETTLE).await;
    while changes.try_recv().is_ok() {}
    true
}

fn are_same(before: &[ToolDefinition], after: &[ToolDefinition]) -> bool {
    let mut pairs = before.iter().zip(after);
    before.len() == after.len()
        && pairs.all(|(one, other)| one.definition.get() == other.definition.get())
}

fn set_state(live: &watch::Sender<Live>, state: ServerState) {
    live.send_modify(|live| {
        if live.status.state.label() != state.label() {
            live.status.since = now_millis();
        }
        live.status.state = state;
    });
}

/// The next order; a dropped handle means stop.
async fn next_order(orders: &mut mpsc::Receiver<Order>) -> Order {
    orders.recv().await.unwrap_or(Order::Stop)
}

/// Returns when the server no longer answers; never for eras that cannot be asked.
async fn check_pulse(session: &Session) -> Problem {
    loop {
        let Some(silence) = session.silence() else {
            return std::future::pending().await;
        };
        // Only an idle server owes an answer: many work on one request at a time.
        if session.is_busy() || silence < IDLE {
            let wait = IDLE.saturating_sub(silence).max(IDLE / 4);
            tokio::time::sleep(wait).await;
            continue;
        }
        let caller = &session.caller;
        let pong = caller
            .request("ping", RawObject::default(), PING_PATIENCE)
            .await;
        match pong {
            // An error is an answer as well.
            Ok(_) | Err(CallError::Rpc(_)) => {}
            Err(CallError::Timeout(_)) if session.is_busy() => {}
            Err(CallError::Timeout(after)) => {
                let after = after.as_secs();
                return Problem::new(
                    ProblemCode::Unresponsive,
                    format!("The server did not answer a ping within {after} s."),
                    "It is started again; see its log for the cause.",
                );
            }
            Err(error) => return error.into_problem(ProblemCode::Exited, "a ping"),
        }
    }
}

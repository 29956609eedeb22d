//! All servers: supervision, catalogue, index, snapshot and events.
//!
//! One `slot` per configured server keeps at most one [`upstream::Upstream`] alive, so that a
//! server and its launch configuration never have two processes. The `keeper` is the one task
//! that watches the slots and the configuration, and publishes catalogue, index and snapshot.

mod activity;
mod catalog;
mod changes;
mod clients;
mod desktop;
mod exchange;
mod keeper;
mod pause;
mod place;
mod quarantine;
mod review;
mod sign_ins;
mod slot;
mod snapshot;
mod stats;
mod tokens;
mod upkeep;

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use config::{ConfigStore, Loaded, ServerConfig};
use index::ToolIndex;
use model::{ActivityKind, Event, ServerName, Snapshot};
use scan::Neighbours;
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use upstream::{Behalf, CallError, Context, Interests, Introduction, News};
use wire::{LogLevel, Raw, RawObject};

pub use activity::{ActivityFilter, CallReport, ExportFormat};
pub use catalog::{Catalog, CatalogServer, Tool};
pub use changes::RevertError;
pub use clients::{Held, Presence, PresenceKind};
pub use desktop::{Attached, NoDesktop};
pub use exchange::Exchange;
pub use place::Place;
pub use quarantine::DecisionError;
pub use review::{Proposal, ReviewError};
pub use tokens::{Admitted, Pass, Scope, TOKEN_PREFIX, TokenError};

use activity::ActivityLog;
use changes::ChangeLog;
use clients::Clients;
use desktop::Desktop;
use exchange::Wanted;
use pause::PauseSwitch;
use quarantine::Quarantine;
use review::ReviewList;
use sign_ins::SignIns;
use slot::{Slot, Slots};
use stats::StatsBook;
use tokens::TokenBook;

/// Events that a slow listener may lag behind; it then draws from the snapshot.
const EVENT_QUEUE: usize = 256;

/// The servers of one gateway; cheap to clone.
#[derive(Clone)]
pub struct Fleet(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) context: Arc<Context>,
    pub(crate) config: Arc<ConfigStore>,
    /// What the first snapshot shows of the configuration.
    pub(crate) loaded_first: Arc<Loaded>,
    pub(crate) index: ToolIndex,
    pub(crate) slots: Mutex<Slots>,
    pub(crate) sign_ins: SignIns,
    pub(crate) catalog: ArcSwap<Catalog>,
    pub(crate) snapshot: watch::Sender<Arc<Snapshot>>,
    pub(crate) events: broadcast::Sender<Event>,
    /// Rung by slots and callers when something that the snapshot shows has changed.
    pub(crate) changed: Arc<Notify>,
    /// Rung with every call; the snapshot shows how many there were, at its own pace.
    pub(crate) counted: Arc<Notify>,
    pub(crate) activity: ActivityLog,
    pub(crate) clients: Clients,
    pub(crate) tokens: TokenBook,
    pub(crate) stats: StatsBook,
    pub(crate) pause: PauseSwitch,
    pub(crate) changes: ChangeLog,
    pub(crate) review: ReviewList,
    pub(crate) quarantine: Quarantine,
    /// The tools of all servers by name, for definitions that speak of others'.
    pub(crate) neighbours: ArcSwap<Neighbours>,
    /// Rung when other servers may start than before.
    pub(crate) replan: Notify,
    pub(crate) desktop: Arc<Desktop>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

/// A name that the configuration does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no server named `{0}`")]
pub struct UnknownServer(pub String);

/// Why a server cannot be started afresh.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestartError {
    /// No such server.
    #[error(transparent)]
    Unknown(#[from] UnknownServer),
    /// It is switched off.
    #[error("`{0}` is disabled; enable it instead")]
    Disabled(String),
    /// No person has let it start as it is configured.
    #[error("`{0}` waits for a review; let it start there")]
    Held(String),
}

impl Fleet {
    /// A fleet without servers; [`Self::run`] brings up what the configuration says. Blocks while
    /// what an earlier one has left is read.
    pub fn at(context: Arc<Context>, config: Arc<ConfigStore>, place: &Place) -> Self {
        let loaded = config.current();
        let first = snapshot::first(place, &loaded.status);
        let counted = Arc::new(Notify::new());
        let inner = Arc::new(Inner {
            context,
            config,
            loaded_first: loaded,
            index: ToolIndex::new(),
            slots: Mutex::default(),
            sign_ins: SignIns::default(),
            catalog: ArcSwap::default(),
            snapshot: watch::Sender::new(Arc::new(first)),
            events: broadcast::Sender::new(EVENT_QUEUE),
            changed: Arc::new(Notify::new()),
            activity: ActivityLog::open(place),
            clients: Clients::new(Arc::clone(&counted)),
            tokens: TokenBook::open(place),
            stats: StatsBook::open(place),
            pause: PauseSwitch::open(place),
            changes: ChangeLog::open(place),
            review: ReviewList::open(place),
            quarantine: Quarantine::open(place),
            neighbours: ArcSwap::default(),
            replan: Notify::new(),
            desktop: Arc::default(),
            counted,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        });
        changes::follow(&inner);
        Self(inner)
    }

    /// Follows the configuration and the servers until [`Self::stop`].
    pub async fn run(&self) {
        keeper::run(&self.0).await;
    }

    /// Stops all servers at once and waits until nothing of them is left.
    pub async fn stop(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// The full state now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.snapshot.borrow().clone()
    }

    /// Follows the full state.
    pub fn watch(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.0.snapshot.subscribe()
    }

    /// Follows the news.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.events.subscribe()
    }

    /// Publishes news of another part of the gateway.
    pub fn report(&self, event: Event) {
        // Nobody listening is fine.
        let _ = self.0.events.send(event);
    }

    /// All tools that can be called, and where their servers stand.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.0.catalog.load_full()
    }

    /// Tools that fit a query, best first.
    pub fn search(&self, query: &str, limit: usize, server: Option<&str>) -> Vec<Found> {
        let catalog = self.catalog();
        let hits = self.0.index.search(query, limit, server);
        let found = hits.into_iter().filter_map(|hit| {
            let tool = Arc::clone(catalog.tool(&hit.id)?);
            Some(Found {
                tool,
                score: hit.score,
                matched: hit.matched,
            })
        });
        found.collect()
    }

    /// The configuration behind the fleet.
    pub fn config(&self) -> &Arc<ConfigStore> {
        &self.0.config
    }

    /// The parts shared by all connections.
    pub fn context(&self) -> &Arc<Context> {
        &self.0.context
    }

    /// Takes note of how signing in to a server stands; `None` where there is nothing to say.
    pub fn note_sign_in(&self, name: &ServerName, status: Option<model::SignInStatus>) {
        if let Some(text) = self.0.sign_ins.set(name, status) {
            self.0.note(ActivityKind::SignIn, name.as_str(), None, text);
        }
        self.0.changed.notify_one();
    }

    /// Whether a person has let a server start as it is configured.
    pub fn may_start(&self, config: &ServerConfig) -> bool {
        self.0.quarantine.may_start(config)
    }

    /// Starts a server afresh.
    pub fn restart(&self, name: &str) -> Result<(), RestartError> {
        let slot = self.slot(name)?;
        if !slot.config().enabled {
            return Err(RestartError::Disabled(name.to_owned()));
        }
        if !self.may_start(&slot.config()) {
            return Err(RestartError::Held(name.to_owned()));
        }
        slot.restart();
        Ok(())
    }

    /// Sends a request to a server, waiting for it while it starts.
    pub async fn request(
        &self,
        name: &str,
        method: &str,
        params: RawObject,
    ) -> Result<Raw, RequestError> {
        let slot = self.slot(name)?;
        slot.count_call();
        let reply = slot
            .request(method, params, slot.config().call_timeout)
            .await;
        self.0.counted.notify_one();
        Ok(reply?)
    }

    /// Sends a request to a server on a client's behalf, waiting for it while it starts.
    ///
    /// How long to wait for what happens next is the caller's decision.
    pub async fn open(
        &self,
        name: &str,
        method: &str,
        params: RawObject,
        behalf: Behalf,
    ) -> Result<Exchange, RequestError> {
        let slot = self.slot(name)?;
        slot.count_call();
        self.0.counted.notify_one();
        let wanted = Wanted {
            method: method.to_owned(),
            params,
            behalf,
        };
        Ok(Exchange::open(slot, wanted).await?)
    }

    /// What a server says of itself to a client, as soon as it is up.
    pub async fn introduction(
        &self,
        name: &str,
        client: &Behalf,
    ) -> Result<Introduction, RequestError> {
        Ok(self.slot(name)?.introduction(client).await?)
    }

    /// Asks a server for its log from a level on: now if it is up, else when it is.
    pub async fn want_level(&self, name: &str, level: LogLevel, client: &Behalf) {
        if let Ok(slot) = self.slot(name) {
            slot.want_level(level, client).await;
        }
    }

    /// Passes a client's notification on to a server that knows the client.
    pub async fn notify(&self, name: &str, method: &str, params: Option<Raw>, client: &Behalf) {
        if let Ok(slot) = self.slot(name) {
            slot.notify(method, params, client).await;
        }
    }

    /// What clients want to hear of from a server.
    pub fn interests(&self, name: &str) -> Result<Interests, UnknownServer> {
        self.slot(name).map(|slot| slot.interests().clone())
    }

    /// Follows what servers say outside of any call.
    pub fn news(&self) -> broadcast::Receiver<News> {
        self.0.context.news.subscribe()
    }

    /// A server's configuration as it runs.
    pub fn server_config(&self, name: &str) -> Result<Arc<ServerConfig>, UnknownServer> {
        self.slot(name).map(|slot| slot.config())
    }

    fn slot(&self, name: &str) -> Result<Arc<Slot>, UnknownServer> {
        let slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots
            .get(name)
            .cloned()
            .ok_or_else(|| UnknownServer(name.to_owned()))
    }

    /// The server of this slug, or of this very name.
    pub fn server_named(&self, slug_or_name: &str) -> Option<ServerName> {
        let catalog = self.catalog();
        let server = catalog.server(slug_or_name);
        server.map(|server| server.name.clone())
    }
}

/// A tool that fits a query.
#[derive(Clone, Debug)]
pub struct Found {
    /// The tool.
    pub tool: Arc<Tool>,
    /// Higher is better; comparable only within one search.
    pub score: f32,
    /// The words of the query that it matched.
    pub matched: Vec<String>,
}

/// Why a request has no result.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RequestError {
    /// No such server.
    #[error(transparent)]
    Unknown(#[from] UnknownServer),
    /// The server could not answer.
    #[error(transparent)]
    Call(#[from] CallError),
}

#[cfg(test)]
mod tests;

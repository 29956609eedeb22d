//! The MCP face: doors, sessions, tools, the call pipeline.
//!
//! A request comes in by a `door` (HTTP), is answered by `methods` for the `face` that its path
//! names, and every `tools/call`, whichever face it came by, runs through `pipeline`.

mod admission;
mod behind;
mod cost;
mod door;
mod face;
mod guard;
mod instructions;
mod menu;
mod methods;
mod naming;
mod news;
mod pipeline;
mod refusal;
mod relay;
mod requester;
mod session;

use std::sync::Arc;

use config::Settings;
use fleet::{Fleet, Pass};
use registry::Registry;
use store::PageStore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use door::{guard, guard_pages, router};
pub use face::Face;
pub use guard::{Doorkeeper, Rejection};
pub use pipeline::{ToolCall, call_for_result};
pub use refusal::standing;
pub use requester::Requester;
pub use session::Client;

use pipeline::Validators;
use relay::{Parking, Seal};
use session::Sessions;

/// What the command line forbids on top of the configuration.
#[derive(Clone, Copy, Debug, Default)]
pub struct Overrides {
    /// Only tools that claim to read may be called.
    pub read_only: bool,
    /// Agents may not add servers.
    pub no_server_add: bool,
    /// Agents may not remove servers.
    pub no_server_remove: bool,
}

/// The system gives no random bytes, without which nothing can be kept secret.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoRandomness;

/// The gateway towards MCP clients; cheap to clone.
#[derive(Clone)]
pub struct Gateway(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) fleet: Fleet,
    pub(crate) pages: PageStore,
    pub(crate) overrides: Overrides,
    pub(crate) sessions: Sessions,
    pub(crate) validators: Validators,
    pub(crate) parked: menu::Parked,
    pub(crate) registry: Registry,
    pub(crate) seal: Seal,
    pub(crate) parking: Parking,
    pub(crate) pairs: door::Pairs,
    /// The person whose socket it is, and programs that the person runs.
    pub(crate) user: Arc<Pass>,
    /// What goes on although its client no longer listens.
    pub(crate) tasks: TaskTracker,
    /// Ends the streams that would otherwise keep the doors open.
    pub(crate) closing: CancellationToken,
}

impl Gateway {
    /// A gateway in front of `fleet`; long results are kept in `pages`.
    pub fn new(
        fleet: Fleet,
        pages: PageStore,
        overrides: Overrides,
        closing: CancellationToken,
    ) -> Result<Self, NoRandomness> {
        Ok(Self(Arc::new(Inner {
            fleet,
            pages,
            overrides,
            sessions: Sessions::default(),
            validators: Validators::default(),
            parked: menu::Parked::default(),
            registry: Registry::default(),
            seal: Seal::new().map_err(|_| NoRandomness)?,
            parking: Parking::default(),
            pairs: door::Pairs::default(),
            user: Arc::new(Pass::unnamed("socket")),
            tasks: TaskTracker::new(),
            closing,
        })))
    }

    /// The servers behind it.
    pub fn fleet(&self) -> &Fleet {
        &self.0.fleet
    }

    /// Asks registries of servers.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }
}

impl Inner {
    pub(crate) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.fleet.config().current().settings)
    }

    /// Whether only reading is allowed.
    pub(crate) fn read_only(&self) -> bool {
        self.overrides.read_only || self.settings().read_only
    }
}

#[cfg(test)]
mod tests;

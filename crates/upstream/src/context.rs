//! What all connections of one gateway share.

use std::process::Command;
use std::sync::{Arc, OnceLock};

use model::{Problem, ProblemCode};
use oauth::Authorizer;
use store::EraMemory;
use telemetry::ServerLogs;
use tokio::sync::broadcast;
use vault::Vault;

use crate::confinement::Confinement;
use crate::environment::Environment;
use crate::http::{new_client, new_upgrade_client};
use crate::news::{NEWS_QUEUE, News};
use crate::reaper::{Reaper, RunMark};

/// The parts that every connection needs, built once by the composition root.
pub struct Context {
    /// Looks up secrets and variables.
    pub vault: Arc<Vault>,
    /// Where servers' own words go.
    pub logs: ServerLogs,
    /// Which era each launch configuration was found to speak.
    pub eras: EraMemory,
    /// What children see.
    pub environment: Environment,
    /// Marks the processes of this run.
    pub run: RunMark,
    /// Starts the reaper; `None` leaves orphans to the system.
    pub reaper_command: Option<fn() -> std::io::Result<Command>>,
    authorizer: Option<Arc<Authorizer>>,
    confinement: Option<Confinement>,
    /// What servers say outside of any call.
    pub news: broadcast::Sender<News>,
    lazy: Lazy,
}

/// Parts that are built when first needed, because many gateways never need them.
#[derive(Default)]
struct Lazy {
    reaper: OnceLock<Option<Reaper>>,
    http: OnceLock<reqwest::Client>,
    upgrades: OnceLock<reqwest::Client>,
}

impl Context {
    /// Puts the shared parts together.
    pub fn new(
        vault: Arc<Vault>,
        logs: ServerLogs,
        eras: EraMemory,
        run: RunMark,
        reaper_command: Option<fn() -> std::io::Result<Command>>,
    ) -> Self {
        let (environment, lazy) = (Environment::default(), Lazy::default());
        Self {
            vault,
            logs,
            eras,
            environment,
            run,
            reaper_command,
            authorizer: None,
            confinement: None,
            news: broadcast::Sender::new(NEWS_QUEUE),
            lazy,
        }
    }

    /// Gets tokens for remote servers from here; without it, only configured headers go to them.
    #[must_use]
    pub fn with_authorizer(mut self, authorizer: Arc<Authorizer>) -> Self {
        self.authorizer = Some(authorizer);
        self
    }

    /// Fences servers' processes in like this; without it, they do what the gateway may do.
    #[must_use]
    pub fn with_confinement(mut self, confinement: Confinement) -> Self {
        self.confinement = Some(confinement);
        self
    }

    /// What fences servers' processes in, if anything does.
    pub(crate) fn confinement(&self) -> Option<&Confinement> {
        self.confinement.as_ref()
    }

    /// What gets tokens for remote servers, if anything does.
    pub fn authorizer(&self) -> Option<&Arc<Authorizer>> {
        self.authorizer.as_ref()
    }

    /// The reaper, started with the first child.
    pub(crate) fn reaper(&self) -> Option<&Reaper> {
        let start = || {
            let command = (self.reaper_command?)();
            command
                .and_then(|command| Reaper::start(command, &self.run))
                .inspect_err(|error| {
                    tracing::warn!(%error, "no reaper: a killed gateway may leave servers behind");
                })
                .ok()
        };
        self.lazy.reaper.get_or_init(start).as_ref()
    }

    /// The HTTP client, built with the first remote server: loading the system's certificates
    /// takes time and memory.
    pub(crate) fn http(&self) -> Result<reqwest::Client, Problem> {
        built(&self.lazy.http, new_client)
    }

    /// The client for connections that do not stay HTTP.
    pub(crate) fn upgrades(&self) -> Result<reqwest::Client, Problem> {
        built(&self.lazy.upgrades, new_upgrade_client)
    }
}

fn built(
    kept: &OnceLock<reqwest::Client>,
    build: fn() -> reqwest::Result<reqwest::Client>,
) -> Result<reqwest::Client, Problem> {
    if let Some(client) = kept.get() {
        return Ok(client.clone());
    }
    let client = build().map_err(|error| {
        Problem::new(
            ProblemCode::Unreachable,
            format!("No TLS on this machine: {error}."),
            "Install the system's root certificates (package ca-certificates).",
        )
    })?;
    Ok(kept.get_or_init(|| client).clone())
}

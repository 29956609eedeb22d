//! Composition root: builds the parts, opens the doors, stops in order.

mod doors;
mod lock;
mod parts;
mod private;
mod signals;
mod timely;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use config::{ConfigStore, OpenError, Paths};
use fleet::Place;
use gateway::Overrides;
use local_api::Access;
use model::{TokenRule, TrustMode};
use tokio_util::sync::CancellationToken;

use doors::Doors;
use lock::Lock;
use parts::Parts;
use signals::Orders;

/// How to run.
pub struct Options {
    /// Where everything lies.
    pub paths: Paths,
    /// Listens here instead of where the configuration says.
    pub listen: Option<SocketAddr>,
    /// Only tools that claim to read may be called.
    pub read_only: bool,
    /// Agents may not add servers.
    pub no_server_add: bool,
    /// Agents may not remove servers.
    pub no_server_remove: bool,
    /// Set where whoever starts the gateway answers for its configuration: nothing in it is held
    /// until it was allowed to start, and definitions come in by this mode.
    pub vouched: Option<TrustMode>,
    /// Stops when this is cancelled, and does not listen to signals; without it, a signal stops.
    pub stop: Option<CancellationToken>,
    /// Called once, when clients can connect.
    pub on_ready: Box<dyn FnOnce(&Ready) + Send>,
}

/// What is up.
#[derive(Clone)]
pub struct Ready {
    /// The URL for clients.
    pub endpoint: String,
    /// The socket for the CLI and clients on this machine.
    pub socket: PathBuf,
    /// The configuration in use.
    pub config_file: PathBuf,
    /// Servers in it.
    pub servers: usize,
    /// Whether clients need a token, and none has one.
    pub wants_token: bool,
    access: Access,
}

impl Ready {
    /// An address that opens the web UI once, within ten minutes; `None` if the system gives no
    /// random bytes.
    pub fn ui_link(&self) -> Option<String> {
        let link = self.access.link(&self.endpoint, None)?;
        Some(link.url)
    }
}

/// Why the gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another gateway holds the data directory.
    #[error("another gateway already runs on {} (process {})", .data_dir.display(), .pid)]
    AlreadyRunning {
        /// The directory.
        data_dir: PathBuf,
        /// The other's process id, as far as known.
        pid: String,
    },
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] OpenError),
    /// Another program listens on the address.
    #[error(
        "{address} is taken by another program; end it, or choose another address with `listen` \
         in the configuration or --listen"
    )]
    AddressTaken {
        /// The address.
        address: SocketAddr,
    },
    /// Only this machine may connect.
    #[error("{address} is not a loopback address; the gateway serves this machine only")]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// A file or folder cannot be used.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: String,
        /// What came of it.
        error: std::io::Error,
    },
}

/// Runs the gateway until it is told to stop.
pub async fn run(options: Options) -> Result<(), StartError> {
    let Options {
        paths,
        listen,
        read_only,
        no_server_add,
        no_server_remove,
        vouched,
        stop,
        on_ready,
    } = options;
    private::directory(&paths.data_dir)?;
    let lock = Lock::take(&paths.lock_file, &paths.data_dir)?;
    private::keep_to_user(&paths.config_file);
    let config = ConfigStore::open(&paths.config_file)?;
    let settings = Arc::clone(&config.current().settings);
    let doors = Doors::open(listen.unwrap_or(settings.listen), &paths.socket).await?;
    let overrides = Overrides {
        read_only,
        no_server_add,
        no_server_remove,
    };
    let place = Place {
        endpoint: doors.endpoint(),
        socket: paths.socket.display().to_string(),
        state: Some(paths.data_dir.join("state")),
        vouched,
    };
    let parts = Parts::build(&paths, Arc::clone(&config), &place, overrides)?;
    let ready = Ready {
        endpoint: doors.endpoint(),
        socket: paths.socket.clone(),
        config_file: paths.config_file.clone(),
        servers: settings.servers.len(),
        wants_token: settings.tokens == TokenRule::Required && parts.fleet.tokens().is_empty(),
        access: parts.api.access.clone(),
    };
    tracing::info!(endpoint = ready.endpoint, servers = ready.servers, "ready");
    let orders = Orders::listen(stop)?;
    on_ready(&ready);
    serve(&parts, doors, config, orders).await;
    tracing::info!("stopped");
    drop(lock);
    Ok(())
}

/// Serves until told to stop, then stops in order: no new connections, requests in flight,
/// servers. A second order ends the waiting; what still lives is then killed.
async fn serve(parts: &Parts, doors: Doors, config: Arc<ConfigStore>, mut orders: Orders) {
    let closing = &parts.closing;
    let serving = async {
        tokio::join!(
            parts.fleet.run(),
            config.watch_file(closing.clone()),
            async {
                doors.serve(parts).await;
                parts.fleet.stop().await;
            },
        );
    };
    let told = async {
        orders.next().await;
        tracing::info!("stopping");
        closing.cancel();
        orders.next().await;
        tracing::warn!("told to stop a second time: not waiting any longer");
    };
    tokio::select! {
        () = serving => {}
        () = told => {}
    }
}

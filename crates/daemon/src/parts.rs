//! The parts of the gateway, put together.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use config::{ConfigStore, Paths};
use fleet::{Fleet, Place};
use gateway::{Gateway, Overrides};
use local_api::{Access, Api};
use oauth::{Authorizer, Initiative, MemoryStore, SystemBrowser};
use sha2::{Digest, Sha256};
use store::{EraMemory, PageStore};
use telemetry::{GatewayLog, LogGuard, LogSettings, Rotation, ServerLogs};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use upstream::reaper::{RunMark, sweep_leftovers};
use upstream::{Confinement, Context};
use vault::Vault;

use crate::StartError;
use crate::private;

/// Long results are kept up to this size in all,
const CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// and for so long.
const CACHE_AGE: Duration = Duration::from_hours(1);

/// Everything but the doors.
pub(crate) struct Parts {
    pub(crate) fleet: Fleet,
    pub(crate) gateway: Gateway,
    pub(crate) api: Api,
    /// Cancelled when the gateway is to stop: no new work.
    pub(crate) closing: CancellationToken,
    /// Writes out the log when dropped.
    _log: Option<LogGuard>,
}

impl Parts {
    /// Builds the parts; nothing of them runs yet.
    pub(crate) fn build(
        paths: &Paths,
        config: Arc<ConfigStore>,
        place: &Place,
        overrides: Overrides,
    ) -> Result<Self, StartError> {
        let closing = CancellationToken::new();
        let logs = log_settings(&config);
        let readers = GatewayLog::new(&paths.log_dir);
        let log = telemetry::init_gateway_log(&paths.log_dir, &logs, &readers);
        let log = log
            .inspect_err(|error| eprintln_once(&error.to_string()))
            .ok();
        let context = Arc::new(context(paths, logs.rotation)?);
        let fleet = Fleet::at(context, config, place);
        let pages = PageStore::open(&paths.cache_dir, CACHE_BYTES, CACHE_AGE);
        let pages = pages.map_err(|error| io(&paths.cache_dir, error))?;
        let gateway = Gateway::new(fleet.clone(), pages, overrides, closing.clone());
        let gateway = gateway.map_err(|error| StartError::Io {
            what: "the system".to_owned(),
            error: std::io::Error::other(error),
        })?;
        let api = Api {
            gateway: gateway.clone(),
            access: Access::new(private::token(&paths.token_file)?),
            log: readers,
            paths: Arc::new(paths.clone()),
            tasks: TaskTracker::new(),
            closing: closing.clone(),
        };
        Ok(Self {
            fleet,
            gateway,
            api,
            closing,
            _log: log,
        })
    }
}

/// A gateway that cannot log still serves; the reason goes where a person may see it.
fn eprintln_once(message: &str) {
    use std::io::Write as _;
    let _ = writeln!(
        std::io::stderr(),
        "warning: the gateway's log cannot be written: {message}"
    );
}

fn context(paths: &Paths, rotation: Rotation) -> Result<Context, StartError> {
    let logs = ServerLogs::new(&paths.log_dir, rotation);
    let logs = logs.map_err(|error| io(&paths.log_dir, error))?;
    let memory = paths.data_dir.join("state").join("eras.json");
    let eras = EraMemory::open(&memory).map_err(|error| io(&memory, error))?;
    let run = run_mark(paths)?;
    // Off the path to readiness: it looks at every process of the machine.
    let swept = run.clone();
    std::thread::spawn(move || sweep_leftovers(&swept));
    let context = Context::new(Arc::new(Vault::system()), logs, eras, run, Some(reaper));
    let context = context.with_authorizer(Arc::new(authorizer()));
    Ok(context.with_confinement(confinement(paths)))
}

/// Tokens are kept as long as the process lives. A sign-in begins by itself only where
/// `TOOLGATE_SIGN_IN` is `auto`, as on a machine that tests itself; `BROWSER` names the program
/// that is sent to the page.
fn authorizer() -> Authorizer {
    let browser = SystemBrowser::new(std::env::var("BROWSER").ok());
    let is_auto = std::env::var("TOOLGATE_SIGN_IN").is_ok_and(|value| value == "auto");
    let initiative = if is_auto {
        Initiative::Anything
    } else {
        Initiative::Person
    };
    Authorizer::new(
        Arc::new(MemoryStore::default()),
        Arc::new(browser),
        initiative,
    )
}

fn log_settings(config: &ConfigStore) -> LogSettings {
    let logs = config.current().settings.logs;
    LogSettings {
        level: logs.level.as_str().to_owned(),
        rotation: Rotation {
            max_file_bytes: logs.max_file_megabytes * 1024 * 1024,
            max_files: logs.max_files,
            max_age: Duration::from_secs(logs.max_age_days * 24 * 60 * 60),
        },
    }
}

/// What no server may touch, and where each has a temporary folder of its own.
fn confinement(paths: &Paths) -> Confinement {
    let scratch = paths.data_dir.join("scratch");
    // What a killed gateway left behind; its servers are ended as well.
    let _ = std::fs::remove_dir_all(&scratch);
    let mut own = vec![paths.data_dir.clone(), paths.config_file.clone()];
    // The folder of the configuration, where it is ours alone.
    let folder = paths.config_file.parent();
    own.extend(
        folder
            .filter(|folder| folder.ends_with("toolgate"))
            .map(Into::into),
    );
    own.push(paths.socket.clone());
    Confinement {
        helper: own_program,
        own,
        scratch,
        home: std::env::home_dir().filter(|home| home.is_absolute()),
    }
}

/// Our own program again, also where an update has put another in its place.
fn own_program() -> std::io::Result<Command> {
    if cfg!(target_os = "linux") {
        return Ok(Command::new("/proc/self/exe"));
    }
    std::env::current_exe().map(Command::new)
}

/// Our own program again, as the reaper.
fn reaper() -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("__reaper");
    Ok(command)
}

fn run_mark(paths: &Paths) -> Result<RunMark, StartError> {
    let place = Sha256::digest(paths.data_dir.as_os_str().as_encoded_bytes());
    let place = model::hex(&place[..8]);
    let run = private::random_hex(8).map_err(|error| io(&paths.data_dir, error))?;
    Ok(RunMark::new(place, run))
}

fn io(path: &std::path::Path, error: std::io::Error) -> StartError {
    StartError::Io {
        what: path.display().to_string(),
        error,
    }
}

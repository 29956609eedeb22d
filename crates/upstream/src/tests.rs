//! Whole connections: real processes and real HTTP on this machine, behind an [`Upstream`].

mod beside;
#[cfg(unix)]
mod calls;
mod expiry;
#[cfg(unix)]
mod failures;
mod legacy_sse;
#[cfg(unix)]
mod life;
mod origin;
mod pace;
mod remote;
mod resume;
#[cfg(unix)]
mod script;
mod sessions;
mod sign_in;
mod websocket;
mod wire_level;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use config::{KeyringError, ServerConfig};
use model::{Secret, ServerState};
use serde_json::{Value, json};
use store::EraMemory;
use telemetry::{Rotation, ServerLogs};
use tempfile::TempDir;
use tokio_util::task::TaskTracker;
use vault::{Keychain, Vault};
use wire::{Raw, RawObject, raw};

use crate::reaper::RunMark;
use crate::{Beginning, CallError, CallLine, Context, Interests, Status, Upstream};

/// Longer than anything here takes; only a test that fails waits for so long.
const PATIENCE: Duration = Duration::from_secs(50);

/// A keychain with nothing in it.
struct Empty;

impl Keychain for Empty {
    fn read(&self, _name: &str) -> Result<Option<Secret>, KeyringError> {
        Ok(None)
    }
}

/// What upstreams need to run, in a folder of its own.
struct Bench {
    folder: TempDir,
    context: Arc<Context>,
    tasks: TaskTracker,
}

impl Bench {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let vault = Vault::with_keychain(Empty).with_environment(BTreeMap::new());
        let logs = ServerLogs::new(&folder.path().join("logs"), Rotation::default());
        let eras = EraMemory::open(&folder.path().join("eras.json"));
        let place = folder.path().file_name().expect("a name");
        let run = RunMark::new(place.to_string_lossy().into_owned(), "run".to_owned());
        let context = Context::new(
            Arc::new(vault),
            logs.expect("logs"),
            eras.expect("a memory"),
            run,
            None,
        );
        Self {
            folder,
            context: Arc::new(context),
            tasks: TaskTracker::new(),
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the server of this entry.
    fn start(&self, entry: &Value) -> Upstream {
        let log = self.context.logs.open("s").expect("a log");
        let context = Arc::clone(&self.context);
        let (slug, interests) = ("s".to_owned(), Interests::default());
        let beginning = Beginning { slug, interests };
        Upstream::start(config_of(entry), beginning, context, log, &self.tasks)
    }

    /// Everything in the server's log.
    async fn log(&self) -> String {
        let lines = self.context.logs.tail("s", 1000).await;
        lines.expect("a log").join("\n")
    }
}

/// An entry as it would stand in the file.
fn config_of(entry: &Value) -> ServerConfig {
    let text = json!({ "mcpServers": { "s": entry } }).to_string();
    let settings = config::parse(&text, Path::new("config.json")).settings;
    let mut servers = settings.expect("a valid entry").servers;
    servers.pop().expect("one server").1
}

/// Waits for a status of that kind.
async fn until(upstream: &Upstream, wanted: impl Fn(&Status) -> bool) -> Status {
    let mut watch = upstream.watch();
    let waiting = async {
        let mut status = upstream.status();
        while !wanted(&status) {
            status = watch.changed().await.expect("the server is still there");
        }
        status
    };
    let in_time = tokio::time::timeout(PATIENCE, waiting).await;
    in_time.unwrap_or_else(|_| panic!("not in {PATIENCE:?}: {:?}", upstream.status()))
}

async fn until_ready(upstream: &Upstream) -> Status {
    until(upstream, |status| status.state == ServerState::Ready).await
}

/// Waits until the server is down, and says why.
async fn until_down(upstream: &Upstream) -> Status {
    until(upstream, |status| status.state.problem().is_some()).await
}

/// Calls a tool without arguments.
async fn call(line: &CallLine, tool: &str) -> Result<Raw, CallError> {
    call_within(line, tool, PATIENCE).await
}

async fn call_within(line: &CallLine, tool: &str, deadline: Duration) -> Result<Raw, CallError> {
    let mut params = RawObject::default();
    params.set("name", raw(tool));
    line.request("tools/call", params, deadline).await
}

fn tool_names(status: &Status) -> Vec<&str> {
    status.tools.iter().map(|tool| tool.name.as_str()).collect()
}

//! A whole fleet over scripted servers, in a folder of its own.

mod calling;
mod configuring;
mod deciding;
mod publishing;
mod remembering;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use config::{ConfigStore, KeyringError};
use model::{Secret, ServerState, ServerStatus, Snapshot, TrustMode};
use serde_json::{Value, json};
use store::EraMemory;
use telemetry::{Rotation, ServerLogs};
use tempfile::TempDir;
use tokio::task::JoinSet;
use upstream::Context;
use upstream::reaper::RunMark;
use vault::{Keychain, Vault};

use crate::{Fleet, Place};

/// Longer than anything here takes; only a test that fails waits for so long.
const PATIENCE: Duration = Duration::from_secs(50);

/// A keychain with nothing in it.
struct Empty;

impl Keychain for Empty {
    fn read(&self, _name: &str) -> Result<Option<Secret>, KeyringError> {
        Ok(None)
    }
}

/// A running fleet and its configuration file.
struct Bench {
    folder: TempDir,
    fleet: Fleet,
    running: JoinSet<()>,
}

impl Bench {
    /// Runs a fleet of these servers.
    fn run(servers: &Value) -> Self {
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("config.json");
        write(&file, servers);
        let config = ConfigStore::open(&file).expect("a configuration");
        let place = Place {
            endpoint: "http://here/mcp".to_owned(),
            vouched: Some(TrustMode::Auto),
            ..Place::default()
        };
        let fleet = Fleet::at(context(&folder), config, &place);
        let (mut running, runner) = (JoinSet::new(), fleet.clone());
        running.spawn(async move { runner.run().await });
        Self {
            folder,
            fleet,
            running,
        }
    }

    /// Runs a fleet of these servers, and waits until the start of each has come to an end.
    async fn settled(servers: &Value) -> Self {
        let bench = Self::run(servers);
        let count = servers.as_object().expect("servers").len();
        bench
            .until(|snapshot| {
                let settled = |server: &ServerStatus| server.state.is_settled();
                snapshot.servers.len() == count && snapshot.servers.iter().all(settled)
            })
            .await;
        bench
    }

    /// Writes other servers into the file, and has it read.
    fn configure(&self, servers: &Value) {
        write(&self.folder.path().join("config.json"), servers);
        self.fleet.config().reload();
    }

    /// Waits for a snapshot of that kind.
    async fn until(&self, wanted: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        let mut snapshots = self.fleet.watch();
        let found = snapshots.wait_for(|snapshot| wanted(snapshot));
        let in_time = tokio::time::timeout(PATIENCE, found).await;
        let found = in_time.unwrap_or_else(|_| panic!("never: {:#?}", self.fleet.snapshot()));
        Arc::clone(&found.expect("the fleet is there"))
    }

    /// Waits until this server can be called.
    async fn until_ready(&self, name: &str) -> ServerStatus {
        let snapshot = self.until(|snapshot| is(snapshot, name, &ServerState::Ready));
        server(&*snapshot.await, name).expect("a server").clone()
    }

    /// Stops everything.
    async fn stop(mut self) {
        self.fleet.stop().await;
        let ended = tokio::time::timeout(PATIENCE, self.running.join_next()).await;
        ended.expect("in time").expect("a task").expect("no panic");
    }

    /// The file to which the server of this name adds a line at each start.
    fn starts_of(folder: &TempDir, name: &str) -> PathBuf {
        folder.path().join(format!("{name}.starts"))
    }
}

fn context(folder: &TempDir) -> Arc<Context> {
    let logs = ServerLogs::new(&folder.path().join("logs"), Rotation::default());
    let eras = EraMemory::open(&folder.path().join("eras.json"));
    let place = folder.path().file_name().expect("a name");
    let run = RunMark::new(place.to_string_lossy().into_owned(), "run".to_owned());
    let vault = Vault::with_keychain(Empty).with_environment(BTreeMap::new());
    let (logs, eras) = (logs.expect("logs"), eras.expect("a memory"));
    Arc::new(Context::new(Arc::new(vault), logs, eras, run, None))
}

fn write(file: &std::path::Path, servers: &Value) {
    std::fs::write(file, json!({ "mcpServers": servers }).to_string()).expect("written");
}

/// The entry of a scripted server.
fn fake(arguments: &[&str]) -> Value {
    testkit::programs::fake(arguments).expect("the scripted server")
}

/// The entry of a server that cannot be started.
fn missing() -> Value {
    json!({ "command": "no-such-program" })
}

/// The same entry, switched off.
fn disabled(mut entry: Value) -> Value {
    entry["disabled"] = true.into();
    entry
}

fn server<'a>(snapshot: &'a Snapshot, name: &str) -> Option<&'a ServerStatus> {
    snapshot.servers.iter().find(|server| server.name == name)
}

fn is(snapshot: &Snapshot, name: &str, state: &ServerState) -> bool {
    server(snapshot, name).is_some_and(|server| server.state == *state)
}

fn names(snapshot: &Snapshot) -> Vec<&str> {
    snapshot
        .servers
        .iter()
        .map(|server| server.name.as_str())
        .collect()
}

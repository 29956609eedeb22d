//! The API in front of a whole gateway with scripted servers, asked through its router.

mod access;
mod configuring;
mod deciding;
mod describing;
mod following;
mod helping;
mod importing;
mod logs;
mod servers;
mod sessions;
mod settings;
mod tokens;
mod tools;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use config::{ConfigStore, KeyringError, Paths};
use fleet::{Fleet, Place};
use gateway::{Doorkeeper, Gateway, Overrides};
use http_body_util::BodyExt as _;
use model::{Secret, Snapshot, TrustMode};
use serde_json::{Value, json};
use store::{EraMemory, PageStore};
use telemetry::{GatewayLog, Rotation, ServerLogs};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;
use upstream::Context;
use upstream::reaper::RunMark;
use vault::{Keychain, Vault};

use crate::{Access, Api, router};

/// Longer than anything here takes; only a test that fails waits for so long.
const PATIENCE: Duration = Duration::from_secs(50);

/// A keychain with nothing in it.
struct Empty;

impl Keychain for Empty {
    fn read(&self, _name: &str) -> Result<Option<Secret>, KeyringError> {
        Ok(None)
    }
}

/// A gateway with its API, in a folder of its own.
struct Bench {
    folder: TempDir,
    api: Api,
    router: Router,
    running: JoinSet<()>,
}

impl Bench {
    /// A gateway in front of these servers, once the start of each has come to an end.
    async fn new(servers: &Value) -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("config.json");
        std::fs::write(&path, json!({ "mcpServers": servers }).to_string()).expect("written");
        let data_dir = folder.path().to_owned();
        let paths = Paths::resolve(Some(path.clone()), Some(data_dir)).expect("paths");
        let config = ConfigStore::open(&path).expect("a configuration");
        let place = Place {
            endpoint: "http://127.0.0.1:1/mcp".to_owned(),
            vouched: Some(TrustMode::Auto),
            ..Place::default()
        };
        let fleet = Fleet::at(context(&folder), config, &place);
        let pages = PageStore::open(&folder.path().join("cache"), 1 << 24, PATIENCE);
        let (closing, overrides) = (CancellationToken::new(), Overrides::default());
        let gateway = Gateway::new(
            fleet.clone(),
            pages.expect("a cache"),
            overrides,
            closing.clone(),
        );
        let gateway = gateway.expect("random");
        let mut running = JoinSet::new();
        running.spawn(async move { fleet.run().await });
        let api = Api {
            gateway,
            access: Access::new(Secret::new("token")),
            log: GatewayLog::new(&folder.path().join("logs")),
            paths: Arc::new(paths),
            tasks: TaskTracker::new(),
            closing,
        };
        let router = router(api.clone(), Doorkeeper::Socket);
        let bench = Self {
            folder,
            api,
            router,
            running,
        };
        let count = servers.as_object().expect("servers").len();
        let settled = |snapshot: &Snapshot| {
            let mut servers = snapshot.servers.iter();
            snapshot.servers.len() == count && servers.all(|server| server.state.is_settled())
        };
        bench.until(settled).await;
        bench
    }

    async fn until(&self, wanted: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        let mut snapshots = self.api.gateway.fleet().watch();
        let found = snapshots.wait_for(|snapshot| wanted(snapshot));
        let found = tokio::time::timeout(PATIENCE, found)
            .await
            .expect("in time");
        Arc::clone(&found.expect("the fleet is there"))
    }

    async fn until_ready(&self, name: &str) {
        let ready = |server: &model::ServerStatus| server.name == name && server.state.is_ready();
        self.until(|snapshot| snapshot.servers.iter().any(ready))
            .await;
    }

    async fn open(&self, request: Request<Body>) -> Response {
        self.router
            .clone()
            .oneshot(request)
            .await
            .expect("an answer")
    }

    /// Sends a request, and returns its status and the JSON in its body; null for none.
    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        answer(self.open(request).await).await
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send(get(path)).await
    }

    async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        self.send(post(path, body)).await
    }

    async fn delete(&self, path: &str) -> (StatusCode, Value) {
        let request = Request::delete(path).body(Body::empty());
        self.send(request.expect("a request")).await
    }

    /// The servers in the configuration file.
    fn file(&self) -> Value {
        let text = std::fs::read_to_string(self.folder.path().join("config.json"));
        let mut file: Value = serde_json::from_str(&text.expect("a file")).expect("JSON");
        file["mcpServers"].take()
    }

    async fn stop(mut self) {
        self.api.closing.cancel();
        self.api.gateway.fleet().stop().await;
        let ended = tokio::time::timeout(PATIENCE, self.running.join_next()).await;
        ended.expect("in time").expect("a task").expect("no panic");
    }
}

async fn answer(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let body = response.into_body().collect().await.expect("a body");
    let body = body.to_bytes();
    let text = String::from_utf8_lossy(&body);
    let json = serde_json::from_slice(&body).unwrap_or_else(|_| Value::from(text.as_ref()));
    let nothing = body.is_empty();
    (status, if nothing { Value::Null } else { json })
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

/// The entry of a scripted server.
fn fake(arguments: &[&str]) -> Value {
    testkit::programs::fake(arguments).expect("the scripted server")
}

/// The same entry, switched off.
fn disabled(mut entry: Value) -> Value {
    entry["disabled"] = true.into();
    entry
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).expect("a request")
}

fn post(path: &str, body: &Value) -> Request<Body> {
    let request = Request::post(path).header("content-type", "application/json");
    request.body(body.to_string().into()).expect("a request")
}

fn code(answer: &Value) -> &str {
    answer["error"]["code"].as_str().unwrap_or("-")
}

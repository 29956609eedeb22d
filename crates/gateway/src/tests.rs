//! The whole gateway in front of scripted servers, asked through its router.

mod answers;
mod batches;
mod bodies;
mod calls;
mod cancelling;
mod eras;
mod events;
mod faces;
mod menu;
mod pairs;
mod param_headers;
mod presence;
mod resuming;
mod servers;
mod sockets;
mod streams;
mod tokens;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use config::{ConfigStore, KeyringError};
use fleet::{Fleet, Place};
use http_body_util::BodyExt as _;
use model::{IssuedToken, NewClientToken, Secret, Snapshot, TrustMode};
use serde_json::{Value, json};
use store::{EraMemory, PageStore};
use telemetry::{Rotation, ServerLogs};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use upstream::Context;
use upstream::reaper::RunMark;
use vault::{Keychain, Vault};

use crate::{Doorkeeper, Gateway, Overrides, router};

/// Longer than anything here takes; only a test that fails waits for so long.
const PATIENCE: Duration = Duration::from_secs(50);

/// A keychain with nothing in it.
struct Empty;

impl Keychain for Empty {
    fn read(&self, _name: &str) -> Result<Option<Secret>, KeyringError> {
        Ok(None)
    }
}

/// A gateway with everything behind it, in a folder of its own.
struct Bench {
    folder: TempDir,
    gateway: Gateway,
    router: Router,
    closing: CancellationToken,
    running: JoinSet<()>,
}

/// A whole answer.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.into()).expect("text"),
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }
}

impl Bench {
    /// A gateway in front of these servers, once the start of each has come to an end.
    async fn new(servers: Value) -> Self {
        Self::with(&json!({ "mcpServers": servers }), Overrides::default()).await
    }

    /// The same by a whole configuration file.
    async fn with(file: &Value, overrides: Overrides) -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("config.json");
        std::fs::write(&path, file.to_string()).expect("written");
        let config = ConfigStore::open(&path).expect("a configuration");
        let count = config.current().settings.servers.len();
        let place = Place {
            endpoint: "http://127.0.0.1:1/mcp".to_owned(),
            vouched: Some(TrustMode::Auto),
            ..Place::default()
        };
        let fleet = Fleet::at(context(&folder), config, &place);
        let pages = PageStore::open(&folder.path().join("cache"), 1 << 24, PATIENCE);
        let closing = CancellationToken::new();
        let pages = pages.expect("a cache");
        let gateway =
            Gateway::new(fleet.clone(), pages, overrides, closing.clone()).expect("random");
        let mut running = JoinSet::new();
        running.spawn(async move { fleet.run().await });
        let bench = Self {
            folder,
            router: router(gateway.clone(), Doorkeeper::Socket),
            gateway,
            closing,
            running,
        };
        let settled = |snapshot: &Snapshot| {
            let mut servers = snapshot.servers.iter();
            snapshot.servers.len() == count && servers.all(|server| server.state.is_settled())
        };
        bench.until(settled).await;
        bench
    }

    async fn until(&self, wanted: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        let mut snapshots = self.gateway.fleet().watch();
        let found = snapshots.wait_for(|snapshot| wanted(snapshot));
        let found = tokio::time::timeout(PATIENCE, found)
            .await
            .expect("in time");
        Arc::clone(&found.expect("the fleet is there"))
    }

    async fn open(&self, request: Request<Body>) -> Response {
        self.router
            .clone()
            .oneshot(request)
            .await
            .expect("an answer")
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        Answer::of(self.open(request).await).await
    }

    /// Sends a modern request, and returns the whole message that answers it.
    async fn ask(&self, path: &str, method: &str, params: Value) -> Value {
        self.send(modern(path, method, params)).await.json()
    }

    /// Calls a tool of the menu, and returns the JSON in its answer's text.
    async fn menu(&self, tool: &str, arguments: Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        let answer = self.ask("/mcp", "tools/call", params).await;
        let text = text_of(&answer["result"]);
        serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {answer}"))
    }

    /// Opens a legacy session, and returns its id.
    async fn session(&self, path: &str) -> String {
        let params = json!({ "protocolVersion": "2025-06-18", "clientInfo": { "name": "test" } });
        let answer = self
            .send(post(path, &message("initialize", &params), &[]))
            .await;
        answer.header("mcp-session-id").to_owned()
    }

    /// A token for a client of this name, good for everything.
    fn token(&self, name: &str) -> IssuedToken {
        self.limited_token(NewClientToken {
            name: name.to_owned(),
            ..NewClientToken::default()
        })
    }

    fn limited_token(&self, wanted: NewClientToken) -> IssuedToken {
        self.gateway.fleet().issue_token(wanted).expect("a token")
    }

    async fn stop(mut self) {
        self.closing.cancel();
        self.gateway.fleet().stop().await;
        let ended = tokio::time::timeout(PATIENCE, self.running.join_next()).await;
        ended.expect("in time").expect("a task").expect("no panic");
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

/// The entry of a scripted server.
fn fake(arguments: &[&str]) -> Value {
    testkit::programs::fake(arguments).expect("the scripted server")
}

fn message(method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params }).to_string()
}

/// A POST of JSON with more headers.
fn post(path: &str, body: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let request = Request::post(path).header("content-type", "application/json");
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    request.body(body.to_owned().into()).expect("a request")
}

/// A request of the modern era, with the headers that it needs.
fn modern(path: &str, method: &str, mut params: Value) -> Request<Body> {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
    });
    let name = params["name"].as_str().unwrap_or_default().to_owned();
    let mut headers = vec![
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", method),
    ];
    if !name.is_empty() {
        headers.push(("mcp-name", &name));
    }
    post(path, &message(method, &params), &headers)
}

/// A request of a legacy session.
fn legacy(path: &str, session: &str, method: &str, params: &Value) -> Request<Body> {
    post(
        path,
        &message(method, params),
        &[("mcp-session-id", session)],
    )
}

fn text_of(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_default()
}

/// What a refusal says, in one line.
fn refusal(answer: &Value) -> String {
    let part = |key: &str| answer["error"][key].as_str().unwrap_or("-");
    format!("{}: {} {}", part("code"), part("message"), part("fix"))
}

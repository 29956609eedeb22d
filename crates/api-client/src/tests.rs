//! The client against a small gateway on a real socket.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::StreamExt as _;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use local_socket::Listener;
use model::{ConfigStatus, Event, Snapshot};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::*;

mod admitting;
mod deciding;
mod desktop;
mod looking;

/// A gateway that counts its connections and lives as long as this value.
struct Fake {
    dir: TempDir,
    connections: Arc<AtomicUsize>,
    tasks: JoinSet<()>,
}

impl Fake {
    fn start(router: Router) -> Self {
        Self::start_in(tempfile::tempdir().expect("a temporary directory"), router)
    }

    fn start_in(dir: TempDir, router: Router) -> Self {
        let listener = Listener::bind(&dir.path().join("s")).expect("binds");
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok(stream) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let service = TowerToHyperService::new(router.clone());
                open.spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self {
            dir,
            connections,
            tasks,
        }
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("s")
    }

    /// Ends the process, as it were, and starts another at the same place.
    async fn restart(mut self, router: Router) -> Self {
        self.tasks.shutdown().await;
        Self::start_in(self.dir, router)
    }
}

fn snapshot(revision: u64) -> Snapshot {
    Snapshot {
        version: "0.1.0".into(),
        revision,
        started_at: 0,
        pid: 1,
        endpoint: "http://127.0.0.1:8665/mcp".into(),
        config: ConfigStatus::default(),
        ..Snapshot::default()
    }
}

fn api() -> Router {
    Router::new()
        .route("/api/v1/status", get(|| async { Json(snapshot(3)) }))
        .route("/api/v1/servers/{name}/restart", post(refuse))
        .route(
            "/api/v1/servers/{name}",
            axum::routing::delete(|| async { StatusCode::NO_CONTENT }),
        )
        .route("/api/v1/servers/{name}/logs", get(log))
        .route("/api/v1/tools/call", post(call))
        .route("/api/v1/events", get(news))
}

/// Wants what the gateway's door wants of every POST, even one without a body.
async fn refuse(Path(name): Path<String>, headers: HeaderMap) -> impl IntoResponse {
    assert_eq!(headers[header::CONTENT_TYPE], "application/json");
    let message = format!("There is no server `{name}`.");
    let error = json!({"code": "no-such-server", "message": message, "fix": "List them."});
    (StatusCode::NOT_FOUND, Json(json!({"error": error})))
}

async fn call(Json(body): Json<Value>) -> Json<Value> {
    Json(json!({"result": {"echo": body}}))
}

async fn log(Query(query): Query<Vec<(String, String)>>) -> impl IntoResponse {
    if query.contains(&("follow".into(), "true".into())) {
        let text = "event: line\ndata: a: b\n\nevent: other\ndata: x\n\nevent: line\ndata: \n\n";
        return ([(header::CONTENT_TYPE, "text/event-stream")], text).into_response();
    }
    let lines: Vec<_> = query
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    Json(json!({"lines": lines})).into_response()
}

async fn news() -> impl IntoResponse {
    let snapshot = serde_json::to_string(&snapshot(7)).expect("serialises");
    let reloaded = r#"{"event":"config-reloaded","ok":true}"#;
    let unknown = r#"{"event":"from-the-future"}"#;
    let text = format!(
        ": hello\n\nevent: snapshot\ndata: {snapshot}\n\nevent: news\ndata: {unknown}\n\n\
         event: news\ndata: {reloaded}\n\n"
    );
    ([(header::CONTENT_TYPE, "text/event-stream")], text)
}

#[tokio::test]
async fn requests_share_one_connection() {
    let fake = Fake::start(api());
    let client = Client::connect(&fake.socket()).await.expect("connects");
    for _ in 0..3 {
        assert_eq!(client.status().await.expect("answers").revision, 3);
    }
    client.remove_server("a b").await.expect("removes");
    assert_eq!(fake.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_refusal_is_typed_and_leaves_the_connection_usable() {
    let fake = Fake::start(api());
    let client = Client::connect(&fake.socket()).await.expect("connects");
    let error = client
        .toggle("a/b", Toggle::Restart)
        .await
        .expect_err("there is none");
    assert_eq!(error.status(), Some(404));
    assert_eq!(error.to_string(), "There is no server `a/b`.");
    client.status().await.expect("still answers");
    assert_eq!(fake.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_restarted_gateway_is_found_again() {
    let fake = Fake::start(api());
    let client = Client::connect(&fake.socket()).await.expect("connects");
    client.status().await.expect("answers");
    let fake = fake.restart(api()).await;
    client.status().await.expect("answers again");
    drop(fake);
    // Whether the first request still leaves depends on who notices the end first.
    let _ = client.status().await.expect_err("the connection is gone");
    let error = client.status().await.expect_err("nobody is there");
    assert!(matches!(error, ClientError::NotRunning { .. }), "{error}");
}

#[tokio::test]
async fn nobody_listening_is_told_apart() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let error = Client::connect(&dir.path().join("none")).await.err();
    assert!(matches!(error, Some(ClientError::NotRunning { .. })));
}

#[tokio::test]
async fn arguments_and_results_stay_as_text() {
    let fake = Fake::start(api());
    let client = Client::connect(&fake.socket()).await.expect("connects");
    let arguments = serde_json::from_str(r#"{"z":1,"a":"ü"}"#).expect("JSON");
    let reply = client.call("s__t", arguments).await.expect("answers");
    assert_eq!(
        reply.result.get(),
        r#"{"echo":{"name":"s__t","arguments":{"z":1,"a":"ü"}}}"#
    );
}

#[tokio::test]
async fn events_give_the_state_and_the_news_and_skip_the_unknown() {
    let fake = Fake::start(api());
    let client = Client::connect(&fake.socket()).await.expect("connects");
    let events: Vec<_> = client.events().await.expect("answers").collect().await;
    assert_eq!(events.len(), 2);
    assert!(matches!(&events[0], Ok(ApiEvent::Snapshot(state)) if state.revision == 7));
    assert!(matches!(
        &events[1],
        Ok(ApiEvent::News(Event::ConfigReloaded { ok: true }))
    ));
}

#[tokio::test]
async fn logs_come_at_once_or_line_by_line() {
    let fake = Fake::start(api());
    let client = Client::connect(&fake.socket()).await.expect("connects");
    assert_eq!(
        client.logs("s", 5).await.expect("answers").lines,
        ["lines=5"]
    );
    let lines: Vec<_> = client
        .follow_logs("s", 5)
        .await
        .expect("answers")
        .collect()
        .await;
    let lines: Vec<_> = lines
        .into_iter()
        .map(|line| line.expect("a line"))
        .collect();
    assert_eq!(lines, ["a: b", ""]);
}

#[tokio::test]
async fn a_stream_that_is_refused_gives_the_reason() {
    let fake = Fake::start(Router::new());
    let client = Client::connect(&fake.socket()).await.expect("connects");
    let error = client.events().await.err().expect("there is no such route");
    assert_eq!(error.status(), Some(404));
}

//! The link to a small gateway on a real socket.

use std::convert::Infallible;
use std::path::PathBuf;

use axum::http::StatusCode;
use axum::response::sse::{Event as Sent, Sse};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::{Stream, stream};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use local_socket::Listener;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::*;
use crate::testing::snapshot;

/// A gateway that lives as long as this value.
struct Fake(JoinSet<()>);

impl Fake {
    fn start(socket: &Path) -> Self {
        let router = Router::new()
            .route("/api/v1/events", get(async || events()))
            .route("/api/v1/pause", post(refuse))
            .route(
                "/api/v1/session/code",
                post(async |Json(body): Json<Value>| {
                    let url = format!("http://x/#path={}", body["path"].as_str().unwrap_or("-"));
                    Json(json!({"code": "c", "url": url, "expires_at": 0}))
                }),
            )
            .route("/api/v1/review", post(async || Json(json!([]))));
        let listener = Listener::bind(socket).expect("binds");
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok(stream) = listener.accept().await {
                let service = TowerToHyperService::new(router.clone());
                let http = hyper::server::conn::http1::Builder::new();
                open.spawn(http.serve_connection(TokioIo::new(stream), service));
            }
        });
        Self(tasks)
    }

    async fn stop(mut self) {
        self.0.shutdown().await;
    }
}

/// One snapshot and one piece of news, and then silence.
fn events() -> Sse<impl Stream<Item = Result<Sent, Infallible>>> {
    let state = Sent::default().event("snapshot").json_data(snapshot([]));
    let path = "/logs".to_owned();
    let news = Sent::default()
        .event("news")
        .json_data(Event::OpenWindow { path });
    let first = [state.expect("writes"), news.expect("writes")].map(Ok);
    Sse::new(stream::iter(first).chain(stream::pending()))
}

async fn refuse() -> (StatusCode, Json<Value>) {
    let error = json!({"code": "c", "message": "It cannot.", "fix": "Do this."});
    (StatusCode::CONFLICT, Json(json!({"error": error})))
}

struct Scene {
    folder: TempDir,
    requests: mpsc::Sender<Request>,
    inputs: mpsc::Receiver<Input>,
    _link: JoinSet<()>,
}

impl Scene {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("s");
        let (heard, inputs) = mpsc::channel(16);
        let (requests, asked) = mpsc::channel(16);
        let mut link = JoinSet::new();
        link.spawn(async move { run_link(&socket, heard, asked).await });
        Self {
            folder,
            requests,
            inputs,
            _link: link,
        }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("s")
    }

    /// The next input in short.
    async fn next(&mut self) -> String {
        match self.inputs.recv().await.expect("an input") {
            Input::Snapshot(snapshot) => format!("snapshot of {}", snapshot.pid),
            other => format!("{other:?}"),
        }
    }

    async fn expect_state(&mut self) {
        assert_eq!(self.next().await, "Link(Connected)");
        assert_eq!(self.next().await, "snapshot of 7");
        assert_eq!(self.next().await, r#"News(OpenWindow { path: "/logs" })"#);
    }

    async fn ask(&self, request: Request) {
        self.requests.send(request).await.expect("the link lives");
    }
}

#[tokio::test]
async fn a_gateway_that_ends_is_lost_and_found_again() {
    let mut scene = Scene::start();
    let fake = Fake::start(&scene.socket());
    scene.expect_state().await;
    fake.stop().await;
    assert_eq!(scene.next().await, "Link(Lost)");
    let _again = Fake::start(&scene.socket());
    scene.expect_state().await;
}

#[tokio::test]
async fn what_is_asked_before_there_is_a_gateway_waits_for_it() {
    let mut scene = Scene::start();
    scene.ask(Request::Address("/review".to_owned())).await;
    let _fake = Fake::start(&scene.socket());
    scene.expect_state().await;
    assert_eq!(scene.next().await, r#"Address("http://x/#path=/review")"#);
}

#[tokio::test]
async fn a_refusal_comes_with_its_way_out() {
    let mut scene = Scene::start();
    let _fake = Fake::start(&scene.socket());
    scene.expect_state().await;
    scene.ask(Request::Pause(None)).await;
    assert_eq!(scene.next().await, r#"Refused("It cannot. Do this.")"#);
}

#[tokio::test]
async fn a_proposal_is_shown_once_it_is_there() {
    let mut scene = Scene::start();
    let _fake = Fake::start(&scene.socket());
    scene.expect_state().await;
    scene
        .ask(Request::Propose("toolgate://mcp/install".to_owned()))
        .await;
    assert_eq!(scene.next().await, r#"Chosen(Open("/review"))"#);
}

#[tokio::test]
async fn the_last_state_is_said_again() {
    let mut scene = Scene::start();
    let _fake = Fake::start(&scene.socket());
    scene.expect_state().await;
    scene.ask(Request::Repeat).await;
    assert_eq!(scene.next().await, "Link(Connected)");
    assert_eq!(scene.next().await, "snapshot of 7");
}

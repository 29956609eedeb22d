//! Codes, and the sessions that pages get for them.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use gateway::Doorkeeper;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{Bench, answer, code};
use crate::router;

const HOST: &str = "127.0.0.1:4321";

fn by_tcp(bench: &Bench) -> Router {
    let keeper = Doorkeeper::Loopback(HOST.parse().expect("an address"));
    router(bench.api.clone(), keeper)
}

async fn post(door: &Router, path: &str, body: &Value, token: Option<&str>) -> (StatusCode, Value) {
    let mut request = Request::post(format!("/api/v1/{path}"))
        .header("host", HOST)
        .header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Body::from(body.to_string()));
    let sent = door.clone().oneshot(request.expect("a request")).await;
    answer(sent.expect("an answer")).await
}

async fn status(door: &Router, token: &str) -> StatusCode {
    let request = Request::get("/api/v1/status").header("host", HOST);
    let request = request.header("authorization", format!("Bearer {token}"));
    let request = request.body(Body::empty()).expect("a request");
    let sent = door.clone().oneshot(request).await;
    sent.expect("an answer").status()
}

#[tokio::test]
async fn a_code_made_by_the_socket_opens_a_session_by_tcp_once() {
    let bench = Bench::new(&json!({})).await;
    let door = by_tcp(&bench);
    let (made, link) = bench
        .post("/api/v1/session/code", &json!({ "path": "/review" }))
        .await;
    assert_eq!(made, 200, "{link}");
    let trade = json!({ "code": link["code"] });
    let expected = format!(
        "http://127.0.0.1:1/#code={}&path=/review",
        link["code"].as_str().expect("a code")
    );
    assert_eq!(link["url"], expected);
    let (traded, session) = post(&door, "session", &trade, None).await;
    assert_eq!(traded, 200, "{session}");
    let token = session["token"].as_str().expect("a token");
    assert_eq!(status(&door, token).await, 200);
    assert_eq!(status(&door, &format!("{token}0")).await, 401);
    let (again, body) = post(&door, "session", &trade, None).await;
    assert_eq!((again.as_u16(), code(&body)), (401, "invalid-code"));
    bench.stop().await;
}

#[tokio::test]
async fn codes_are_made_for_those_who_are_let_in() {
    let bench = Bench::new(&json!({})).await;
    let door = by_tcp(&bench);
    let nothing = json!({});
    assert_eq!(post(&door, "session/code", &nothing, None).await.0, 401);
    let (made, link) = post(&door, "session/code", &nothing, Some("token")).await;
    assert_eq!(made, 200);
    let url = link["url"].as_str().expect("an address");
    assert!(!url.contains("path=") && !url.contains("token"), "{url}");
    let (refused, body) = post(
        &door,
        "session/code",
        &json!({ "path": "//evil.example".repeat(40) }),
        Some("token"),
    )
    .await;
    assert_eq!((refused.as_u16(), code(&body)), (422, "invalid-path"));
    bench.stop().await;
}

#[tokio::test]
async fn a_foreign_page_cannot_trade_even_a_good_code() {
    let bench = Bench::new(&json!({})).await;
    let door = by_tcp(&bench);
    let (_, link) = bench.post("/api/v1/session/code", &json!({})).await;
    let body = json!({ "code": link["code"] }).to_string();
    for (name, value, expected) in [
        ("origin", "https://evil.example", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("content-type", "text/plain", 415),
    ] {
        let mut request = Request::post("/api/v1/session").header("host", HOST);
        if name != "content-type" {
            request = request.header("content-type", "application/json");
        }
        let request = request.header(name, value).body(Body::from(body.clone()));
        let sent = door.clone().oneshot(request.expect("a request")).await;
        assert_eq!(sent.expect("an answer").status(), expected, "{name}");
    }
    let trade = json!({ "code": link["code"] });
    assert_eq!(post(&door, "session", &trade, None).await.0, 200);
    bench.stop().await;
}

#[tokio::test]
async fn guesses_at_the_same_time_are_turned_away() {
    let bench = Bench::new(&json!({})).await;
    let door = by_tcp(&bench);
    let wrong = json!({ "code": "guess" });
    let guesses = (0..40).map(|_| post(&door, "session", &wrong, None));
    let answers = futures_util::future::join_all(guesses).await;
    let turned_away = answers.iter().filter(|(status, _)| *status == 429).count();
    assert!(turned_away > 0, "{answers:?}");
    assert!(answers.iter().all(|(status, _)| !status.is_success()));
    bench.stop().await;
}

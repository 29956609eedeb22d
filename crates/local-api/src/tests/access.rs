//! Who may use the API, and what it says to those who may not.

use axum::body::Body;
use axum::http::Request;
use gateway::Doorkeeper;
use serde_json::json;
use tower::ServiceExt as _;

use super::{Bench, answer, get};
use crate::router;

const HOST: &str = "127.0.0.1:4321";

fn by_tcp(bench: &Bench) -> axum::Router {
    let keeper = Doorkeeper::Loopback(HOST.parse().expect("an address"));
    router(bench.api.clone(), keeper)
}

fn status(token: Option<&str>, more: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::get("/api/v1/status").header("host", HOST);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = more.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    request.body(Body::empty()).expect("a request")
}

#[tokio::test]
async fn the_socket_needs_no_token() {
    let bench = Bench::new(&json!({})).await;
    assert_eq!(bench.get("/api/v1/status").await.0, 200);
    bench.stop().await;
}

#[tokio::test]
async fn by_tcp_every_path_needs_the_token() {
    let bench = Bench::new(&json!({})).await;
    let door = by_tcp(&bench);
    for path in [
        "status",
        "events",
        "servers",
        "servers/a",
        "tools",
        "tools/a",
        "config",
        "session/code",
        "nothing",
    ] {
        let mut request = get(&format!("/api/v1/{path}"));
        request
            .headers_mut()
            .insert("host", HOST.parse().expect("a value"));
        let refused = door.clone().oneshot(request).await.expect("an answer");
        let (status, body) = answer(refused).await;
        assert_eq!(
            (status.as_u16(), super::code(&body)),
            (401, "unauthorized"),
            "{path}"
        );
        let fix = body["error"]["fix"].as_str().expect("a way out");
        assert!(
            fix.contains("local-token") && !fix.contains("Bearer token"),
            "{fix}"
        );
    }
    bench.stop().await;
}

#[tokio::test]
async fn by_tcp_the_token_opens_and_a_foreign_page_does_not_help() {
    let bench = Bench::new(&json!({})).await;
    let door = by_tcp(&bench);
    for (request, expected) in [
        (status(Some("token"), &[]), 200),
        (status(Some("tokem"), &[]), 401),
        (status(Some(""), &[]), 401),
        (
            status(Some("token"), &[("origin", "https://evil.example")]),
            403,
        ),
        (
            status(Some("token"), &[("sec-fetch-site", "cross-site")]),
            403,
        ),
        (status(Some("token"), &[("host", "evil.example")]), 403),
    ] {
        let said = format!("{:?}", request.headers());
        let response = door.clone().oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), expected, "{said}");
    }
    bench.stop().await;
}

#[tokio::test]
async fn what_a_web_form_can_post_is_refused() {
    let bench = Bench::new(&json!({})).await;
    for path in ["servers", "tools/call"] {
        let request = Request::post(format!("/api/v1/{path}")).header("content-type", "text/plain");
        let request = request.body(Body::from(r#"{"name":"x","entry":{}}"#));
        let (status, _) = bench.send(request.expect("a request")).await;
        assert_eq!(status, 415, "{path}");
    }
    assert_eq!(bench.file(), json!({}));
    bench.stop().await;
}

#[tokio::test]
async fn unknown_paths_are_told_in_the_form_of_errors() {
    let bench = Bench::new(&json!({})).await;
    for path in ["/api/v1/nothing", "/api/v1/servers/a/b/c"] {
        let (status, body) = bench.get(path).await;
        assert_eq!(status, 404);
        let error = json!({
            "code": "no-such-route",
            "message": "The API has no such path.",
            "fix": "Check that the CLI and the gateway are of one version.",
        });
        assert_eq!(body, json!({ "error": error }));
    }
    assert_eq!(bench.get("/api/v2/status").await.0, 404);
    bench.stop().await;
}

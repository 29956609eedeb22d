//! Bodies that are no message, and those that are not wanted.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use super::{Answer, Bench, legacy, modern, post};
use crate::{Doorkeeper, router};
use tower::ServiceExt as _;

#[tokio::test]
async fn what_is_no_message_is_refused_in_its_own_words() {
    let bench = Bench::new(json!({})).await;
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{}{}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    for (body, code) in [
        ("", -32700),
        ("hello", -32700),
        (r#"{"jsonrpc":"2.0","#, -32700),
        (deep.as_str(), -32700),
        ("{}", -32600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
        ("7", -32600),
    ] {
        let answer = bench.send(post("/mcp", body, &[])).await;
        assert_eq!(answer.status, 400, "{body}");
        let message = answer.json();
        assert_eq!(
            (&message["error"]["code"], &message["id"]),
            (&json!(code), &json!(null)),
            "{body}"
        );
    }
    bench.stop().await;
}

#[tokio::test]
async fn only_json_is_looked_at() {
    let bench = Bench::new(json!({})).await;
    let body = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    for (kind, status) in [
        ("application/json", 202),
        ("application/json; charset=utf-8", 202),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
    ] {
        let request = Request::post("/mcp")
            .header("content-type", kind)
            .header("mcp-protocol-version", "2026-07-28");
        let answer = bench
            .send(request.body(body.into()).expect("a request"))
            .await;
        assert_eq!(answer.status, status, "{kind}");
    }
    let bare = Request::post("/mcp").body(body.into()).expect("a request");
    assert_eq!(bench.send(bare).await.status, 415);
    bench.stop().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_read() {
    let bench = Bench::new(json!({})).await;
    let answer = bench
        .send(post("/mcp", &"x".repeat(10 * 1024 * 1024 + 1), &[]))
        .await;
    assert_eq!(answer.status, 413);
    bench.stop().await;
}

#[tokio::test]
async fn messages_that_need_no_answer_get_none() {
    let bench = Bench::new(json!({})).await;
    let session = bench.session("/mcp").await;
    for body in [
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}"#,
    ] {
        let with = |headers: &[_]| bench.send(post("/mcp", body, headers));
        let answer = with(&[("mcp-session-id", &session)]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (202, ""),
            "{body}"
        );
        assert_eq!(with(&[("mcp-session-id", "gone")]).await.status, 404);
        assert_eq!(with(&[]).await.status, 400, "{body}");
    }
    bench.stop().await;
}

#[tokio::test]
async fn ids_come_back_as_they_were_sent() {
    let bench = Bench::new(json!({})).await;
    let session = bench.session("/mcp").await;
    for id in ["0", r#""a b""#, "12345678901234567890", "-1"] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        let answer = bench
            .send(post("/mcp", &body, &[("mcp-session-id", &session)]))
            .await;
        assert_eq!(
            answer.body,
            format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#)
        );
    }
    bench.stop().await;
}

#[tokio::test]
async fn who_reads_only_events_gets_one() {
    let bench = Bench::new(json!({})).await;
    let session = bench.session("/mcp").await;
    let mut request = legacy("/mcp", &session, "ping", &json!({}));
    request
        .headers_mut()
        .insert("accept", "text/event-stream".parse().expect("a value"));
    let answer = bench.send(request).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert_eq!(
        answer.body,
        "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}\n\n"
    );
    bench.stop().await;
}

#[tokio::test]
async fn parameters_must_be_an_object() {
    let bench = Bench::new(json!({})).await;
    let session = bench.session("/mcp").await;
    let answer = bench
        .send(legacy("/mcp", &session, "tools/list", &json!([1])))
        .await;
    assert_eq!(answer.json()["error"]["code"], -32602);
    bench.stop().await;
}

#[tokio::test]
async fn by_tcp_only_the_own_address_is_let_in() {
    let bench = Bench::new(json!({})).await;
    let keeper = Doorkeeper::Loopback("127.0.0.1:4321".parse().expect("an address"));
    let door = router(bench.gateway.clone(), keeper);
    let token = format!("Bearer {}", bench.token("a client").token);
    for (host, origin, status) in [
        ("127.0.0.1:4321", None, 200),
        ("localhost:4321", Some("http://localhost:4321"), 200),
        ("evil.example", None, 403),
        ("127.0.0.1:4321", Some("https://evil.example"), 403),
    ] {
        let mut request = modern("/mcp", "server/discover", json!({}));
        request
            .headers_mut()
            .insert("host", host.parse().expect("a value"));
        let credential = token.parse().expect("a value");
        request.headers_mut().insert("authorization", credential);
        if let Some(origin) = origin {
            request
                .headers_mut()
                .insert("origin", origin.parse().expect("a value"));
        }
        let response = door.clone().oneshot(request).await.expect("an answer");
        let answer = Answer::of(response).await;
        assert_eq!(answer.status, status, "{host} {origin:?}: {}", answer.body);
    }
    bench.stop().await;
}

#[tokio::test]
async fn there_is_nothing_beside_the_faces() {
    let bench = Bench::new(json!({})).await;
    for path in [
        "/",
        "/mcp/",
        "/mcp/other",
        "/.well-known/oauth-protected-resource",
    ] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        assert_eq!(bench.send(request).await.status, 404, "{path}");
    }
    let answer = bench
        .send(modern("/mcp/server/none", "tools/list", json!({})))
        .await;
    assert_eq!(answer.status, 404);
    assert!(
        answer.body.contains("toolgate servers list"),
        "{}",
        answer.body
    );
    bench.stop().await;
}

//! Sessions of the legacy era, and requests of the modern one that stand alone.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::{Bench, legacy, message, modern, post};

#[tokio::test]
async fn a_session_is_opened_used_and_ended() {
    let bench = Bench::new(json!({})).await;
    let params = json!({ "protocolVersion": "2025-03-26", "capabilities": {} });
    let opened = bench
        .send(post("/mcp", &message("initialize", &params), &[]))
        .await;
    assert_eq!(opened.status, 200);
    let session = opened.header("mcp-session-id").to_owned();
    assert_eq!(session.len(), 32);
    let result = &opened.json()["result"];
    assert_eq!(
        result["protocolVersion"], "2025-03-26",
        "the revision asked for"
    );
    assert_eq!(result["serverInfo"]["name"], "toolgate");
    assert!(
        result["instructions"]
            .as_str()
            .expect("text")
            .contains("retrieve_tools")
    );

    let ping = bench
        .send(legacy("/mcp", &session, "ping", &json!({})))
        .await;
    assert_eq!(
        (ping.status.as_u16(), ping.body.as_str()),
        (200, r#"{"jsonrpc":"2.0","id":7,"result":{}}"#)
    );

    let end = || {
        let request = Request::delete("/mcp").header("mcp-session-id", &session);
        request.body(Body::empty()).expect("a request")
    };
    assert_eq!(bench.send(end()).await.status, 204);
    assert_eq!(bench.send(end()).await.status, 404);
    let late = bench
        .send(legacy("/mcp", &session, "ping", &json!({})))
        .await;
    assert_eq!(late.status, 404);
    assert_eq!(
        late.json()["error"]["message"],
        "this session has ended; send `initialize` again"
    );
    bench.stop().await;
}

#[tokio::test]
async fn an_unknown_revision_is_answered_with_the_newest_of_its_era() {
    let bench = Bench::new(json!({})).await;
    for params in [json!({ "protocolVersion": "1999-01-01" }), json!({})] {
        let answer = bench
            .send(post("/mcp", &message("initialize", &params), &[]))
            .await;
        assert_eq!(answer.json()["result"]["protocolVersion"], "2025-11-25");
    }
    bench.stop().await;
}

#[tokio::test]
async fn a_request_without_a_session_is_told_to_open_one() {
    let bench = Bench::new(json!({})).await;
    let answer = bench
        .send(post("/mcp", &message("tools/list", &json!({})), &[]))
        .await;
    assert_eq!(answer.status, 400);
    let error = &answer.json()["error"];
    assert_eq!(error["code"], -32600);
    assert_eq!(
        error["message"],
        "this request names no session; send `initialize` first"
    );
    bench.stop().await;
}

#[tokio::test]
async fn a_session_is_no_place_for_a_revision_without_sessions() {
    let bench = Bench::new(json!({})).await;
    let session = bench.session("/mcp").await;
    for (revision, status) in [
        ("2025-06-18", 200),
        ("2024-11-05", 200),
        ("2026-07-28", 400),
        ("x", 400),
    ] {
        let headers = [
            ("mcp-session-id", session.as_str()),
            ("mcp-protocol-version", revision),
        ];
        let answer = bench
            .send(post("/mcp", &message("ping", &json!({})), &headers))
            .await;
        assert_eq!(answer.status, status, "{revision}");
    }
    bench.stop().await;
}

#[tokio::test]
async fn other_verbs_need_a_session() {
    let bench = Bench::new(json!({})).await;
    for (verb, session, status) in [
        ("GET", None, 405),
        ("GET", Some("unknown"), 404),
        ("DELETE", None, 405),
        ("DELETE", Some("unknown"), 404),
        ("PUT", None, 405),
    ] {
        let mut request = Request::builder().method(verb).uri("/mcp");
        if let Some(session) = session {
            request = request.header("mcp-session-id", session);
        }
        let answer = bench
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        assert_eq!(answer.status, status, "{verb} {session:?}");
    }
    bench.stop().await;
}

#[tokio::test]
async fn a_modern_client_discovers_the_gateway() {
    let bench = Bench::new(json!({})).await;
    let answer = bench
        .send(modern("/mcp", "server/discover", json!({})))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("mcp-session-id")),
        (200, "")
    );
    let mut result = answer.json()["result"].take();
    result["_meta"]["io.modelcontextprotocol/serverInfo"]["version"] = "VERSION".into();
    result["instructions"] = "TEXT".into();
    let expected = json!({
        "supportedVersions": ["2026-07-28"],
        "capabilities": { "tools": { "listChanged": false } },
        "instructions": "TEXT", "ttlMs": 0, "cacheScope": "private", "resultType": "complete",
        "_meta": { "io.modelcontextprotocol/serverInfo": {
            "name": "toolgate", "title": "Toolgate", "version": "VERSION",
        }},
    });
    assert_eq!(result, expected);
    bench.stop().await;
}

#[tokio::test]
async fn headers_that_contradict_the_body_are_refused() {
    let bench = Bench::new(json!({})).await;
    for (name, value) in [
        ("mcp-method", "tools/call"),
        ("mcp-protocol-version", "2025-11-25"),
        ("mcp-method", ""),
    ] {
        let mut request = modern("/mcp", "tools/list", json!({}));
        request
            .headers_mut()
            .insert(name, value.parse().expect("a value"));
        let answer = bench.send(request).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["error"]["code"]),
            (400, &json!(-32020)),
            "{name}: {value}"
        );
    }
    let mut request = modern("/mcp", "tools/call", json!({ "name": "retrieve_tools" }));
    request.headers_mut().remove("mcp-name");
    assert_eq!(bench.send(request).await.status, 400);
    bench.stop().await;
}

#[tokio::test]
async fn a_revision_to_come_is_told_what_is_spoken() {
    let bench = Bench::new(json!({})).await;
    let params = json!({ "_meta": { "io.modelcontextprotocol/protocolVersion": "2031-01-01" } });
    let headers = [
        ("mcp-protocol-version", "2031-01-01"),
        ("mcp-method", "tools/list"),
    ];
    let answer = bench
        .send(post("/mcp", &message("tools/list", &params), &headers))
        .await;
    let error = &answer.json()["error"];
    assert_eq!(
        (answer.status.as_u16(), &error["code"]),
        (400, &json!(-32022))
    );
    assert_eq!(
        error["data"],
        json!({ "supported": ["2026-07-28"], "requested": "2031-01-01" })
    );
    bench.stop().await;
}

#[tokio::test]
async fn an_unknown_method_is_told_in_the_way_of_its_era() {
    let bench = Bench::new(json!({})).await;
    let session = bench.session("/mcp").await;
    let old = bench
        .send(legacy("/mcp", &session, "tools/\u{1b}fly", &json!({})))
        .await;
    let new = bench.send(modern("/mcp", "prompts/fly", json!({}))).await;
    assert_eq!((old.status.as_u16(), new.status.as_u16()), (200, 404));
    assert_eq!(
        old.json()["error"],
        json!({ "code": -32601, "message": "Method not found: tools/fly" })
    );
    assert_eq!(new.json()["error"]["code"], -32601);
    let ping = bench.send(modern("/mcp", "ping", json!({}))).await;
    assert_eq!(ping.status, 404, "the modern era has no ping");
    bench.stop().await;
}

#[tokio::test]
async fn only_modern_results_carry_what_only_they_know() {
    let bench = Bench::new(json!({})).await;
    let session = bench.session("/mcp").await;
    let old = bench
        .send(legacy("/mcp", &session, "tools/list", &json!({})))
        .await
        .json();
    let new = bench.ask("/mcp", "tools/list", json!({})).await;
    let keys = |answer: &Value| {
        let result = answer["result"].as_object().expect("a result");
        result.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(keys(&old), ["tools"]);
    assert_eq!(
        keys(&new),
        ["tools", "resultType", "ttlMs", "cacheScope", "_meta"]
    );
    assert_eq!(old["result"]["tools"], new["result"]["tools"]);
    bench.stop().await;
}

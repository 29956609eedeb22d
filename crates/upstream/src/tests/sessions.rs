//! Streamable HTTP servers of the legacy era: sessions, and the stream for news.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::response::{IntoResponse as _, Response};
use model::ServerState;
use serde_json::json;

use super::origin::{Origin, Seen, Slot, event, open_stream, status_of, tool};
use super::{Bench, call, tool_names, until, until_ready};
use crate::{CallError, Status};

/// The answer to `initialize` with a session.
fn opened(seen: &Seen, session: &str) -> Response {
    let session = [("mcp-session-id", session.to_owned())];
    (session, seen.legacy()).into_response()
}

#[tokio::test]
async fn session_and_revision_go_with_every_request() {
    let stream: Slot<tokio::sync::mpsc::Sender<String>> = Slot::default();
    let origin = Origin::new(move |seen| match seen.method() {
        "initialize" => opened(seen, "s-1"),
        "GET" => {
            let (sender, response) = open_stream();
            *stream.lock().expect("free") = Some(sender);
            response
        }
        "DELETE" => status_of(204).into_response(),
        _ => seen.legacy(),
    })
    .await;
    let upstream = Bench::new().start(&origin.entry());
    let status = until_ready(&upstream).await;
    assert_eq!(status.server_info.as_deref(), Some("old 1"));
    call(&upstream.line(), "t").await.expect("a result");
    origin.wait_for("GET").await;
    upstream.stop().await;
    assert_eq!(origin.seen("initialize")[0].header("mcp-session-id"), "");
    for method in [
        "notifications/initialized",
        "tools/list",
        "tools/call",
        "GET",
        "DELETE",
    ] {
        let seen = origin.seen(method);
        assert_eq!(seen.len(), 1, "{method}");
        assert_eq!(seen[0].header("mcp-session-id"), "s-1", "{method}");
        assert_eq!(seen[0].header("authorization"), "Bearer secret", "{method}");
    }
    for method in ["tools/list", "tools/call", "GET", "DELETE"] {
        let seen = origin.seen(method).remove(0);
        assert_eq!(
            seen.header("mcp-protocol-version"),
            "2025-06-18",
            "{method}"
        );
    }
    assert_eq!(
        origin.seen("tools/call")[0].message["params"],
        json!({ "name": "t" })
    );
}

#[tokio::test]
async fn a_session_is_ended_also_where_there_is_no_stream_for_news() {
    let origin = Origin::new(|seen| match seen.method() {
        "initialize" => opened(seen, "s-1"),
        "DELETE" => status_of(204).into_response(),
        _ => seen.legacy(),
    })
    .await;
    let upstream = Bench::new().start(&origin.entry());
    until_ready(&upstream).await;
    origin.wait_for("GET").await;
    upstream.stop().await;
    let ends = origin.seen("DELETE");
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0].header("mcp-session-id"), "s-1");
}

#[tokio::test]
async fn a_server_without_sessions_is_not_told_of_an_end() {
    let origin = Origin::new(Seen::legacy).await;
    let upstream = Bench::new().start(&origin.entry());
    until_ready(&upstream).await;
    upstream.stop().await;
    assert!(origin.seen("DELETE").is_empty());
}

#[tokio::test]
async fn a_forgotten_session_is_opened_anew_and_the_call_made_there() {
    let sessions = Arc::new(AtomicUsize::new(0));
    let origin = Origin::new(move |seen| match seen.method() {
        "initialize" => {
            let number = sessions.fetch_add(1, Ordering::Relaxed) + 1;
            opened(seen, &format!("s-{number}"))
        }
        "tools/call" if seen.header("mcp-session-id") == "s-1" => status_of(404).into_response(),
        _ => seen.legacy(),
    })
    .await;
    let upstream = Bench::new().start(&origin.entry());
    until_ready(&upstream).await;
    call(&upstream.line(), "t").await.expect("a result");
    let calls = origin.seen("tools/call");
    let sessions: Vec<&str> = calls
        .iter()
        .map(|call| call.header("mcp-session-id"))
        .collect();
    assert_eq!(sessions, ["s-1", "s-2"]);
    let status = until_ready(&upstream).await;
    assert_eq!(status.starts, 2);
    upstream.stop().await;
}

#[tokio::test]
async fn a_server_that_forgets_every_session_is_not_asked_for_ever() {
    let origin = Origin::new(|seen| match seen.method() {
        "initialize" => opened(seen, "s"),
        "tools/call" => status_of(404).into_response(),
        _ => seen.legacy(),
    })
    .await;
    let upstream = Bench::new().start(&origin.entry());
    until_ready(&upstream).await;
    let error = call(&upstream.line(), "t")
        .await
        .expect_err("forgotten twice");
    assert!(matches!(error, CallError::NotDelivered(_)), "{error:?}");
    assert_eq!(origin.seen("tools/call").len(), 2);
    upstream.stop().await;
}

#[tokio::test]
async fn without_a_session_a_404_is_but_a_failed_call() {
    let origin = Origin::new(|seen| match seen.method() {
        "tools/call" => status_of(404).into_response(),
        _ => seen.legacy(),
    })
    .await;
    let upstream = Bench::new().start(&origin.entry());
    until_ready(&upstream).await;
    let error = call(&upstream.line(), "t").await.expect_err("refused");
    assert!(
        matches!(error, CallError::Http { status: 404, .. }),
        "{error:?}"
    );
    let status = upstream.status();
    assert_eq!((status.state, status.starts), (ServerState::Ready, 1));
    upstream.stop().await;
}

#[tokio::test]
async fn news_on_the_stream_is_followed() {
    let stream: Slot<tokio::sync::mpsc::Sender<String>> = Slot::default();
    let left = Arc::clone(&stream);
    let lists = AtomicUsize::new(0);
    let origin = Origin::new(move |seen| match seen.method() {
        "GET" => {
            let (sender, response) = open_stream();
            *left.lock().expect("free") = Some(sender);
            response
        }
        "tools/list" => {
            let number = lists.fetch_add(1, Ordering::Relaxed);
            seen.result(&json!({ "tools": [tool(&format!("t{number}"))] }))
        }
        _ => seen.legacy(),
    })
    .await;
    let upstream = Bench::new().start(&origin.entry());
    until_ready(&upstream).await;
    origin.wait_for("GET").await;
    let sender = stream.lock().expect("free").clone().expect("a stream");
    let changed = json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" });
    sender.send(event(&changed)).await.expect("listened to");
    let renewed = |status: &Status| tool_names(status) == ["t1"];
    until(&upstream, renewed).await;
    upstream.stop().await;
}

#[tokio::test]
async fn a_modern_server_is_asked_for_news() {
    let lists = AtomicUsize::new(0);
    let stream: Slot<tokio::sync::mpsc::Sender<String>> = Slot::default();
    let left = Arc::clone(&stream);
    let origin = Origin::new(move |seen| match seen.method() {
        "server/discover" => seen.result(&json!({
            "supportedVersions": ["2026-07-28"],
            "capabilities": { "tools": { "listChanged": true } },
        })),
        "subscriptions/listen" => {
            let (sender, response) = open_stream();
            *left.lock().expect("free") = Some(sender);
            response
        }
        "tools/list" => {
            let number = lists.fetch_add(1, Ordering::Relaxed);
            seen.result(&json!({ "tools": [tool(&format!("t{number}"))] }))
        }
        _ => seen.modern(),
    })
    .await;
    let upstream = Bench::new().start(&origin.entry());
    until_ready(&upstream).await;
    let asked = origin.wait_for("subscriptions/listen").await;
    let wanted = &asked.message["params"]["notifications"];
    assert_eq!(*wanted, json!({ "toolsListChanged": true }));
    let sender = stream.lock().expect("free").clone().expect("a stream");
    let changed = json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" });
    sender.send(event(&changed)).await.expect("listened to");
    until(&upstream, |status| tool_names(status) == ["t1"]).await;
    assert!(
        origin.seen("GET").is_empty(),
        "only legacy sessions have that stream"
    );
    upstream.stop().await;
}

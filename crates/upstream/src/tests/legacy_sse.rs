//! The HTTP+SSE pair of revision 2024-11-05: answers come on a stream opened before.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use model::{ProblemCode, ServerState};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::origin::{Origin, Seen, Slot, event, open_stream, status_of, tool};
use super::{Bench, call, tool_names, until, until_down, until_ready};
use crate::{CallError, Status};

/// The server's end of the stream.
type Stream = Slot<mpsc::Sender<String>>;

/// What the stream says to a message; nothing to notifications.
fn reply(message: &Value) -> Option<String> {
    let result = match message["method"].as_str()? {
        "initialize" => json!({ "protocolVersion": "2024-11-05", "capabilities": {} }),
        "tools/list" => json!({ "tools": [tool("t")] }),
        "tools/call" => json!({ "content": [] }),
        _ => return None,
    };
    let id = message.get("id")?;
    Some(event(
        &json!({ "jsonrpc": "2.0", "id": id, "result": result }),
    ))
}

/// Serves the pair: the stream at `/mcp`, messages to `endpoint`.
async fn pair(endpoint: &'static str) -> (Origin, Stream) {
    let stream = Stream::default();
    let kept = Arc::clone(&stream);
    let origin = Origin::new(move |seen| match seen.verb.as_str() {
        "GET" => open(&kept, endpoint),
        _ if seen.path == "/messages" => take(&kept, seen),
        _ => status_of(405).into_response(),
    })
    .await;
    (origin, stream)
}

fn open(stream: &Stream, endpoint: &str) -> Response {
    let (sender, response) = open_stream();
    let first = format!("event: endpoint\ndata: {endpoint}");
    sender.try_send(first).expect("an empty queue");
    *stream.lock().expect("free") = Some(sender);
    response
}

fn take(stream: &Stream, seen: &Seen) -> Response {
    if seen.message["params"]["name"] == "refused" {
        return status_of(500).into_response();
    }
    if let Some(reply) = reply(&seen.message) {
        let stream = stream.lock().expect("free");
        let stream = stream.as_ref().expect("opened before");
        stream.try_send(reply).expect("room in the queue");
    }
    status_of(202).into_response()
}

fn entry(origin: &Origin, kind: &str) -> Value {
    let mut entry = origin.entry();
    entry["type"] = kind.into();
    entry
}

#[tokio::test]
async fn answers_come_on_the_stream() {
    let (origin, _stream) = pair("/messages?session=7").await;
    let upstream = Bench::new().start(&entry(&origin, "sse"));
    let status = until_ready(&upstream).await;
    assert_eq!(status.protocol.as_deref(), Some("2024-11-05"));
    assert_eq!(tool_names(&status), ["t"]);
    call(&upstream.line(), "t").await.expect("a result");
    let methods = origin.methods();
    let expected = [
        "GET",
        "initialize",
        "notifications/initialized",
        "tools/list",
        "tools/call",
    ];
    assert_eq!(methods, expected);
    for method in expected {
        let seen = origin.seen(method).remove(0);
        assert_eq!(seen.header("authorization"), "Bearer secret", "{method}");
    }
    upstream.stop().await;
}

#[tokio::test]
async fn the_older_transport_is_found_where_none_is_named() {
    let (origin, _stream) = pair("/messages").await;
    let upstream = Bench::new().start(&origin.entry());
    until_ready(&upstream).await;
    let methods = origin.methods();
    let posted_first = methods
        .iter()
        .position(|method| method == "server/discover");
    assert_eq!(posted_first, Some(0), "{methods:?}");
    upstream.stop().await;
}

#[tokio::test]
async fn a_server_that_has_moved_on_is_found_as_well() {
    let origin = Origin::new(|seen| match seen.method() {
        "GET" => status_of(405).into_response(),
        _ => seen.modern(),
    })
    .await;
    let upstream = Bench::new().start(&entry(&origin, "sse"));
    let status = until_ready(&upstream).await;
    assert_eq!(status.protocol.as_deref(), Some("2026-07-28"));
    upstream.stop().await;
}

#[tokio::test]
async fn messages_do_not_go_to_another_origin() {
    let other = Origin::new(Seen::legacy).await;
    let target: &'static str = other.url("/messages").leak();
    let (origin, _stream) = pair(target).await;
    let upstream = Bench::new().start(&entry(&origin, "sse"));
    let status = until_down(&upstream).await;
    let problem = status.state.problem().expect("a problem");
    assert_eq!(problem.code, ProblemCode::NotMcp);
    assert!(
        problem.message.contains("another origin"),
        "{}",
        problem.message
    );
    assert!(other.methods().is_empty());
    upstream.stop().await;
}

#[tokio::test]
async fn a_stream_without_an_endpoint_is_no_server() {
    let origin = Origin::new(|seen| match seen.method() {
        "GET" => super::origin::events(&[event(&json!({ "hello": "world" }))]),
        _ => status_of(404).into_response(),
    })
    .await;
    let upstream = Bench::new().start(&entry(&origin, "sse"));
    let status = until_down(&upstream).await;
    let problem = status.state.problem().expect("a problem");
    assert_eq!(problem.code, ProblemCode::NotMcp);
    upstream.stop().await;
}

#[tokio::test]
async fn a_message_that_is_not_taken_fails_its_call() {
    let (origin, _stream) = pair("/messages").await;
    let upstream = Bench::new().start(&entry(&origin, "sse"));
    until_ready(&upstream).await;
    let error = call(&upstream.line(), "refused")
        .await
        .expect_err("refused");
    assert!(
        matches!(error, CallError::Http { status: 500, .. }),
        "{error:?}"
    );
    call(&upstream.line(), "t").await.expect("it still serves");
    upstream.stop().await;
}

#[tokio::test]
async fn a_stream_that_ends_is_opened_again() {
    let (origin, stream) = pair("/messages").await;
    let upstream = Bench::new().start(&entry(&origin, "sse"));
    until_ready(&upstream).await;
    drop(stream.lock().expect("free").take());
    let again = |status: &Status| status.starts == 2 && status.state == ServerState::Ready;
    until(&upstream, again).await;
    assert_eq!(origin.seen("GET").len(), 2);
    call(&upstream.line(), "t").await.expect("a result");
    upstream.stop().await;
}

#[tokio::test]
async fn a_message_that_hangs_does_not_hold_up_the_others() {
    let stream = Stream::default();
    let kept = Arc::clone(&stream);
    let origin = Origin::slow(move |seen| {
        let stuck = seen.message["params"]["name"] == "stuck";
        let response = match seen.verb.as_str() {
            "GET" => open(&kept, "/messages"),
            _ if seen.path == "/messages" => take(&kept, &seen),
            _ => status_of(405).into_response(),
        };
        Box::pin(async move {
            if stuck {
                std::future::pending::<()>().await;
            }
            response
        })
    })
    .await;
    let upstream = Bench::new().start(&entry(&origin, "sse"));
    until_ready(&upstream).await;
    let line = upstream.line();
    // Its answer comes by the stream, although the message itself is never taken.
    call(&line, "stuck").await.expect("a result");
    call(&line, "t").await.expect("a result");
    upstream.stop().await;
}

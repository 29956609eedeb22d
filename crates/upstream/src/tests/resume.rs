//! Answers whose stream breaks off, and is taken up again.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::origin::{Origin, Seen, event, events, status_of};
use super::wire_level::{Wire, modern};
use super::{Bench, call, until_ready};
use crate::link::{CallError, Incoming};

/// An event without a message, after which the stream can be resumed.
fn priming(id: &str) -> String {
    format!("id: {id}\nretry: 1\ndata:")
}

fn progress(number: u64) -> Value {
    let params = json!({ "progressToken": 1, "progress": number });
    json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params })
}

fn answer(id: u64) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": { "n": id } })
}

/// Answers a call with a stream that ends after `first`, and every resumption with the next of
/// `later`.
async fn breaking(first: Vec<String>, later: Vec<fn() -> Response>) -> Origin {
    let resumed = AtomicUsize::new(0);
    Origin::new(move |seen| match seen.method() {
        "GET" => {
            let number = resumed.fetch_add(1, Ordering::Relaxed);
            later.get(number).map_or_else(gone, |answer| answer())
        }
        _ => events(&first),
    })
    .await
}

fn gone() -> Response {
    status_of(405).into_response()
}

fn unwell() -> Response {
    status_of(503).into_response()
}

fn answers_seven() -> Response {
    events(&[event(&progress(2)), event(&answer(7))])
}

fn only_a_priming_event() -> Response {
    events(&[priming("b")])
}

fn last_ids(origin: &Origin) -> Vec<String> {
    let gets = origin.seen("GET");
    gets.iter()
        .map(|seen| seen.header("last-event-id").to_owned())
        .collect()
}

#[tokio::test]
async fn an_answer_is_taken_up_where_it_stopped() {
    let first = vec![priming("a"), format!("id: a-2\n{}", event(&progress(1)))];
    let origin = breaking(first, vec![only_a_priming_event, answers_seven]).await;
    let mut wire = Wire::in_session(&origin);
    wire.call(7, &json!({ "name": "t" })).await;
    assert_eq!(wire.message().await, (progress(1), Some(7)));
    assert_eq!(wire.message().await, (progress(2), Some(7)));
    assert_eq!(wire.message().await, (answer(7), Some(7)));
    assert_eq!(last_ids(&origin), ["a-2", "b"]);
    assert_eq!(origin.seen("tools/call").len(), 1, "never sent twice");
    let resumed = origin.seen("GET").remove(0);
    assert_eq!(resumed.header("accept"), "text/event-stream");
    assert_eq!(resumed.header("mcp-session-id"), "s-1");
    assert_eq!(resumed.header("mcp-protocol-version"), "2025-11-25");
    assert_eq!(resumed.header("authorization"), "Bearer secret");
}

#[tokio::test]
async fn a_server_that_is_unwell_is_asked_again() {
    let origin = breaking(vec![priming("a")], vec![unwell, unwell, answers_seven]).await;
    let mut wire = Wire::in_session(&origin);
    wire.call(7, &json!({})).await;
    assert_eq!(wire.message().await.0, progress(2));
    assert_eq!(wire.message().await.0, answer(7));
    assert_eq!(last_ids(&origin), ["a", "a", "a"]);
}

#[tokio::test]
async fn attempts_to_resume_are_bounded() {
    let origin = breaking(vec![priming("a")], vec![unwell; 100]).await;
    let mut wire = Wire::in_session(&origin);
    wire.call(7, &json!({})).await;
    let error = wire.failure().await;
    assert!(matches!(error, CallError::Lost(_)), "{error:?}");
    assert_eq!(origin.seen("GET").len(), 5);
}

#[tokio::test]
async fn an_answer_that_the_server_does_not_keep_is_lost() {
    for refusal in [
        gone,
        || status_of(404).into_response(),
        || ([("content-type", "text/html")], "<html>").into_response(),
    ] {
        let origin = breaking(vec![priming("a")], vec![refusal; 100]).await;
        let mut wire = Wire::in_session(&origin);
        wire.call(7, &json!({})).await;
        let error = wire.failure().await;
        assert!(matches!(error, CallError::Lost(_)), "{error:?}");
        assert!(error.to_string().contains("without a result"), "{error}");
        assert_eq!(origin.methods(), ["tools/call", "GET"]);
        assert!(wire.shared.get().session.is_some(), "the session goes on");
    }
}

#[tokio::test]
async fn a_session_found_gone_on_the_way_ends_the_link() {
    let refusal = || (status_of(404), "Session not found").into_response();
    let origin = breaking(vec![priming("a")], vec![refusal]).await;
    let mut wire = Wire::in_session(&origin);
    wire.call(7, &json!({})).await;
    let Incoming::Closed(problem) = wire.next().await else {
        unreachable!("the link ends")
    };
    assert_eq!(problem.code, model::ProblemCode::SessionExpired);
}

#[tokio::test]
async fn without_an_event_id_there_is_nothing_to_resume() {
    let origin = breaking(vec![event(&progress(1))], vec![answers_seven]).await;
    let mut wire = Wire::in_session(&origin);
    wire.call(7, &json!({})).await;
    assert_eq!(wire.message().await.0, progress(1));
    assert!(matches!(wire.failure().await, CallError::Lost(_)));
    assert!(origin.seen("GET").is_empty());
}

#[tokio::test]
async fn modern_answers_are_not_resumed() {
    let origin = breaking(vec![priming("a")], vec![answers_seven]).await;
    let mut wire = Wire::new(&origin);
    wire.call(7, &modern(json!({ "name": "t" }))).await;
    assert!(matches!(wire.failure().await, CallError::Lost(_)));
    assert!(origin.seen("GET").is_empty());
}

#[tokio::test]
async fn a_message_over_the_limit_is_not_asked_for_again() {
    fn huge() -> Response {
        let text = "x".repeat(crate::link::MAX_MESSAGE + 1);
        events(&[format!("id: b\ndata: {text}")])
    }
    let origin = breaking(vec![priming("a")], vec![huge; 3]).await;
    let mut wire = Wire::in_session(&origin);
    wire.call(7, &json!({})).await;
    let error = wire.failure().await;
    assert!(error.to_string().contains("over the limit"), "{error}");
    assert_eq!(origin.seen("GET").len(), 1);
}

#[tokio::test]
async fn an_error_without_an_id_answers_the_request_of_its_stream() {
    let error = json!({ "code": -32603, "message": "broken" });
    let error = json!({ "jsonrpc": "2.0", "id": null, "error": error });
    let origin = breaking(vec![event(&error)], Vec::new()).await;
    let mut wire = Wire::in_session(&origin);
    wire.call(7, &json!({})).await;
    assert_eq!(wire.message().await.0["id"], 7);
}

#[tokio::test]
async fn a_cancelled_request_is_not_resumed() {
    let origin = Origin::new(|seen| match seen.method() {
        "tools/call" => events(&["id: a\nretry: 3600000\ndata:".to_owned()]),
        "notifications/cancelled" => status_of(202).into_response(),
        _ => seen.legacy(),
    })
    .await;
    let mut wire = Wire::in_session(&origin);
    wire.call(7, &json!({})).await;
    origin.wait_for("tools/call").await;
    wire.notify("notifications/cancelled", &json!({ "requestId": 7 }))
        .await;
    wire.request(8, "ping", &json!({})).await;
    let failed = wire.failure().await;
    assert!(
        matches!(failed, CallError::Http { status: 405, .. }),
        "{failed:?}"
    );
    assert!(origin.seen("GET").is_empty());
}

#[tokio::test]
async fn a_call_through_everything_survives_a_broken_stream() {
    let origin = Origin::new(|seen: &Seen| match seen.method() {
        "tools/call" => events(&[priming(&seen.message["id"].to_string())]),
        "GET" => match seen.header("last-event-id").parse() {
            Ok(id) => events(&[event(&answer(id))]),
            Err(_) => gone(),
        },
        _ => seen.legacy(),
    })
    .await;
    let upstream = Bench::new().start(&origin.entry());
    until_ready(&upstream).await;
    let result = call(&upstream.line(), "t").await.expect("a result");
    assert!(result.get().starts_with(r#"{"n":"#), "{}", result.get());
    upstream.stop().await;
}

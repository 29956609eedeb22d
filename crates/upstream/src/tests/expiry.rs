//! Sessions that a server has forgotten, and 404s that mean something else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::response::{IntoResponse as _, Response};
use model::ProblemCode;
use serde_json::json;
use wire::Message;

use super::origin::{Origin, Seen, Slot, event, json_response, open_stream, status_of};
use super::wire_level::{Wire, modern};
use super::{Bench, call, until, until_ready};
use crate::link::{CallError, Incoming};

fn rpc(status: u16, code: i64, message: &str) -> Response {
    let error = json!({ "code": code, "message": message });
    let body = json!({ "jsonrpc": "2.0", "id": null, "error": error });
    (status_of(status), json_response(&body)).into_response()
}

/// A link in a session with a server that answers all alike.
async fn answering(answer: fn(&Seen) -> Response) -> (Origin, Wire) {
    let origin = Origin::new(answer).await;
    let wire = Wire::in_session(&origin);
    (origin, wire)
}

fn expired(incoming: &Incoming) -> bool {
    matches!(incoming, Incoming::Closed(problem) if problem.code == ProblemCode::SessionExpired)
}

#[tokio::test]
async fn a_call_refused_for_its_session_was_not_delivered() {
    let answers: [fn(&Seen) -> Response; 4] = [
        |_| status_of(404).into_response(),
        |_| rpc(404, -32001, "Session not found"),
        |_| rpc(400, -32000, "Bad Request: No valid session ID provided"),
        |_| (status_of(400), "Invalid or missing session ID").into_response(),
    ];
    for answer in answers {
        let (_origin, mut wire) = answering(answer).await;
        wire.call(1, &json!({})).await;
        let error = wire.failure().await;
        let CallError::NotDelivered(problem) = &error else {
            unreachable!("{error:?}")
        };
        assert_eq!(problem.code, ProblemCode::SessionExpired);
        assert!(wire.shared.get().session.is_none(), "not told of its end");
    }
}

#[tokio::test]
async fn other_refusals_in_a_session_are_answers() {
    let answers: [fn(&Seen) -> Response; 3] = [
        |_| rpc(404, -32601, "Method not found"),
        |_| rpc(400, -32602, "the session is not found among the arguments"),
        |_| rpc(500, -32603, "Session not found"),
    ];
    for answer in answers {
        let (_origin, mut wire) = answering(answer).await;
        wire.call(1, &json!({})).await;
        let (message, _) = wire.message().await;
        assert_eq!(message["id"], 1);
        assert!(message["error"].is_object());
    }
}

#[tokio::test]
async fn errors_of_the_modern_era_are_answers_whatever_their_status() {
    for (status, code) in [
        (404, -32601),
        (404, -32001),
        (400, -32020),
        (400, -32021),
        (400, -32022),
        (400, -32000),
    ] {
        let origin = Origin::new(move |_| rpc(status, code, "Session not found")).await;
        let mut wire = Wire::new(&origin);
        wire.request(3, "tools/call", &modern(json!({ "name": "t" })))
            .await;
        let (message, _) = wire.message().await;
        assert_eq!(
            (&message["id"], &message["error"]["code"]),
            (&json!(3), &json!(code))
        );
    }
}

#[tokio::test]
async fn a_handshake_that_is_not_found_is_told_by_its_status() {
    let origin = Origin::new(|_| rpc(404, -32601, "not here")).await;
    let mut wire = Wire::new(&origin);
    wire.request(1, "initialize", &json!({})).await;
    let error = wire.failure().await;
    assert!(
        matches!(error, CallError::Http { status: 404, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_message_without_an_answer_finds_the_session_gone_as_well() {
    let response = br#"{"jsonrpc":"2.0","id":5,"result":{}}"#;
    for message in [
        Message::notification("notifications/roots/list_changed", None),
        Message::parse(response).expect("a message"),
    ] {
        let (_origin, mut wire) = answering(|_| status_of(404).into_response()).await;
        wire.send(message).await;
        assert!(expired(&wire.next().await));
    }
}

#[tokio::test]
async fn a_greeting_that_is_not_understood_does_no_harm() {
    let (origin, mut wire) = answering(|seen| match seen.method() {
        "notifications/initialized" => status_of(404).into_response(),
        _ => seen.modern(),
    })
    .await;
    wire.notify("notifications/initialized", &json!({})).await;
    wire.call(1, &json!({})).await;
    assert_eq!(wire.message().await.0["id"], 1);
    assert_eq!(
        origin.methods(),
        ["notifications/initialized", "tools/call"]
    );
}

#[tokio::test]
async fn a_server_of_both_eras_gives_no_session_to_modern_requests() {
    let origin =
        Origin::new(|seen| ([("mcp-session-id", "s-9")], seen.modern()).into_response()).await;
    let mut wire = Wire::new(&origin);
    wire.call(1, &modern(json!({}))).await;
    wire.message().await;
    assert!(wire.shared.get().session.is_none());
}

/// Serves sessions whose stream for news the test can end.
async fn with_news(refusal: fn() -> Response) -> (Origin, Slot<tokio::sync::mpsc::Sender<String>>) {
    let stream = Slot::default();
    let left = Arc::clone(&stream);
    let (sessions, streams) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let origin = Origin::new(move |seen| match seen.method() {
        "initialize" => {
            let number = sessions.fetch_add(1, Ordering::Relaxed) + 1;
            let session = [("mcp-session-id", format!("s-{number}"))];
            (session, seen.legacy()).into_response()
        }
        "GET" if seen.header("mcp-session-id") != "s-1" => status_of(405).into_response(),
        "GET" if streams.fetch_add(1, Ordering::Relaxed) > 0 => refusal(),
        "GET" => {
            let (sender, response) = open_stream();
            sender.try_send("retry: 1\ndata:".to_owned()).expect("room");
            *left.lock().expect("free") = Some(sender);
            response
        }
        _ => seen.legacy(),
    })
    .await;
    (origin, stream)
}

#[tokio::test]
async fn a_session_found_gone_by_the_stream_for_news_is_opened_anew() {
    let (origin, stream) = with_news(|| status_of(404).into_response()).await;
    let upstream = Bench::new().start(&origin.entry());
    until_ready(&upstream).await;
    origin.wait_for("GET").await;
    drop(stream.lock().expect("free").take());
    until(&upstream, |status| status.starts == 2).await;
    until_ready(&upstream).await;
    call(&upstream.line(), "t").await.expect("a result");
    assert_eq!(origin.seen("tools/call")[0].header("mcp-session-id"), "s-2");
    upstream.stop().await;
}

#[tokio::test]
async fn a_server_without_a_stream_for_news_keeps_its_session() {
    let origin = Origin::new(|seen| match seen.method() {
        "initialize" => ([("mcp-session-id", "s-1")], seen.legacy()).into_response(),
        "GET" => (status_of(400), "Invalid or missing session ID").into_response(),
        "DELETE" => status_of(204).into_response(),
        _ => seen.legacy(),
    })
    .await;
    let upstream = Bench::new().start(&origin.entry());
    until_ready(&upstream).await;
    origin.wait_for("GET").await;
    call(&upstream.line(), "t").await.expect("a result");
    assert_eq!(upstream.status().starts, 1);
    upstream.stop().await;
}

#[tokio::test]
async fn the_stream_for_news_goes_on_after_its_last_event() {
    let streams = AtomicUsize::new(0);
    let origin = Origin::new(move |seen| match seen.method() {
        "GET" if streams.fetch_add(1, Ordering::Relaxed) == 0 => {
            let log = json!({ "jsonrpc": "2.0", "method": "notifications/message" });
            super::origin::events(&[format!("id: n-1\nretry: 1\n{}", event(&log))])
        }
        "GET" if seen.header("last-event-id") == "n-1" => status_of(404).into_response(),
        _ => seen.legacy(),
    })
    .await;
    let upstream = Bench::new().start(&origin.entry());
    until_ready(&upstream).await;
    origin.wait_for_number("GET", 3).await;
    let ids: Vec<_> = origin.seen("GET");
    let ids: Vec<_> = ids
        .iter()
        .map(|seen| seen.header("last-event-id"))
        .collect();
    assert_eq!(
        ids,
        ["", "n-1", ""],
        "an id that is not known is not insisted on"
    );
    upstream.stop().await;
}

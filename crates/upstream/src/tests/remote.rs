//! Streamable HTTP servers of the modern era, and servers that are none.

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use model::{ProblemCode, ServerState};
use serde_json::json;
use tokio::sync::mpsc;

use super::origin::{Origin, Seen, event, events, json_response, status_of};
use super::{Bench, call, tool_names, until_down, until_ready};
use crate::{CallError, Status};

/// Starts a server of which nothing good is expected, and returns its first failure.
async fn failure(origin: &Origin) -> Status {
    let upstream = Bench::new().start(&origin.entry());
    let status = until_down(&upstream).await;
    upstream.stop().await;
    status
}

fn code(status: &Status) -> ProblemCode {
    status.state.problem().expect("a problem").code
}

#[tokio::test]
async fn modern_requests_stand_alone() {
    let origin = Origin::new(Seen::modern).await;
    let upstream = Bench::new().start(&origin.entry());
    let status = until_ready(&upstream).await;
    assert_eq!(status.protocol.as_deref(), Some("2026-07-28"));
    assert_eq!((status.pid, tool_names(&status)), (None, vec!["t"]));
    call(&upstream.line(), "t").await.expect("a result");
    upstream.stop().await;
    assert_eq!(
        origin.methods(),
        ["server/discover", "tools/list", "tools/call"]
    );
    for method in origin.methods() {
        let seen = origin.seen(&method).remove(0);
        assert_eq!(seen.header("authorization"), "Bearer secret");
        assert_eq!(seen.header("mcp-protocol-version"), "2026-07-28");
        assert_eq!(seen.header("mcp-method"), method);
        assert_eq!(seen.header("accept"), "application/json, text/event-stream");
        assert_eq!(seen.header("mcp-session-id"), "");
        let meta = &seen.message["params"]["_meta"];
        assert_eq!(
            meta["io.modelcontextprotocol/protocolVersion"],
            "2026-07-28"
        );
    }
    assert_eq!(origin.seen("tools/call")[0].header("mcp-name"), "t");
}

#[tokio::test]
async fn an_answer_may_come_as_a_stream() {
    let origin = Origin::new(|seen| {
        if seen.method() != "tools/call" {
            return seen.modern();
        }
        let answer = json!({ "jsonrpc": "2.0", "id": seen.message["id"], "result": { "n": 1 } });
        let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress" });
        let priming = "id: 1\ndata:".to_owned();
        events(&[
            ": hello".to_owned(),
            priming,
            event(&progress),
            event(&answer),
        ])
    })
    .await;
    let upstream = Bench::new().start(&origin.entry());
    let result = call(&upstream.line(), "t").await.expect("a result");
    assert_eq!(result.get(), r#"{"n":1}"#);
    upstream.stop().await;
}

#[tokio::test]
async fn a_call_whose_stream_breaks_off_is_lost_and_not_repeated() {
    let origin = Origin::new(|seen| match seen.method() {
        "tools/call" => events(&["id: 1\ndata:".to_owned()]),
        _ => seen.modern(),
    })
    .await;
    let upstream = Bench::new().start(&origin.entry());
    let error = call(&upstream.line(), "t").await.expect_err("no answer");
    assert!(matches!(error, CallError::Lost(_)), "{error:?}");
    assert!(
        error
            .to_string()
            .contains("ended its answer without a result")
    );
    assert_eq!(origin.seen("tools/call").len(), 1);
    assert_eq!(
        upstream.status().state,
        ServerState::Ready,
        "others are not concerned"
    );
    upstream.stop().await;
}

#[tokio::test]
async fn an_error_message_counts_whatever_its_status_and_id() {
    let origin = Origin::new(|seen| match seen.method() {
        "tools/call" => {
            let error = json!({ "code": -32020, "message": "mismatch" });
            let body = json!({ "jsonrpc": "2.0", "id": null, "error": error });
            (status_of(400), json_response(&body)).into_response()
        }
        _ => seen.modern(),
    })
    .await;
    let upstream = Bench::new().start(&origin.entry());
    let error = call(&upstream.line(), "t").await.expect_err("an error");
    assert!(
        matches!(&error, CallError::Rpc(error) if error.code == -32020),
        "{error:?}"
    );
    upstream.stop().await;
}

#[tokio::test]
async fn a_failed_call_is_told_by_its_status() {
    let origin = Origin::new(|seen| match seen.message["params"]["name"].as_str() {
        Some("busy") => (status_of(503), [("retry-after", "7")]).into_response(),
        Some("page") => ([("content-type", "text/html")], "<html>").into_response(),
        Some("wrong") => json_response(&json!({ "hello": "world" })),
        Some("closed") => status_of(202).into_response(),
        _ => seen.modern(),
    })
    .await;
    let upstream = Bench::new().start(&origin.entry());
    let line = upstream.line();
    let busy = call(&line, "busy").await.expect_err("refused");
    let CallError::Http {
        status,
        retry_after,
        problem,
    } = busy
    else {
        unreachable!("{busy:?}")
    };
    assert_eq!((status, retry_after.expect("a time").as_secs()), (503, 7));
    assert!(
        problem.message.contains("asks to be left alone"),
        "{problem}"
    );
    let page = call(&line, "page").await.expect_err("no message");
    assert!(
        page.to_string().contains("answered with text/html instead"),
        "{page}"
    );
    let wrong = call(&line, "wrong").await.expect_err("no message");
    assert!(
        wrong.to_string().contains("something else than a message"),
        "{wrong}"
    );
    let closed = call(&line, "closed").await.expect_err("no answer");
    assert!(closed.to_string().contains("without a result"), "{closed}");
    call(&line, "t").await.expect("it still serves");
    upstream.stop().await;
}

#[tokio::test]
async fn an_answer_over_the_limit_is_not_taken() {
    let origin = Origin::new(|seen| match seen.method() {
        "tools/call" => seen.result(&json!("x".repeat(crate::link::MAX_MESSAGE))),
        _ => seen.modern(),
    })
    .await;
    let upstream = Bench::new().start(&origin.entry());
    let error = call(&upstream.line(), "t").await.expect_err("too long");
    assert!(error.to_string().contains("over the limit"), "{error}");
    upstream.stop().await;
}

/// Tells when it is dropped.
struct Notice(mpsc::Sender<()>);

impl Drop for Notice {
    fn drop(&mut self) {
        let _ = self.0.try_send(());
    }
}

#[tokio::test]
async fn giving_up_closes_the_request_and_sends_no_notification() {
    let (gone, mut was_dropped) = mpsc::channel(1);
    let origin = Origin::slow(move |seen| {
        let notice = Notice(gone.clone());
        Box::pin(async move {
            if seen.method() != "tools/call" {
                std::mem::forget(notice);
                return seen.modern();
            }
            let _notice = notice;
            std::future::pending().await
        })
    })
    .await;
    let upstream = Bench::new().start(&origin.entry());
    until_ready(&upstream).await;
    let line = upstream.line();
    tokio::select! {
        _ = call(&line, "t") => unreachable!("nobody answers"),
        _ = origin.wait_for("tools/call") => {}
    }
    let dropped = tokio::time::timeout(super::PATIENCE, was_dropped.recv()).await;
    dropped.expect("the request is closed").expect("told");
    assert!(origin.seen("notifications/cancelled").is_empty());
    upstream.stop().await;
}

#[tokio::test]
async fn credentials_that_are_not_accepted_need_a_person() {
    for status in [401, 403] {
        let origin = Origin::new(move |_| status_of(status).into_response()).await;
        let down = failure(&origin).await;
        assert!(
            matches!(down.state, ServerState::NeedsPerson { .. }),
            "{down:?}"
        );
        assert_eq!(code(&down), ProblemCode::SignInRequired);
        assert_eq!(
            origin.methods(),
            ["server/discover"],
            "asked once, not hammered"
        );
    }
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_not_followed() {
    let other = Origin::new(Seen::modern).await;
    let target = other.url("/mcp");
    let origin = Origin::new(move |_| {
        (
            StatusCode::TEMPORARY_REDIRECT,
            [("location", target.clone())],
        )
            .into_response()
    })
    .await;
    let down = failure(&origin).await;
    assert_eq!(code(&down), ProblemCode::HttpError);
    assert!(
        other.methods().is_empty(),
        "the configured header must not go there"
    );
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed() {
    let origin = Origin::new(|seen| match seen.path.as_str() {
        "/mcp" => (StatusCode::TEMPORARY_REDIRECT, [("location", "/mcp/")]).into_response(),
        _ => seen.modern(),
    })
    .await;
    let upstream = Bench::new().start(&origin.entry());
    until_ready(&upstream).await;
    let moved = origin.seen("tools/list").pop().expect("a request");
    assert_eq!(
        (moved.path.as_str(), moved.header("authorization")),
        ("/mcp/", "Bearer secret")
    );
    upstream.stop().await;
}

#[tokio::test]
async fn redirects_in_a_circle_end() {
    let origin =
        Origin::new(|_| (StatusCode::TEMPORARY_REDIRECT, [("location", "/mcp")]).into_response())
            .await;
    assert_eq!(code(&failure(&origin).await), ProblemCode::HttpError);
    assert!(origin.methods().len() < 10, "{:?}", origin.methods());
}

#[tokio::test]
async fn a_port_where_nobody_listens() {
    let origin = Origin::new(Seen::modern).await;
    let entry = origin.entry();
    drop(origin);
    let upstream = Bench::new().start(&entry);
    let down = until_down(&upstream).await;
    assert!(
        matches!(down.state, ServerState::BackingOff { .. }),
        "{down:?}"
    );
    assert_eq!(code(&down), ProblemCode::Unreachable);
    upstream.stop().await;
}

#[tokio::test]
async fn a_web_page_is_no_server() {
    let origin = Origin::new(|_| ([("content-type", "text/html")], "<html>").into_response()).await;
    let down = failure(&origin).await;
    assert_eq!(code(&down), ProblemCode::NotMcp);
    let problem = down.state.problem().expect("a problem");
    assert!(problem.fix.contains("MCP endpoint"), "{}", problem.fix);
}

#[tokio::test]
async fn a_header_that_http_cannot_carry_needs_a_person() {
    let entry = json!({ "url": "http://127.0.0.1:9/mcp", "headers": { "X-Key": "a\u{1}b" } });
    let upstream = Bench::new().start(&entry);
    let down = until_down(&upstream).await;
    assert_eq!(code(&down), ProblemCode::InvalidConfig);
    let said = &down.state.problem().expect("a problem").message;
    assert!(said.contains("X-Key") && !said.contains('\u{1}'), "{said}");
    upstream.stop().await;
}

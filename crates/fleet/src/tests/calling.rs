//! Requests to servers by name.

use model::ServerState;
use serde_json::{Value, json};
use upstream::CallError;
use wire::{Raw, RawObject, raw};

use super::{Bench, disabled, fake, missing, server};
use crate::RequestError;

async fn call(
    bench: &Bench,
    server: &str,
    tool: &str,
    arguments: &Value,
) -> Result<Raw, RequestError> {
    let mut params = RawObject::default();
    params.set("name", raw(tool));
    params.set("arguments", raw(arguments));
    bench.fleet.request(server, "tools/call", params).await
}

fn text(result: &Raw) -> String {
    let result: Value = serde_json::from_str(result.get()).expect("JSON");
    result["content"][0]["text"]
        .as_str()
        .expect("a text")
        .to_owned()
}

#[tokio::test]
async fn a_call_reaches_the_server_it_names() {
    let bench = Bench::settled(&json!({ "a": fake(&[]), "b": fake(&[]) })).await;
    for name in ["a", "b"] {
        let pid = bench.until_ready(name).await.pid.expect("a process");
        let result = call(&bench, name, "pid", &json!({}))
            .await
            .expect("a result");
        assert_eq!(text(&result), pid.to_string());
    }
    bench.stop().await;
}

#[tokio::test]
async fn calls_are_counted_and_shown() {
    let bench = Bench::settled(&json!({ "a": fake(&[]), "b": fake(&[]) })).await;
    for _ in 0..3 {
        call(&bench, "a", "echo", &json!({ "x": 1 }))
            .await
            .expect("a result");
    }
    let snapshot = bench
        .until(|snapshot| server(snapshot, "a").is_some_and(|a| a.calls == 3))
        .await;
    let (a, b) = (server(&snapshot, "a"), server(&snapshot, "b"));
    assert!(a.expect("a").last_call.expect("a time") >= snapshot.started_at);
    assert_eq!((b.expect("b").calls, b.expect("b").last_call), (0, None));
    bench.stop().await;
}

#[tokio::test]
async fn a_server_that_is_not_configured_is_unknown() {
    let bench = Bench::settled(&json!({})).await;
    let error = call(&bench, "x", "echo", &json!({}))
        .await
        .expect_err("unknown");
    assert!(matches!(error, RequestError::Unknown(_)), "{error:?}");
    assert_eq!(error.to_string(), "there is no server named `x`");
    bench.stop().await;
}

#[tokio::test]
async fn a_server_that_is_off_says_so_at_once() {
    let bench = Bench::settled(&json!({ "a": disabled(fake(&[])) })).await;
    let error = call(&bench, "a", "echo", &json!({}))
        .await
        .expect_err("it is off");
    let off = CallError::NotReady(ServerState::Disabled);
    assert!(matches!(
        &error,
        RequestError::Call(CallError::NotReady(ServerState::Disabled))
    ));
    assert_eq!(error.to_string(), off.to_string());
    bench.stop().await;
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let bench = Bench::settled(&json!({ "a": missing() })).await;
    let error = call(&bench, "a", "echo", &json!({}))
        .await
        .expect_err("it is down");
    let RequestError::Call(CallError::NotReady(state)) = error else {
        unreachable!("{error:?}")
    };
    let problem = state.problem().expect("a problem");
    assert!(problem.message.contains("no-such-program"), "{problem}");
    bench.stop().await;
}

#[tokio::test]
async fn a_call_waits_for_a_start() {
    let bench = Bench::run(&json!({ "a": fake(&["--delay-start", "300"]) }));
    bench
        .until(|snapshot| server(snapshot, "a").is_some())
        .await;
    let result = call(&bench, "a", "echo", &json!({ "n": 1 }))
        .await
        .expect("a result");
    assert_eq!(text(&result), r#"{"n":1}"#);
    bench.stop().await;
}

#[tokio::test]
async fn the_configured_limit_ends_a_call() {
    let mut entry = fake(&["--hang", "call"]);
    entry["callTimeout"] = json!(1);
    let bench = Bench::settled(&json!({ "a": entry })).await;
    let error = call(&bench, "a", "echo", &json!({}))
        .await
        .expect_err("too slow");
    assert!(
        matches!(error, RequestError::Call(CallError::Timeout(_))),
        "{error:?}"
    );
    assert_eq!(
        bench.until_ready("a").await.starts,
        1,
        "it is not punished for it"
    );
    bench.stop().await;
}

#[tokio::test]
async fn a_crash_loses_its_call_and_no_other_server() {
    let bench = Bench::settled(&json!({ "a": fake(&[]), "b": fake(&[]) })).await;
    let b = bench.until_ready("b").await;
    let error = call(&bench, "a", "crash", &json!({}))
        .await
        .expect_err("it ended");
    assert!(
        matches!(error, RequestError::Call(CallError::Lost(_))),
        "{error:?}"
    );
    call(&bench, "a", "echo", &json!({}))
        .await
        .expect("it came back");
    let snapshot = bench
        .until(|snapshot| server(snapshot, "a").is_some_and(|a| a.starts == 2))
        .await;
    assert_eq!(server(&snapshot, "b").expect("b").pid, b.pid);
    bench.stop().await;
}

#[tokio::test]
async fn a_tool_that_grows_is_offered_and_found() {
    let bench = Bench::settled(&json!({ "a": fake(&[]) })).await;
    let before = bench.until_ready("a").await.tools;
    let name = text(
        &call(&bench, "a", "grow", &json!({}))
            .await
            .expect("a result"),
    );
    bench
        .until(|snapshot| server(snapshot, "a").is_some_and(|a| a.tools == before + 1))
        .await;
    let id = format!("a__{name}");
    assert!(bench.fleet.catalog().tool(&id).is_some());
    let found = bench.fleet.search("grew after the start", 1, None);
    assert_eq!(found[0].tool.id, id);
    bench.stop().await;
}

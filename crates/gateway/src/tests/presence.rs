//! Who is shown as connected, who is paused, and under whose name changes are made.

use model::{ClientStatus, Snapshot};
use serde_json::json;

use super::{Bench, fake, legacy, refusal, text_of};

fn client<'a>(snapshot: &'a Snapshot, name: &str) -> Option<&'a ClientStatus> {
    snapshot.clients.iter().find(|client| client.name == name)
}

#[tokio::test]
async fn a_session_is_open_until_its_client_ends_it() {
    let bench = Bench::new(json!({})).await;
    let session = bench.session("/mcp").await;
    let open = |count: usize| {
        move |snapshot: &Snapshot| {
            client(snapshot, "test").is_some_and(|client| client.open == count)
        }
    };
    bench.until(open(1)).await;
    let another = bench.session("/mcp").await;
    bench.until(open(2)).await;
    for session in [session, another] {
        let request = axum::http::Request::delete("/mcp").header("mcp-session-id", session);
        let request = request.body(axum::body::Body::empty());
        bench.send(request.expect("a request")).await;
    }
    bench.until(open(0)).await;
    bench.stop().await;
}

#[tokio::test]
async fn a_client_without_sessions_is_seen_and_its_calls_are_counted() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let call = json!({ "name": "call_tool_read", "arguments": { "name": "a__pid" } });
    bench.ask("/mcp", "tools/call", call).await;
    let counted = |snapshot: &Snapshot| {
        client(snapshot, "test 1").is_some_and(|client| client.calls == 1 && client.open == 0)
    };
    let snapshot = bench.until(counted).await;
    assert_eq!(snapshot.recent[0].client, "test 1");
    bench.stop().await;
}

#[tokio::test]
async fn a_pause_stops_calls_on_every_face_and_no_lists() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    bench.gateway.fleet().pause(Some(10)).await;
    let call = json!({ "name": "a__pid", "arguments": {} });
    let answer = bench.ask("/mcp/all", "tools/call", call).await;
    let said: serde_json::Value = serde_json::from_str(text_of(&answer["result"])).expect("JSON");
    assert!(refusal(&said).starts_with("paused: "), "{said}");
    assert!(said["error"]["ends_at"].is_u64(), "{said}");
    let call = json!({ "name": "a__pid", "arguments": {} });
    let said = bench.menu("call_tool_destructive", call).await;
    assert!(refusal(&said).starts_with("paused: "), "{said}");
    let session = bench.session("/mcp/server/a").await;
    let call = json!({ "name": "pid", "arguments": {} });
    let answer = bench
        .send(legacy("/mcp/server/a", &session, "tools/call", &call))
        .await;
    assert!(answer.json().to_string().contains("paused"), "{answer:?}");
    let list = bench.ask("/mcp/all", "tools/list", json!({})).await;
    assert!(
        !list["result"]["tools"]
            .as_array()
            .expect("tools")
            .is_empty()
    );
    bench.gateway.fleet().resume().await;
    let call = json!({ "name": "a__pid", "arguments": {} });
    let answer = bench.ask("/mcp/all", "tools/call", call).await;
    assert_eq!(answer["result"]["isError"], json!(null), "{answer}");
    bench.stop().await;
}

#[tokio::test]
async fn who_is_shown_the_menu_is_spared_tokens() {
    let bench = Bench::new(json!({ "a": fake(&["--tools", "400"]) })).await;
    let cost = bench.gateway.tool_cost();
    assert!(cost.all_tokens > cost.menu_tokens, "{cost:?}");
    bench.ask("/mcp", "tools/list", json!({})).await;
    bench.ask("/mcp/all", "tools/list", json!({})).await;
    let saved: u64 = bench
        .gateway
        .fleet()
        .hours()
        .iter()
        .map(|hour| hour.tokens_saved)
        .sum();
    assert_eq!(saved, (cost.all_tokens - cost.menu_tokens) as u64);
    bench.stop().await;
}

#[tokio::test]
async fn what_an_agent_changes_is_under_its_name() {
    let bench = Bench::new(json!({})).await;
    let entry = json!({ "command": "no-such-program" });
    let arguments = json!({ "operation": "add", "name": "new", "entry": entry });
    bench.menu("upstream_servers", arguments).await;
    let waits = |snapshot: &Snapshot| snapshot.review.len() == 1;
    let snapshot = bench.until(waits).await;
    assert_eq!(snapshot.review[0].by.as_deref(), Some("test 1"));
    let changes = bench.gateway.fleet().changes(Some("new"));
    assert_eq!(changes[0].by, model::Author::agent("test 1"));
    bench.stop().await;
}

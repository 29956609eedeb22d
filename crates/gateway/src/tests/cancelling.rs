//! How a request is given up: by the rule of its era.

use serde_json::{Value, json};
use testkit::seen::Seen;

use super::events::{Events, Legacy, accepted, full};
use super::{message, modern};

const PATH: &str = "/mcp/server/a";

fn cancel(id: &Value) -> Value {
    let params = json!({ "requestId": id, "reason": "no longer wanted" });
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params })
}

#[tokio::test]
async fn a_legacy_call_goes_on_without_its_connection() {
    let (bench, seen) = full().await;
    let client = Legacy::open(&bench, PATH, "2025-11-25").await;
    let mut events = Events::of(bench.open(client.call("ask", &json!({}))).await);
    events.next().await.expect("an id");
    let question = events.message().await;
    drop(events);
    client.tell(&accepted(&question)).await;
    // Its server is of the modern era, so the answer is a second call.
    let second = |seen: &Seen| seen.requests("tools/call").into_iter().nth(1);
    let answer = seen.wait("the answer", second).await.expect("seen");
    let given = answer.param(&["inputResponses"]).expect("answers");
    assert!(given.contains(r#""answer":"yes""#), "{given}");
    assert!(seen.of("dropped", "tools/call").is_empty());
    bench.stop().await;
}

#[tokio::test]
async fn a_legacy_call_is_cancelled_by_a_notification() {
    let (bench, seen) = full().await;
    let client = Legacy::open(&bench, PATH, "2025-11-25").await;
    let params = json!({ "name": "wait", "arguments": { "ms": 600_000 } });
    let body = message("tools/call", &params);
    for (accept, status) in [("application/json", 204), ("text/event-stream", 200)] {
        let before = seen.of("dropped", "tools/call").len();
        let (answer, ()) = tokio::join!(bench.send(client.post(&body, accept)), async {
            let calls = |seen: &Seen| (seen.requests("tools/call").len() > before).then_some(());
            seen.wait("the call", calls).await.expect("seen");
            client.tell(&cancel(&json!(8))).await;
            client.tell(&cancel(&json!(7))).await;
        });
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (status, ""));
        let dropped = |seen: &Seen| (seen.of("dropped", "tools/call").len() > before).then_some(());
        seen.wait("the cancellation", dropped).await.expect("seen");
    }
    bench.stop().await;
}

#[tokio::test]
async fn the_end_of_a_session_ends_its_calls() {
    let (bench, seen) = full().await;
    let client = Legacy::open(&bench, PATH, "2025-11-25").await;
    let call = client.call("wait", &json!({ "ms": 600_000 }));
    let (answer, ()) = tokio::join!(bench.send(call), async {
        seen.request("tools/call").await.expect("seen");
        let mut end = client.get(None);
        *end.method_mut() = axum::http::Method::DELETE;
        assert_eq!(bench.send(end).await.status, 204);
    });
    assert!(!answer.body.contains("result"), "{answer:?}");
    let dropped = |seen: &Seen| seen.of("dropped", "tools/call").pop();
    seen.wait("the end", dropped).await.expect("seen");
    bench.stop().await;
}

#[tokio::test]
async fn a_modern_call_ends_with_its_connection() {
    let (bench, seen) = full().await;
    for tools in 1..=2 {
        let params = json!({ "name": "wait", "arguments": { "ms": 600_000 } });
        let mut call = modern(PATH, "tools/call", params);
        if tools == 2 {
            let json = "application/json".parse().expect("a value");
            call.headers_mut().insert("accept", json);
        }
        let called = |seen: &Seen| (seen.requests("tools/call").len() == tools).then_some(());
        tokio::select! {
            answer = bench.send(call) => panic!("{answer:?}"),
            called = seen.wait("the call", called) => called.expect("seen"),
        }
        let dropped = |seen: &Seen| (seen.of("dropped", "tools/call").len() == tools).then_some(());
        seen.wait("the cancellation", dropped).await.expect("seen");
    }
    bench.stop().await;
}

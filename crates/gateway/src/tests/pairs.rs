//! HTTP+SSE of revision 2024-11-05: a stream, and a URL to post to.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::events::{Events, accepted, full, initialize};
use super::streams::grow;
use super::{Answer, Bench, message, post};

const PATH: &str = "/mcp/server/a";

/// One client of this kind.
struct Pair<'a> {
    bench: &'a Bench,
    events: Events,
    endpoint: String,
}

fn get(path: &str) -> Request<Body> {
    let request = Request::get(path).header("accept", "text/event-stream");
    request.body(Body::empty()).expect("a request")
}

impl<'a> Pair<'a> {
    async fn open(bench: &'a Bench, path: &str) -> Self {
        let mut events = Events::of(bench.open(get(path)).await);
        let first = events.next().await.expect("an event");
        assert_eq!(first.event, "endpoint");
        assert!(
            first.data.starts_with(&format!("{path}?pair=")),
            "{first:?}"
        );
        let endpoint = first.data;
        Self {
            bench,
            events,
            endpoint,
        }
    }

    async fn post(&self, body: &str) -> Answer {
        self.bench.send(post(&self.endpoint, body, &[])).await
    }

    async fn tell(&self, body: &Value) {
        assert_eq!(self.post(&body.to_string()).await.status, 202);
    }

    /// Sends a request and returns the next message, which answers it.
    async fn ask(&mut self, method: &str, params: &Value) -> Value {
        assert_eq!(self.post(&message(method, params)).await.status, 202);
        self.events.message().await
    }
}

/// What every modern request must carry.
fn stamped(mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    params
}

#[tokio::test]
async fn a_session_over_a_pair() {
    let (bench, _) = full().await;
    let mut pair = Pair::open(&bench, PATH).await;
    let early = pair.ask("ping", &json!({})).await;
    assert_eq!(early["error"]["code"], -32600, "no session yet");
    let opened = pair.ask("initialize", &initialize("2024-11-05")).await;
    assert_eq!(opened["result"]["protocolVersion"], "2024-11-05");
    pair.tell(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
        .await;
    let call = json!({ "name": "ask", "arguments": {} });
    let question = pair.ask("tools/call", &call).await;
    assert_eq!(question["method"], "elicitation/create");
    pair.tell(&accepted(&question)).await;
    let answer = pair.events.message().await;
    assert!(answer["result"].to_string().contains("yes"), "{answer}");
    let count = json!({
        "name": "count", "arguments": { "to": 2 }, "_meta": { "progressToken": "p" },
    });
    let first = pair.ask("tools/call", &count).await;
    let second = pair.events.message().await;
    assert_eq!(
        (&first["params"]["progress"], &second["params"]["progress"]),
        (&json!(1), &json!(2))
    );
    assert!(pair.events.message().await["result"].is_object());
    bench.stop().await;
}

#[tokio::test]
async fn news_of_a_session_come_on_its_pair() {
    let bench = Bench::new(json!({ "a": super::fake(&[]) })).await;
    let mut pair = Pair::open(&bench, "/mcp/all").await;
    pair.ask("initialize", &initialize("2024-11-05")).await;
    grow(&bench).await;
    let news = pair.events.message().await;
    assert_eq!(news["method"], "notifications/tools/list_changed");
    bench.stop().await;
}

#[tokio::test]
async fn the_modern_era_over_a_pair() {
    let bench = Bench::new(json!({ "a": super::fake(&[]) })).await;
    let mut pair = Pair::open(&bench, "/mcp/all").await;
    let listed = pair.ask("tools/list", &stamped(json!({}))).await;
    assert_eq!(listed["result"]["resultType"], "complete");
    let wanted = stamped(json!({ "notifications": { "toolsListChanged": true } }));
    let acknowledged = pair.ask("subscriptions/listen", &wanted).await;
    let first = "notifications/subscriptions/acknowledged";
    assert_eq!(acknowledged["method"], first);
    grow(&bench).await;
    let changed = pair.events.message().await;
    assert_eq!(changed["method"], "notifications/tools/list_changed");
    bench.closing.cancel();
    let end = pair.events.message().await;
    assert_eq!(end["result"]["resultType"], "complete", "{end}");
    assert!(pair.events.next().await.is_none());
    bench.stop().await;
}

#[tokio::test]
async fn closing_the_stream_ends_everything_on_it() {
    let (bench, seen) = full().await;
    let mut pair = Pair::open(&bench, PATH).await;
    pair.ask("initialize", &initialize("2024-11-05")).await;
    let call = json!({ "name": "wait", "arguments": { "ms": 600_000 } });
    pair.post(&message("tools/call", &call)).await;
    seen.request("tools/call").await.expect("seen");
    let Pair {
        events, endpoint, ..
    } = pair;
    drop(events);
    let dropped = |seen: &testkit::seen::Seen| seen.of("dropped", "tools/call").pop();
    seen.wait("the end", dropped).await.expect("seen");
    let ping = message("ping", &json!({}));
    let late = bench.send(post(&endpoint, &ping, &[])).await;
    assert_eq!(late.status, 404);
    bench.stop().await;
}

#[tokio::test]
async fn batches_and_rubbish_on_a_pair() {
    let bench = Bench::new(json!({})).await;
    let mut pair = Pair::open(&bench, "/mcp").await;
    for rubbish in ["hello", "[]", r#"{"jsonrpc":"1.0"}"#] {
        assert_eq!(pair.post(rubbish).await.status, 202);
        let told = pair.events.message().await;
        assert!(
            told["id"].is_null() && told["error"]["code"].is_i64(),
            "{told}"
        );
    }
    pair.ask("initialize", &initialize("2025-03-26")).await;
    let batch =
        r#"[{"jsonrpc":"2.0","id":1,"method":"ping"},[],{"jsonrpc":"2.0","id":2,"method":"ping"}]"#;
    assert_eq!(pair.post(batch).await.status, 202);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(pair.events.message().await["id"].take());
    }
    ids.sort_by_key(Value::to_string);
    assert_eq!(ids, [json!(1), json!(2), json!(null)]);
    bench.stop().await;
}

#[tokio::test]
async fn only_who_may_be_of_that_revision_gets_a_pair() {
    let bench = Bench::new(json!({})).await;
    for (headers, status) in [
        (vec![("accept", "text/event-stream")], 200),
        (vec![], 405),
        (vec![("accept", "*/*")], 405),
        (vec![("accept", "text/html")], 405),
        (
            vec![
                ("accept", "text/event-stream"),
                ("mcp-protocol-version", "2025-06-18"),
            ],
            405,
        ),
        (
            vec![
                ("accept", "text/event-stream"),
                ("mcp-protocol-version", "2026-07-28"),
            ],
            405,
        ),
        (
            vec![
                ("mcp-session-id", "x"),
                ("mcp-protocol-version", "2026-07-28"),
            ],
            405,
        ),
        (vec![("mcp-session-id", "x")], 404),
    ] {
        let request = headers
            .iter()
            .fold(Request::get("/mcp"), |request, (name, value)| {
                request.header(*name, *value)
            });
        let request = request.body(Body::empty()).expect("a request");
        assert_eq!(bench.open(request).await.status(), status, "{headers:?}");
    }
    let unknown = bench
        .send(post("/mcp?pair=unknown", &message("ping", &json!({})), &[]))
        .await;
    assert_eq!(unknown.status, 404);
    bench.stop().await;
}

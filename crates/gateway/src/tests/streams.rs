//! Streams that tell of changed tools.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::{Bench, PATIENCE, fake, modern};

/// The events of an answer, one by one.
struct Events {
    body: Body,
    text: String,
}

impl Events {
    async fn open(bench: &Bench, request: Request<Body>) -> Self {
        let response = bench.open(request).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let (body, text) = (response.into_body(), String::new());
        Self { body, text }
    }

    /// The message in the next event; `None` at the end.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                let message = data.map(|data| serde_json::from_str(data).expect("JSON"));
                self.text = rest.to_owned();
                if message.is_some() {
                    return message;
                }
                continue;
            }
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await;
            let frame = frame.expect("in time")?.expect("no error");
            let data = frame.into_data().expect("data");
            self.text
                .push_str(std::str::from_utf8(&data).expect("text"));
        }
    }
}

fn listen(path: &str) -> Request<Body> {
    let wanted = json!({ "notifications": { "toolsListChanged": true, "other": true } });
    modern(path, "subscriptions/listen", wanted)
}

pub(super) async fn grow(bench: &Bench) {
    let params = json!({ "name": "a__grow", "arguments": {} });
    let grown = bench.ask("/mcp/all", "tools/call", params).await;
    assert!(grown["result"].is_object(), "{grown}");
}

#[tokio::test]
async fn a_subscription_is_acknowledged_fed_and_finished() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    for path in ["/mcp/all", "/mcp/server/a"] {
        let mut events = Events::open(&bench, listen(path)).await;
        let tag = json!({ "io.modelcontextprotocol/subscriptionId": 7 });
        let acknowledged = events.next().await.expect("an event");
        assert_eq!(
            acknowledged["method"],
            "notifications/subscriptions/acknowledged"
        );
        let params = json!({ "_meta": tag, "notifications": { "toolsListChanged": true } });
        assert_eq!(acknowledged["params"], params);
        grow(&bench).await;
        let changed = events.next().await.expect("an event");
        assert_eq!(changed["method"], "notifications/tools/list_changed");
        assert_eq!(changed["params"], json!({ "_meta": tag }));
    }
    let mut events = Events::open(&bench, listen("/mcp/all")).await;
    events.next().await.expect("an acknowledgement");
    bench.closing.cancel();
    let end = events.next().await.expect("an event");
    assert_eq!(
        (&end["id"], &end["result"]["resultType"]),
        (&json!(7), &json!("complete"))
    );
    assert!(events.next().await.is_none());
    bench.stop().await;
}

#[tokio::test]
async fn the_menu_never_changes() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let mut events = Events::open(&bench, listen("/mcp")).await;
    let acknowledged = events.next().await.expect("an event");
    assert_eq!(acknowledged["params"]["notifications"], json!({}));
    let before = bench.gateway.fleet().catalog().len();
    grow(&bench).await;
    bench
        .until(|snapshot| snapshot.totals.tools == before + 1)
        .await;
    bench.closing.cancel();
    let next = events.next().await.expect("an event");
    assert!(
        next["result"].is_object(),
        "nothing came before the end: {next}"
    );
    bench.stop().await;
}

#[tokio::test]
async fn a_session_hears_of_changes_on_its_stream() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let session = bench.session("/mcp/all").await;
    let request = Request::get("/mcp/all").header("mcp-session-id", &session);
    let request = request.body(Body::empty()).expect("a request");
    let mut events = Events::open(&bench, request).await;
    grow(&bench).await;
    let changed = events.next().await.expect("an event");
    let expected = json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" });
    assert_eq!(changed, expected);
    bench.closing.cancel();
    assert!(events.next().await.is_none());
    bench.stop().await;
}

#[tokio::test]
async fn each_server_face_hears_of_its_own_tools_only() {
    let bench = Bench::new(json!({ "a": fake(&[]), "b": fake(&[]) })).await;
    let mut other = Events::open(&bench, listen("/mcp/server/b")).await;
    let mut own = Events::open(&bench, listen("/mcp/server/a")).await;
    for events in [&mut own, &mut other] {
        events.next().await.expect("an acknowledgement");
    }
    grow(&bench).await;
    let changed = own.next().await.expect("an event");
    assert_eq!(changed["method"], "notifications/tools/list_changed");
    bench.closing.cancel();
    let next = other.next().await.expect("an event");
    assert!(
        next["result"].is_object(),
        "nothing came before the end: {next}"
    );
    bench.stop().await;
}

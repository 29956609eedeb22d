//! The bridge against a small gateway on a real socket.

mod fake;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines};
use tokio::io::{ReadHalf, WriteHalf, split};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::*;
use fake::{Gateway, Place};

/// No step of a test takes longer, unless it fails.
const LIMIT: Duration = Duration::from_secs(20);

/// A client on the other end of the pipe.
struct Client {
    to: Option<WriteHalf<DuplexStream>>,
    from: Lines<BufReader<ReadHalf<DuplexStream>>>,
    bridge: JoinSet<()>,
}

impl Client {
    fn start(place: &Place) -> Self {
        let program = PathBuf::from("/nonexistent/toolgate");
        let door = Door::new(
            place.socket(),
            Starter {
                program,
                args: Vec::new(),
            },
        );
        let (near, far) = tokio::io::duplex(1 << 16);
        let (input, output) = split(far);
        let mut bridge = JoinSet::new();
        bridge.spawn(run(input, output, door, "/mcp".to_owned()));
        let (from, to) = split(near);
        Self {
            to: Some(to),
            from: BufReader::new(from).lines(),
            bridge,
        }
    }

    async fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string()).await;
    }

    async fn send_text(&mut self, text: &str) {
        let to = self.to.as_mut().expect("still open");
        to.write_all(format!("{text}\n").as_bytes())
            .await
            .expect("writes");
    }

    async fn next(&mut self) -> Value {
        let line = timeout(LIMIT, self.from.next_line())
            .await
            .expect("in time")
            .expect("reads");
        serde_json::from_str(&line.expect("still open")).expect("JSON")
    }

    /// The next message that is not the greeting of the session's own stream.
    async fn next_but_hello(&mut self) -> Value {
        loop {
            let message = self.next().await;
            if message["method"] != "notifications/hello" {
                return message;
            }
        }
    }

    async fn open_session(&mut self) {
        let client = json!({"protocolVersion": "2025-06-18", "capabilities": {}});
        self.send(&call_of(0, "initialize", &client)).await;
        assert_eq!(self.next().await["result"]["protocolVersion"], "2025-06-18");
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            .await;
        assert_eq!(self.next().await["method"], "notifications/hello");
    }

    /// Closes the pipe and waits for the bridge to end.
    async fn close(mut self) {
        let mut to = self.to.take().expect("still open");
        to.shutdown().await.expect("closes");
        let ended = timeout(LIMIT, self.bridge.join_next())
            .await
            .expect("in time");
        ended.expect("was running").expect("did not panic");
    }
}

fn call_of(id: u64, method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

fn tool_call(id: u64, tool: &str) -> Value {
    call_of(id, "tools/call", &json!({"name": tool}))
}

fn modern(id: u64, method: &str, name: &str) -> Value {
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28"});
    call_of(id, method, &json!({"_meta": meta, "name": name}))
}

#[tokio::test]
async fn both_eras_share_one_pipe() {
    let (mut place, gateway) = (Place::new(), Gateway::named("one"));
    place.start(&gateway);
    let mut client = Client::start(&place);
    client.send(&modern(1, "server/discover", "x")).await;
    assert_eq!(client.next().await["id"], 1);
    client.open_session().await;
    client.send(&call_of(2, "tools/list", &json!({}))).await;
    assert_eq!(client.next().await["id"], 2);
    client.send(&modern(3, "tools/call", "日")).await;
    assert_eq!(client.next().await["id"], 3);
    client.close().await;

    assert_eq!(gateway.header("server/discover", "mcp-session-id"), None);
    assert_eq!(gateway.header("server/discover", "mcp-name"), None);
    assert_eq!(
        gateway.header("tools/list", "mcp-session-id").as_deref(),
        Some("one")
    );
    let version = |method| gateway.header(method, "mcp-protocol-version");
    assert_eq!(version("tools/list").as_deref(), Some("2025-06-18"));
    assert_eq!(version("tools/call").as_deref(), Some("2026-07-28"));
    assert_eq!(
        gateway.header("tools/call", "mcp-method").as_deref(),
        Some("tools/call")
    );
    assert_eq!(
        gateway.header("tools/call", "mcp-name").as_deref(),
        Some("=?base64?5pel?=")
    );
    assert_eq!(
        gateway.header("tools/call", "x-toolgate-client").as_deref(),
        Some("bridge")
    );
    assert_eq!(gateway.methods().last().map(String::as_str), Some("DELETE"));
}

#[tokio::test]
async fn answers_may_be_streams_of_messages() {
    let (mut place, gateway) = (Place::new(), Gateway::named("one"));
    place.start(&gateway);
    let mut client = Client::start(&place);
    client.send(&modern(5, "tools/call", "stream")).await;
    assert_eq!(client.next().await["method"], "notifications/progress");
    assert_eq!(client.next().await["result"]["via"], "stream");
}

#[tokio::test]
async fn a_slow_request_does_not_hold_up_the_next() {
    let (mut place, gateway) = (Place::new(), Gateway::named("one"));
    place.start(&gateway);
    let mut client = Client::start(&place);
    client.send(&modern(1, "tools/call", "hang")).await;
    client.send(&modern(2, "tools/call", "quick")).await;
    assert_eq!(client.next().await["id"], 2);
}

#[tokio::test]
async fn a_forgotten_session_is_opened_again_and_the_message_sent_once_more() {
    let (mut place, first, second) = (Place::new(), Gateway::named("one"), Gateway::named("two"));
    place.start(&first);
    let mut client = Client::start(&place);
    client.open_session().await;
    place.restart(&second).await;
    client.send(&tool_call(7, "x")).await;
    let mut got = [client.next_but_hello().await, client.next_but_hello().await];
    got.sort_by_key(|message| message["id"].as_u64());
    assert_eq!(got[0]["method"], "notifications/tools/list_changed");
    assert_eq!(got[1]["id"], 7);
    let methods = second.methods();
    assert!(
        methods.contains(&"notifications/initialized".to_owned()),
        "{methods:?}"
    );
    let opened = methods
        .iter()
        .filter(|method| *method == "initialize")
        .count();
    assert_eq!(opened, 1, "{methods:?}");
}

#[tokio::test]
async fn an_idle_client_hears_of_a_restart() {
    let (mut place, first, second) = (Place::new(), Gateway::named("one"), Gateway::named("two"));
    place.start(&first);
    let mut client = Client::start(&place);
    client.open_session().await;
    place.restart(&second).await;
    assert_eq!(
        client.next().await["method"],
        "notifications/tools/list_changed"
    );
    assert_eq!(client.next().await["method"], "notifications/hello");
}

#[tokio::test]
async fn a_request_in_flight_is_reported_and_never_sent_again() {
    let (mut place, first, second) = (Place::new(), Gateway::named("one"), Gateway::named("two"));
    place.start(&first);
    let mut client = Client::start(&place);
    client.open_session().await;
    client.send(&tool_call(7, "hang")).await;
    first.hangs.notified().await;
    place.restart(&second).await;
    let lost = loop {
        let message = client.next_but_hello().await;
        if message["id"] == 7 {
            break message;
        }
    };
    assert_eq!(lost["error"]["code"], -32000);
    assert!(
        lost["error"]["message"]
            .as_str()
            .expect("text")
            .contains("may or may not have run")
    );
    client.send(&tool_call(8, "x")).await;
    while client.next_but_hello().await["id"] != 8 {}
    let calls = second
        .methods()
        .iter()
        .filter(|method| *method == "tools/call")
        .count();
    assert!(
        calls <= 2,
        "call 8, and once more after the session was opened again"
    );
    assert!(second.seen().iter().all(|(_, _, body)| body["id"] != 7));
}

#[tokio::test]
async fn a_gateway_that_cannot_be_started_is_reported() {
    let place = Place::new();
    let mut client = Client::start(&place);
    client.send(&modern(1, "tools/list", "x")).await;
    let error = client.next().await;
    assert_eq!(error["error"]["code"], -32000);
    let text = error["error"]["message"].as_str().expect("text");
    assert!(text.contains("none could be started"), "{text}");
    client.close().await;
}

#[tokio::test]
async fn cancelling_a_modern_request_closes_its_answer() {
    let (mut place, gateway) = (Place::new(), Gateway::named("one"));
    place.start(&gateway);
    let mut client = Client::start(&place);
    client.send(&modern(1, "tools/call", "hang")).await;
    gateway.hangs.notified().await;
    let params = json!({"requestId": 1});
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params});
    client.send(&cancel).await;
    timeout(LIMIT, gateway.dropped.notified())
        .await
        .expect("the answer was closed");
    assert_eq!(
        gateway.methods(),
        ["tools/call"],
        "the notification itself stays here"
    );
}

#[tokio::test]
async fn cancelling_in_a_session_is_passed_on() {
    let (mut place, gateway) = (Place::new(), Gateway::named("one"));
    place.start(&gateway);
    let mut client = Client::start(&place);
    client.open_session().await;
    client.send(&tool_call(1, "hang")).await;
    gateway.hangs.notified().await;
    let params = json!({"requestId": 1});
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params});
    client.send(&cancel).await;
    client.send(&tool_call(2, "x")).await;
    assert_eq!(client.next_but_hello().await["id"], 2);
    assert!(
        gateway
            .methods()
            .contains(&"notifications/cancelled".to_owned())
    );
}

#[tokio::test]
async fn what_is_no_message_is_answered() {
    let (mut place, gateway) = (Place::new(), Gateway::named("one"));
    place.start(&gateway);
    let mut client = Client::start(&place);
    client.send_text("not json").await;
    let error = client.next().await;
    assert_eq!(
        (&error["id"], &error["error"]["code"]),
        (&Value::Null, &json!(-32700))
    );
    client.send(&modern(1, "tools/call", "refused")).await;
    let refused = client.next().await;
    assert_eq!(refused["id"], 1);
    let text = refused["error"]["message"].as_str().expect("text");
    assert!(
        text.contains("403") && text.contains("not from here"),
        "{text}"
    );
}

#[tokio::test]
async fn the_end_of_the_input_waits_for_answers_but_not_for_news() {
    let (mut place, gateway) = (Place::new(), Gateway::named("one"));
    place.start(&gateway);
    let mut client = Client::start(&place);
    client.send(&modern(1, "subscriptions/listen", "")).await;
    gateway.hangs.notified().await;
    client.send(&modern(2, "tools/call", "stream")).await;
    let mut to = client.to.take().expect("still open");
    to.shutdown().await.expect("closes");
    assert_eq!(client.next().await["method"], "notifications/progress");
    assert_eq!(client.next().await["id"], 2);
    let ended = timeout(DRAIN, client.bridge.join_next())
        .await
        .expect("does not wait for news");
    ended.expect("was running").expect("did not panic");
}

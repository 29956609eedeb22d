//! Tests of the protocol, without a transport.

use clap::Parser as _;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::*;

/// A server with a connection, and what it said without being asked.
struct Talk {
    server: FakeServer,
    connection: Connection,
    said: mpsc::Receiver<String>,
}

impl Talk {
    fn new(arguments: &[&str]) -> Self {
        let options = Options::parse_from(std::iter::once(&"fake-server").chain(arguments));
        let (outbox, said) = mpsc::channel(16);
        let server = FakeServer::new(options);
        Self {
            connection: Connection::new(outbox, server.session()),
            server,
            said,
        }
    }

    async fn initialized(arguments: &[&str]) -> Self {
        let talk = Self::new(arguments);
        talk.ask("initialize", json!({"protocolVersion": "2025-11-25"}))
            .await;
        talk
    }

    async fn ask_text(&self, method: &str, params: Value) -> String {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let incoming = Incoming::parse(&message.to_string()).expect("a message");
        match self.server.answer(&incoming, &self.connection).await {
            Reply::Line(line) => line,
            other => unreachable!("no answer but {other:?}"),
        }
    }

    async fn ask(&self, method: &str, params: Value) -> Value {
        serde_json::from_str(&self.ask_text(method, params).await).expect("JSON")
    }

    async fn ask_modern(&self, method: &str, mut params: Value) -> Value {
        params["_meta"] = json!({META_VERSION: MODERN});
        self.ask(method, params).await
    }
}

#[tokio::test]
async fn a_legacy_revision_is_answered_as_asked_and_an_unknown_one_with_the_newest() {
    for (asked, answered) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-06-18", "2025-06-18"),
        ("2999-01-01", "2025-11-25"),
    ] {
        let answer = Talk::new(&[])
            .ask("initialize", json!({"protocolVersion": asked}))
            .await;
        assert_eq!(answer["result"]["protocolVersion"], answered);
    }
}

#[tokio::test]
async fn a_modern_server_does_not_know_the_handshake() {
    let talk = Talk::new(&["--era", "modern"]);
    let answer = talk
        .ask("initialize", json!({"protocolVersion": "2025-11-25"}))
        .await;
    assert_eq!(answer["error"]["code"], -32022);
    let answer = talk.ask_modern("server/discover", json!({})).await;
    assert_eq!(answer["result"]["supportedVersions"], json!([MODERN]));
    assert_eq!(answer["result"]["resultType"], "complete");
}

#[tokio::test]
async fn a_legacy_server_does_not_know_discovery_and_wants_the_handshake_first() {
    let talk = Talk::new(&["--era", "legacy"]);
    let answer = talk.ask_modern("server/discover", json!({})).await;
    assert_eq!(answer["error"]["code"], -32601);
    let answer = talk.ask("tools/list", json!({})).await;
    assert_eq!(answer["error"]["code"], -32602);
}

#[tokio::test]
async fn pages_hold_every_tool_once() {
    let talk = Talk::initialized(&["--bare", "--tools", "7", "--paged", "3"]).await;
    let mut names = Vec::new();
    let mut params = json!({});
    loop {
        let result = talk.ask("tools/list", params).await["result"].take();
        let tools = result["tools"].as_array().expect("tools");
        assert!(tools.len() <= 3);
        names.extend(tools.iter().map(|tool| tool["name"].to_string()));
        let Some(cursor) = result.get("nextCursor") else {
            break;
        };
        params = json!({"cursor": cursor});
    }
    names.dedup();
    assert_eq!(names.len(), 7);
    let answer = talk.ask("tools/list", json!({"cursor": "nonsense"})).await;
    assert_eq!(answer["error"]["code"], -32602);
}

#[tokio::test]
async fn pages_without_end_always_name_a_next_one() {
    let talk = Talk::initialized(&["--page-forever"]).await;
    let answer = talk.ask("tools/list", json!({"cursor": "0"})).await;
    assert!(answer["result"]["nextCursor"].is_string());
}

#[tokio::test]
async fn the_mixed_result_is_sent_byte_by_byte_in_both_eras() {
    let talk = Talk::initialized(&[]).await;
    let call = json!({"name": "mixed"});
    assert!(
        talk.ask_text("tools/call", call.clone())
            .await
            .contains(calls::MIXED_RESULT)
    );
    let modern = json!({"name": "mixed", "_meta": {META_VERSION: MODERN}});
    let text = talk.ask_text("tools/call", modern).await;
    assert!(text.contains(calls::MIXED_RESULT) && text.contains(r#""resultType":"complete""#));
}

#[tokio::test]
async fn progress_comes_in_order_and_only_when_asked_for() {
    let mut talk = Talk::initialized(&[]).await;
    let arguments = json!({"ms": 3, "steps": 3});
    let silent = json!({"name": "slow", "arguments": arguments});
    talk.ask("tools/call", silent).await;
    assert!(talk.said.try_recv().is_err());
    let loud = json!({"name": "slow", "arguments": arguments, "_meta": {"progressToken": "p"}});
    talk.ask("tools/call", loud).await;
    for step in 1..=3 {
        let said: Value =
            serde_json::from_str(&talk.said.try_recv().expect("progress")).expect("JSON");
        assert_eq!(
            said["params"],
            json!({"progressToken": "p", "progress": step, "total": 3})
        );
    }
}

#[tokio::test]
async fn a_grown_tool_is_listed_and_can_be_called() {
    let talk = Talk::initialized(&["--bare"]).await;
    let answer = talk.ask("tools/call", json!({"name": "grow"})).await;
    let name = answer["result"]["content"][0]["text"].clone();
    let listed = talk.ask("tools/list", json!({})).await;
    assert_eq!(listed["result"]["tools"][0]["name"], name);
    let called = talk.ask("tools/call", json!({"name": name})).await;
    assert!(called["error"].is_null());
}

#[tokio::test]
async fn a_listener_is_acknowledged_and_told_of_changes() {
    let mut talk = Talk::new(&[]);
    let listen = json!({"jsonrpc": "2.0", "id": 9, "method": "subscriptions/listen",
                        "params": {"_meta": {META_VERSION: MODERN},
                                   "notifications": {"toolsListChanged": true}}});
    let listen = Incoming::parse(&listen.to_string()).expect("a message");
    let (server, connection, said) = (&talk.server, &talk.connection, &mut talk.said);
    tokio::select! {
        _ = server.answer(&listen, connection) => panic!("it never ends by itself"),
        () = async {
            let first = said.recv().await.expect("an acknowledgement");
            assert!(first.contains("notifications/subscriptions/acknowledged"));
            server.grow();
            let second = said.recv().await.expect("news");
            assert!(second.contains("notifications/tools/list_changed"));
            assert!(second.contains(r#""io.modelcontextprotocol/subscriptionId":9"#));
        } => {}
    }
}

#[tokio::test]
async fn unknown_methods_and_tools_are_errors() {
    let talk = Talk::initialized(&[]).await;
    assert_eq!(
        talk.ask("no/such", json!({})).await["error"]["code"],
        -32601
    );
    let answer = talk.ask("tools/call", json!({"name": "nothing"})).await;
    assert_eq!(answer["error"]["code"], -32602);
}

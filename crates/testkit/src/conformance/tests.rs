//! The client and the server of this module with each other: what each is made for works in both
//! eras, and an era that a server does not know is refused.

use anyhow::Context as _;
use rmcp::ServiceError;
use rmcp::model::{CallToolRequestParams, CallToolResult, ProtocolVersion};
use rmcp::service::ClientLifecycleMode;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::client::visit::{Client, connect};
use super::server::{Era, router};
use crate::client::{McpClient, post};
use crate::http::{Answer, Door, Streaming};

/// A server within the test; it ends with the test.
struct Running {
    url: String,
    _serving: JoinSet<std::io::Result<()>>,
}

async fn serve(era: Era) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
    let router = router(era).expect("a readable catalogue");
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await });
    Running {
        url,
        _serving: serving,
    }
}

fn modern() -> ClientLifecycleMode {
    ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    }
}

async fn call(client: &Client, tool: &'static str) -> Result<CallToolResult, ServiceError> {
    let arguments = json!({"prompt": "Where?", "message": "Who?"});
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    let request = CallToolRequestParams::new(tool).with_arguments(arguments);
    client.call_tool(request).await
}

async fn text(client: &Client, tool: &'static str) -> String {
    let result = call(client, tool).await.expect("a result");
    let result = json!(result);
    let text = result["content"][0]["text"].as_str();
    text.expect("a text").to_owned()
}

#[tokio::test]
async fn one_script_asks_the_client_in_both_eras() {
    let server = serve(Era::Both).await;
    for lifecycle in [ClientLifecycleMode::Initialize, modern()] {
        let client = connect(&server.url, lifecycle).await.expect("connected");
        for (tool, expected) in [
            ("test_sampling", "LLM response: Paris."),
            ("test_streaming_elicitation", "The value is text."),
            ("test_input_required_result_multi_round", "text likes text."),
            (
                "test_input_required_result_multiple_inputs",
                "Paris. text, with the roots []",
            ),
            (
                "test_input_required_result_request_state",
                "Confirmed (true), state-ok",
            ),
        ] {
            assert_eq!(text(&client, tool).await, expected);
        }
    }
}

#[tokio::test]
async fn a_client_that_offers_nothing_is_not_asked() {
    let server = serve(Era::Both).await;
    let client = McpClient::modern(&server.url).expect("a URL");
    for tool in ["test_streaming_elicitation", "test_missing_capability"] {
        let answer = client.request("tools/call", json!({"name": tool})).await;
        let error = &answer.expect("an answer")["error"];
        assert_eq!(error["code"], -32021, "{error}");
        assert!(error["data"]["requiredCapabilities"].is_object(), "{error}");
    }
    let free = "test_input_required_result_capabilities";
    let text = client.call_text(free, json!({})).await.expect("a result");
    assert_eq!(text, "The client gave {}");
}

#[tokio::test]
async fn a_server_of_one_era_refuses_the_other() {
    let legacy = serve(Era::Legacy).await;
    let answer = McpClient::modern(&legacy.url)
        .expect("a URL")
        .send("server/discover", json!({}))
        .await
        .expect("an answer");
    assert_eq!((answer.status, code(&answer)), (400, json!(-32000)));
    assert!(McpClient::legacy(&legacy.url).await.is_ok());

    let modern = serve(Era::Modern).await;
    let answer = initialize(&modern.url).await.expect("an answer");
    assert_eq!(code(&answer), -32022, "{}", answer.body);
    let client = McpClient::modern(&modern.url).expect("a URL");
    assert!(!client.tools().await.expect("tools").is_empty());
}

async fn initialize(url: &str) -> anyhow::Result<Answer> {
    let (door, path) = Door::of_url(url)?;
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {},
                        "clientInfo": {"name": "test", "version": "1"}});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params});
    door.send(post(&path).body(body.to_string())?).await
}

fn code(answer: &Answer) -> Value {
    let message = answer.messages().pop().unwrap_or_default();
    let message: Value = serde_json::from_str(&message).unwrap_or_default();
    message["error"]["code"].clone()
}

/// Calls a tool whose result is of no interest.
async fn run(client: &McpClient, tool: &str) {
    let done = client.call_text(tool, json!({})).await;
    done.expect("a result");
}

/// The notifications on a session's stream, up to the one of a last change.
async fn heard(client: &McpClient, mut stream: Streaming) -> Vec<String> {
    run(client, "test_trigger_tool_change").await;
    let mut heard = Vec::new();
    loop {
        let event = stream.next_event().await.expect("readable");
        let event = event.context("the stream ended").expect("an event");
        // The first event only gives the client an id to resume with.
        let message: Value = serde_json::from_str(&event.data).unwrap_or_default();
        match message["method"].as_str() {
            Some("notifications/tools/list_changed") => return heard,
            Some(method) => heard.push(method.to_owned()),
            None => {}
        }
    }
}

#[tokio::test]
async fn a_session_hears_of_what_it_subscribed_to() {
    let server = serve(Era::Both).await;
    let client = McpClient::legacy(&server.url).await.expect("a session");
    let stream = client.listen().await.expect("a stream");
    let uri = json!({"uri": "test://watched-resource"});
    run(&client, "test_trigger_resource_update").await;
    for method in ["resources/subscribe", "resources/unsubscribe"] {
        client.result(method, uri.clone()).await.expect("done");
        run(&client, "test_trigger_resource_update").await;
    }
    let expected = ["notifications/resources/updated"];
    assert_eq!(heard(&client, stream).await, expected);
}

#[tokio::test]
async fn a_session_gets_the_messages_that_are_grave_enough() {
    let server = serve(Era::Both).await;
    for (level, expected) in [("info", 1), ("error", 0)] {
        let client = McpClient::legacy(&server.url).await.expect("a session");
        let stream = client.listen().await.expect("a stream");
        let set = client.result("logging/setLevel", json!({"level": level}));
        set.await.expect("set");
        run(&client, "test_logging_tool").await;
        assert_eq!(heard(&client, stream).await.len(), expected, "{level}");
    }
}

#[tokio::test]
async fn a_request_without_a_level_gets_no_messages() {
    let server = serve(Era::Both).await;
    let client = McpClient::modern(&server.url).expect("a URL");
    for (meta, expected) in [
        (json!({}), 1),
        (json!({"io.modelcontextprotocol/logLevel": "info"}), 2),
        (json!({"io.modelcontextprotocol/logLevel": "alert"}), 1),
    ] {
        let params = json!({"name": "test_logging_tool", "_meta": meta});
        let answer = client.send("tools/call", params).await.expect("an answer");
        let messages = answer.messages();
        assert_eq!(messages.len(), expected, "{meta}: {messages:?}");
    }
}

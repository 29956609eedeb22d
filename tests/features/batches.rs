//! Batches: revision 2025-03-26 has them, no other does.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use testkit::client::McpClient;
use testkit::http::Answer;

use super::stage::{Face, Stage};

fn call(id: &Value, tool: &str) -> Value {
    let params = json!({"name": tool, "arguments": {"id": id}});
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
}

/// The responses of an answer by their ids as JSON text, whether it is JSON or a stream.
fn responses(answer: &Answer) -> anyhow::Result<BTreeMap<String, Value>> {
    let mut all = BTreeMap::new();
    for message in answer.messages() {
        let message: Value = serde_json::from_str(&message).context(message)?;
        let each = match message {
            Value::Array(several) => several,
            one => vec![one],
        };
        for response in each {
            let id = response["id"].to_string();
            ensure!(all.insert(id, response).is_none(), "an id came twice");
        }
    }
    Ok(all)
}

async fn session(stage: &Stage, version: &str) -> anyhow::Result<McpClient> {
    let client = stage
        .builder(Face::Own, "stdio-old")?
        .legacy(version)
        .await?;
    assert_eq!(client.initialized()["protocolVersion"], version);
    Ok(client)
}

#[tokio::test]
async fn every_request_of_a_batch_is_answered() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-old"], &[]).await?;
    let client = session(&stage, "2025-03-26").await?;
    let batch = json!([
        call(&json!(1), "echo"),
        {"jsonrpc": "2.0", "method": "notifications/roots/list_changed"},
        call(&json!("1"), "echo"),
        {"jsonrpc": "2.0", "id": 3, "method": "no/such"},
        {"jsonrpc": "2.0", "id": 4, "method": "ping"},
        call(&json!(5), "fail"),
    ]);
    let answer = client.send_text(&batch.to_string()).await?;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let responses = responses(&answer)?;
    let ids: Vec<_> = responses.keys().map(String::as_str).collect();
    assert_eq!(ids, ["\"1\"", "1", "3", "4", "5"]);
    let text = |id: &str| responses[id]["result"]["content"][0]["text"].clone();
    assert_eq!(text("1"), r#"{"id":1}"#);
    assert_eq!(text("\"1\""), r#"{"id":"1"}"#);
    assert_eq!(responses["3"]["error"]["code"], -32601);
    assert_eq!(responses["4"]["result"], json!({}));
    assert_eq!(responses["5"]["result"]["isError"], true);
    Ok(())
}

#[tokio::test]
async fn a_batch_of_notifications_is_accepted() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-old"], &[]).await?;
    let client = session(&stage, "2025-03-26").await?;
    let note = json!({"jsonrpc": "2.0", "method": "notifications/roots/list_changed"});
    let answer = client.send_text(&json!([note, note]).to_string()).await?;
    assert_eq!(answer.status, 202, "{}", answer.body);
    Ok(())
}

#[tokio::test]
async fn broken_parts_of_a_batch_cost_only_themselves() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-old"], &[]).await?;
    let client = session(&stage, "2025-03-26").await?;
    let batch = json!([42, call(&json!(7), "echo")]);
    let answer = client.send_text(&batch.to_string()).await?;
    let responses = responses(&answer)?;
    let text = &responses["7"]["result"]["content"][0]["text"];
    assert_eq!(text, r#"{"id":7}"#, "{}", answer.body);
    assert_eq!(
        responses["null"]["error"]["code"], -32600,
        "{}",
        answer.body
    );
    let empty = client.send_text("[]").await?;
    assert_eq!(empty.status, 400, "{}", empty.body);
    Ok(())
}

#[tokio::test]
async fn other_revisions_have_no_batches() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-old"], &[]).await?;
    for version in ["2025-06-18", "2025-11-25"] {
        let client = session(&stage, version).await?;
        let batch = json!([call(&json!(1), "echo")]).to_string();
        let refused = client.send_text(&batch).await?;
        assert_eq!(refused.status, 400, "{version}: {}", refused.body);
        assert_eq!(refused.json()?["error"]["code"], -32600, "{version}");
    }
    Ok(())
}

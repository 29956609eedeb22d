//! Batches, which revision 2025-03-26 has and all later ones have not.

use serde_json::{Value, json};

use super::Bench;
use super::events::Legacy;

const BATCH: &str = r#"[
    {"jsonrpc":"2.0","id":"a","method":"ping"},
    {"jsonrpc":"2.0","method":"notifications/initialized"},
    {"jsonrpc":"2.0","id":2,"method":"tools/fly"},
    {"jsonrpc":"2.0","id":3,"result":{}},
    {"jsonrpc":"1.0"},
    {"jsonrpc":"2.0","id":4,"method":"initialize","params":{}}
]"#;

#[tokio::test]
async fn every_request_of_a_batch_is_answered_in_its_place() {
    let bench = Bench::new(json!({})).await;
    let client = Legacy::open(&bench, "/mcp", "2025-03-26").await;
    let answer = bench.send(client.post(BATCH, "application/json")).await;
    assert_eq!(answer.status, 200);
    let answers: Vec<Value> = serde_json::from_str(&answer.body).expect("an array");
    let told: Vec<_> = answers
        .iter()
        .map(|answer| (answer["id"].clone(), answer["error"]["code"].clone()))
        .collect();
    let expected = [
        (json!("a"), json!(null)),
        (json!(2), json!(-32601)),
        (json!(null), json!(-32600)),
        (json!(4), json!(-32601)),
    ];
    assert_eq!(told, expected);
    bench.stop().await;
}

#[tokio::test]
async fn a_batch_without_requests_has_no_answer() {
    let bench = Bench::new(json!({})).await;
    let client = Legacy::open(&bench, "/mcp", "2025-03-26").await;
    let batch = r#"[{"jsonrpc":"2.0","method":"notifications/initialized"}]"#;
    let answer = bench.send(client.post(batch, "application/json")).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (202, ""));
    bench.stop().await;
}

#[tokio::test]
async fn batches_are_refused_where_there_should_be_none() {
    let bench = Bench::new(json!({})).await;
    let old = Legacy::open(&bench, "/mcp", "2025-03-26").await;
    let newer = Legacy::open(&bench, "/mcp", "2025-06-18").await;
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let many = format!("[{}]", vec![ping; 101].join(","));
    for (client, batch) in [(&newer, BATCH), (&old, "[]"), (&old, "[1"), (&old, &many)] {
        let answer = bench.send(client.post(batch, "application/json")).await;
        assert_eq!(answer.status, 400, "{batch}");
        assert!(answer.json()["error"]["code"].is_i64(), "{}", answer.body);
    }
    let mut gone = old.post(BATCH, "application/json");
    gone.headers_mut()
        .insert("mcp-session-id", "gone".parse().expect("a value"));
    assert_eq!(bench.send(gone).await.status, 404);
    bench.stop().await;
}

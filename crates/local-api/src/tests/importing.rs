//! Servers from pasted text.

use serde_json::json;

use super::{Bench, code, disabled, fake};

#[tokio::test]
async fn a_text_is_read_and_nothing_is_changed() {
    let bench = Bench::new(&json!({ "time": disabled(fake(&[])) })).await;
    let before = bench.file();
    let text = r#"{"mcpServers": {"time": {"command": "uvx", "args": ["mcp-server-time"]},
        "new": {"url": "https://h.example/mcp", "headers": {"K": "secret-value"}}}}"#;
    let (status, body) = bench
        .post("/api/v1/servers/parse", &json!({ "text": text }))
        .await;
    assert_eq!(status, 200, "{body}");
    let servers = body["servers"].as_array().expect("servers");
    assert_eq!(servers[0]["exists"], true);
    assert_eq!(servers[1]["exists"], false);
    assert_eq!(servers[1]["entry"]["headers"]["K"], "secret-value");
    assert_eq!(servers[1]["shown"]["headers"]["K"], "••••");
    assert_eq!(servers[1]["evidence"]["target"], "https://h.example/mcp");
    assert_eq!(servers[1]["evidence"]["headers"], json!(["K"]));
    assert_eq!(bench.file(), before);
    bench.stop().await;
}

#[tokio::test]
async fn what_is_not_understood_is_told_with_a_way_out() {
    let bench = Bench::new(&json!({})).await;
    for (text, status) in [("{", 422), ("", 422), (&"x".repeat(300_000), 413)] {
        let (given, body) = bench
            .post("/api/v1/servers/parse", &json!({ "text": text }))
            .await;
        assert_eq!((given.as_u16(), code(&body)), (status, "not-understood"));
        assert!(
            body["error"]["message"]
                .as_str()
                .is_some_and(|m| m.contains("aste"))
        );
    }
    bench.stop().await;
}

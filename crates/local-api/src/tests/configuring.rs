//! The configuration file's standing.

use model::ConfigStatus;
use serde_json::json;

use super::{Bench, disabled, fake};

#[tokio::test]
async fn a_good_file_is_told_to_be_good() {
    let bench = Bench::new(&json!({})).await;
    let (status, body) = bench.get("/api/v1/config").await;
    assert_eq!(status, 200);
    let config: ConfigStatus = serde_json::from_value(body).expect("a status");
    let file = bench.folder.path().join("config.json");
    assert_eq!(config.path, file.display().to_string());
    assert!(config.diagnostics.is_empty() && config.loaded_at > 0);
    bench.stop().await;
}

#[tokio::test]
async fn a_reload_takes_what_the_file_says_now() {
    let bench = Bench::new(&json!({})).await;
    let text = json!({ "mcpServers": { "a": disabled(fake(&[])) }, "mcpServer": 1 }).to_string();
    std::fs::write(bench.folder.path().join("config.json"), text).expect("written");
    let (status, body) = bench.post("/api/v1/config/reload", &json!({})).await;
    let config: ConfigStatus = serde_json::from_value(body.clone()).expect("a status");
    assert_eq!((status.as_u16(), config.has_errors()), (200, false));
    assert_eq!(config.diagnostics.len(), 1, "a warning: {body}");
    bench.until(|snapshot| snapshot.servers.len() == 1).await;
    assert_eq!(bench.get("/api/v1/config").await.1, body);
    bench.stop().await;
}

#[tokio::test]
async fn a_broken_file_is_told_and_cannot_be_edited() {
    let bench = Bench::new(&json!({ "a": disabled(fake(&[])) })).await;
    std::fs::write(bench.folder.path().join("config.json"), "{\n  nonsense").expect("written");
    let (status, body) = bench.post("/api/v1/config/reload", &json!({})).await;
    let config: ConfigStatus = serde_json::from_value(body).expect("a status");
    assert_eq!((status.as_u16(), config.has_errors()), (200, true));
    assert!(config.diagnostics[0].line > 0, "{:?}", config.diagnostics);
    let (status, body) = bench.post("/api/v1/servers/a/enable", &json!({})).await;
    assert_eq!(
        (status.as_u16(), super::code(&body)),
        (422, "invalid-config")
    );
    let (_, list) = bench.get("/api/v1/servers").await;
    assert_eq!(list[0]["name"], "a", "the last good settings stay");
    bench.stop().await;
}

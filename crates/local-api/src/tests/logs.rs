//! Logs: listed, read, opened.

use serde_json::json;

use super::{Bench, code, fake};

#[tokio::test]
async fn the_gateways_log_comes_first_and_each_is_read_by_its_id() {
    let bench = Bench::new(&json!({ "my server": fake(&[]) })).await;
    bench.until_ready("my server").await;
    let gateway = bench.folder.path().join("logs").join("gateway.log");
    std::fs::write(gateway, "T  INFO daemon: ready\n").expect("written");
    let (status, logs) = bench.get("/api/v1/logs").await;
    assert_eq!(status, 200, "{logs}");
    assert_eq!(
        (&logs[0]["id"], &logs[0]["bytes"]),
        (&json!("gateway"), &json!(22))
    );
    assert_eq!(logs[0]["kind"], "gateway");
    assert_eq!(
        (&logs[1]["id"], &logs[1]["label"]),
        (&json!("my_server"), &json!("my server"))
    );
    let path = logs[1]["path"].as_str().expect("a path");
    assert!(path.ends_with("server-my_server.log"), "{path}");
    let (_, lines) = bench.get("/api/v1/logs/gateway").await;
    assert_eq!(lines["lines"], json!(["T gateway INFO: daemon: ready"]));
    for id in ["my_server", "my%20server"] {
        let (status, lines) = bench.get(&format!("/api/v1/logs/{id}?lines=2")).await;
        assert_eq!(status, 200);
        assert!(!lines["lines"].as_array().expect("lines").is_empty());
    }
    let (status, body) = bench.get("/api/v1/logs/other").await;
    assert_eq!((status.as_u16(), code(&body)), (404, "no-such-server"));
    bench.stop().await;
}

#[tokio::test]
async fn what_a_server_prints_of_its_secrets_is_masked() {
    let secret = "planted-secret-value";
    let entry = json!({
        "command": "sh", "args": ["-c", "echo got $TOKEN >&2; exec sleep 1000"],
        "env": { "TOKEN": secret }, "startTimeout": 1,
    });
    let bench = Bench::new(&json!({ "leaky": entry })).await;
    let (_, lines) = bench.get("/api/v1/logs/leaky").await;
    let text = lines.to_string();
    assert!(text.contains("stderr: got ••••"), "{text}");
    assert!(!text.contains(secret), "{text}");
    bench.stop().await;
}

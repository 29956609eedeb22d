//! Logs: what servers write, made safe to show, and calls without what was in them.

use std::time::Duration;

use serde_json::json;
use testkit::gateway::Gateway;
use testkit::process;

use crate::agent::Agent;

/// Reads a server's log by the CLI until it holds this.
async fn log_with(gateway: &Gateway, server: &str, wanted: &str) -> anyhow::Result<String> {
    for _ in 0..200 {
        let output = gateway.cli(&["logs", server]).await?;
        let text = String::from_utf8(output.stdout)?;
        if text.contains(wanted) {
            return Ok(text);
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    anyhow::bail!("{wanted:?} is not in the log:\n{}", gateway.diagnose())
}

#[tokio::test]
async fn what_a_server_says_on_stderr_is_kept_and_made_visible() -> anyhow::Result<()> {
    let text = "ready \u{1b}[31mred\u{1b}[0m \u{7}bell \u{202e}reversed";
    let gateway = Gateway::builder()
        .fake("fake", &["--stderr", text])?
        .start_ready()
        .await?;
    let log = log_with(&gateway, "fake", "ready").await?;
    assert!(log.contains(r"\x1b[31mred"), "{log}");
    assert!(log.contains(r"\u{202e}reversed"), "{log}");
    let raw = ['\u{1b}', '\u{7}', '\u{202e}'];
    assert!(!log.contains(raw), "{log:?}");
    assert!(
        log.lines()
            .any(|line| line.contains("stderr") && line.starts_with("20")),
        "{log}"
    );
    Ok(())
}

#[tokio::test]
async fn the_log_of_a_server_can_be_read_without_the_gateway() -> anyhow::Result<()> {
    let mut gateway = Gateway::builder()
        .fake("fake", &["--stderr", "hello"])?
        .start_ready()
        .await?;
    log_with(&gateway, "fake", "hello").await?;
    gateway.stop().await?;
    let output = gateway.cli(&["logs", "fake"]).await?;
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8(output.stdout)?.contains("hello"));
    Ok(())
}

#[tokio::test]
async fn a_call_is_logged_with_the_shape_of_its_arguments_only() -> anyhow::Result<()> {
    let gateway = Gateway::builder().fake("fake", &[])?.start_ready().await?;
    let agent = Agent::of(&gateway).await?;
    let arguments = json!({"path": "/home/somebody/diary", "limit": 31_337, "tags": ["x", "y"]});
    agent.write("fake__echo", arguments).await?;
    let file = gateway.data_dir().join("logs/gateway.log");
    let read = || std::fs::read_to_string(&file).unwrap_or_default();
    let logged = || read().contains("echo");
    assert!(
        process::wait_for(Duration::from_secs(5), logged).await,
        "{}",
        gateway.diagnose()
    );
    let log = read();
    let line = log
        .lines()
        .find(|line| line.contains("echo"))
        .unwrap_or_default();
    for part in ["fake", "testkit", "path", "limit", "string(20)"] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    for value in ["diary", "31337"] {
        assert!(!log.contains(value), "{value} is in {log}");
    }
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn logs_and_socket_belong_to_the_user_alone() -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let gateway = Gateway::builder()
        .fake("fake", &["--stderr", "hello"])?
        .start_ready()
        .await?;
    log_with(&gateway, "fake", "hello").await?;
    let mode = |path: &str| -> anyhow::Result<u32> {
        Ok(std::fs::metadata(gateway.data_dir().join(path))?
            .permissions()
            .mode()
            & 0o777)
    };
    assert_eq!(mode("toolgate.sock")?, 0o600);
    assert_eq!(mode("local-token")?, 0o600);
    assert_eq!(mode("logs")?, 0o700);
    assert_eq!(mode("logs/gateway.log")?, 0o600);
    assert_eq!(mode("logs/server-fake.log")?, 0o600);
    Ok(())
}

#[tokio::test]
async fn a_log_is_followed_as_it_grows() -> anyhow::Result<()> {
    let gateway = Gateway::builder()
        .fake("fake", &["--stderr", "first"])?
        .start_ready()
        .await?;
    let request = testkit::http::get("/api/v1/servers/fake/logs?follow=true")?;
    let mut stream = gateway.socket().open(request).await?;
    assert_eq!(stream.status, 200);
    gateway.api("POST", "/servers/fake/restart", "").await?;
    loop {
        let event = stream.next_event().await?;
        let event = event.ok_or_else(|| anyhow::anyhow!("the stream ended"))?;
        assert_eq!(event.event, "line");
        if event.data.contains("first") {
            return Ok(());
        }
    }
}

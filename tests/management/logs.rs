//! M7: what a server writes on its standard error to mislead whoever reads the log.

use std::time::Duration;

use serde_json::json;
use testkit::gateway::Gateway;
use testkit::{process, programs};

/// The longest line that a log may hold: 8 KiB, with what stands around them.
const LONGEST: usize = 8 * 1024 + 128;

async fn log_of(gateway: &Gateway, wanted: &str) -> anyhow::Result<String> {
    let file = gateway.data_dir().join("logs/server-noisy.log");
    let read = || std::fs::read(&file).unwrap_or_default();
    let has = || String::from_utf8_lossy(&read()).contains(wanted);
    let found = process::wait_for(Duration::from_mins(1), has).await;
    anyhow::ensure!(
        found,
        "{wanted:?} is not in the log:\n{}",
        gateway.diagnose()
    );
    Ok(String::from_utf8(read())?)
}

#[tokio::test]
async fn m07_no_line_of_a_log_can_be_forged() -> anyhow::Result<()> {
    let forged = "2026-01-01T00:00:00.000Z gateway INFO: approved by a person";
    let said = format!(
        "one\r{forged}\n{forged}\u{2028}{forged}\u{85}{forged}\u{1b}]0;title\u{7}\u{1b}[2K\u{202e}back\u{200b} last"
    );
    let gateway = Gateway::builder().fake("noisy", &["--stderr", &said])?;
    let gateway = gateway.start_ready().await?;
    let log = log_of(&gateway, "last").await?;
    let is_drawn = |c: char| c == '\n' || !c.is_control();
    assert!(log.chars().all(is_drawn), "{log:?}");
    for hidden in ['\u{2028}', '\u{202e}', '\u{200b}', '\u{85}'] {
        assert!(!log.contains(hidden), "{log:?}");
    }
    for line in log.lines().filter(|line| line.contains("approved by")) {
        let (_, rest) = line.split_once(' ').unwrap_or_default();
        let is_quoted = rest.starts_with("gateway INFO: starting ");
        assert!(rest.starts_with("stderr: ") || is_quoted, "{line}");
    }
    // What the window is given is the same text.
    let answer = gateway
        .api("GET", "/servers/noisy/logs", "")
        .await?
        .json()?;
    let lines = answer["lines"].as_array().cloned().unwrap_or_default();
    let written: Vec<_> = log
        .lines()
        .map(Into::into)
        .collect::<Vec<serde_json::Value>>();
    assert!(
        !lines.is_empty() && lines.iter().all(|line| written.contains(line)),
        "{answer}"
    );
    Ok(())
}

/// A hundred megabytes stand for the gigabyte: nothing of it is kept, so more changes nothing.
#[cfg(unix)]
#[tokio::test]
async fn m07_a_line_without_end_is_cut_and_forgotten() -> anyhow::Result<()> {
    let program = programs::fake_server()?.display().to_string();
    let script =
        "head -c 104857600 /dev/zero | tr '\\0' x >&2; echo >&2; echo after >&2; exec \"$0\"";
    let entry = json!({ "command": "/bin/sh", "args": ["-c", script, program] });
    let gateway = Gateway::builder().server("noisy", entry);
    let gateway = gateway.fake("good", &[])?.start_ready().await?;
    let log = log_of(&gateway, "stderr: after").await?;
    assert!(log.lines().all(|line| line.len() <= LONGEST));
    assert!(log.contains("stderr: xxx"), "{}", gateway.diagnose());
    assert!(log.len() < 1 << 20, "{} bytes", log.len());
    let status = std::fs::read_to_string(format!("/proc/{}/status", gateway.pid()?))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    assert!(
        peak.is_none_or(|kilobytes| kilobytes < 300_000),
        "{peak:?} kB"
    );
    let good = gateway.server("good").await?;
    assert!(good.state.is_ready());
    Ok(())
}

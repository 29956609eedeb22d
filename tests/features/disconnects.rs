//! Clients that go away in the middle of a call: nothing of theirs stays behind.

#![cfg(target_os = "linux")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::json;
use testkit::client::McpClient;
use testkit::seen::Seen;
use tokio::task::JoinSet;

use super::stage::{Era, Face, Server, Stage, call};

/// Calls that are broken off, over all servers and both eras.
const CALLS: usize = 10_000;

/// Calls that run at the same time.
const AT_ONCE: usize = 100;

/// Descriptors that may come and go by themselves, for example of a log file.
const SLACK: usize = 4;

/// How long what was broken off may take to be gone.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn ten_thousand_broken_off_calls_leave_nothing_behind() -> anyhow::Result<()> {
    let slugs = ["stdio-old", "stdio-new", "http-old", "http-new"];
    let stage = Stage::only(&slugs, &[]).await?;
    let each = CALLS / slugs.len() / 2;
    // The first calls open what stays open: connections to the servers, log files.
    for slug in slugs {
        for era in Era::BOTH {
            break_off(&stage, era, slug, AT_ONCE).await?;
            settled(
                &stage,
                slug,
                AT_ONCE * if era == Era::Legacy { 1 } else { 2 },
            )
            .await?;
        }
    }
    let pid = stage.gateway.pid()?;
    let ports: Vec<u16> = stage.servers.iter().filter_map(Server::port).collect();
    let before = descriptors(pid, &ports)?;
    for slug in slugs {
        for era in Era::BOTH {
            break_off(&stage, era, slug, each).await?;
        }
        settled(&stage, slug, 2 * (AT_ONCE + each)).await?;
    }
    let deadline = Instant::now() + PATIENCE;
    loop {
        let now = descriptors(pid, &ports)?;
        if now.len() <= before.len() + SLACK {
            return Ok(());
        }
        ensure!(
            Instant::now() < deadline,
            "{} descriptors before, {} after: {now:?}",
            before.len(),
            now.len()
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Begins calls, goes away in the middle of each, and ends the session.
async fn break_off(stage: &Stage, era: Era, slug: &str, count: usize) -> anyhow::Result<()> {
    // A call of a session goes on without its client, so it must end by itself.
    let milliseconds = if era == Era::Legacy { 20 } else { 600_000 };
    let client = era.client(stage.builder(Face::Own, slug)?).await?;
    let client = Arc::new(client);
    let mut running = JoinSet::new();
    for _ in 0..count {
        if running.len() == AT_ONCE {
            running.join_next().await.context("one is running")???;
        }
        let client = client.clone();
        running.spawn(async move { one(&client, milliseconds).await });
    }
    for outcome in running.join_all().await {
        outcome?;
    }
    if era == Era::Legacy {
        client.close().await?;
    }
    Ok(())
}

async fn one(client: &McpClient, milliseconds: u64) -> anyhow::Result<()> {
    let params = json!({
        "name": "wait",
        "arguments": {"ms": milliseconds},
        "_meta": {"progressToken": 1}
    });
    let mut exchange = client.open("tools/call", &params).await?;
    let first = exchange.next().await?.context("nothing came")?;
    ensure!(first.method() == "notifications/progress", "{}", first.text);
    Ok(())
}

/// Waits until the server works on none of the calls that it began.
async fn settled(stage: &Stage, slug: &str, begun: usize) -> anyhow::Result<()> {
    let server = stage.server(slug)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let calls = Calls::of(&server.seen);
        if calls.begun >= begun && calls.answered + calls.dropped >= calls.begun {
            break;
        }
        ensure!(
            Instant::now() < deadline,
            "{slug}: {calls:?} of {begun} calls"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // The gateway does not count them as running either: it still answers at once.
    let client = stage.builder(Face::Own, slug)?.modern();
    let counts = call(&client, Face::Own, slug, "calls", json!({})).await?;
    counts.text_json().map(drop)
}

/// What became of the calls that a server saw.
#[derive(Debug, Default)]
struct Calls {
    begun: usize,
    answered: usize,
    dropped: usize,
}

impl Calls {
    fn of(seen: &Seen) -> Self {
        let mut calls = Self::default();
        for event in seen.all() {
            if event.json["method"] != "tools/call" {
                continue;
            }
            match event.json["event"].as_str() {
                Some("request") => calls.begun += 1,
                Some("answered") => calls.answered += 1,
                Some("dropped") => calls.dropped += 1,
                _ => {}
            }
        }
        calls
    }
}

/// What a process has open, apart from connections to the servers: those are kept for the next
/// call, and their number is bounded.
fn descriptors(pid: u32, servers: &[u16]) -> anyhow::Result<Vec<String>> {
    let table = std::fs::read_to_string(format!("/proc/{pid}/net/tcp"))?;
    let kept: Vec<String> = table
        .lines()
        .filter_map(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            let (_, port) = fields.get(2)?.split_once(':')?;
            let port = u16::from_str_radix(port, 16).ok()?;
            let inode = fields.get(9).filter(|_| servers.contains(&port))?;
            Some(format!("socket:[{inode}]"))
        })
        .collect();
    let mut open = Vec::new();
    for entry in std::fs::read_dir(format!("/proc/{pid}/fd"))? {
        // One that was closed meanwhile is not open.
        let target = std::fs::read_link(entry?.path()).unwrap_or_default();
        let target = target.to_string_lossy().into_owned();
        if !kept.contains(&target) {
            open.push(target);
        }
    }
    Ok(open)
}

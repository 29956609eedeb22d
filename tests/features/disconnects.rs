//! Clients that go away in the middle of a call: nothing of theirs stays behind.

#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::json;
use testkit::client::McpClient;
use tokio::task::JoinSet;

use super::stage::{Era, Face, Stage, call};

/// Calls that are broken off, over all servers and both eras.
const CALLS: usize = 10_000;

/// Calls that run at the same time.
const AT_ONCE: usize = 100;

/// Descriptors that may come and go by themselves: timers, log files, a kept connection.
const SLACK: usize = 8;

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
    let before = descriptors(pid)?;
    for slug in slugs {
        for era in Era::BOTH {
            break_off(&stage, era, slug, each).await?;
        }
        settled(&stage, slug, 2 * (AT_ONCE + each)).await?;
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let now = descriptors(pid)?;
        if now <= before + SLACK {
            return Ok(());
        }
        ensure!(
            Instant::now() < deadline,
            "{before} descriptors before, {now} after"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Begins calls, goes away in the middle of each, and ends the session.
async fn break_off(stage: &Stage, era: Era, slug: &str, count: usize) -> anyhow::Result<()> {
    // A call of a session goes on without its client, so it must end by itself.
    let milliseconds = if era == Era::Legacy { 20 } else { 600_000 };
    let client = era.client(stage.builder(Face::Own, slug)?).await?;
    let client = std::sync::Arc::new(client);
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
    let ended = |seen: &testkit::seen::Seen| {
        let (mut requests, mut ends) = (0, 0);
        for event in seen.all() {
            if event.json["method"] != "tools/call" {
                continue;
            }
            match event.json["event"].as_str() {
                Some("request") => requests += 1,
                Some("answered" | "dropped") => ends += 1,
                _ => {}
            }
        }
        (requests >= begun && ends >= begun).then_some(())
    };
    server.seen.wait("the end of all calls", ended).await?;
    // The gateway does not count them as running either: it still answers at once.
    let client = stage.builder(Face::Own, slug)?.modern();
    let counts = call(&client, Face::Own, slug, "calls", json!({})).await?;
    counts.text_json().map(drop)
}

fn descriptors(pid: u32) -> anyhow::Result<usize> {
    Ok(std::fs::read_dir(format!("/proc/{pid}/fd"))?.count())
}

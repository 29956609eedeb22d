//! A session's client that loses its stream takes it up again: nothing lost, nothing twice.

use anyhow::{Context as _, ensure};
use serde_json::json;
use testkit::client::{Exchange, McpClient};

use super::stage::{Era, Face, Findings, Stage, call};

const STEPS: u64 = 30;

/// Reads so many progress reports, which must go on from the last one.
async fn read(exchange: &mut Exchange<'_>, last: &mut u64, count: u64) -> anyhow::Result<()> {
    for _ in 0..count {
        let event = exchange.next().await?.context("the stream ended")?;
        let progress = event.json["params"]["progress"].as_u64();
        ensure!(progress == Some(*last + 1), "{} after {last}", event.text);
        *last += 1;
    }
    Ok(())
}

fn slow(face: Face, slug: &str) -> serde_json::Value {
    let mut params = face.call(slug, "slow", &json!({"ms": 600, "steps": STEPS}));
    params["_meta"] = json!({"progressToken": "t"});
    params
}

#[tokio::test]
async fn a_stream_lost_several_times_brings_every_event_once() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for face in Face::EACH {
            let cell = format!("{}, {face:?}", server.slug);
            let work = async {
                let builder = stage.builder(face, server.slug)?;
                let client = builder.legacy("2025-11-25").await?;
                let params = slow(face, server.slug);
                let mut exchange = client.open("tools/call", &params).await?;
                let mut last = 0;
                for part in [1, 4, 10] {
                    read(&mut exchange, &mut last, part).await?;
                    exchange = exchange.resume().await?;
                }
                let answered = rest(exchange, &mut last).await?;
                ensure!(answered.contains("waited 600 ms"), "{answered}");
                ensure!(last == STEPS, "{last} of {STEPS} reports");
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

/// Reads to the answer, which must come once.
async fn rest(mut exchange: Exchange<'_>, last: &mut u64) -> anyhow::Result<String> {
    let mut answer = None;
    // A resumed stream may stay open for more, so the first answer ends the reading.
    while answer.is_none() {
        let event = exchange.next().await?.context("the stream ended")?;
        if event.method().is_empty() {
            ensure!(event.id() == exchange.id(), "{}", event.text);
            answer = Some(event.text);
        } else {
            let progress = event.json["params"]["progress"].as_u64();
            ensure!(progress == Some(*last + 1), "{} after {last}", event.text);
            *last += 1;
        }
    }
    answer.context("no answer")
}

#[tokio::test]
async fn an_answer_given_while_nobody_listened_waits() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-old", "http-new"], &[]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let work = async {
            let builder = stage.builder(Face::Own, server.slug)?;
            let client = builder.legacy("2025-11-25").await?;
            let params = slow(Face::Own, server.slug);
            let mut exchange = client.open("tools/call", &params).await?;
            let mut last = 0;
            read(&mut exchange, &mut last, 2).await?;
            // Another call in between ends after this one has.
            let over = json!({"ms": 900, "steps": 1});
            let waited = call(&client, Face::Own, server.slug, "slow", over);
            let (exchange, waited) = tokio::join!(async { exchange.resume().await }, waited);
            waited?;
            let answered = rest(exchange?, &mut last).await?;
            ensure!(
                answered.contains("waited 600 ms") && last == STEPS,
                "{last}: {answered}"
            );
            Ok(())
        };
        findings.check(server.slug, work).await;
    }
    findings.done()
}

#[tokio::test]
async fn calls_of_one_session_resume_each_its_own() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-old", "http-old"], &[]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let work = async {
            let builder = stage.builder(Face::Own, server.slug)?;
            let client = builder.legacy("2025-11-25").await?;
            let one = broken_off(&client, server.slug);
            let two = broken_off(&client, server.slug);
            let (one, two) = tokio::try_join!(one, two)?;
            ensure!(one == STEPS && two == STEPS, "{one} and {two} of {STEPS}");
            Ok(())
        };
        findings.check(server.slug, work).await;
    }
    findings.done()
}

async fn broken_off(client: &McpClient, slug: &str) -> anyhow::Result<u64> {
    let mut exchange = client.open("tools/call", &slow(Face::Own, slug)).await?;
    let mut last = 0;
    read(&mut exchange, &mut last, 3).await?;
    rest(exchange.resume().await?, &mut last).await?;
    Ok(last)
}

#[tokio::test]
async fn an_event_of_another_session_resumes_nothing() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-old"], &[]).await?;
    let mine = stage
        .builder(Face::Own, "stdio-old")?
        .legacy("2025-11-25")
        .await?;
    let other = Era::Legacy
        .client(stage.builder(Face::Own, "stdio-old")?)
        .await?;
    let params = slow(Face::Own, "stdio-old");
    let mut stream = mine.stream("tools/call", params).await?;
    stream.next_event().await?.context("an event")?;
    let last = stream.last_event_id.clone().context("no event had an id")?;
    let mut foreign = other.listen_after(Some(&last)).await?;
    // Either it is refused, or it is a stream on which the other session hears only its own news.
    let secret = "notifications/progress";
    if foreign.status == 200 {
        let touched = call(&other, Face::Own, "stdio-old", "rename", json!({})).await?;
        touched.result()?;
        let event = foreign.next_message().await?.unwrap_or_default();
        assert!(
            !event.contains(secret) && !event.contains("waited"),
            "{event}"
        );
    } else {
        assert!((400..500).contains(&foreign.status), "{}", foreign.status);
    }
    Ok(())
}

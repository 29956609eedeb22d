//! Cancellation: by notification in a session, by closing the stream without one.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use testkit::client::{Exchange, McpClient};

use super::stage::{Era, Face, Findings, Server, Stage, call};

/// Begins a call of `wait` and returns once the server works on it.
async fn begin<'a>(
    client: &'a McpClient,
    server: &Server,
    face: Face,
    milliseconds: u64,
) -> anyhow::Result<Exchange<'a>> {
    let before = server.seen.requests("tools/call").len();
    let mut params = face.call(server.slug, "wait", &json!({"ms": milliseconds}));
    params["_meta"] = json!({"progressToken": "begun"});
    let mut exchange = client.open("tools/call", &params).await?;
    let first = exchange.next().await?.context("nothing came")?;
    ensure!(first.method() == "notifications/progress", "{}", first.text);
    ensure!(server.seen.requests("tools/call").len() > before);
    Ok(exchange)
}

/// Waits until the server no longer works on the call; how it ended.
async fn end(server: &Server) -> anyhow::Result<&'static str> {
    server
        .seen
        .wait("the end of the call", |seen| {
            let ended = |how: &'static str| {
                let ended = seen.of(how, "tools/call");
                (!ended.is_empty()).then_some(how)
            };
            ended("dropped").or_else(|| ended("answered"))
        })
        .await
}

#[tokio::test]
async fn a_notification_of_a_session_reaches_the_server() -> anyhow::Result<()> {
    let mut findings = Findings::default();
    for face in Face::EACH {
        let stage = Stage::new().await?;
        for server in &stage.servers {
            let cell = format!("{}, {face:?}", server.slug);
            let work = async {
                let client = stage
                    .builder(face, server.slug)?
                    .legacy("2025-11-25")
                    .await?;
                let mut exchange = begin(&client, server, face, 600_000).await?;
                client.cancel(exchange.id()).await?;
                let how = end(server).await?;
                ensure!(how == "dropped", "the call was {how}");
                // Over stateless HTTP the closed stream says it (2026-07-28, cancellation).
                if server.slug != "http-new" {
                    let said = server.seen.notification("notifications/cancelled").await?;
                    let begun = server.seen.request("tools/call").await?;
                    let asked: Value = serde_json::from_str(said.params())?;
                    ensure!(asked["requestId"] == begun.json["id"], "{asked}");
                }
                while let Some(message) = exchange.next().await? {
                    ensure!(message.id() != exchange.id(), "answered: {}", message.text);
                }
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn a_lost_connection_of_a_session_cancels_nothing() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let work = async {
            let client = stage
                .builder(Face::Own, server.slug)?
                .legacy("2025-11-25")
                .await?;
            drop(begin(&client, server, Face::Own, 400).await?);
            let how = end(server).await?;
            ensure!(how == "answered", "the call was {how}");
            let cancelled = server.seen.notifications("notifications/cancelled");
            ensure!(cancelled.is_empty(), "{cancelled:?}");
            Ok(())
        };
        findings.check(server.slug, work).await;
    }
    findings.done()
}

#[tokio::test]
async fn a_closed_stream_of_a_stateless_request_cancels_it() -> anyhow::Result<()> {
    let mut findings = Findings::default();
    for face in Face::EACH {
        let stage = Stage::new().await?;
        for server in &stage.servers {
            let cell = format!("{}, {face:?}", server.slug);
            let work = async {
                let client = stage.builder(face, server.slug)?.modern();
                drop(begin(&client, server, face, 600_000).await?);
                let how = end(server).await?;
                ensure!(how == "dropped", "the call was {how}");
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn a_cancellation_of_something_else_does_nothing() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let work = async {
            let builder = || stage.builder(Face::Own, server.slug);
            let one = builder()?.first_id(5).legacy("2025-11-25").await?;
            let other = builder()?.first_id(5).legacy("2025-11-25").await?;
            let exchange = begin(&one, server, Face::Own, 300).await?;
            // The same id in another session, another id in the same session, the id as a text.
            other.cancel(exchange.id()).await?;
            one.cancel("999").await?;
            one.cancel(&format!("\"{}\"", exchange.id())).await?;
            let answered = exchange.finish().await?;
            let text = answered.text()?;
            ensure!(text == "waited 300 ms", "{text}");
            Ok(())
        };
        findings.check(server.slug, work).await;
    }
    findings.done()
}

#[tokio::test]
async fn a_cancelled_question_is_taken_back() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-old", "http-old", "sse-old"], &[]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let work = async {
            let slug = server.slug;
            let client = stage.person(Era::Legacy, Face::Own, slug, "ann").await?;
            // The next call is asked and answered as if nothing had been.
            let exchange = begin(&client, server, Face::Own, 600_000).await?;
            client.cancel(exchange.id()).await?;
            let answered = call(&client, Face::Own, slug, "ask", json!({})).await?;
            ensure!(answered.text_json()?["content"]["answer"] == "ann");
            Ok(())
        };
        findings.check(server.slug, work).await;
    }
    findings.done()
}

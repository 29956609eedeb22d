//! Log messages: those of a call go to its caller, at the level that the caller asked for.

use anyhow::ensure;
use serde_json::json;
use testkit::client::McpClient;

use super::stage::{Era, Face, Findings, Stage, call};

const LOGGED: &str = "notifications/message";

async fn listener(
    stage: &Stage,
    era: Era,
    face: Face,
    slug: &str,
    level: Option<&str>,
) -> anyhow::Result<McpClient> {
    let mut builder = stage.builder(face, slug)?;
    if let Some(level) = level {
        builder = builder.log_level(level);
    }
    era.client(builder).await
}

#[tokio::test]
async fn everybody_hears_the_own_calls_at_the_own_level() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            for face in Face::EACH {
                let cell = format!("{era:?} clients, {}, {face:?}", server.slug);
                let work = own_level(&stage, era, face, server.slug);
                findings.check(&cell, work).await;
            }
        }
    }
    findings.done()
}

async fn own_level(stage: &Stage, era: Era, face: Face, slug: &str) -> anyhow::Result<()> {
    let strict = listener(stage, era, face, slug, Some("error")).await?;
    let curious = listener(stage, era, face, slug, Some("debug")).await?;
    for (level, to_strict, to_curious) in [
        ("debug", 0, 2),
        ("warning", 0, 2),
        ("error", 2, 2),
        ("emergency", 2, 2),
    ] {
        let arguments = |text: &str| json!({"level": level, "text": text, "times": 2});
        let by_strict = call(&strict, face, slug, "log", arguments("strict"));
        let by_curious = call(&curious, face, slug, "log", arguments("curious"));
        // Only over HTTP a server says during which call it says something; of what others say
        // while calls of several clients run, nobody can tell whose it is.
        let (heard_strict, heard_curious) = if slug.starts_with("http") {
            tokio::try_join!(by_strict, by_curious)?
        } else {
            (by_strict.await?, by_curious.await?)
        };
        for (who, heard, expected) in [
            ("strict", &heard_strict, to_strict),
            ("curious", &heard_curious, to_curious),
        ] {
            let messages = heard.notifications(LOGGED);
            ensure!(
                messages.len() == expected,
                "{who} heard {} of {expected} messages of level {level}",
                messages.len()
            );
            for (number, message) in (1..).zip(messages) {
                let data = json!({"text": who, "number": number});
                ensure!(message["data"] == data, "{who} heard {message}");
                ensure!(message["level"] == level, "{message}");
                ensure!(message["logger"] == "fake", "{message}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_stateless_request_without_a_level_hears_nothing() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let work = async {
            // Somebody else wants everything, on the connection that both share.
            let (face, slug) = (Face::Own, server.slug);
            let curious = listener(&stage, Era::Legacy, face, slug, Some("debug")).await?;
            let quiet = listener(&stage, Era::Modern, face, slug, None).await?;
            let arguments = json!({"level": "emergency", "times": 2});
            for _ in 0..5 {
                let heard = call(&curious, face, slug, "log", arguments.clone()).await?;
                let heard = heard.notifications(LOGGED).len();
                ensure!(heard == 2, "the curious client heard {heard} of 2");
                let (_, nothing) = tokio::try_join!(
                    call(&curious, face, slug, "log", arguments.clone()),
                    call(&quiet, face, slug, "log", arguments.clone())
                )?;
                ensure!(nothing.events.is_empty(), "{:?}", nothing.events);
            }
            Ok(())
        };
        findings.check(server.slug, work).await;
    }
    findings.done()
}

#[tokio::test]
async fn a_level_that_does_not_exist_is_refused() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-new", "http-old"], &[]).await?;
    for server in &stage.servers {
        let client = listener(&stage, Era::Legacy, Face::Own, server.slug, None).await?;
        let refused = client
            .exchange("logging/setLevel", &json!({"level": "loud"}))
            .await?;
        assert_eq!(refused.error_code(), Some(-32602), "{}", refused.reply.text);
    }
    Ok(())
}

#[tokio::test]
async fn a_session_can_change_its_level() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let work = async {
            let (face, slug) = (Face::All, server.slug);
            let client = listener(&stage, Era::Legacy, face, slug, Some("error")).await?;
            for (level, expected) in [("debug", 1), ("alert", 0), ("info", 1)] {
                let params = json!({"level": level});
                client.result("logging/setLevel", params).await?;
                let heard = call(&client, face, slug, "log", json!({"level": "notice"})).await?;
                let heard = heard.notifications(LOGGED).len();
                ensure!(heard == expected, "{heard} messages at level {level}");
            }
            Ok(())
        };
        findings.check(server.slug, work).await;
    }
    findings.done()
}

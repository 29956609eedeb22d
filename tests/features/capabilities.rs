//! Whose capabilities a server sees: those of the client that asks, never the gateway's own.

use anyhow::ensure;
use serde_json::{Value, json};
use testkit::json::{at, canonical};

use super::stage::{Era, Face, Findings, Stage, call};

/// Capabilities with a field that no specification knows and numbers that are easily rewritten.
const CAPABILITIES: &str = r#"{"sampling":{"tools":{}},"experimental":{"vendor.example/x":{"depth":1.0,"big":12345678901234567890}},"x-unknown":[1e3]}"#;

const INFO: &str = r#"{"name":"ann","title":"Ann's client","version":"0.1","x-build":1.50,"websiteUrl":"https://ann.example"}"#;

#[tokio::test]
async fn a_modern_server_sees_the_client_that_asks() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-new", "http-new"], &[]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            for face in Face::EACH {
                let cell = format!("{era:?} client, {}, {face:?}", server.slug);
                let work = sees_the_client(&stage, era, face, server.slug);
                findings.check(&cell, work).await;
            }
        }
    }
    findings.done()
}

async fn sees_the_client(stage: &Stage, era: Era, face: Face, slug: &str) -> anyhow::Result<()> {
    let builder = stage.builder(face, slug)?;
    let client = era
        .client(builder.capabilities_text(CAPABILITIES).info_text(INFO))
        .await?;
    let who = call(&client, face, slug, "whoami", json!({})).await?;
    let who = who.text()?;
    for (member, sent) in [("capabilities", CAPABILITIES), ("clientInfo", INFO)] {
        let seen = at(who, &["client", member]).unwrap_or("null");
        ensure!(
            canonical(seen) == canonical(sent),
            "{member} were {seen}, not {sent}"
        );
    }
    Ok(())
}

/// A legacy server decides at `initialize` what it offers (the everything server hides tools from
/// clients that declare nothing), so a shared connection declares what the gateway can pass on.
#[tokio::test]
async fn a_legacy_server_is_told_all_that_can_be_passed_on() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-old", "http-old", "sse-old"], &[]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        findings
            .check(server.slug, async {
                let request = server.seen.request("initialize").await?;
                let params: Value = serde_json::from_str(request.params())?;
                for known in ["elicitation", "sampling", "roots"] {
                    ensure!(
                        params["capabilities"][known].is_object(),
                        "{known} is missing in {params}"
                    );
                }
                Ok(())
            })
            .await;
    }
    findings.done()
}

#[tokio::test]
async fn a_client_that_cannot_be_asked_is_not_asked() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            for tool in ["ask", "sample", "roots"] {
                let cell = format!("{era:?} client, {}, {tool}", server.slug);
                let work = is_not_asked(&stage, era, server.slug, tool);
                findings.check(&cell, work).await;
            }
        }
    }
    findings.done()
}

async fn is_not_asked(stage: &Stage, era: Era, slug: &str, tool: &str) -> anyhow::Result<()> {
    let client = era.client(stage.builder(Face::Own, slug)?).await?;
    let answered = call(&client, Face::Own, slug, tool, json!({})).await?;
    ensure!(
        answered.events.is_empty(),
        "it was asked: {:?}",
        answered.events
    );
    let result = &answered.reply.json["result"];
    ensure!(
        result["resultType"] != "input_required",
        "it was asked: {result}"
    );
    // A modern server refuses by itself; a legacy server gets an error for its question.
    let text = answered.reply.text.to_lowercase();
    ensure!(text.contains("error") || text.contains("code"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_server_may_name_the_capability_that_it_requires() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-new", "http-new"], &[]).await?;
    for server in &stage.servers {
        let client = Era::Modern
            .client(stage.builder(Face::Own, server.slug)?)
            .await?;
        let refused = call(
            &client,
            Face::Own,
            server.slug,
            "ask",
            json!({"mode": "url"}),
        )
        .await?;
        assert_eq!(refused.error_code(), Some(-32021), "{}", refused.reply.text);
        let required = &refused.reply.json["error"]["data"]["requiredCapabilities"];
        assert_eq!(required, &json!({"elicitation": {"url": {}}}));
    }
    Ok(())
}

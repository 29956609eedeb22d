//! Results beyond the limit: shortened, and read on page by page.

use anyhow::Context as _;
use serde_json::{Value, json};
use testkit::fake::big_text;
use testkit::gateway::Gateway;

use crate::agent::{Agent, is_refusal, text};

async fn gateway(limit: usize) -> anyhow::Result<Gateway> {
    let builder = Gateway::builder().fake("fake", &[])?;
    builder
        .setting("toolResponseLimit", json!(limit))
        .start_ready()
        .await
}

/// Reads all pages of a shortened result and returns the whole text.
async fn read_on(agent: &Agent, shortened: &Value) -> anyhow::Result<String> {
    let notice: Value = serde_json::from_str(text(shortened)).context("the notice is no JSON")?;
    anyhow::ensure!(notice["truncated"] == true, "not truncated: {notice}");
    let key = notice["cache_key"].as_str().context("no key")?;
    let mut whole = String::new();
    let mut offset = Some(0);
    while let Some(at) = offset {
        let page = agent
            .ask("read_cache", json!({"key": key, "offset": at}))
            .await?;
        whole += page["text"]
            .as_str()
            .with_context(|| format!("no text in {page}"))?;
        offset = page["next_offset"].as_u64();
    }
    anyhow::ensure!(
        notice["total_chars"] == whole.chars().count(),
        "the size is wrong: {notice}"
    );
    Ok(whole)
}

#[tokio::test]
async fn a_result_within_the_limit_is_left_alone() -> anyhow::Result<()> {
    let gateway = gateway(5_000).await?;
    let agent = Agent::of(&gateway).await?;
    let result = agent
        .run("call_tool_read", "fake__big", json!({"chars": 4_000}))
        .await?;
    assert_eq!(text(&result).chars().count(), 4_000);
    assert_eq!(result["content"].as_array().map(Vec::len), Some(1));
    Ok(())
}

#[tokio::test]
async fn the_pages_of_a_long_text_make_up_exactly_that_text() -> anyhow::Result<()> {
    let gateway = gateway(2_000).await?;
    let agent = Agent::of(&gateway).await?;
    let shortened = agent
        .run("call_tool_read", "fake__big", json!({"chars": 25_000}))
        .await?;
    assert!(
        text(&shortened).chars().count() <= 2_000,
        "it is not short enough"
    );
    let whole = read_on(&agent, &shortened).await?;
    assert_eq!(whole, big_text(25_000));
    Ok(())
}

#[tokio::test]
async fn every_client_may_read_on() -> anyhow::Result<()> {
    let gateway = gateway(2_000).await?;
    let arguments = json!({"chars": 9_000});
    let shortened = Agent::modern(&gateway)?
        .run("call_tool_read", "fake__big", arguments)
        .await?;
    let whole = read_on(&Agent::of(&gateway).await?, &shortened).await?;
    assert_eq!(whole, big_text(9_000));
    Ok(())
}

#[tokio::test]
async fn a_shortened_array_is_valid_json_with_whole_records() -> anyhow::Result<()> {
    let gateway = gateway(3_000).await?;
    let agent = Agent::of(&gateway).await?;
    let arguments = json!({"chars": 40_000, "json": true});
    let shortened = agent.run("call_tool_read", "fake__big", arguments).await?;
    let whole: Vec<Value> = serde_json::from_str(&read_on(&agent, &shortened).await?)?;
    assert!(whole.len() > 500);
    let notice: Value = serde_json::from_str(text(&shortened))?;
    assert!(!notice["preview"].is_null(), "{notice}");
    Ok(())
}

#[tokio::test]
async fn an_unknown_key_is_refused_with_a_reason() -> anyhow::Result<()> {
    let gateway = gateway(2_000).await?;
    let agent = Agent::of(&gateway).await?;
    for key in ["00112233445566778899aabbccddeeff", "../../config.json", "x"] {
        let refused = agent.client.call("read_cache", json!({"key": key})).await?;
        assert!(is_refusal(&refused, "no-such-page"), "{key}: {refused}");
    }
    Ok(())
}

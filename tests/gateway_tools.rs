//! The menu on the default face: search, description, calls, refusals.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::fake::MIXED_RESULT;
use testkit::gateway::Gateway;
use testkit::process;

use crate::agent::{Agent, is_refusal, text};

/// What `tools/list` on `/mcp` may cost, in bytes of JSON.
const MENU_LIMIT: usize = 8_192;

async fn gateway(arguments: &[&str]) -> anyhow::Result<Gateway> {
    Gateway::builder()
        .fake("fake", arguments)?
        .start_ready()
        .await
}

/// How many calls of counted tools the scripted server has begun and seen cancelled.
async fn counts(agent: &Agent) -> anyhow::Result<Value> {
    Ok(serde_json::from_str(
        &agent.read("fake__calls", json!({})).await?,
    )?)
}

#[tokio::test]
async fn the_menu_is_fixed_and_small() -> anyhow::Result<()> {
    let gateway = gateway(&["--tools", "100"]).await?;
    let agent = Agent::of(&gateway).await?;
    let menu = agent.client.tools().await?;
    let bytes = Value::Array(menu).to_string().len();
    assert!(bytes <= MENU_LIMIT, "{bytes} bytes");
    assert_eq!(
        agent.client.tool_names().await?,
        [
            "call_tool_destructive",
            "call_tool_read",
            "call_tool_write",
            "describe_tools",
            "quarantine_security",
            "read_cache",
            "retrieve_tools",
            "upstream_servers"
        ]
    );
    Ok(())
}

#[tokio::test]
async fn one_call_tool_is_offered_by_configuration_and_always_accepted() -> anyhow::Result<()> {
    let single = Gateway::builder()
        .fake("fake", &[])?
        .setting("callTools", json!("single"));
    let single = single.start_ready().await?;
    let names = single.mcp_client().await?.tool_names().await?;
    assert!(names.contains(&"call_tool".to_owned()), "{names:?}");
    assert!(!names.contains(&"call_tool_read".to_owned()), "{names:?}");
    for gateway in [single, gateway(&[]).await?] {
        let agent = Agent::of(&gateway).await?;
        let sum = agent
            .run("call_tool", "fake__add", json!({"a": 1, "b": 2}))
            .await?;
        assert_eq!(text(&sum), "3");
    }
    Ok(())
}

#[tokio::test]
async fn a_search_finds_the_tool_that_fits_first() -> anyhow::Result<()> {
    let gateway = gateway(&["--tools", "60"]).await?;
    let agent = Agent::of(&gateway).await?;
    let found = agent.find("add two numbers").await?;
    assert_eq!(found.first().map(String::as_str), Some("fake__add"));
    assert!(found.len() <= 5, "{found:?}");
    let found = agent
        .ask("retrieve_tools", json!({"query": "issue", "limit": 2}))
        .await?;
    assert_eq!(found["tools"].as_array().map(Vec::len), Some(2));
    Ok(())
}

#[tokio::test]
async fn a_description_holds_what_a_model_needs_to_call() -> anyhow::Result<()> {
    let gateway = gateway(&["--schema", "draft-07"]).await?;
    let agent = Agent::of(&gateway).await?;
    let names = json!(["fake__add", "fake__nothing"]);
    let described = agent.ask("describe_tools", json!({"names": names})).await?;
    let add = &described["tools"][0];
    let own = gateway.client_of("/mcp/server/fake").await?.tools().await?;
    let own = own
        .iter()
        .find(|tool| tool["name"] == "add")
        .unwrap_or(&Value::Null);
    for key in ["description", "inputSchema", "outputSchema", "annotations"] {
        assert_eq!(add[key], own[key], "{key}");
    }
    assert_eq!(add["call_with"], "call_tool_read");
    assert_eq!(described["unknown"], json!(["fake__nothing"]));
    Ok(())
}

#[tokio::test]
async fn each_effect_has_its_own_way_in() -> anyhow::Result<()> {
    let gateway = gateway(&[]).await?;
    let agent = Agent::of(&gateway).await?;
    assert_eq!(
        agent.read("fake__add", json!({"a": 1, "b": 2.5})).await?,
        "3.5"
    );
    assert_eq!(
        agent.write("fake__echo", json!({"x": [1]})).await?,
        r#"{"x":[1]}"#
    );
    let deleted = agent
        .run("call_tool_destructive", "fake__delete_all", json!({}))
        .await?;
    assert_eq!(text(&deleted), "deleted");
    Ok(())
}

#[tokio::test]
async fn a_call_by_the_wrong_way_is_refused_and_does_not_run() -> anyhow::Result<()> {
    let gateway = gateway(&[]).await?;
    let agent = Agent::of(&gateway).await?;
    let refused = agent
        .run("call_tool_read", "fake__delete_all", json!({}))
        .await?;
    assert_eq!(refused["isError"], true, "{refused}");
    assert!(
        refused.to_string().contains("call_tool_destructive"),
        "{refused}"
    );
    let refused = agent.run("call_tool_read", "fake__echo", json!({})).await?;
    assert!(refused.to_string().contains("call_tool_write"), "{refused}");
    assert_eq!(counts(&agent).await?["begun"], 0);
    Ok(())
}

#[tokio::test]
async fn an_unknown_tool_is_refused_with_the_way_to_find_one() -> anyhow::Result<()> {
    let gateway = gateway(&[]).await?;
    let agent = Agent::of(&gateway).await?;
    for name in ["fake__no_such_tool", "nobody__echo", "", "../../etc"] {
        let refused = agent.run("call_tool_write", name, json!({})).await?;
        assert!(is_refusal(&refused, "unknown-tool"), "{name}: {refused}");
        let reason: Value = serde_json::from_str(text(&refused))?;
        assert_ne!(reason["error"]["fix"], "", "{name}: {refused}");
    }
    Ok(())
}

#[tokio::test]
async fn bad_arguments_are_refused_with_the_field_and_the_reason() -> anyhow::Result<()> {
    let gateway = gateway(&[]).await?;
    let agent = Agent::of(&gateway).await?;
    for (arguments, field) in [
        (json!({"a": 1}), "\"b\""),
        (json!({"a": "one", "b": 2}), "/a"),
        (json!({"a": 1, "b": 2, "c": 3}), "'c'"),
    ] {
        let refused = agent.run("call_tool_read", "fake__add", arguments).await?;
        assert!(is_refusal(&refused, "invalid-arguments"), "{refused}");
        let reason: Value = serde_json::from_str(text(&refused))?;
        let problems = serde_json::to_string(&reason["error"]["problems"])?.replace("\\\"", "\"");
        assert!(problems.contains(field), "{field} is not in {problems}");
    }
    Ok(())
}

#[tokio::test]
async fn schemas_of_the_older_dialect_are_checked_too() -> anyhow::Result<()> {
    let gateway = gateway(&["--schema", "draft-07"]).await?;
    let agent = Agent::of(&gateway).await?;
    assert_eq!(agent.read("fake__add", json!({"a": 1, "b": 2})).await?, "3");
    let refused = agent
        .run("call_tool_read", "fake__add", json!({"a": true, "b": 1}))
        .await?;
    assert!(is_refusal(&refused, "invalid-arguments"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn content_of_every_kind_and_unknown_fields_pass_byte_by_byte() -> anyhow::Result<()> {
    let gateway = gateway(&[]).await?;
    // Where servers are shown together, what they link to says whose it is.
    let expected = MIXED_RESULT
        .replace("file:///tmp", "toolgate+fake+file://-/tmp")
        .replace("test://x", "toolgate+fake+test://x");
    for agent in [Agent::of(&gateway).await?, Agent::modern(&gateway)?] {
        let params = json!({"name": "call_tool_read", "arguments": {"name": "fake__mixed"}});
        let answer = agent.client.send("tools/call", params).await?;
        assert!(answer.body.contains(&expected), "{}", answer.body);
    }
    Ok(())
}

#[tokio::test]
async fn an_error_of_the_tool_stays_an_error_of_the_tool() -> anyhow::Result<()> {
    let gateway = gateway(&[]).await?;
    let agent = Agent::of(&gateway).await?;
    let failed = agent
        .run("call_tool_write", "fake__fail", json!({}))
        .await?;
    assert_eq!(failed["isError"], true);
    assert_eq!(text(&failed), "The tool failed, as it was asked to.");
    Ok(())
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_ended_and_the_server_told() -> anyhow::Result<()> {
    let gateway = Gateway::builder()
        .fake("fake", &[])?
        .setting("callTimeout", json!(1));
    let gateway = gateway.start_ready().await?;
    let agent = Agent::of(&gateway).await?;
    let refused = agent
        .run("call_tool_write", "fake__slow", json!({"ms": 60_000}))
        .await?;
    assert!(is_refusal(&refused, "timed-out"), "{refused}");
    wait_for_cancelled(&agent).await
}

/// Waits until the scripted server has seen one call cancelled.
async fn wait_for_cancelled(agent: &Agent) -> anyhow::Result<()> {
    for _ in 0..200 {
        if counts(agent).await?["cancelled"] == 1 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    anyhow::bail!("the server was never told")
}

#[tokio::test]
async fn a_modern_client_that_goes_away_cancels_its_call() -> anyhow::Result<()> {
    let gateway = gateway(&[]).await?;
    let agent = Agent::modern(&gateway)?;
    let arguments = json!({"name": "fake__slow", "arguments": {"ms": 60_000}});
    let params = json!({"name": "call_tool_write", "arguments": arguments});
    let gone = tokio::time::timeout(
        Duration::from_millis(500),
        agent.client.send("tools/call", params),
    );
    assert!(
        gone.await.is_err(),
        "the call ended before the client went away"
    );
    wait_for_cancelled(&agent).await
}

#[tokio::test]
async fn a_crash_during_a_call_is_reported_and_the_call_is_not_repeated() -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    let starts = scratch.path().join("starts");
    let count = starts.to_str().unwrap_or_default();
    let gateway = gateway(&["--count-file", count]).await?;
    let agent = Agent::of(&gateway).await?;
    let lost = agent
        .run("call_tool_write", "fake__crash", json!({}))
        .await?;
    assert_eq!(lost["isError"], true, "{lost}");
    // It is back by itself, and a repeated call would have ended it again.
    gateway
        .wait_server("fake", "it is back", |fake| {
            fake.state.is_ready() && fake.starts == 2
        })
        .await?;
    assert_eq!(agent.read("fake__add", json!({"a": 1, "b": 1})).await?, "2");
    let started = process::starts(&starts);
    assert_eq!(
        gateway.server("fake").await?.starts,
        2,
        "started as {started:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_tool_that_appears_later_is_found_and_the_menu_stays() -> anyhow::Result<()> {
    let gateway = gateway(&[]).await?;
    let agent = Agent::of(&gateway).await?;
    let before = agent.client.tool_names().await?;
    let tools = gateway.server("fake").await?.tools;
    let name = agent.write("fake__grow", json!({})).await?;
    gateway
        .wait_server("fake", "the new tool is known", |fake| {
            fake.tools == tools + 1
        })
        .await?;
    let exposed = format!("fake__{name}");
    assert!(agent.find(&name).await?.contains(&exposed));
    assert_eq!(
        agent.write(&exposed, json!({})).await?,
        format!("{name} is done")
    );
    assert_eq!(agent.client.tool_names().await?, before);
    Ok(())
}

#[tokio::test]
async fn the_servers_can_be_listed_by_an_agent() -> anyhow::Result<()> {
    let gateway = gateway(&[]).await?;
    let agent = Agent::of(&gateway).await?;
    let listed = agent
        .client
        .call("upstream_servers", json!({"operation": "list"}))
        .await?;
    assert!(
        text(&listed).contains("fake") && text(&listed).contains("ready"),
        "{listed}"
    );
    Ok(())
}

#[tokio::test]
async fn a_read_only_gateway_offers_and_runs_nothing_that_changes() -> anyhow::Result<()> {
    let gateway = Gateway::builder()
        .fake("fake", &[])?
        .setting("readOnly", json!(true));
    let gateway = gateway.start_ready().await?;
    let agent = Agent::of(&gateway).await?;
    assert_eq!(agent.read("fake__add", json!({"a": 1, "b": 1})).await?, "2");
    for with in ["call_tool_write", "call_tool"] {
        let refused = agent.client.request(
            "tools/call",
            json!({"name": with, "arguments": {"name": "fake__echo", "arguments": {}}}),
        );
        let refused = refused.await?;
        let is_error = refused["result"]["isError"] == true || !refused["error"].is_null();
        assert!(is_error, "{refused}");
    }
    assert_eq!(counts(&agent).await?["begun"], 0);
    Ok(())
}

//! What people decide: from the command line, as they saw it, with a way back, and for good.

use model::{Decision, HoldReason};
use serde_json::{Value, json};
use testkit::gateway::Gateway;

use super::{approve_all, audit, decide, review, start, waiting};

async fn one() -> anyhow::Result<Gateway> {
    let gateway = Gateway::builder()
        .unreviewed()
        .fake("one", &[])?
        .start()
        .await?;
    start(&gateway, "one", None).await?;
    Ok(gateway)
}

async fn said(gateway: &Gateway, arguments: &[&str]) -> anyhow::Result<String> {
    let output = gateway.cli(arguments).await?;
    let text = String::from_utf8([output.stdout, output.stderr].concat())?;
    anyhow::ensure!(output.status.success(), "{arguments:?}: {text}");
    Ok(text)
}

#[tokio::test]
async fn the_command_line_does_it_all() -> anyhow::Result<()> {
    let gateway = Gateway::builder()
        .unreviewed()
        .fake("one", &[])?
        .start()
        .await?;
    let list = said(&gateway, &["review"]).await?;
    assert!(list.contains("one: new, and not started yet"), "{list}");
    assert!(list.contains("toolgate review start one"), "{list}");
    said(&gateway, &["review", "start", "one"]).await?;
    gateway
        .wait_server("one", "its tools wait", |server| server.trust.pending > 0)
        .await?;
    let shown = said(&gateway, &["review", "show", "one"]).await?;
    assert!(shown.contains("tool echo (waits)"), "{shown}");
    said(&gateway, &["review", "block", "one", "add"]).await?;
    let approved = said(&gateway, &["review", "approve", "one", "--all"]).await?;
    assert!(approved.contains("Approved"), "{approved}");
    let client = gateway.client_of("/mcp/all").await?;
    let names = client.tool_names().await?;
    assert!(names.contains(&"one__echo".to_owned()), "{names:?}");
    assert!(!names.contains(&"one__add".to_owned()), "{names:?}");
    let list = said(&gateway, &["review"]).await?;
    assert!(list.contains("Nothing waits"), "{list}");
    let audit = audit(&gateway).await?;
    for line in [
        "a person let it start",
        "a person blocked tool add",
        "a person approved",
    ] {
        assert!(audit.contains(line), "{line} in {audit}");
    }
    Ok(())
}

#[tokio::test]
async fn only_what_was_seen_is_approved() -> anyhow::Result<()> {
    let gateway = one().await?;
    let mut definitions = waiting(&review(&gateway, "one").await?);
    for seen in &mut definitions {
        seen.hash = "of another time".to_owned();
    }
    let body = serde_json::to_string(&Decision::Approve { definitions })?;
    let answer = gateway.api("POST", "/quarantine/one", &body).await?;
    assert_eq!(answer.status, 409, "{}", answer.body);
    let launch = Decision::Start {
        launch: "another".to_owned(),
        mode: None,
    };
    let body = serde_json::to_string(&launch)?;
    let answer = gateway.api("POST", "/quarantine/one", &body).await?;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert_eq!(gateway.server("one").await?.trust.approved, 0);
    Ok(())
}

#[tokio::test]
async fn a_decision_can_be_taken_back() -> anyhow::Result<()> {
    let gateway = one().await?;
    let decided = approve_all(&gateway, "one").await?;
    let client = gateway.client_of("/mcp/all").await?;
    assert!(!client.tools().await?.is_empty());
    let path = format!("/quarantine/undo/{}", decided.undo.id);
    assert_eq!(gateway.api("POST", &path, "").await?.status, 204);
    gateway
        .wait_server("one", "it is held again", |server| server.tools == 0)
        .await?;
    assert!(client.tools().await?.is_empty());
    assert_eq!(gateway.api("POST", &path, "").await?.status, 404);

    // Only the last decision can be taken back.
    let first = approve_all(&gateway, "one").await?;
    let mode = model::TrustMode::Scan;
    decide(&gateway, "one", &Decision::Trust { mode }).await?;
    let path = format!("/quarantine/undo/{}", first.undo.id);
    assert_eq!(gateway.api("POST", &path, "").await?.status, 404);

    let blocked = decide(&gateway, "one", &Decision::BlockServer).await?;
    gateway
        .wait_server("one", "it has ended", |server| server.pid.is_none())
        .await?;
    let path = format!("/quarantine/undo/{}", blocked.undo.id);
    assert_eq!(gateway.api("POST", &path, "").await?.status, 204);
    gateway
        .wait_server("one", "it runs again", |server| server.state.is_ready())
        .await?;
    Ok(())
}

#[tokio::test]
async fn decisions_survive_and_damage_lets_nothing_in() -> anyhow::Result<()> {
    let mut gateway = one().await?;
    approve_all(&gateway, "one").await?;
    gateway.kill9().await?;
    gateway.launch().await?;
    gateway
        .wait_server("one", "it is as approved", |server| server.tools > 0)
        .await?;

    gateway.kill9().await?;
    for file in std::fs::read_dir(gateway.data_dir().join("state/approvals"))? {
        std::fs::write(file?.path(), "{\"server\": \"on")?;
    }
    gateway.launch().await?;
    let held = gateway.server("one").await?;
    assert_eq!(held.trust.hold, Some(HoldReason::NewServer));
    assert_eq!((held.starts, held.tools), (0, 0));
    Ok(())
}

#[tokio::test]
async fn an_agent_may_look_and_not_decide() -> anyhow::Result<()> {
    let gateway = one().await?;
    let client = gateway.mcp_client().await?;
    let ask = async |arguments: Value| {
        let text = client.call_text("quarantine_security", arguments).await?;
        anyhow::Ok(serde_json::from_str::<Value>(&text)?)
    };
    let list = ask(json!({ "operation": "list" })).await?;
    assert_eq!(list["held"][0]["server"], "one", "{list}");
    let inspected = ask(json!({ "operation": "inspect", "server": "one" })).await?;
    assert!(
        inspected["held"].to_string().contains("echo"),
        "{inspected}"
    );
    for operation in ["approve", "start", "trust"] {
        let answer = ask(json!({ "operation": operation, "server": "one" })).await?;
        assert!(answer["error"].is_object(), "{answer}");
    }
    for operation in ["enable", "restart", "tail_log"] {
        let arguments = json!({ "operation": operation, "name": "one" });
        client.call("upstream_servers", arguments).await?;
    }
    assert_eq!(gateway.server("one").await?.trust.approved, 0);
    Ok(())
}

#[tokio::test]
async fn accepting_what_an_agent_wrote_gives_it_no_more_trust() -> anyhow::Result<()> {
    let gateway = Gateway::builder().unreviewed().start().await?;
    let client = gateway.mcp_client().await?;
    let mut entry = testkit::programs::fake(&[])?;
    entry["trust"] = "auto".into();
    let add = json!({ "operation": "add", "name": "wished", "entry": entry });
    client.call("upstream_servers", add).await?;
    let snapshot = gateway
        .wait_until("it waits", |snapshot| !snapshot.review.is_empty())
        .await?;
    let path = format!("/review/{}/accept", snapshot.review[0].id);
    assert_eq!(gateway.api("POST", &path, "").await?.status, 200);
    let waiting = gateway
        .wait_server("wished", "its tools wait", |server| {
            server.trust.pending > 5
        })
        .await?;
    assert_eq!((waiting.tools, waiting.trust.approved), (0, 0));
    assert_eq!(waiting.trust.wanted.as_deref(), Some("auto"));
    Ok(())
}

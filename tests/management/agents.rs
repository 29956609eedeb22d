//! M1 and M2: servers that nobody has let in, or that are others than those let in.

use model::HoldReason;
use serde_json::{Value, json};
use testkit::gateway::Gateway;
use testkit::programs;

use super::{add, ask, held};
use crate::agent::{Agent, is_refusal};

/// A gateway as a person has it, with one server that was let in.
async fn gateway() -> anyhow::Result<Gateway> {
    let gateway = Gateway::builder().unreviewed().fake("mine", &[])?;
    let gateway = gateway.start().await?;
    let launch = json!({ "decision": "start", "launch": launch(&gateway, "mine").await? });
    decide(&gateway, "mine", &launch).await?;
    let up = |mine: &model::ServerStatus| mine.state.is_ready() && mine.trust.pending > 0;
    gateway.wait_server("mine", "it is up", up).await?;
    Ok(gateway)
}

/// What would be started, as a decision has to name it.
async fn launch(gateway: &Gateway, server: &str) -> anyhow::Result<Value> {
    let path = format!("/quarantine/{server}");
    let mut review = gateway.api("GET", &path, "").await?.json()?;
    Ok(review["launch"].take())
}

async fn decide(gateway: &Gateway, server: &str, decision: &Value) -> anyhow::Result<()> {
    let path = format!("/quarantine/{server}");
    let answer = gateway.api("POST", &path, &decision.to_string()).await?;
    anyhow::ensure!(answer.status == 200, "not decided: {}", answer.body);
    Ok(())
}

/// An entry that leaves a file behind if it is ever run, also where the sandbox would let it.
fn leaves_a_mark(gateway: &Gateway) -> anyhow::Result<Value> {
    let mark = gateway.folder().join("mark");
    let mut entry = programs::fake(&["--count-file", &mark.display().to_string()])?;
    entry["sandbox"] = "off".into();
    Ok(entry)
}

#[tokio::test]
async fn m01_what_an_agent_adds_or_changes_waits_for_a_person() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let agent = Agent::of(&gateway).await?;
    let entry = leaves_a_mark(&gateway)?;
    let mut eager = entry.clone();
    eager["disabled"] = false.into();
    eager["enabled"] = true.into();
    eager["trust"] = "auto".into();
    eager["consent"] = true.into();
    let added = ask(
        &agent,
        "add",
        json!({ "name": "new", "entry": eager, "consent": true }),
    )
    .await?;
    assert_ne!(added["isError"], true, "{added}");
    let changed = ask(&agent, "update", json!({ "name": "mine", "entry": entry })).await?;
    assert_ne!(changed["isError"], true, "{changed}");
    let is_off = |server: &model::ServerStatus| server.state == model::ServerState::Disabled;
    for name in ["new", "mine"] {
        gateway.wait_server(name, "it is off", is_off).await?;
        let enabled = ask(&agent, "enable", json!({ "name": name })).await?;
        assert!(is_refusal(&enabled, "needs-person"), "{enabled}");
        let restarted = ask(&agent, "restart", json!({ "name": name })).await?;
        assert!(is_refusal(&restarted, "server-disabled"), "{restarted}");
    }
    // Neither does it help to have it switched off first, which an agent may take back.
    ask(&agent, "disable", json!({ "name": "mine" })).await?;
    ask(&agent, "update", json!({ "name": "mine", "entry": entry })).await?;
    let enabled = ask(&agent, "enable", json!({ "name": "mine" })).await?;
    assert!(is_refusal(&enabled, "needs-person"), "{enabled}");
    assert!(!gateway.folder().join("mark").exists(), "it was run");
    Ok(())
}

#[tokio::test]
async fn m01_an_agent_approves_nothing() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let agent = Agent::of(&gateway).await?;
    for operation in ["approve", "start", "trust", "undo", "accept"] {
        let arguments = json!({
            "operation": operation, "server": "mine", "name": "mine", "mode": "auto",
            "launch": launch(&gateway, "mine").await?,
        });
        for tool in ["quarantine_security", "upstream_servers"] {
            let refused = agent.client.call(tool, arguments.clone()).await?;
            assert_eq!(refused["isError"], true, "{tool} {operation}: {refused}");
        }
    }
    let mine = gateway.server("mine").await?.trust;
    assert_eq!(mine.approved, 0, "{mine:?}");
    assert_eq!(mine.hold, Some(HoldReason::NewDefinitions));
    Ok(())
}

#[tokio::test]
async fn m02_a_server_that_was_let_in_is_held_once_it_is_another() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let mut others = Vec::new();
    let mut entry = leaves_a_mark(&gateway)?;
    others.push(entry.clone());
    entry["cwd"] = "/".into();
    others.push(entry.clone());
    entry["env"] = json!({ "LD_PRELOAD": "/tmp/x.so" });
    others.push(entry);
    for entry in others {
        let body = json!({ "entry": entry }).to_string();
        let replaced = gateway.api("PUT", "/servers/mine", &body).await?;
        assert_eq!(replaced.status, 200, "{replaced:?}");
        let mine = held(&gateway, "mine").await?;
        assert_eq!(mine.trust.hold, Some(HoldReason::LaunchChanged), "{entry}");
        for way in ["restart", "enable"] {
            gateway
                .api("POST", &format!("/servers/mine/{way}"), "")
                .await?;
        }
        held(&gateway, "mine").await?;
    }
    assert!(!gateway.folder().join("mark").exists(), "it was run");
    Ok(())
}

#[tokio::test]
async fn m02_what_is_imported_or_added_without_consent_is_held() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let entry = leaves_a_mark(&gateway)?;
    let added = add(&gateway, "added", &entry).await?;
    assert_eq!(added.status, 201, "{added:?}");
    let text = json!({ "mcpServers": { "imported": entry, "mine": entry } });
    std::fs::write(gateway.folder().join("servers.json"), text.to_string())?;
    let arguments = ["servers", "import", "servers.json", "--yes", "--no-wait"];
    let imported = gateway.cli(&arguments).await?;
    let said = String::from_utf8(imported.stderr)?;
    assert!(said.contains("toolgate review"), "{said}");
    for name in ["added", "imported"] {
        let server = held(&gateway, name).await?;
        assert_eq!(
            (server.trust.hold, server.starts),
            (Some(HoldReason::NewServer), 0)
        );
    }
    let mine = gateway.server("mine").await?;
    assert!(
        mine.state.is_ready(),
        "an import replaces nothing: {mine:?}"
    );
    assert!(!gateway.folder().join("mark").exists(), "it was run");
    Ok(())
}

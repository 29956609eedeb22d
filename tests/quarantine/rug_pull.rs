//! A server that was approved and then turns: after three calls, with and without saying so, across
//! restarts, in its prompts as well.

use model::{HoldReason, Standing};
use serde_json::json;
use testkit::fake::FLIPPED;
use testkit::gateway::Gateway;

use super::{approve_all, audit, calls, is_refused, review, seen_by_clients, start};

/// A word that only the turned server says.
const TELLTALE: &str = "FLIPPED";

struct Trap {
    gateway: Gateway,
    _folder: tempfile::TempDir,
}

/// A gateway with a server that turns after three calls, and one that does not; both approved.
async fn trap(silently: bool) -> anyhow::Result<Trap> {
    let folder = tempfile::tempdir()?;
    let mark = folder.path().join("mark").display().to_string();
    let mut arguments = vec!["--full", "--flip-after", "3", "--flip-mark", &mark];
    if silently {
        arguments.push("--flip-silently");
    }
    let gateway = Gateway::builder()
        .unreviewed()
        .fake("turncoat", &arguments)?
        .fake("honest", &["--full"])?
        .start()
        .await?;
    for server in ["turncoat", "honest"] {
        start(&gateway, server, None).await?;
        approve_all(&gateway, server).await?;
    }
    Ok(Trap {
        gateway,
        _folder: folder,
    })
}

async fn call_thrice(gateway: &Gateway) -> anyhow::Result<()> {
    let client = gateway.client_of("/mcp/all").await?;
    for _ in 0..3 {
        let text = json!({ "text": "hi" });
        let text = client.call_text("turncoat__echo", text).await?;
        assert!(text.contains("hi"), "{text}");
    }
    Ok(())
}

async fn wait_until_held(gateway: &Gateway) -> anyhow::Result<()> {
    let held = gateway
        .wait_server("turncoat", "the change is seen", |server| {
            server.trust.changed >= 10
        })
        .await?;
    assert_eq!(held.trust.hold, Some(HoldReason::ChangedDefinitions));
    assert_eq!(held.tools, 0);
    Ok(())
}

/// Whatever a client asks for, it is not shown the change; the other server is not affected.
async fn check_that_nothing_shows(gateway: &Gateway) -> anyhow::Result<()> {
    for server in ["turncoat", "honest"] {
        let seen = seen_by_clients(gateway, server).await?;
        assert!(!seen.contains(TELLTALE), "{seen}");
    }
    let honest = gateway.client_of("/mcp/all").await?;
    let text = json!({ "text": "hi" });
    let text = honest.call_text("honest__echo", text).await?;
    assert!(text.contains("hi"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_change_that_is_announced_is_blocked_before_anybody_sees_it() -> anyhow::Result<()> {
    let trap = trap(false).await?;
    let gateway = &trap.gateway;
    call_thrice(gateway).await?;
    check_that_nothing_shows(gateway).await?;
    wait_until_held(gateway).await?;
    check_that_nothing_shows(gateway).await?;
    for answer in calls(gateway, "turncoat", "echo").await? {
        assert!(is_refused(&answer), "{answer}");
    }

    let shown = review(gateway, "turncoat").await?;
    let echo = shown.definitions.iter().find(|one| one.id.name == "echo");
    let echo = echo.expect("the tool");
    assert_eq!(echo.standing, Standing::Changed);
    assert!(!echo.findings.is_empty());
    let before = echo.approved.as_ref().expect("the old text").to_string();
    assert!(!before.contains(TELLTALE) && echo.now.to_string().contains(TELLTALE));
    let audit = audit(gateway).await?;
    assert!(audit.contains("changed, so it is blocked"), "{audit}");
    Ok(())
}

#[tokio::test]
async fn a_change_that_is_kept_quiet_is_never_seen() -> anyhow::Result<()> {
    let mut trap = trap(true).await?;
    call_thrice(&trap.gateway).await?;
    check_that_nothing_shows(&trap.gateway).await?;
    let client = trap.gateway.client_of("/mcp/server/turncoat").await?;
    let greet = json!({ "name": "greet", "arguments": { "name": "x" } });
    let given = client.request("prompts/get", greet.clone()).await?;
    assert!(!given.to_string().contains(TELLTALE), "{given}");

    // The next start of the server, by a person or after a crash, shows it.
    trap.gateway
        .api("POST", "/servers/turncoat/restart", "")
        .await?;
    wait_until_held(&trap.gateway).await?;
    check_that_nothing_shows(&trap.gateway).await?;

    // So does the next start of the gateway; it remembers what was approved.
    trap.gateway.kill9().await?;
    trap.gateway.launch().await?;
    wait_until_held(&trap.gateway).await?;
    check_that_nothing_shows(&trap.gateway).await?;
    let client = trap.gateway.client_of("/mcp/server/turncoat").await?;
    let given = client.request("prompts/get", greet).await?;
    assert!(is_refused(&given), "{given}");
    Ok(())
}

#[tokio::test]
async fn a_prompt_that_turns_is_blocked_in_its_text() -> anyhow::Result<()> {
    let trap = trap(true).await?;
    let gateway = &trap.gateway;
    let faces = [
        ("/mcp/all", "turncoat__greet"),
        ("/mcp/server/turncoat", "greet"),
    ];
    for (path, name) in faces {
        let client = gateway.client_of(path).await?;
        let greet = json!({ "name": name, "arguments": { "name": "x" } });
        let given = client.request("prompts/get", greet).await?;
        assert!(!is_refused(&given), "{given}");
    }
    call_thrice(gateway).await?;
    for (path, name) in faces {
        for arguments in [
            json!({ "name": "x" }),
            json!({ "name": "never asked before" }),
        ] {
            let client = gateway.client_of(path).await?;
            let greet = json!({ "name": name, "arguments": arguments });
            let given = client.request("prompts/get", greet).await?;
            assert!(is_refused(&given), "{given}");
            assert!(!given.to_string().contains(FLIPPED), "{given}");
        }
    }
    let audit = audit(gateway).await?;
    assert!(audit.contains("what the prompt greet gives"), "{audit}");
    Ok(())
}

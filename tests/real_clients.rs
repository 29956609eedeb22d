//! Clients that others wrote: each finds, lists and calls through the gateway.

use std::process::Stdio;

use anyhow::{Context as _, ensure};
use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt as _};
use rmcp::transport::TokioChildProcess;
use serde_json::{Value, json};
use testkit::{fixtures, gateway::Gateway};
use tokio::process::Command;

async fn gateway() -> anyhow::Result<Gateway> {
    Gateway::builder().fake("fake", &[])?.start_ready().await
}

/// What a call through the menu is made of.
fn sum() -> String {
    json!({"name": "fake__add", "arguments": {"a": 1, "b": 2}}).to_string()
}

/// Runs a client to its end and returns its standard output.
async fn run(command: &mut Command) -> anyhow::Result<String> {
    let output = command.kill_on_drop(true).output().await?;
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    ensure!(
        output.status.success(),
        "{}\n{stdout}\n{stderr}",
        output.status
    );
    Ok(stdout.into_owned())
}

/// Runs the checked-in script on the protocol's npm client and returns its report.
async fn npm_client(gateway: &Gateway, arguments: &[&str]) -> anyhow::Result<Value> {
    // A script on stdin finds its packages from the working directory.
    let script = std::fs::File::open(fixtures::checked_in("npm/client.mjs"))?;
    let modules = fixtures::npm("@modelcontextprotocol/client")?;
    let folder = modules
        .ancestors()
        .nth(3)
        .context("no folder above node_modules")?;
    let mut command = Command::new("node");
    command.args(["--input-type=module", "-"]).args(arguments);
    command
        .current_dir(folder)
        .env("HOME", gateway.folder().join("home"))
        .stdin(Stdio::from(script));
    let output = run(&mut command).await?;
    serde_json::from_str(&output).with_context(|| format!("no report but {output}"))
}

/// Checks the report of a client that listed the menu and called `fake__add` through it.
fn check(report: &Value, version: &str) {
    assert_eq!(report["version"], version, "{report}");
    let tools = report["tools"].to_string();
    assert!(
        tools.contains("retrieve_tools") && tools.contains("call_tool_read"),
        "{report}"
    );
    assert!(report.to_string().contains(r#""text":"3""#), "{report}");
}

#[tokio::test]
async fn the_npm_client_in_both_eras() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    for (mode, version) in [("legacy", "2025-11-25"), ("auto", "2026-07-28")] {
        let arguments = [mode, gateway.endpoint(), "call_tool_read", &sum()];
        check(&npm_client(&gateway, &arguments).await?, version);
    }
    Ok(())
}

#[tokio::test]
async fn the_npm_client_in_both_eras_over_the_bridge() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let bridge = gateway.command(&["bridge"])?;
    let bridge = bridge.as_std();
    let words: Vec<_> = std::iter::once(bridge.get_program())
        .chain(bridge.get_args())
        .map(|word| word.to_string_lossy())
        .collect();
    let line = serde_json::to_string(&words)?;
    for (mode, version) in [("legacy", "2025-11-25"), ("auto", "2026-07-28")] {
        let arguments = [mode, "--stdio", &line, "call_tool_read", &sum()];
        check(&npm_client(&gateway, &arguments).await?, version);
    }
    Ok(())
}

#[tokio::test]
async fn the_python_client_in_both_eras() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    for (mode, version) in [("legacy", "2025-11-25"), ("auto", "2026-07-28")] {
        let mut command = Command::new(fixtures::python("python")?);
        command.arg(fixtures::checked_in("python/client.py"));
        command.args([mode, gateway.endpoint(), "call_tool_read", &sum()]);
        let report = run(&mut command).await?;
        check(&serde_json::from_str(&report)?, version);
    }
    Ok(())
}

#[tokio::test]
async fn the_inspector_lists_and_calls() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let inspector = fixtures::npm(".bin/mcp-inspector")?;
    let run_with = async |arguments: &[&str]| {
        let mut command = Command::new(&inspector);
        command
            .args(["--cli", gateway.endpoint(), "--transport", "http"])
            .args(arguments);
        run(command.env("HOME", gateway.folder().join("home"))).await
    };
    let listed = run_with(&["--method", "tools/list"]).await?;
    assert!(listed.contains("retrieve_tools"), "{listed}");
    let found = run_with(&[
        "--method",
        "tools/call",
        "--tool-name",
        "retrieve_tools",
        "--tool-arg",
        "query=add numbers",
    ]);
    let found = found.await?;
    assert!(found.contains("fake__add"), "{found}");
    Ok(())
}

#[tokio::test]
async fn the_fastmcp_command_lists_and_calls() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let fastmcp = fixtures::python("fastmcp")?;
    let listed = run(Command::new(&fastmcp).args(["list", gateway.endpoint()])).await?;
    assert!(listed.contains("retrieve_tools"), "{listed}");
    let mut call = Command::new(&fastmcp);
    call.args([
        "call",
        gateway.endpoint(),
        "retrieve_tools",
        "query=add numbers",
    ]);
    let found = run(&mut call).await?;
    assert!(found.contains("fake__add"), "{found}");
    Ok(())
}

/// The protocol's own Rust client, here over the bridge as its child process.
#[tokio::test]
async fn the_rust_client_in_both_eras_over_the_bridge() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let discover = ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::LATEST],
    };
    for (lifecycle, version) in [
        (ClientLifecycleMode::Initialize, "2025-11-25"),
        (discover, "2026-07-28"),
    ] {
        let bridge = TokioChildProcess::new(gateway.command(&["bridge"])?)?;
        let client = ().serve_with_lifecycle(bridge, lifecycle).await?;
        let spoken = client
            .peer_info()
            .map(|info| info.protocol_version.to_string());
        assert_eq!(spoken.as_deref(), Some(version));
        let tools = client.list_all_tools().await?;
        assert!(tools.iter().any(|tool| tool.name == "retrieve_tools"));
        let arguments = serde_json::from_str(&sum())?;
        let call = CallToolRequestParams::new("call_tool_read").with_arguments(arguments);
        let result = serde_json::to_value(client.call_tool(call).await?)?;
        assert_eq!(result["content"][0]["text"], "3", "{result}");
        client.cancel().await?;
    }
    Ok(())
}

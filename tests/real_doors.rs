//! Clients that others wrote for the older ways in: the HTTP+SSE pair and WebSocket. What they
//! report is what the same client, or a newer one, reports over Streamable HTTP.

use std::process::Stdio;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use testkit::{fixtures, gateway::Gateway};
use tokio::process::Command;

async fn gateway() -> anyhow::Result<Gateway> {
    let builder = Gateway::builder().fake("fake", &["--full"])?;
    builder.start_ready().await
}

/// The address of a WebSocket face.
fn socket(gateway: &Gateway, path: &str) -> String {
    gateway.url(path).replacen("http:", "ws:", 1)
}

/// Runs a client to its end and returns the line of JSON that it prints.
async fn report(command: &mut Command) -> anyhow::Result<Value> {
    let command = command.stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await?;
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{}\n{said}\n{errors}",
        output.status
    );
    serde_json::from_str(&said).with_context(|| format!("no report but {said}\n{errors}"))
}

/// Everything that can happen between a client and a server, once.
fn steps() -> Value {
    json!([
        { "do": "tools/list" },
        { "do": "resources/read", "params": { "uri": "test://text" } },
        { "do": "prompts/get", "params": { "name": "greet", "arguments": { "name": "you" } } },
        {
            "do": "tools/call", "progress": true,
            "params": { "name": "count", "arguments": { "to": 3, "total": 3 } },
        },
        { "do": "tools/call", "params": { "name": "ask", "arguments": { "message": "Which?" } } },
        { "do": "tools/call", "params": { "name": "survey", "arguments": { "message": "So?" } } },
        { "do": "prompts/list" },
        { "do": "level", "level": "info" },
        {
            "do": "tools/call",
            "params": { "name": "log", "arguments": { "text": "hello", "times": 2 } },
        },
        { "do": "wait", "for": "notifications/message", "count": 2 },
        { "do": "watch", "uri": "test://text" },
        { "do": "tools/call", "params": { "name": "touch", "arguments": { "uri": "test://text" } } },
        { "do": "wait", "for": "notifications/resources/updated", "count": 1 },
        { "do": "tools/call", "params": { "name": "no such tool", "arguments": {} } },
    ])
}

/// Checks that the report is one of these steps, so that equal reports say something.
fn check(report: &Value) {
    let step = |number: usize| &report["steps"][number];
    assert_eq!(step(3)["progress"].as_array().map(Vec::len), Some(3));
    assert_eq!(step(4)["asked"][0]["method"], "elicitation/create");
    assert_eq!(step(5)["asked"].as_array().map(Vec::len), Some(2));
    let news = |method: &str| report["news"][method].as_array().map(Vec::len);
    assert_eq!(news("notifications/message"), Some(2), "{report}");
    assert_eq!(news("notifications/resources/updated"), Some(1));
}

/// Compares two reports step by step, because as a whole they are too long to read.
fn same(report: &Value, expected: &Value) {
    let steps = |report: &Value| report["steps"].as_array().cloned().unwrap_or_default();
    for (step, expected) in steps(report).iter().zip(steps(expected)) {
        assert_eq!(*step, expected);
    }
    assert_eq!(report["news"], expected["news"]);
    assert_eq!(report, expected);
}

/// Over the older doors, the npm client drops progress that it reads together with the answer.
fn forget_progress(report: &mut Value) {
    for step in report["steps"].as_array_mut().into_iter().flatten() {
        step["progress"].take();
    }
}

/// The npm package of version 1 speaks all three.
#[tokio::test]
async fn the_npm_client_by_every_door() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let modules = fixtures::npm("@modelcontextprotocol/sdk")?;
    let folder = modules.ancestors().nth(3).context("no folder above")?;
    let path = "/mcp/server/fake";
    let run = async |target: Value| {
        let mut client = Command::new("node");
        client
            .arg("--experimental-websocket")
            .arg(fixtures::checked_in("npm/sdk.mjs"))
            .args(["legacy", &target.to_string(), &steps().to_string()])
            .current_dir(folder)
            .env("HOME", gateway.folder().join("home"));
        report(&mut client).await
    };
    let mut by_http = run(json!({ "url": gateway.url(path) })).await?;
    check(&by_http);
    forget_progress(&mut by_http);
    for target in [
        json!({ "sse": gateway.url(path) }),
        json!({ "socket": socket(&gateway, "/ws/server/fake") }),
    ] {
        let mut report = run(target).await?;
        forget_progress(&mut report);
        same(&report, &by_http);
    }
    Ok(())
}

/// Version 2 of the Python package has kept the pair.
#[tokio::test]
async fn the_python_client_over_the_pair() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let url = gateway.url("/mcp/server/fake");
    let run = async |target: Value, mode: &str| {
        let mut client = Command::new(fixtures::python("python")?);
        client
            .arg(fixtures::checked_in("python/mcp_client.py"))
            .args([mode, &target.to_string(), &steps().to_string()]);
        report(&mut client).await
    };
    let by_http = run(json!({ "url": url }), "legacy").await?;
    check(&by_http);
    same(&run(json!({ "sse": url }), "legacy").await?, &by_http);
    Ok(())
}

/// Version 1 of the Python package, by both older doors and on the faces of many servers.
#[tokio::test]
async fn the_older_python_client_by_every_door() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let python = fixtures::python("python")?;
    // The environment of version 1 lies beside the other.
    let environments = python.ancestors().nth(3).context("no folder above")?;
    let python = environments.join("venv-v1/bin/python");
    ensure!(python.exists(), "{} is missing", python.display());
    let run = async |door: &str, url: String, tool: &str| {
        let mut client = Command::new(&python);
        client
            .arg(fixtures::checked_in("python/older_doors.py"))
            .args([door, &url, tool]);
        report(&mut client).await
    };
    for (face, tool) in [
        ("", "call_tool"),
        ("/all", "fake__count"),
        ("/server/fake", "count"),
    ] {
        let url = gateway.url(&format!("/mcp{face}"));
        let by_http = run("http", url.clone(), tool).await?;
        assert_eq!(by_http["progress"], json!([1.0, 2.0]), "{by_http}");
        assert_eq!(by_http["text"], "counted to 2");
        assert_eq!(run("sse", url, tool).await?, by_http);
        let url = socket(&gateway, &format!("/ws{face}"));
        assert_eq!(run("socket", url, tool).await?, by_http);
    }
    Ok(())
}

//! Servers that others wrote: all of them at once behind one gateway.

use std::time::{Duration, Instant};

use model::Snapshot;
use serde_json::json;
use testkit::client::{Builder, McpClient};
use testkit::fixtures;
use testkit::gateway::Gateway;

use crate::agent::Agent;

/// How long twenty servers may take on two cores that other tests use as well.
const PATIENCE: Duration = Duration::from_mins(3);

/// Waits longer than the gateway's own waits: some of these servers take ten seconds alone.
async fn wait_all_ready(gateway: &Gateway) -> anyhow::Result<Snapshot> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let snapshot = gateway.snapshot().await?;
        let waiting: Vec<_> = snapshot
            .servers
            .iter()
            .filter(|server| !server.state.is_ready())
            .collect();
        if waiting.is_empty() {
            return Ok(snapshot);
        }
        anyhow::ensure!(
            Instant::now() < deadline,
            "{waiting:#?}\n{}",
            gateway.diagnose()
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn twenty_real_servers_start_and_answer_behind_one_gateway() -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    let folder = scratch.path().canonicalize()?;
    let servers = fixtures::real_servers(&folder)?;
    let expected = servers.len();
    let gateway = Gateway::builder()
        .servers(servers)
        .setting("startTimeout", json!(120))
        .start()
        .await?;
    let snapshot = wait_all_ready(&gateway).await?;
    assert!(
        expected >= 18 && snapshot.totals.ready == expected,
        "{:?}",
        snapshot.totals
    );
    assert!(snapshot.totals.tools >= 400, "{:?}", snapshot.totals);
    let rejected: Vec<_> = snapshot
        .servers
        .iter()
        .flat_map(|server| &server.rejected_tools)
        .collect();
    assert!(rejected.is_empty(), "{rejected:?}");
    calls_reach_them(&Agent::of(&gateway).await?, &folder.display().to_string()).await?;
    finds_the_right_one(&Agent::of(&gateway).await?).await
}

async fn calls_reach_them(agent: &Agent, folder: &str) -> anyhow::Result<()> {
    let file = format!("{folder}/note.txt");
    let write = json!({"path": file, "content": "kept"});
    agent
        .run("call_tool_destructive", "filesystem__write_file", write)
        .await?;
    let read = agent
        .read("filesystem__read_text_file", json!({"path": file}))
        .await?;
    assert!(read.contains("kept"), "{read}");
    let repository = json!({"repo_path": format!("{folder}/repository")});
    let status = agent.read("git__git_status", repository).await?;
    assert!(status.contains("No commits yet"), "{status}");
    let time = json!({"timezone": "Europe/Berlin"});
    let time = agent
        .run("call_tool_destructive", "time__get_current_time", time)
        .await?;
    assert!(time.to_string().contains("Europe/Berlin"), "{time}");
    let entity = json!({"entities": [
        {"name": "Toolgate", "entityType": "program", "observations": ["is a gate"]}
    ]});
    agent
        .run("call_tool_destructive", "memory__create_entities", entity)
        .await?;
    let graph = agent
        .run("call_tool_destructive", "memory__read_graph", json!({}))
        .await?;
    assert!(graph.to_string().contains("is a gate"), "{graph}");
    let table = json!({"query": "CREATE TABLE t (x INTEGER)"});
    let made = agent
        .run("call_tool_destructive", "sqlite__create_table", table)
        .await?;
    assert_ne!(made["isError"], true, "{made}");
    Ok(())
}

async fn finds_the_right_one(agent: &Agent) -> anyhow::Result<()> {
    for (query, tool) in [
        ("current time in a time zone", "time__get_current_time"),
        ("show git commit log", "git__git_log"),
        ("take a screenshot of the page", "screenshot"),
        ("write cells of a spreadsheet", "excel__write_range"),
        ("create a github issue", "github__create_issue"),
    ] {
        let found = agent.find(query).await?;
        assert!(
            found.iter().any(|name| name.contains(tool)),
            "{query}: {found:?}"
        );
    }
    Ok(())
}

/// Before 2026-07-28, that a person must first visit a page is an error of the protocol; clients
/// of that revision are asked instead, and then call again.
#[tokio::test]
async fn a_page_to_visit_first_is_a_question_to_stateless_clients() -> anyhow::Result<()> {
    let program = fixtures::npm(".bin/mcp-server-everything")?;
    let gateway = Gateway::builder()
        .server("it", json!({"command": program}))
        .start_ready()
        .await?;
    let url = gateway.endpoint().replace("/mcp", "/mcp/server/it");
    let asked = json!({"url": "https://example.com/sign-in", "errorPath": true});
    let params = json!({"name": "trigger-url-elicitation", "arguments": asked});
    let builder = || McpClient::builder(&url).map(Builder::able);

    let old = builder()?.legacy("2025-11-25").await?;
    let refused = old.exchange("tools/call", &params).await?;
    assert_eq!(refused.error_code(), Some(-32042), "{}", refused.reply.text);

    let new = builder()?.answering(|_, _| json!({"action": "accept"}));
    let answered = new.modern().exchange("tools/call", &params).await?;
    assert!(answered.result().is_ok(), "{}", answered.reply.text);
    let questions = answered.asked("elicitation/create");
    assert_eq!(questions[0]["mode"], "url");
    assert_eq!(questions[0]["url"], "https://example.com/sign-in");
    Ok(())
}

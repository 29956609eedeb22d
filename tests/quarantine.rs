//! What nobody has let in reaches no client: new servers, new definitions, changed ones, by every
//! face and in every list.

mod deciding;
mod holding;
mod rug_pull;

use anyhow::{Context as _, ensure};
use model::{Decided, Decision, DefinitionKind, SeenDefinition, ServerReview, Standing, TrustMode};
use serde_json::{Value, json};
use testkit::client::McpClient;
use testkit::gateway::Gateway;

/// Everything about a held server.
async fn review(gateway: &Gateway, server: &str) -> anyhow::Result<ServerReview> {
    let answer = gateway
        .api("GET", &format!("/quarantine/{server}"), "")
        .await?;
    ensure!(answer.status == 200, "no review: {}", answer.body);
    Ok(serde_json::from_str(&answer.body)?)
}

async fn decide(gateway: &Gateway, server: &str, decision: &Decision) -> anyhow::Result<Decided> {
    let body = serde_json::to_string(decision)?;
    let path = format!("/quarantine/{server}");
    let answer = gateway.api("POST", &path, &body).await?;
    ensure!(answer.status == 200, "not decided: {}", answer.body);
    Ok(serde_json::from_str(&answer.body)?)
}

/// Lets a server start, and waits until its lists are known.
async fn start(gateway: &Gateway, server: &str, mode: Option<TrustMode>) -> anyhow::Result<()> {
    let launch = review(gateway, server).await?.launch;
    decide(gateway, server, &Decision::Start { launch, mode }).await?;
    gateway
        .wait_server(server, "its lists are known", |status| {
            let trust = &status.trust;
            status.state.is_ready()
                && trust.approved + trust.pending + trust.changed + trust.blocked > 0
        })
        .await?;
    // What is listed beside the tools is known a moment later.
    while is_incomplete(&review(gateway, server).await?) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    Ok(())
}

fn is_incomplete(review: &ServerReview) -> bool {
    let has = |kind| review.definitions.iter().any(|one| one.id.kind == kind);
    review.evidence.target.contains("--full")
        && !(has(DefinitionKind::Prompt) && has(DefinitionKind::ResourceTemplate))
}

/// Approves everything that waits, as it is now.
async fn approve_all(gateway: &Gateway, server: &str) -> anyhow::Result<Decided> {
    let definitions = waiting(&review(gateway, server).await?);
    decide(gateway, server, &Decision::Approve { definitions }).await
}

fn waiting(review: &ServerReview) -> Vec<SeenDefinition> {
    let waits = |standing| matches!(standing, Standing::Pending | Standing::Changed);
    let waiting = review.definitions.iter().filter(|one| waits(one.standing));
    let seen = waiting.map(|one| SeenDefinition {
        id: one.id.clone(),
        hash: one.hash.clone(),
    });
    seen.collect()
}

/// Everything that a client is shown by any face, as one text.
async fn seen_by_clients(gateway: &Gateway, server: &str) -> anyhow::Result<String> {
    let mut seen = String::new();
    for path in ["/mcp", "/mcp/all", &format!("/mcp/server/{server}")] {
        let legacy = gateway.client_of(path).await?;
        seen += &legacy.initialized().to_string();
        let modern = McpClient::modern(&gateway.url(path))?;
        seen += &modern
            .request("server/discover", json!({}))
            .await?
            .to_string();
        for client in [legacy, modern] {
            for method in [
                "tools/list",
                "prompts/list",
                "resources/list",
                "resources/templates/list",
            ] {
                // A face without such a list says so, which shows nothing.
                let answer = client.request(method, json!({})).await?;
                seen += &answer.to_string();
            }
            if path == "/mcp" {
                let found = json!({ "query": "echo add number", "limit": 20 });
                seen += &client.call("retrieve_tools", found).await?.to_string();
                let listed = json!({ "operation": "list" });
                seen += &client.call("upstream_servers", listed).await?.to_string();
            }
        }
    }
    Ok(seen)
}

/// What a call of a tool by its exact name comes to, by every face.
async fn calls(gateway: &Gateway, server: &str, tool: &str) -> anyhow::Result<Vec<Value>> {
    let (arguments, mut answers) = (json!({ "text": "hello" }), Vec::new());
    for (path, name) in [
        ("/mcp/all".to_owned(), format!("{server}__{tool}")),
        (format!("/mcp/server/{server}"), tool.to_owned()),
    ] {
        let client = gateway.client_of(&path).await?;
        let call = json!({ "name": name, "arguments": arguments });
        answers.push(client.request("tools/call", call).await?);
    }
    let client = gateway.mcp_client().await?;
    let inner = json!({ "name": format!("{server}__{tool}"), "arguments": arguments });
    for by in ["call_tool_read", "call_tool_destructive", "call_tool"] {
        let call = json!({ "name": by, "arguments": inner });
        answers.push(client.request("tools/call", call).await?);
    }
    Ok(answers)
}

fn is_refused(answer: &Value) -> bool {
    answer.get("error").is_some() || answer["result"]["isError"] == true
}

/// What was recorded about the quarantine, as one text.
async fn audit(gateway: &Gateway) -> anyhow::Result<String> {
    let answer = gateway.api("GET", "/activity?limit=200", "").await?;
    let page: Value = serde_json::from_str(&answer.body)?;
    let items = page["items"].as_array().context("items")?;
    let of_quarantine = items.iter().filter(|item| item["kind"] == "quarantine");
    let lines: Vec<String> = of_quarantine
        .map(|item| format!("{}: {}", item["server"], item["text"]))
        .collect();
    Ok(lines.join("\n"))
}

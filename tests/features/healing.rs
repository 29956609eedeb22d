//! What goes wrong costs only itself: a malformed definition, a forgotten session, a server that
//! dies in the middle of a call.

use anyhow::{Context as _, ensure};
use serde_json::json;
use testkit::gateway::Gateway;
use testkit::programs;
use testkit::remote::Remote;
use testkit::seen::Seen;

use super::stage::{Era, Face, Findings, Stage, call};

#[tokio::test]
async fn one_malformed_tool_costs_only_itself() -> anyhow::Result<()> {
    let stage = Stage::with(&["--bad-tool", "--paged", "3"]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            for face in [Face::Own, Face::All] {
                let cell = format!("{era:?} client, {}, {face:?}", server.slug);
                let work = async {
                    let client = era.client(stage.builder(face, server.slug)?).await?;
                    let names = client.tool_names().await?;
                    for tool in ["echo", "add", "delete_all", "ask", "routed"] {
                        let name = face.name(server.slug, tool);
                        ensure!(names.contains(&name), "no {name} in {names:?}");
                    }
                    let arguments = json!({"a": 1, "b": 2});
                    let sum = call(&client, face, server.slug, "add", arguments).await?;
                    ensure!(sum.text()? == "3", "{}", sum.reply.text);
                    Ok(())
                };
                findings.check(&cell, work).await;
            }
        }
    }
    findings.done()
}

#[tokio::test]
async fn a_forgotten_session_is_opened_anew_and_no_call_runs_twice() -> anyhow::Result<()> {
    let mut findings = Findings::default();
    for code in ["404", "400"] {
        for era in Era::BOTH {
            let cell = format!("{era:?} client, status {code}");
            findings.check(&cell, survives(era, code)).await;
        }
    }
    findings.done()
}

/// Makes calls, one of which meets a session that the server has forgotten.
async fn survives(era: Era, code: &str) -> anyhow::Result<()> {
    let forget = [
        "--session-expires-after",
        "4",
        "--forget-session-with",
        code,
    ];
    let stage = Stage::only(&["http-old"], &forget).await?;
    let client = era.client(stage.builder(Face::Own, "http-old")?).await?;
    for n in 0..7 {
        let arguments = json!({"n": n});
        let echoed = call(&client, Face::Own, "http-old", "echo", arguments).await?;
        let text = echoed.text()?;
        ensure!(text == format!(r#"{{"n":{n}}}"#), "{text}");
    }
    let ran = stage.servers[0].seen.requests("tools/call").len();
    ensure!(ran == 7, "{ran} calls ran instead of 7");
    Ok(())
}

/// Reading is lost with the session, too, and is tried again.
#[tokio::test]
async fn other_requests_survive_a_forgotten_session() -> anyhow::Result<()> {
    let mut findings = Findings::default();
    for code in ["404", "400"] {
        let forget = [
            "--session-expires-after",
            "0",
            "--forget-session-with",
            code,
        ];
        let stage = Stage::only(&["http-old"], &forget).await?;
        let work = async {
            let client = Era::Legacy
                .client(stage.builder(Face::Own, "http-old")?)
                .await?;
            for _ in 0..3 {
                // This call always meets a session that is forgotten at once, even a new one.
                let lost = call(&client, Face::Own, "http-old", "echo", json!({})).await;
                drop(lost);
                let read = client
                    .exchange("resources/read", &json!({"uri": "test://text"}))
                    .await?;
                let text = &read.result()?["contents"][0]["text"];
                ensure!(text == "This is test://text", "{text}");
            }
            Ok(())
        };
        findings.check(&format!("status {code}"), work).await;
    }
    findings.done()
}

#[tokio::test]
async fn a_call_that_its_server_died_on_is_not_sent_again() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-old", "stdio-new"], &[]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            let cell = format!("{era:?} client, {}", server.slug);
            let before = server.seen.requests("tools/call").len();
            let work = async {
                let slug = server.slug;
                let client = era.client(stage.builder(Face::Own, slug)?).await?;
                let starts = stage.gateway.server(slug).await?.starts;
                let died = call(&client, Face::Own, slug, "crash", json!({})).await?;
                let refused =
                    died.error_code().is_some() || died.reply.json["result"]["isError"] == true;
                ensure!(refused, "{}", died.reply.text);
                let again = |server: &model::ServerStatus| {
                    server.starts > starts && server.state.is_ready()
                };
                stage
                    .gateway
                    .wait_server(slug, "it is up again", again)
                    .await?;
                let sum = call(&client, Face::Own, slug, "add", json!({"a": 1, "b": 1})).await?;
                ensure!(sum.text()? == "2", "{}", sum.reply.text);
                let calls = server.seen.requests("tools/call").len() - before;
                ensure!(calls == 2, "{calls} calls arrived instead of 2");
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn a_call_whose_server_is_killed_is_not_sent_again() -> anyhow::Result<()> {
    let mut findings = Findings::default();
    for era in ["legacy", "modern"] {
        let work = async {
            let folder = tempfile::tempdir()?;
            let seen = Seen::in_file(folder.path().join("events"));
            let own = ["--full", "--events", seen.argument(), "--era", era];
            let remote = Remote::start(&[&["--http", "0"], &own[..]].concat()).await?;
            let port = remote.port()?;
            let builder = Gateway::builder().server("it", remote.entry());
            let gateway = builder.start_ready().await?;
            let client = gateway.client_of("/mcp/server/it").await?;
            let params = json!({"name": "wait", "arguments": {"ms": 600_000}});
            let killed = async {
                seen.request("tools/call").await?;
                remote.kill().await?;
                let again = [&["--http", port.as_str()], &own[..]].concat();
                Remote::start(&again).await
            };
            let (died, _again) = tokio::join!(client.exchange("tools/call", &params), killed);
            let died = died?;
            let refused =
                died.error_code().is_some() || died.reply.json["result"]["isError"] == true;
            ensure!(refused, "{}", died.reply.text);
            let starts = gateway.server("it").await?.starts;
            gateway.api("POST", "/servers/it/restart", "").await?;
            let again =
                |server: &model::ServerStatus| server.starts > starts && server.state.is_ready();
            gateway.wait_server("it", "it is up again", again).await?;
            let params = json!({"name": "add", "arguments": {"a": 1, "b": 1}});
            let sum = client.exchange("tools/call", &params).await?;
            ensure!(sum.text()? == "2", "{}", sum.reply.text);
            let calls = seen.requests("tools/call").len();
            ensure!(calls == 2, "{calls} calls arrived instead of 2");
            Ok(())
        };
        findings.check(era, work).await;
    }
    findings.done()
}

/// A server that ends on the probe of the newer era is started again, with all of its features.
#[tokio::test]
async fn a_server_that_dies_of_the_probe_has_all_its_features() -> anyhow::Result<()> {
    let old = programs::fake(&["--full", "--era", "legacy", "--exit-on-probe"])?;
    let gateway = Gateway::builder().server("it", old).start_ready().await?;
    let client = gateway.client_of("/mcp/server/it").await?;
    let prompts = client.all("prompts/list", "prompts").await?;
    assert_eq!(prompts.len(), 4);
    let read = client
        .exchange("resources/read", &json!({"uri": "test://text"}))
        .await?;
    assert_eq!(read.result()?["contents"][0]["uri"], "test://text");
    Ok(())
}

/// What a client follows is followed again in the session that takes the place of a lost one.
#[tokio::test]
async fn a_followed_resource_survives_a_forgotten_session() -> anyhow::Result<()> {
    let forget = ["--session-expires-after", "2"];
    let stage = Stage::only(&["http-old"], &forget).await?;
    let builder = stage.builder(Face::Own, "http-old")?;
    let client = Era::Legacy.client(builder).await?;
    let mut news = client.listen().await?;
    let uri = json!({"uri": "test://text"});
    client
        .exchange("resources/subscribe", &uri)
        .await?
        .result()?;
    for n in 0..3 {
        let echoed = call(&client, Face::Own, "http-old", "echo", json!({"n": n})).await?;
        echoed.text()?;
    }
    let subscribed = stage.servers[0].seen.requests("resources/subscribe").len();
    ensure!(subscribed == 2, "subscribed {subscribed} times");
    // Something may have changed between the two sessions, so the client is told to look.
    loop {
        let said = news.next_message().await?.context("the stream ended")?;
        if said.contains("notifications/resources/updated") {
            ensure!(said.contains("test://text"), "{said}");
            return Ok(());
        }
    }
}

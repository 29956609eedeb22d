//! Headers that repeat the body (2026-07-28, transports): made anew for each server, whatever the
//! client spoke and whatever name it used.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use testkit::seen::Event;

use super::stage::{Era, Face, Findings, Server, Stage, call};

#[tokio::test]
async fn a_server_gets_the_headers_of_its_own_names() -> anyhow::Result<()> {
    let stage = Stage::only(&["http-new"], &[]).await?;
    let server = &stage.servers[0];
    let mut findings = Findings::default();
    for era in Era::BOTH {
        for face in Face::EACH {
            let cell = format!("{era:?} client, {face:?}");
            let work = async {
                let builder = stage.builder(face, server.slug)?;
                let client = era.client(builder.header("mcp-param-region", "eu")).await?;
                let arguments = json!({"region": "eu", "query": "x"});
                let routed = call(&client, face, server.slug, "routed", arguments).await?;
                ensure!(routed.text()? == "eu", "{}", routed.reply.text);
                let headers = last(server, "tools/call")?.json["headers"].clone();
                for (name, value) in [
                    ("mcp-protocol-version", "2026-07-28"),
                    ("mcp-method", "tools/call"),
                    ("mcp-name", "routed"),
                    ("mcp-param-region", "eu"),
                ] {
                    ensure!(headers[name] == value, "{name}: {headers}");
                }
                let uri = Stage::outer(&client, face, server.slug, "test://text").await?;
                let read = client
                    .exchange("resources/read", &json!({"uri": uri}))
                    .await?;
                read.result()?;
                let headers = last(server, "resources/read")?.json["headers"].clone();
                ensure!(headers["mcp-name"] == "test://text", "{headers}");
                let name = face.name(server.slug, "plain");
                let got = client
                    .exchange("prompts/get", &json!({"name": name}))
                    .await?;
                got.result()?;
                let headers = last(server, "prompts/get")?.json["headers"].clone();
                ensure!(headers["mcp-name"] == "plain", "{headers}");
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

/// A client that does not mirror an argument contradicts its own request.
#[tokio::test]
async fn a_mirrored_argument_must_say_the_same() -> anyhow::Result<()> {
    let stage = Stage::only(&["http-new", "stdio-new"], &[]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let work = async {
            let builder = stage.builder(Face::Own, server.slug)?;
            let client = builder.header("mcp-param-region", "us").modern();
            let arguments: Value = json!({"region": "eu"});
            let refused = call(&client, Face::Own, server.slug, "routed", arguments).await?;
            let code = refused.error_code();
            ensure!(code == Some(-32020), "{}", refused.reply.text);
            Ok(())
        };
        findings.check(server.slug, work).await;
    }
    findings.done()
}

fn last(server: &Server, method: &str) -> anyhow::Result<Event> {
    let requests = server.seen.requests(method);
    requests.into_iter().next_back().context("no such request")
}

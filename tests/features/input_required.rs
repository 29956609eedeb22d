//! Results that ask for more input (2026-07-28, multi round-trip requests), and the state that
//! travels through the client: nobody may change it, move it, or use it up twice.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use testkit::client::{Answered, McpClient};

use super::stage::{Era, Face, Findings, Stage, answer};

/// A stateless client that is asked, and leaves the answering to the test.
async fn silent(stage: &Stage, face: Face, slug: &str) -> anyhow::Result<McpClient> {
    Era::Modern.client(stage.builder(face, slug)?.able()).await
}

/// Calls `ask` with a message.
async fn ask(client: &McpClient, face: Face, slug: &str, message: &str) -> anyhow::Result<Value> {
    let params = face.call(slug, "ask", &json!({"message": message}));
    let asked = client.exchange("tools/call", &params).await?;
    let result = asked.result()?;
    ensure!(result["resultType"] == "input_required", "{result}");
    ensure!(result["requestState"].is_string(), "no state in {result}");
    Ok(result.clone())
}

/// Sends the call again, with the answer to its question and this state.
async fn retry(
    client: &McpClient,
    params: Value,
    asked: &Value,
    state: Value,
) -> anyhow::Result<Answered> {
    let mut params = params;
    let requests = asked["inputRequests"].as_object();
    let (key, request) = requests
        .and_then(|requests| requests.iter().next())
        .context("nothing is asked")?;
    let method = request["method"].as_str().unwrap_or_default();
    params["inputResponses"] = json!({key: answer("ann", method, &request["params"])});
    params["requestState"] = state;
    client.exchange("tools/call", &params).await
}

/// Whether the call was refused: with an error, or a result that says it is one.
fn is_refused(answered: &Answered) -> bool {
    answered.error_code().is_some() || answered.reply.json["result"]["isError"] == true
}

#[tokio::test]
async fn the_answer_comes_back_with_the_state() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for face in Face::EACH {
            let cell = format!("{}, {face:?}", server.slug);
            let work = async {
                let client = silent(&stage, face, server.slug).await?;
                let asked = ask(&client, face, server.slug, "Why?").await?;
                let params = face.call(server.slug, "ask", &json!({"message": "Why?"}));
                let sealed = asked["requestState"].clone();
                let done = retry(&client, params, &asked, sealed).await?;
                let given = done.text_json()?;
                ensure!(given["content"]["asked"] == "Why?", "{given}");
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn a_legacy_server_is_called_once_however_often_the_client_comes() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-old", "http-old", "sse-old"], &[]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let work = async {
            let person = stage.person(Era::Modern, Face::Own, server.slug, "ann");
            let client = person.await?;
            let params = Face::Own.call(server.slug, "ask", &json!({"rounds": 3}));
            let done = client.exchange("tools/call", &params).await?;
            let answers = done.text_json()?;
            ensure!(
                answers.as_array().is_some_and(|all| all.len() == 3),
                "{answers}"
            );
            let calls = server.seen.requests("tools/call").len();
            ensure!(calls == 1, "the server was called {calls} times");
            Ok(())
        };
        findings.check(server.slug, work).await;
    }
    findings.done()
}

#[tokio::test]
async fn a_state_that_was_changed_is_refused() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for change in ["cut", "flipped", "longer", "empty", "foreign", "no text"] {
            let cell = format!("{}, {change}", server.slug);
            let work = async {
                let client = silent(&stage, Face::Own, server.slug).await?;
                let asked = ask(&client, Face::Own, server.slug, "Why?").await?;
                let sealed = asked["requestState"].as_str().unwrap_or_default();
                let params = Face::Own.call(server.slug, "ask", &json!({"message": "Why?"}));
                let changed = changed(sealed, change);
                let refused = retry(&client, params, &asked, changed).await?;
                ensure!(is_refused(&refused), "{}", refused.reply.text);
                still_counts(&client, server.slug, &asked).await
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

/// Whoever is refused can still come with the state as it was given out.
async fn still_counts(client: &McpClient, slug: &str, asked: &Value) -> anyhow::Result<()> {
    let params = Face::Own.call(slug, "ask", &json!({"message": "Why?"}));
    let sealed = asked["requestState"].clone();
    let done = retry(client, params, asked, sealed).await?;
    let given = done.text_json()?;
    ensure!(given["content"]["asked"] == "Why?", "afterwards: {given}");
    Ok(())
}

fn changed(state: &str, change: &str) -> Value {
    let mut chars: Vec<char> = state.chars().collect();
    match change {
        "cut" => drop(chars.pop()),
        "flipped" => {
            let middle = chars.len() / 2;
            chars[middle] = if chars[middle] == 'A' { 'B' } else { 'A' };
        }
        "longer" => chars.extend("AAAA".chars()),
        "empty" => chars.clear(),
        "foreign" => chars = "eyJhbGciOiJub25lIn0.e30.".chars().collect(),
        _ => return json!({"state": state}),
    }
    chars.into_iter().collect::<String>().into()
}

#[tokio::test]
async fn a_state_of_another_call_is_refused() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let slug = server.slug;
        let other = if slug == "stdio-old" {
            "http-old"
        } else {
            "stdio-old"
        };
        for (what, face, of, tool, arguments) in [
            (
                "arguments",
                Face::Own,
                slug,
                "ask",
                json!({"message": "Else?"}),
            ),
            ("tool", Face::Own, slug, "roots", json!({"message": "Why?"})),
            (
                "server",
                Face::Own,
                other,
                "ask",
                json!({"message": "Why?"}),
            ),
        ] {
            let cell = format!("{slug}, another {what}");
            let work = async {
                let client = silent(&stage, Face::Own, slug).await?;
                let asked = ask(&client, Face::Own, slug, "Why?").await?;
                let elsewhere = silent(&stage, face, of).await?;
                let params = face.call(of, tool, &arguments);
                let sealed = asked["requestState"].clone();
                let refused = retry(&elsewhere, params, &asked, sealed).await?;
                ensure!(is_refused(&refused), "{}", refused.reply.text);
                still_counts(&client, slug, &asked).await
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn a_state_of_a_call_that_is_over_is_refused() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-old", "http-old", "sse-old"], &[]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let work = async {
            let client = silent(&stage, Face::Own, server.slug).await?;
            let asked = ask(&client, Face::Own, server.slug, "Why?").await?;
            let params = Face::Own.call(server.slug, "ask", &json!({"message": "Why?"}));
            let sealed = &asked["requestState"];
            let done = retry(&client, params.clone(), &asked, sealed.clone()).await?;
            ensure!(!is_refused(&done), "{}", done.reply.text);
            let again = retry(&client, params, &asked, sealed.clone()).await?;
            ensure!(is_refused(&again), "{}", again.reply.text);
            let calls = server.seen.requests("tools/call").len();
            ensure!(calls == 1, "the server was called {calls} times");
            Ok(())
        };
        findings.check(server.slug, work).await;
    }
    findings.done()
}

/// A parked call does not outlive its server; its state then leads nowhere, and quickly.
#[tokio::test]
async fn a_state_of_a_server_that_was_restarted_is_refused() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-old", "http-old"], &[]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let slug = server.slug;
        let work = async {
            let client = silent(&stage, Face::Own, slug).await?;
            let asked = ask(&client, Face::Own, slug, "Why?").await?;
            let starts = stage.gateway.server(slug).await?.starts;
            let path = format!("/servers/{slug}/restart");
            stage.gateway.api("POST", &path, "").await?;
            let up =
                |server: &model::ServerStatus| server.starts > starts && server.state.is_ready();
            stage
                .gateway
                .wait_server(slug, "it is up again", up)
                .await?;
            let params = Face::Own.call(slug, "ask", &json!({"message": "Why?"}));
            let sealed = asked["requestState"].clone();
            let refused = retry(&client, params, &asked, sealed).await?;
            ensure!(is_refused(&refused), "{}", refused.reply.text);
            Ok(())
        };
        findings.check(slug, work).await;
    }
    findings.done()
}

/// Server requirements: what is missing is asked again, rather than an error.
#[tokio::test]
async fn who_comes_without_the_answer_is_asked_again() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let work = async {
            let client = silent(&stage, Face::Own, server.slug).await?;
            let asked = ask(&client, Face::Own, server.slug, "Why?").await?;
            let mut params = Face::Own.call(server.slug, "ask", &json!({"message": "Why?"}));
            params["requestState"] = asked["requestState"].clone();
            params["inputResponses"] = json!({"something else": {"action": "decline"}});
            let again = client.exchange("tools/call", &params).await?;
            let result = again.result()?.clone();
            ensure!(result["resultType"] == "input_required", "{result}");
            params
                .as_object_mut()
                .map(|params| params.remove("inputResponses"));
            let sealed = result["requestState"].clone();
            let done = retry(&client, params, &result, sealed).await?;
            let given = done.text_json()?;
            ensure!(given["content"]["asked"] == "Why?", "{given}");
            Ok(())
        };
        findings.check(server.slug, work).await;
    }
    findings.done()
}

#[tokio::test]
async fn a_person_may_decline() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            for action in ["decline", "cancel"] {
                let cell = format!("{era:?} client, {}, {action}", server.slug);
                let work = async {
                    let builder = stage.builder(Face::Own, server.slug)?.able();
                    let builder = builder.answering(move |_, _| json!({"action": action}));
                    let client = era.client(builder).await?;
                    let params = Face::Own.call(server.slug, "ask", &json!({}));
                    let answered = client.exchange("tools/call", &params).await?;
                    let given = answered.text_json()?;
                    ensure!(given == json!({"action": action}), "{given}");
                    Ok(())
                };
                findings.check(&cell, work).await;
            }
        }
    }
    findings.done()
}

/// Clients need not come back (server requirements), and others must not pay for it.
#[tokio::test]
async fn who_never_comes_back_keeps_nobody_waiting() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            let cell = format!("{era:?} client, {}", server.slug);
            let work = async {
                let gone = silent(&stage, Face::Own, server.slug).await?;
                ask(&gone, Face::Own, server.slug, "Who?").await?;
                let other = stage.person(era, Face::Own, server.slug, "bo").await?;
                let params = Face::Own.call(server.slug, "ask", &json!({"message": "Why?"}));
                let answered = other.exchange("tools/call", &params).await?;
                let given = answered.text_json()?;
                let expected = json!({"answer": "bo", "asked": "Why?"});
                ensure!(given["content"] == expected, "{given}");
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

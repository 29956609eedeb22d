//! Tasks of both kinds: those of revision 2025-11-25 and those of the extension.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use testkit::client::{McpClient, Message};

use super::stage::{Era, Face, Findings, Stage};

const OLD: &[&str] = &["stdio-old", "http-old", "sse-old"];
const NEW: &[&str] = &["stdio-new", "http-new"];

/// Starts `job` as a task of a session and returns the task.
async fn begin(
    client: &McpClient,
    face: Face,
    slug: &str,
    arguments: Value,
) -> anyhow::Result<Value> {
    let mut params = face.call(slug, "job", &arguments);
    params["task"] = json!({"ttl": 90_000});
    let begun = client.exchange("tools/call", &params).await?;
    let task = &begun.result()?["task"];
    ensure!(
        task["taskId"].is_string(),
        "no task in {}",
        begun.reply.text
    );
    ensure!(task["ttl"] == 90_000, "{task}");
    Ok(task.clone())
}

#[tokio::test]
async fn a_session_follows_its_tasks() -> anyhow::Result<()> {
    let stage = Stage::only(OLD, &[]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for face in [Face::Own, Face::All] {
            let cell = format!("{}, {face:?}", server.slug);
            findings
                .check(&cell, follows(&stage, face, server.slug))
                .await;
        }
    }
    findings.done()
}

async fn follows(stage: &Stage, face: Face, slug: &str) -> anyhow::Result<()> {
    let client = stage.person(Era::Legacy, face, slug, "ann").await?;
    let task = begin(&client, face, slug, json!({"ms": 0})).await?;
    let id = json!({"taskId": task["taskId"]});
    let result = client.exchange("tasks/result", &id).await?;
    ensure!(result.text()? == "done", "{}", result.reply.text);
    let related = &result.result()?["_meta"]["io.modelcontextprotocol/related-task"];
    ensure!(*related == id, "{related} instead of {id}");
    let shown = client.exchange("tasks/get", &id).await?;
    let shown = shown.result()?;
    ensure!(
        shown["status"] == "completed" && shown["taskId"] == task["taskId"],
        "{shown}"
    );
    let listed = client.all("tasks/list", "tasks").await?;
    let ids: Vec<_> = listed.iter().map(|task| &task["taskId"]).collect();
    ensure!(
        ids.contains(&&task["taskId"]),
        "{} is not among {ids:?}",
        task["taskId"]
    );

    let long = begin(&client, face, slug, json!({"ms": 600_000})).await?;
    let id = json!({"taskId": long["taskId"]});
    let cancelled = client.exchange("tasks/cancel", &id).await?;
    let cancelled = cancelled.result()?;
    ensure!(cancelled["status"] == "cancelled", "{cancelled}");
    ensure!(cancelled["taskId"] == long["taskId"], "{cancelled}");

    let failing = begin(&client, face, slug, json!({"fails": true})).await?;
    let id = json!({"taskId": failing["taskId"]});
    let failed = client.exchange("tasks/result", &id).await?;
    ensure!(failed.error_code() == Some(-32603), "{}", failed.reply.text);
    Ok(())
}

#[tokio::test]
async fn a_task_asks_the_session_that_waits_for_it() -> anyhow::Result<()> {
    let stage = Stage::only(OLD, &[]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for face in [Face::Own, Face::All] {
            let cell = format!("{}, {face:?}", server.slug);
            let work = async {
                let client = stage.person(Era::Legacy, face, server.slug, "ann").await?;
                let arguments = json!({"question": "Sure?"});
                let task = begin(&client, face, server.slug, arguments).await?;
                ensure!(task["status"] == "input_required", "{task}");
                let id = json!({"taskId": task["taskId"]});
                let result = client.exchange("tasks/result", &id).await?;
                let asked = result.asked("elicitation/create");
                ensure!(
                    asked.len() == 1 && asked[0]["message"] == "Sure?",
                    "{asked:?}"
                );
                let related = &asked[0]["_meta"]["io.modelcontextprotocol/related-task"];
                ensure!(*related == id, "{related} instead of {id}");
                ensure!(result.text()?.contains("ann"), "{}", result.reply.text);
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn a_session_is_told_how_its_tasks_stand() -> anyhow::Result<()> {
    let stage = Stage::only(OLD, &[]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for face in [Face::Own, Face::All] {
            let cell = format!("{}, {face:?}", server.slug);
            let work = async {
                let client = stage.person(Era::Legacy, face, server.slug, "ann").await?;
                let mut stream = client.listen().await?;
                let task = begin(&client, face, server.slug, json!({"ms": 10})).await?;
                loop {
                    let text = stream.next_message().await?.context("the stream ended")?;
                    let told = Message::parse(text)?;
                    if told.method() == "notifications/tasks/status" {
                        let params = &told.json["params"];
                        ensure!(params["taskId"] == task["taskId"], "{params}");
                        ensure!(params["status"] == "completed", "{params}");
                        return Ok(());
                    }
                }
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

/// Starts `job` with the extension declared and returns the task.
async fn create(
    client: &McpClient,
    face: Face,
    slug: &str,
    arguments: Value,
) -> anyhow::Result<Value> {
    let params = face.call(slug, "job", &arguments);
    let begun = client.exchange("tools/call", &params).await?;
    let task = begun.result()?.clone();
    ensure!(
        task["resultType"] == "task" && task["taskId"].is_string(),
        "{task}"
    );
    ensure!(task["pollIntervalMs"] == 20, "{task}");
    Ok(task)
}

#[tokio::test]
async fn a_stateless_client_follows_tasks_of_the_extension() -> anyhow::Result<()> {
    let stage = Stage::only(NEW, &[]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for face in Face::EACH {
            let cell = format!("{}, {face:?}", server.slug);
            findings
                .check(&cell, extension(&stage, face, server.slug))
                .await;
        }
    }
    findings.done()
}

async fn extension(stage: &Stage, face: Face, slug: &str) -> anyhow::Result<()> {
    let client = stage.person(Era::Modern, face, slug, "ann").await?;
    let task = create(&client, face, slug, json!({"question": "Sure?"})).await?;
    let id = json!({"taskId": task["taskId"]});
    let shown = client.exchange("tasks/get", &id).await?;
    let shown = shown.result()?;
    ensure!(shown["taskId"] == task["taskId"], "{shown}");
    let asked = &shown["inputRequests"]["form"];
    ensure!(asked["params"]["message"] == "Sure?", "{shown}");

    let mut update = id.clone();
    update["inputResponses"] = json!({"form": {"action": "decline"}});
    client.exchange("tasks/update", &update).await?.result()?;
    let shown = client.exchange("tasks/get", &id).await?;
    let shown = shown.result()?;
    ensure!(shown["status"] == "completed", "{shown}");
    let text = &shown["result"]["content"][0]["text"];
    ensure!(text == r#"{"action":"decline"}"#, "{shown}");

    let long = create(&client, face, slug, json!({"ms": 600_000})).await?;
    let id = json!({"taskId": long["taskId"]});
    client.exchange("tasks/cancel", &id).await?.result()?;
    let shown = client.exchange("tasks/get", &id).await?;
    ensure!(
        shown.result()?["status"] == "cancelled",
        "{}",
        shown.reply.text
    );
    let unknown = json!({"taskId": format!("{}x", long["taskId"].as_str().unwrap_or_default())});
    let unknown = client.exchange("tasks/get", &unknown).await?;
    ensure!(
        unknown.error_code() == Some(-32602),
        "{}",
        unknown.reply.text
    );
    Ok(())
}

#[tokio::test]
async fn a_listener_is_told_how_its_tasks_stand() -> anyhow::Result<()> {
    let stage = Stage::only(NEW, &[]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for face in [Face::Own, Face::All] {
            let cell = format!("{}, {face:?}", server.slug);
            let work = async {
                let client = stage.person(Era::Modern, face, server.slug, "ann").await?;
                let arguments = json!({"question": "Sure?"});
                let task = create(&client, face, server.slug, arguments).await?;
                let filter = json!({"notifications": {"taskIds": [task["taskId"]]}});
                let mut ear = client.open("subscriptions/listen", &filter).await?;
                let first = ear.next().await?.context("no acknowledgement")?;
                let honoured = &first.json["params"]["notifications"]["taskIds"];
                ensure!(*honoured == json!([task["taskId"]]), "{}", first.text);
                let mut update = json!({"taskId": task["taskId"]});
                update["inputResponses"] = json!({"form": {"action": "cancel"}});
                client.exchange("tasks/update", &update).await?.result()?;
                loop {
                    let told = ear.next().await?.context("it ended")?;
                    ensure!(told.method() == "notifications/tasks", "{}", told.text);
                    let params = &told.json["params"];
                    ensure!(params["taskId"] == task["taskId"], "{params}");
                    if params["status"] == "completed" {
                        return Ok(());
                    }
                }
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

/// Neither kind of task exists in the other era, so the call simply runs to its end.
#[tokio::test]
async fn across_eras_the_call_runs_without_a_task() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let era = if server.modern {
            Era::Legacy
        } else {
            Era::Modern
        };
        let cell = format!("{era:?} client, {}", server.slug);
        let work = async {
            let client = stage.person(era, Face::Own, server.slug, "ann").await?;
            let params = Face::Own.call(server.slug, "job", &json!({"ms": 20}));
            let done = client.exchange("tools/call", &params).await?;
            ensure!(done.text()? == "done", "{}", done.reply.text);
            Ok(())
        };
        findings.check(&cell, work).await;
    }
    findings.done()
}

#[tokio::test]
async fn the_capabilities_say_which_tasks_there_are() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let work = async {
            let builder = || stage.builder(Face::Own, server.slug);
            let legacy = builder()?.legacy("2025-11-25").await?;
            let tasks = &legacy.initialized()["capabilities"]["tasks"];
            let expected = !server.modern;
            ensure!(tasks["cancel"].is_object() == expected, "legacy: {tasks}");
            let modern = builder()?.modern();
            let discovered = modern.exchange("server/discover", &json!({})).await?;
            let extensions = &discovered.result()?["capabilities"]["extensions"];
            let tasks = &extensions["io.modelcontextprotocol/tasks"];
            ensure!(tasks.is_object() == server.modern, "modern: {extensions}");
            Ok(())
        };
        findings.check(server.slug, work).await;
    }
    findings.done()
}

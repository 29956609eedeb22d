//! News that belong to no call: changed lists and updated resources, to sessions on their stream
//! and to `subscriptions/listen`.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::json;
use testkit::client::{Exchange, McpClient, Message};
use testkit::http::Streaming;
use testkit::json;

use super::stage::{Era, Face, Findings, Stage, call};

/// News that has not come by then is lost.
const PATIENCE: Duration = Duration::from_secs(10);

const UPDATED: &str = "notifications/resources/updated";

/// Where a client hears news.
enum Ear<'a> {
    Session(Box<Streaming>),
    Listening(Box<Exchange<'a>>),
}

impl Ear<'_> {
    /// The next piece of news that is no repetition of a changed list.
    async fn next(&mut self) -> anyhow::Result<Message> {
        let message = match self {
            Self::Session(stream) => stream.next_message().await?.map(Message::parse),
            Self::Listening(exchange) => return exchange.next().await?.context("it ended"),
        };
        message.context("the stream ended")?
    }

    /// Reads on until a notification of a method, and returns the methods on the way with it.
    async fn until(&mut self, method: &str) -> anyhow::Result<(Vec<String>, Message)> {
        let mut passed = Vec::new();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let next = tokio::time::timeout_at(deadline, self.next()).await;
            let message = next.with_context(|| format!("no {method} after {passed:?}"))??;
            if message.method() == method {
                return Ok((passed, message));
            }
            passed.push(message.method().to_owned());
        }
    }
}

/// Starts to listen for changed lists and one resource.
async fn listen<'a>(client: &'a McpClient, era: Era, uri: &str) -> anyhow::Result<Ear<'a>> {
    if era == Era::Legacy {
        let stream = client.listen().await?;
        ensure!(stream.status == 200, "status {}", stream.status);
        let watched = client
            .exchange("resources/subscribe", &json!({"uri": uri}))
            .await?;
        watched.result()?;
        return Ok(Ear::Session(Box::new(stream)));
    }
    let filter = json!({"notifications": {
        "toolsListChanged": true,
        "promptsListChanged": true,
        "resourcesListChanged": true,
        "resourceSubscriptions": [uri]
    }});
    let mut exchange = client.open("subscriptions/listen", &filter).await?;
    let first = exchange.next().await?.context("no acknowledgement")?;
    let acknowledged = "notifications/subscriptions/acknowledged";
    ensure!(first.method() == acknowledged, "{}", first.text);
    let honoured = &first.json["params"]["notifications"];
    ensure!(
        honoured["resourceSubscriptions"] == json!([uri]),
        "{honoured}"
    );
    is_tagged(&first, &exchange)?;
    Ok(Ear::Listening(Box::new(exchange)))
}

fn is_tagged(message: &Message, exchange: &Exchange<'_>) -> anyhow::Result<()> {
    let path = ["_meta", "io.modelcontextprotocol/subscriptionId"];
    let tag = json::at(message.params(), &path).unwrap_or("none");
    ensure!(tag == exchange.id(), "tag {tag} in {}", message.text);
    Ok(())
}

#[tokio::test]
async fn an_updated_resource_is_told_by_the_name_that_was_subscribed() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            for face in Face::EACH {
                let cell = format!("{era:?} client, {}, {face:?}", server.slug);
                let work = is_told(&stage, era, face, server.slug);
                findings.check(&cell, work).await;
            }
        }
    }
    findings.done()
}

async fn is_told(stage: &Stage, era: Era, face: Face, slug: &str) -> anyhow::Result<()> {
    let client = stage.person(era, face, slug, "ann").await?;
    let uri = Stage::outer(&client, face, slug, "test://text").await?;
    let mut ear = listen(&client, era, &uri).await?;
    for inner in ["test://blob", "test://text"] {
        let touched = call(&client, face, slug, "touch", json!({"uri": inner})).await?;
        touched.result()?;
    }
    let (_, told) = ear.until(UPDATED).await?;
    ensure!(
        told.json["params"]["uri"] == uri,
        "{} instead of {uri}",
        told.text
    );
    if let Ear::Listening(exchange) = &ear {
        is_tagged(&told, exchange)?;
    }
    Ok(())
}

#[tokio::test]
async fn who_unsubscribes_hears_no_more() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for face in Face::EACH {
            let cell = format!("{}, {face:?}", server.slug);
            let work = async {
                let slug = server.slug;
                let client = stage.person(Era::Legacy, face, slug, "ann").await?;
                let uri = Stage::outer(&client, face, slug, "test://text").await?;
                let mut ear = listen(&client, Era::Legacy, &uri).await?;
                let params = json!({"uri": uri});
                let ended = client.exchange("resources/unsubscribe", &params).await?;
                ended.result()?;
                let touch = json!({"uri": "test://text"});
                call(&client, face, slug, "touch", touch).await?.result()?;
                let rename = json!({"list": "prompts"});
                call(&client, face, slug, "rename", rename)
                    .await?
                    .result()?;
                let (passed, _) = ear.until("notifications/prompts/list_changed").await?;
                ensure!(!passed.contains(&UPDATED.to_owned()), "{passed:?}");
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn one_client_hears_what_another_does_not_want() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let work = async {
            let slug = server.slug;
            let (ann, bo) = tokio::try_join!(
                stage.person(Era::Legacy, Face::Own, slug, "ann"),
                stage.person(Era::Legacy, Face::Own, slug, "bo")
            )?;
            let mut to_ann = listen(&ann, Era::Legacy, "test://text").await?;
            let mut to_bo = listen(&bo, Era::Legacy, "test://blob").await?;
            for uri in ["test://text", "test://blob"] {
                call(&ann, Face::Own, slug, "touch", json!({"uri": uri}))
                    .await?
                    .result()?;
            }
            let (_, heard) = to_ann.until(UPDATED).await?;
            ensure!(
                heard.json["params"]["uri"] == "test://text",
                "ann: {}",
                heard.text
            );
            let (_, heard) = to_bo.until(UPDATED).await?;
            ensure!(
                heard.json["params"]["uri"] == "test://blob",
                "bo: {}",
                heard.text
            );
            Ok(())
        };
        findings.check(server.slug, work).await;
    }
    findings.done()
}

#[tokio::test]
async fn changed_lists_are_told_to_everybody() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            for face in Face::EACH {
                let cell = format!("{era:?} client, {}, {face:?}", server.slug);
                let work = async {
                    let slug = server.slug;
                    let client = stage.person(era, face, slug, "ann").await?;
                    let uri = Stage::outer(&client, face, slug, "test://text").await?;
                    let mut ear = listen(&client, era, &uri).await?;
                    for list in ["tools", "prompts", "resources"] {
                        // The menu's own tools stay what they are.
                        if face == Face::Menu && list == "tools" {
                            continue;
                        }
                        let renamed = call(&client, face, slug, "rename", json!({"list": list}));
                        let name = renamed.await?.text()?.to_owned();
                        let method = format!("notifications/{list}/list_changed");
                        ear.until(&method).await?;
                        is_listed(&client, face, slug, list, &name).await?;
                    }
                    Ok(())
                };
                findings.check(&cell, work).await;
            }
        }
    }
    findings.done()
}

/// Who is told of a change and looks finds the new state.
async fn is_listed(
    client: &McpClient,
    face: Face,
    slug: &str,
    list: &str,
    name: &str,
) -> anyhow::Result<()> {
    let entries = client.all(&format!("{list}/list"), list).await?;
    let shown = if list == "resources" {
        name.to_owned()
    } else {
        face.name(slug, name)
    };
    let names = entries.iter().filter_map(|entry| entry["name"].as_str());
    let names: Vec<_> = names.collect();
    ensure!(
        names.contains(&shown.as_str()),
        "{shown} is not among {names:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_listener_hears_only_what_it_asked_for() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let work = async {
            let slug = server.slug;
            let client = stage.person(Era::Modern, Face::Own, slug, "ann").await?;
            let filter = json!({"notifications": {"promptsListChanged": true}});
            let mut exchange = client.open("subscriptions/listen", &filter).await?;
            exchange.next().await?.context("no acknowledgement")?;
            for list in ["tools", "resources", "prompts"] {
                call(&client, Face::Own, slug, "rename", json!({"list": list})).await?;
            }
            let first = exchange.next().await?.context("it ended")?;
            let expected = "notifications/prompts/list_changed";
            ensure!(first.method() == expected, "{}", first.text);
            Ok(())
        };
        findings.check(server.slug, work).await;
    }
    findings.done()
}

/// A server may end a subscription at any time; whoever listens at the gateway does not notice.
#[tokio::test]
async fn a_subscription_that_the_server_ends_is_made_anew() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-new", "http-new", "http-old"], &[]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            let cell = format!("{era:?} client, {}", server.slug);
            let work = async {
                let slug = server.slug;
                let client = stage.person(era, Face::Own, slug, "ann").await?;
                let mut ear = listen(&client, era, "test://text").await?;
                call(&client, Face::Own, slug, "hang_up", json!({}))
                    .await?
                    .result()?;
                loop {
                    let touch = json!({"uri": "test://text"});
                    call(&client, Face::Own, slug, "touch", touch)
                        .await?
                        .result()?;
                    let pause = Duration::from_millis(100);
                    if let Ok(told) = tokio::time::timeout(pause, ear.until(UPDATED)).await {
                        return told.map(drop);
                    }
                }
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

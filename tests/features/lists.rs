//! Resources, templates, prompts and completion: whatever a face lists can be had by the name it
//! is listed by.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use testkit::client::McpClient;

use super::stage::{Era, Face, Findings, Stage, call};

/// The lists with their methods, members and what identifies an entry.
const LISTS: &[(&str, &str, &str)] = &[
    ("tools/list", "tools", "name"),
    ("prompts/list", "prompts", "name"),
    ("resources/list", "resources", "uri"),
    (
        "resources/templates/list",
        "resourceTemplates",
        "uriTemplate",
    ),
];

fn keys(entries: &[Value], key: &str) -> BTreeSet<String> {
    let keys = entries.iter().filter_map(|entry| entry[key].as_str());
    keys.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_servers_own_face_lists_everything_under_its_own_name() -> anyhow::Result<()> {
    for more in [&[][..], &["--paged", "2"]] {
        let stage = Stage::with(more).await?;
        let mut findings = Findings::default();
        for server in &stage.servers {
            for era in Era::BOTH {
                let cell = format!("{era:?} client, {}, {more:?}", server.slug);
                let work = async {
                    let client = era.client(stage.builder(Face::Own, server.slug)?).await?;
                    for (method, member, key) in LISTS {
                        let entries = client.all(method, member).await?;
                        let names = keys(&entries, key);
                        ensure!(names.len() == entries.len(), "{method} doubles entries");
                        let known = match *member {
                            "tools" => "whoami",
                            "prompts" => "with resource",
                            "resources" => "test://a%20b/%C3%A4?x=1&y=2#part",
                            _ => "test://search{?query,page}",
                        };
                        ensure!(names.contains(known), "{method}: no {known} in {names:?}");
                    }
                    Ok(())
                };
                findings.check(&cell, work).await;
            }
        }
        findings.done()?;
    }
    Ok(())
}

#[tokio::test]
async fn the_other_faces_list_the_things_of_all_servers() -> anyhow::Result<()> {
    let stage = Stage::with(&["--paged", "3"]).await?;
    let mut findings = Findings::default();
    for face in [Face::All, Face::Menu] {
        for era in Era::BOTH {
            let cell = format!("{era:?} client, {face:?}");
            let work = async {
                let client = era.client(stage.builder(face, "")?).await?;
                let prompts = client.all("prompts/list", "prompts").await?;
                let names = keys(&prompts, "name");
                for server in &stage.servers {
                    for prompt in ["greet", "plain", "asking", "with resource"] {
                        let name = face.name(server.slug, prompt);
                        ensure!(names.contains(&name), "no {name} in {names:?}");
                    }
                }
                ensure!(names.len() == 4 * stage.servers.len(), "{names:?}");
                for (method, member, key) in &LISTS[2..] {
                    let entries = client.all(method, member).await?;
                    let each = if *member == "resources" { 6 } else { 3 };
                    let names = keys(&entries, key);
                    let all = each * stage.servers.len();
                    ensure!(names.len() == all, "{method}: {} of {all}", names.len());
                }
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn every_listed_resource_can_be_read_by_its_listed_name() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for (face, slug) in faces(&stage) {
        for era in Era::BOTH {
            let cell = format!("{era:?} client, {face:?} {slug}");
            let work = async {
                let client = stage.person(era, face, slug, "ann").await?;
                let resources = client.all("resources/list", "resources").await?;
                ensure!(!resources.is_empty(), "nothing is listed");
                for resource in resources {
                    let uri = resource["uri"].as_str().unwrap_or_default();
                    read(&client, uri).await?;
                    if resource["name"] == "panel" {
                        ensure!(uri.starts_with("ui://"), "hosts would not take {uri}");
                    }
                }
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

/// Reads a resource and checks that its contents carry the name that was read.
async fn read(client: &McpClient, uri: &str) -> anyhow::Result<Value> {
    let read = client
        .exchange("resources/read", &json!({"uri": uri}))
        .await?;
    let result = read.result().with_context(|| uri.to_owned())?;
    let contents = &result["contents"][0];
    ensure!(contents["uri"] == uri, "{uri} came as {contents}");
    Ok(contents.clone())
}

#[tokio::test]
async fn a_template_expands_to_what_can_be_read() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for (face, slug) in faces(&stage) {
        for era in Era::BOTH {
            let cell = format!("{era:?} client, {face:?} {slug}");
            let work = async {
                let client = era.client(stage.builder(face, slug)?).await?;
                let method = "resources/templates/list";
                let templates = client.all(method, "resourceTemplates").await?;
                let names = keys(&templates, "uriTemplate");
                let items = names.iter().filter(|name| name.contains("{id}"));
                let items: Vec<_> = items.collect();
                ensure!(!items.is_empty(), "no template with an id in {names:?}");
                for item in items {
                    let contents = read(&client, &item.replace("{id}", "42")).await?;
                    ensure!(contents["text"] == "This is test://items/42", "{contents}");
                }
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn every_listed_prompt_can_be_had_by_its_listed_name() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for (face, slug) in faces(&stage) {
        for era in Era::BOTH {
            let cell = format!("{era:?} client, {face:?} {slug}");
            let work = async {
                let client = stage.person(era, face, slug, "ann").await?;
                for prompt in client.all("prompts/list", "prompts").await? {
                    let params = json!({"name": prompt["name"], "arguments": {"name": "Bo"}});
                    let got = client.exchange("prompts/get", &params).await?;
                    let messages = &got.result().context(prompt.to_string())?["messages"];
                    // What a prompt points to can be read on the same face.
                    let link = messages[1]["content"]["uri"].as_str();
                    read(&client, link.context("no link")?).await?;
                }
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn what_a_tool_links_to_can_be_read() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for face in Face::EACH {
            let cell = format!("{}, {face:?}", server.slug);
            let work = async {
                let client = Era::Modern
                    .client(stage.builder(face, server.slug)?)
                    .await?;
                let linked = call(&client, face, server.slug, "link", json!({})).await?;
                let content = linked.result()?["content"].as_array();
                for item in content.context("no content")? {
                    let uri = item["uri"]
                        .as_str()
                        .or_else(|| item["resource"]["uri"].as_str());
                    read(&client, uri.context("no address")?).await?;
                }
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn the_page_of_an_app_can_be_read_from_its_tool() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for (face, slug) in faces(&stage) {
        if face == Face::Menu {
            continue;
        }
        for era in Era::BOTH {
            let cell = format!("{era:?} client, {face:?} {slug}");
            let work = async {
                let client = era.client(stage.builder(face, slug)?).await?;
                let tools = client.tools().await?;
                let panels = tools
                    .iter()
                    .filter_map(|tool| tool["_meta"]["ui"]["resourceUri"].as_str());
                let panels: Vec<_> = panels.collect();
                let expected = if face == Face::Own {
                    1
                } else {
                    stage.servers.len()
                };
                ensure!(panels.len() == expected, "{panels:?}");
                for uri in panels {
                    ensure!(uri.starts_with("ui://"), "hosts would not take {uri}");
                    read(&client, uri).await?;
                }
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn completion_is_the_servers_that_owns_the_prompt_or_template() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            for face in Face::EACH {
                let cell = format!("{era:?} client, {}, {face:?}", server.slug);
                let work = async {
                    let client = era.client(stage.builder(face, server.slug)?).await?;
                    let name = face.name(server.slug, "greet");
                    let by_prompt = json!({"type": "ref/prompt", "name": name});
                    completed(&client, by_prompt, "greet").await?;
                    let uri = template(&client, face, server.slug).await?;
                    let by_uri = json!({"type": "ref/resource", "uri": uri});
                    completed(&client, by_uri, "test://items/{id}").await
                };
                findings.check(&cell, work).await;
            }
        }
    }
    findings.done()
}

/// The template for items of a server, as the face lists it.
async fn template(client: &McpClient, face: Face, slug: &str) -> anyhow::Result<String> {
    let method = "resources/templates/list";
    let names = keys(
        &client.all(method, "resourceTemplates").await?,
        "uriTemplate",
    );
    let found = names
        .into_iter()
        .find(|name| name.ends_with("items/{id}") && (face == Face::Own || name.contains(slug)));
    found.context("no template for items")
}

async fn completed(client: &McpClient, reference: Value, of: &str) -> anyhow::Result<()> {
    let params = json!({
        "ref": reference,
        "argument": {"name": "style", "value": "fö"},
        "context": {"arguments": {"name": "Bo"}}
    });
    let answered = client.exchange("completion/complete", &params).await?;
    let completion = &answered.result()?["completion"];
    let expected = json!([of, "style", "fö…", r#"{"arguments":{"name":"Bo"}}"#]);
    ensure!(completion["values"] == expected, "{completion}");
    ensure!(
        completion["total"] == 100 && completion["hasMore"] == true,
        "{completion}"
    );
    Ok(())
}

#[tokio::test]
async fn what_does_not_exist_is_refused_in_the_words_of_the_era() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for (face, slug) in faces(&stage) {
        for era in Era::BOTH {
            let cell = format!("{era:?} client, {face:?} {slug}");
            let work = async {
                let client = era.client(stage.builder(face, slug)?).await?;
                // What a server of 2026-07-28 says to a session stays as it is: only the server
                // knows which of the parameters is wrong.
                let own_modern = stage.server(slug).is_ok_and(|server| server.modern);
                let missing = if era == Era::Legacy && !own_modern {
                    -32002
                } else {
                    -32602
                };
                for (method, params, code) in [
                    ("resources/read", json!({"uri": "test://nothing"}), missing),
                    ("prompts/get", json!({"name": "nothing"}), -32602),
                    ("prompts/list", json!({"cursor": "no such page"}), -32602),
                    ("resources/list", json!({"cursor": "no such page"}), -32602),
                ] {
                    let refused = client.exchange(method, &params).await?;
                    let got = refused.error_code();
                    ensure!(got == Some(code), "{method}: {}", refused.reply.text);
                }
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

/// Every server's own face, and the two that show all of them.
fn faces(stage: &Stage) -> Vec<(Face, &'static str)> {
    let own = stage.servers.iter().map(|server| (Face::Own, server.slug));
    own.chain([(Face::All, ""), (Face::Menu, "")]).collect()
}

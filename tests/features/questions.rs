//! Questions of a server: forms, pages, the client's model, its roots. They reach the client
//! whose call is in flight, and nobody else.

use anyhow::ensure;
use serde_json::{Value, json};

use super::stage::{Era, Face, Findings, Stage, answer, call};

/// Tool, arguments and the method by which it asks.
fn questions() -> [(&'static str, Value, &'static str); 4] {
    [
        (
            "ask",
            json!({"message": "Wie heißt du?"}),
            "elicitation/create",
        ),
        (
            "ask",
            json!({"message": "Visit", "mode": "url"}),
            "elicitation/create",
        ),
        (
            "sample",
            json!({"prompt": "Say it"}),
            "sampling/createMessage",
        ),
        ("roots", json!({}), "roots/list"),
    ]
}

#[tokio::test]
async fn every_question_reaches_the_client_and_its_answer_the_server() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            for face in Face::EACH {
                for (tool, arguments, method) in questions() {
                    let cell = format!(
                        "{era:?} client, {}, {face:?}, {tool} {arguments}",
                        server.slug
                    );
                    let work = async {
                        let client = stage.person(era, face, server.slug, "ann").await?;
                        let answered = call(&client, face, server.slug, tool, arguments).await?;
                        let asked = answered.asked(method);
                        ensure!(
                            asked.len() == 1,
                            "asked {asked:?}, got {}",
                            answered.reply.text
                        );
                        let given = answer("ann", method, &asked[0]);
                        let arrived = answered.text_json()?;
                        ensure!(arrived == given, "{arrived} instead of {given}");
                        Ok(())
                    };
                    findings.check(&cell, work).await;
                }
            }
        }
    }
    findings.done()
}

#[tokio::test]
async fn the_question_is_the_servers_own() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            let work = async {
                let client = stage.person(era, Face::Own, server.slug, "ann").await?;
                let arguments = json!({"mode": "url", "message": "Visit"});
                let answered = call(&client, Face::Own, server.slug, "ask", arguments).await?;
                let asked = &answered.asked("elicitation/create")[0];
                ensure!(
                    asked["url"] == "https://fake.example/sign-in?x=1&y=%20",
                    "{asked}"
                );
                ensure!(
                    asked["mode"] == "url" && asked["message"] == "Visit",
                    "{asked}"
                );
                let form = call(&client, Face::Own, server.slug, "ask", json!({})).await?;
                let asked = &form.asked("elicitation/create")[0];
                let property = &asked["requestedSchema"]["properties"]["answer"];
                ensure!(property["default"] == "none", "{asked}");
                Ok(())
            };
            let cell = format!("{era:?} client, {}", server.slug);
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn several_questions_at_once_and_one_after_the_other() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            let cell = format!("{era:?} client, {}", server.slug);
            let work = async {
                let client = stage.person(era, Face::Own, server.slug, "ann").await?;
                let survey = call(
                    &client,
                    Face::Own,
                    server.slug,
                    "survey",
                    json!({"rounds": 2}),
                );
                let answers = survey.await?.text_json()?;
                let answers = answers.as_array().map_or(&[][..], Vec::as_slice);
                ensure!(answers.len() == 6, "{answers:?}");
                for round in answers.chunks(3) {
                    ensure!(round[0]["content"]["answer"] == "ann", "{round:?}");
                    ensure!(round[1]["model"] == "ann", "{round:?}");
                    ensure!(round[2]["roots"][0]["name"] == "ann", "{round:?}");
                }
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn prompts_and_resources_may_ask_as_well() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            let cell = format!("{era:?} client, {}", server.slug);
            let work = async {
                let client = stage.person(era, Face::Own, server.slug, "ann").await?;
                let prompt = client
                    .exchange("prompts/get", &json!({"name": "asking"}))
                    .await?;
                let text = &prompt.result()?["messages"][0]["content"]["text"];
                ensure!(
                    text.as_str().is_some_and(|text| text.contains("ann")),
                    "{text}"
                );
                let uri = json!({"uri": "test://asking"});
                let read = client.exchange("resources/read", &uri).await?;
                let text = &read.result()?["contents"][0]["text"];
                ensure!(
                    text.as_str().is_some_and(|text| text.contains("ann")),
                    "{text}"
                );
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn two_clients_asked_at_the_same_time_answer_for_themselves() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for (one, two) in [
            (Era::Legacy, Era::Legacy),
            (Era::Modern, Era::Modern),
            (Era::Legacy, Era::Modern),
        ] {
            let cell = format!("{one:?} and {two:?} clients, {}", server.slug);
            let work = async {
                let (ann, bo) = tokio::try_join!(
                    asked_often(&stage, one, server.slug, "ann"),
                    asked_often(&stage, two, server.slug, "bo")
                )?;
                ensure!(
                    ann == 10 && bo == 10,
                    "ann was asked {ann} times, bo {bo} times"
                );
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

/// Calls ten times and counts how often the client was asked what its own call asks.
async fn asked_often(
    stage: &Stage,
    era: Era,
    slug: &str,
    name: &'static str,
) -> anyhow::Result<usize> {
    let client = stage.person(era, Face::Own, slug, name).await?;
    let mut asked = 0;
    for number in 0..10 {
        let message = format!("{name} {number}");
        let arguments = json!({"message": message});
        let answered = call(&client, Face::Own, slug, "ask", arguments).await?;
        for question in answered.asked("elicitation/create") {
            ensure!(
                question["message"] == message,
                "{name} was asked {question}"
            );
            asked += 1;
        }
        let given = answered.text_json()?;
        let expected = json!({"answer": name, "asked": message});
        ensure!(given["content"] == expected, "{name} answered {given}");
    }
    Ok(asked)
}

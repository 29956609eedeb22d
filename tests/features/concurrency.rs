//! Many calls at once, of clients that number their requests alike: no reply, progress report or
//! question goes astray.

use std::sync::Arc;

use anyhow::ensure;
use serde_json::{Value, json};
use testkit::client::McpClient;
use tokio::task::JoinSet;

use super::stage::{Era, Face, Findings, Stage};

/// Calls of each client. Four clients make a thousand; one session may have 256 in flight.
const CALLS: usize = 250;

/// One call in this many asks its client something.
const ASKING: usize = 10;

#[tokio::test]
async fn a_thousand_calls_with_equal_ids_do_not_cross() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        findings
            .check(server.slug, thousand(&stage, server.slug))
            .await;
    }
    findings.done()
}

async fn thousand(stage: &Stage, slug: &str) -> anyhow::Result<()> {
    let mut calls = JoinSet::new();
    for (era, name) in [
        (Era::Legacy, "ann"),
        (Era::Modern, "bo"),
        (Era::Legacy, "cy"),
        (Era::Modern, "di"),
    ] {
        let client = Arc::new(stage.person(era, Face::Own, slug, name).await?);
        for number in 0..CALLS {
            let client = client.clone();
            calls.spawn(async move { one_call(&client, name, number).await });
        }
    }
    let outcomes = calls.join_all().await;
    let all = outcomes.len();
    let wrong: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
    let Some(first) = wrong.first() else {
        return Ok(());
    };
    anyhow::bail!(
        "{} of {all} calls went wrong, first: {first:#}",
        wrong.len()
    )
}

/// Makes a call whose reply, progress and question can be told from those of all others.
async fn one_call(client: &McpClient, name: &str, number: usize) -> anyhow::Result<()> {
    let mark = format!("{name} {number}");
    let asks = number.is_multiple_of(ASKING);
    let (tool, arguments) = if asks {
        ("ask", json!({"message": mark}))
    } else {
        ("slow", json!({"ms": 2, "steps": 2, "mark": mark}))
    };
    let params = json!({"name": tool, "arguments": arguments, "_meta": {"progressToken": mark}});
    let answered = client.exchange("tools/call", &params).await?;
    if asks {
        let given = answered.text_json()?;
        let expected = json!({"answer": name, "asked": mark});
        ensure!(given["content"] == expected, "{mark} got {given}");
        return Ok(());
    }
    let text = answered.text()?;
    ensure!(text == "waited 2 ms", "{mark} got {text}");
    let steps = answered.notifications("notifications/progress");
    let expected: Vec<Value> = (1..=2)
        .map(|step| json!({"progressToken": mark, "progress": step, "total": 2}))
        .collect();
    ensure!(
        steps.iter().copied().eq(&expected),
        "{mark} heard {steps:?}"
    );
    Ok(())
}

#[tokio::test]
async fn replies_belong_to_their_requests_whatever_the_ids_are() -> anyhow::Result<()> {
    let stage = Stage::only(&["stdio-old", "http-new"], &[]).await?;
    for server in &stage.servers {
        let client = Era::Legacy
            .client(stage.builder(Face::Own, server.slug)?)
            .await?;
        for id in [
            "0",
            "-1",
            r#""""#,
            r#""1""#,
            r#""ä \"x\"""#,
            "9007199254740993",
        ] {
            let params = format!(
                r#"{{"name":"echo","arguments":{{"id":{}}}}}"#,
                Value::from(id)
            );
            let exchange = client.open_as(id, "tools/call", &params).await?;
            let answered = exchange.finish().await?;
            assert_eq!(answered.text_json()?["id"], id);
        }
    }
    Ok(())
}

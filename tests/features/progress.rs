//! Progress: every report, in order, none after the answer, under the token that the client chose.

use anyhow::ensure;
use serde_json::json;
use testkit::client::Answered;
use testkit::json::at;

use super::stage::{Era, Face, Findings, Stage};

const REPORTS: u64 = 500;

/// Tokens as JSON text: a token is any string or number that the client likes.
const TOKENS: &[&str] = &[
    r#""ü \"quoted\" 👋""#,
    r#""""#,
    r#""1""#,
    "0",
    "-7",
    "9007199254740993",
    "1.50",
];

fn params(face: Face, slug: &str, token: Option<&str>, to: u64) -> String {
    let mut call = face.call(slug, "count", &json!({"to": to, "total": to}));
    if token.is_some() {
        call["_meta"] = json!({"progressToken": "TOKEN"});
    }
    let token = token.unwrap_or_default();
    call.to_string().replace(r#""TOKEN""#, token)
}

/// Checks the reports and returns how many there were.
fn check(answered: &Answered, token: &str) -> anyhow::Result<u64> {
    ensure!(
        answered.came_after.is_empty(),
        "{} messages came after the answer",
        answered.came_after.len()
    );
    let mut last = 0;
    for event in &answered.events {
        ensure!(event.method() == "notifications/progress", "{}", event.text);
        let written = at(event.params(), &["progressToken"]).unwrap_or("none");
        ensure!(written == token, "token {written} instead of {token}");
        let progress = event.json["params"]["progress"].as_u64();
        ensure!(progress == Some(last + 1), "{progress:?} came after {last}");
        last += 1;
    }
    Ok(last)
}

#[tokio::test]
async fn five_hundred_reports_arrive_in_order_before_the_answer() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            for face in Face::EACH {
                let cell = format!("{era:?} client, {}, {face:?}", server.slug);
                let work = async {
                    let client = era.client(stage.builder(face, server.slug)?).await?;
                    let params = params(face, server.slug, Some(r#""t""#), REPORTS);
                    let answered = client.exchange_text("tools/call", &params).await?;
                    let text = answered.text()?;
                    ensure!(text == "counted to 500", "{text}");
                    let reports = check(&answered, r#""t""#)?;
                    ensure!(reports == REPORTS, "only {reports} reports");
                    Ok(())
                };
                findings.check(&cell, work).await;
            }
        }
    }
    findings.done()
}

#[tokio::test]
async fn any_token_comes_back_as_it_was_written() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            for token in TOKENS {
                let cell = format!("{era:?} client, {}, token {token}", server.slug);
                let work = async {
                    let client = era.client(stage.builder(Face::Own, server.slug)?).await?;
                    let params = params(Face::Own, server.slug, Some(token), 3);
                    let answered = client.exchange_text("tools/call", &params).await?;
                    let reports = check(&answered, token)?;
                    ensure!(reports == 3, "{reports} reports of 3");
                    Ok(())
                };
                findings.check(&cell, work).await;
            }
        }
    }
    findings.done()
}

#[tokio::test]
async fn who_gives_no_token_hears_no_progress() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            let cell = format!("{era:?} client, {}", server.slug);
            let work = async {
                let client = era.client(stage.builder(Face::Own, server.slug)?).await?;
                let params = params(Face::Own, server.slug, None, 20);
                let answered = client.exchange_text("tools/call", &params).await?;
                ensure!(answered.events.is_empty(), "{:?}", answered.events);
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn calls_side_by_side_hear_of_their_own_progress() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            let cell = format!("{era:?} client, {}", server.slug);
            let work = async {
                let client = era.client(stage.builder(Face::Own, server.slug)?).await?;
                let (a, b) = (r#""same""#, "1");
                let (one, two) = (
                    params(Face::Own, server.slug, Some(a), 100),
                    params(Face::Own, server.slug, Some(b), 200),
                );
                let (one, two) = tokio::try_join!(
                    client.exchange_text("tools/call", &one),
                    client.exchange_text("tools/call", &two)
                )?;
                let reports = (check(&one, a)?, check(&two, b)?);
                ensure!(reports == (100, 200), "{reports:?}");
                Ok(())
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

//! Nothing is lost: whatever goes through the gateway arrives field by field, in both directions,
//! down to the form of its numbers. The server adds fields that no specification knows to every
//! object; what comes through is compared with what the same server says without a gateway.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use testkit::client::{Answered, Builder, McpClient};
use testkit::json::{at, canonical, canonical_without, elements, members, without};
use testkit::remote::Remote;

use super::stage::{Era, Face, Findings, Server, Stage};

/// What a gateway changes in a result, and why.
const CHANGED_IN_RESULTS: &[&[&str]] = &[
    // Only results of 2026-07-28 say of what kind they are (basic, "Result").
    &["resultType"],
    // A gateway answers for its own caching (server/utilities/caching); no hints before 2026-07-28.
    &["ttlMs"],
    &["cacheScope"],
    // The receiver's own implementation answers (basic, `_meta`).
    &["_meta", "io.modelcontextprotocol/serverInfo"],
];

/// What a gateway changes in the parameters of a request or notification, and why.
const CHANGED_IN_PARAMS: &[&[&str]] = &[
    // Each hop chooses its own (basic/patterns/progress); the next test of it is in `progress`.
    &["_meta", "progressToken"],
    // The envelope of a stateless request, made anew for each hop from the same contents.
    &["_meta", "io.modelcontextprotocol/protocolVersion"],
    &["_meta", "io.modelcontextprotocol/clientCapabilities"],
    &["_meta", "io.modelcontextprotocol/clientInfo"],
    &["_meta", "io.modelcontextprotocol/logLevel"],
    // Names the listening request of this hop (basic/patterns/subscriptions).
    &["_meta", "io.modelcontextprotocol/subscriptionId"],
];

/// What a face with the things of several servers changes in definitions, besides: names and
/// addresses say whose they are.
const CHANGED_IN_DEFINITIONS: &[&[&str]] = &[
    &["name"],
    &["uri"],
    &["uriTemplate"],
    &["_meta", "ui", "resourceUri"],
];

const SEED: &str = "7";

/// Parameters with unknown fields everywhere and numbers of every form.
const PARAMS: &str = r#"{"name":"echo_params","arguments":{"int":1,"float":1.0,"exp":1e3,"big":12345678901234567890,"bigger":123456789012345678901234567890,"minus":-0,"nested":{"größe":[1.50,null,{"":"👋"}]}},"x-unknown":{"a":[1E+2,-0.0]},"_meta":{"vendor.example/trace":{"n":1.0},"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}"#;

/// The answer of a client to every question, with unknown fields.
const ANSWER: &str = r#"{"action":"accept","content":{"answer":"ä","n":1.0,"big":12345678901234567890},"x-unknown":{"e":1e3},"_meta":{"vendor.example/x":-0},"role":"assistant","model":"m"}"#;

/// The same server without a gateway, and a client of its era.
struct Direct {
    client: McpClient,
    _server: Remote,
}

impl Direct {
    async fn of(server: &Server) -> anyhow::Result<Self> {
        let (era, name) = if server.modern {
            (Era::Modern, "modern")
        } else {
            (Era::Legacy, "legacy")
        };
        let arguments = ["--http", "0", "--full", "--extras", SEED, "--era", name];
        let remote = Remote::start(&arguments).await?;
        let builder = McpClient::builder(remote.url())?;
        let client = era.client(answering(builder)).await?;
        Ok(Self {
            client,
            _server: remote,
        })
    }
}

async fn through(stage: &Stage, era: Era, face: Face, slug: &str) -> anyhow::Result<McpClient> {
    era.client(answering(stage.builder(face, slug)?)).await
}

/// A client that can be asked everything, and hears everything.
fn answering(builder: Builder) -> Builder {
    let builder = builder.able().log_level("debug");
    builder.answering_text(|_, _| ANSWER.to_owned())
}

/// A text in comparable form without what may differ; an empty `_meta` is none.
fn comparable(text: &str, changed: &[&[&str]]) -> String {
    let text = canonical_without(text, changed);
    if at(&text, &["_meta"]) == Some("{}") {
        return without(&text, &["_meta"]);
    }
    text
}

fn result(answered: &Answered) -> anyhow::Result<String> {
    let result = answered.reply.result();
    let result = result.with_context(|| answered.reply.text.clone())?;
    Ok(comparable(result, CHANGED_IN_RESULTS))
}

fn same(what: &str, came: &str, sent: &str) -> anyhow::Result<()> {
    if came == sent {
        return Ok(());
    }
    let start = came
        .bytes()
        .zip(sent.bytes())
        .take_while(|(one, other)| one == other)
        .count();
    let part = |text: &str| {
        let text = &text.as_bytes()[start.saturating_sub(60)..text.len().min(start + 120)];
        String::from_utf8_lossy(text).into_owned()
    };
    anyhow::bail!(
        "{what} differs at byte {start}: came …{}…, sent …{}…",
        part(came),
        part(sent)
    )
}

/// What is asked with and without a gateway.
fn requests() -> Vec<(&'static str, String)> {
    let request = |method, params: Value| (method, params.to_string());
    vec![
        request("tools/list", json!({})),
        request("prompts/list", json!({})),
        request("resources/list", json!({})),
        request("resources/templates/list", json!({})),
        request(
            "prompts/get",
            json!({"name": "greet", "arguments": {"name": "Bo"}}),
        ),
        request(
            "resources/read",
            json!({"uri": "test://a%20b/%C3%A4?x=1&y=2#part"}),
        ),
        request("resources/read", json!({"uri": "test://blob"})),
        request("tools/call", json!({"name": "mixed", "arguments": {}})),
        request(
            "tools/call",
            json!({"name": "add", "arguments": {"a": 1, "b": 2}}),
        ),
        request("tools/call", json!({"name": "fail", "arguments": {}})),
        request("tools/call", json!({"name": "link", "arguments": {}})),
        request(
            "completion/complete",
            json!({
                "ref": {"type": "ref/prompt", "name": "greet"},
                "argument": {"name": "style", "value": "x"}
            }),
        ),
    ]
}

#[tokio::test]
async fn results_come_as_they_were_sent() -> anyhow::Result<()> {
    let stage = Stage::with(&["--extras", SEED]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let direct = Direct::of(server).await?;
        for era in Era::BOTH {
            for (method, params) in requests() {
                let cell = format!("{era:?} client, {}, {method} {params}", server.slug);
                let work = async {
                    let client = through(&stage, era, Face::Own, server.slug).await?;
                    let came = client.exchange_text(method, &params).await?;
                    let sent = direct.client.exchange_text(method, &params).await?;
                    same("the result", &result(&came)?, &result(&sent)?)
                };
                findings.check(&cell, work).await;
            }
        }
    }
    findings.done()
}

#[tokio::test]
async fn errors_come_as_they_were_sent() -> anyhow::Result<()> {
    let stage = Stage::with(&["--extras", SEED]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let direct = Direct::of(server).await?;
        let era = if server.modern {
            Era::Modern
        } else {
            Era::Legacy
        };
        for (method, params) in [
            ("resources/read", r#"{"uri":"test://nothing"}"#),
            ("prompts/get", r#"{"name":"greet"}"#),
            ("completion/complete", r#"{"ref":{"type":"ref/nothing"}}"#),
        ] {
            let cell = format!("{era:?} client, {}, {method}", server.slug);
            let work = async {
                let client = through(&stage, era, Face::Own, server.slug).await?;
                let came = client.exchange_text(method, params).await?;
                let sent = direct.client.exchange_text(method, params).await?;
                let error = |answered: &Answered| {
                    let error = at(&answered.reply.text, &["error"]).unwrap_or("none");
                    canonical(error)
                };
                same("the error", &error(&came), &error(&sent))
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn definitions_differ_on_other_faces_only_in_names_and_addresses() -> anyhow::Result<()> {
    let stage = Stage::with(&["--extras", SEED]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let direct = Direct::of(server).await?;
        for era in Era::BOTH {
            for (method, member) in [
                ("tools/list", "tools"),
                ("prompts/list", "prompts"),
                ("resources/list", "resources"),
                ("resources/templates/list", "resourceTemplates"),
            ] {
                let cell = format!("{era:?} client, {}, {method}", server.slug);
                let work = async {
                    let client = through(&stage, era, Face::All, server.slug).await?;
                    let came = definitions(&client, method, member).await?;
                    let sent = definitions(&direct.client, method, member).await?;
                    for definition in &sent {
                        let found = came.iter().filter(|came| *came == definition).count();
                        // All servers of an era define the same, so it comes at least once.
                        ensure!(found > 0, "{definition} is not among {member}");
                    }
                    Ok(())
                };
                findings.check(&cell, work).await;
            }
        }
    }
    findings.done()
}

/// The definitions of all pages in comparable form.
async fn definitions(
    client: &McpClient,
    method: &str,
    member: &str,
) -> anyhow::Result<Vec<String>> {
    let mut all = Vec::new();
    let mut params = "{}".to_owned();
    loop {
        let page = client.exchange_text(method, &params).await?;
        let result = page.reply.result();
        let result = result.with_context(|| page.reply.text.clone())?;
        let entries = at(result, &[member]).with_context(|| format!("no {member}"))?;
        let comparable = |entry: &&str| comparable(entry, CHANGED_IN_DEFINITIONS);
        all.extend(elements(entries).iter().map(comparable));
        match at(result, &["nextCursor"]) {
            Some(cursor) => params = format!(r#"{{"cursor":{cursor}}}"#),
            None => return Ok(all),
        }
    }
}

#[tokio::test]
async fn parameters_arrive_as_they_were_written() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        for era in Era::BOTH {
            for face in [Face::Own, Face::All] {
                let cell = format!("{era:?} client, {}, {face:?}", server.slug);
                let work = async {
                    let client = through(&stage, era, face, server.slug).await?;
                    let name = face.name(server.slug, "echo_params");
                    let params = PARAMS.replace("echo_params", &name);
                    let echoed = client.exchange_text("tools/call", &params).await?;
                    let came = comparable(echoed.text()?, CHANGED_IN_PARAMS);
                    same("the request", &came, &comparable(PARAMS, CHANGED_IN_PARAMS))
                };
                findings.check(&cell, work).await;
            }
        }
    }
    findings.done()
}

#[tokio::test]
async fn arguments_arrive_through_the_menu_as_they_were_written() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    let arguments = at(PARAMS, &["arguments"]).unwrap_or_default();
    for server in &stage.servers {
        for era in Era::BOTH {
            let cell = format!("{era:?} client, {}", server.slug);
            let work = async {
                let client = through(&stage, era, Face::Menu, server.slug).await?;
                let params = format!(
                    r#"{{"name":"call_tool_read","arguments":{{"name":"{}__echo_params","arguments":{arguments}}}}}"#,
                    server.slug
                );
                let echoed = client.exchange_text("tools/call", &params).await?;
                let came = at(echoed.text()?, &["arguments"]).unwrap_or("none");
                same("the arguments", &canonical(came), &canonical(arguments))
            };
            findings.check(&cell, work).await;
        }
    }
    findings.done()
}

#[tokio::test]
async fn other_requests_arrive_as_they_were_written() -> anyhow::Result<()> {
    let stage = Stage::new().await?;
    let mut findings = Findings::default();
    let extra = r#""x-unknown":{"a":[1E+2,-0.0]},"_meta":{"vendor.example/x":{"n":1.0}}"#;
    for server in &stage.servers {
        for era in Era::BOTH {
            for (method, own) in [
                ("resources/read", r#""uri":"test://text""#),
                ("prompts/get", r#""name":"plain","arguments":{"a":"1"}"#),
                (
                    "completion/complete",
                    r#""ref":{"type":"ref/prompt","name":"plain","x":1.0},"argument":{"name":"a","value":"b","x":1e3}"#,
                ),
            ] {
                let cell = format!("{era:?} client, {}, {method}", server.slug);
                let work = async {
                    let client = through(&stage, era, Face::Own, server.slug).await?;
                    let params = format!("{{{own},{extra}}}");
                    let before = server.seen.requests(method).len();
                    client.exchange_text(method, &params).await?;
                    let arrived = server
                        .seen
                        .wait(method, |seen| seen.requests(method).into_iter().nth(before));
                    let came = comparable(arrived.await?.params(), CHANGED_IN_PARAMS);
                    same(
                        "the request",
                        &came,
                        &comparable(&params, CHANGED_IN_PARAMS),
                    )
                };
                findings.check(&cell, work).await;
            }
        }
    }
    findings.done()
}

#[tokio::test]
async fn notifications_of_a_call_come_as_they_were_sent() -> anyhow::Result<()> {
    let stage = Stage::with(&["--extras", SEED]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let direct = Direct::of(server).await?;
        for era in Era::BOTH {
            for call in [
                r#"{"name":"count","arguments":{"to":3,"total":3},"_meta":{"progressToken":"t"}}"#,
                r#"{"name":"log","arguments":{"level":"alert","text":"ä"}}"#,
            ] {
                let cell = format!("{era:?} client, {}, {call}", server.slug);
                let work = async {
                    let client = through(&stage, era, Face::Own, server.slug).await?;
                    let came = client.exchange_text("tools/call", call).await?;
                    let sent = direct.client.exchange_text("tools/call", call).await?;
                    same("what was said", &said(&came), &said(&sent))
                };
                findings.check(&cell, work).await;
            }
        }
    }
    findings.done()
}

fn said(answered: &Answered) -> String {
    let said = answered.events.iter().map(|event| {
        let params = comparable(event.params(), &[]);
        format!("{} {params}\n", event.method())
    });
    said.collect()
}

#[tokio::test]
async fn questions_and_answers_come_as_they_were_sent() -> anyhow::Result<()> {
    let stage = Stage::with(&["--extras", SEED]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let direct = Direct::of(server).await?;
        for era in Era::BOTH {
            for call in [
                r#"{"name":"ask","arguments":{"message":"ä"}}"#,
                r#"{"name":"ask","arguments":{"mode":"url"}}"#,
                r#"{"name":"sample","arguments":{}}"#,
                r#"{"name":"roots","arguments":{}}"#,
            ] {
                let cell = format!("{era:?} client, {}, {call}", server.slug);
                let work = async {
                    let client = through(&stage, era, Face::Own, server.slug).await?;
                    let came = client.exchange_text("tools/call", call).await?;
                    let sent = direct.client.exchange_text("tools/call", call).await?;
                    same("the question", &question(&came)?, &question(&sent)?)?;
                    same("the answer", &canonical(came.text()?), &canonical(ANSWER))
                };
                findings.check(&cell, work).await;
            }
        }
    }
    findings.done()
}

/// The parameters of the one question, in either era. Only sessions name a page's elicitation.
fn question(answered: &Answered) -> anyhow::Result<String> {
    let asked = answered.events.iter().find(|event| event.is_request());
    let params = match (asked, answered.rounds.first()) {
        (Some(event), _) => event.params().to_owned(),
        (None, Some(round)) => {
            let result = round.result().unwrap_or_default();
            let asked = at(result, &["inputRequests"]).unwrap_or_default();
            let first = members(asked).into_values().next();
            at(first.unwrap_or_default(), &["params"])
                .unwrap_or_default()
                .to_owned()
        }
        (None, None) => anyhow::bail!("nothing was asked: {}", answered.reply.text),
    };
    Ok(comparable(&params, &[&["elicitationId"]]))
}

#[tokio::test]
async fn the_introduction_is_the_servers_own_on_its_own_face() -> anyhow::Result<()> {
    let stage = Stage::with(&["--extras", SEED]).await?;
    let mut findings = Findings::default();
    for server in &stage.servers {
        let work = async {
            let direct = Direct::of(server).await?;
            let era = if server.modern {
                Era::Modern
            } else {
                Era::Legacy
            };
            let client = through(&stage, era, Face::Own, server.slug).await?;
            let instructions = |introduced: &Value| introduced["instructions"].clone();
            let experimental =
                |introduced: &Value| introduced["capabilities"]["experimental"].clone();
            let (came, sent) = if server.modern {
                let method = "server/discover";
                let came = client.result(method, json!({})).await?;
                (came, direct.client.result(method, json!({})).await?)
            } else {
                let came = client.initialized().clone();
                (came, direct.client.initialized().clone())
            };
            ensure!(instructions(&came) == instructions(&sent), "{came}");
            ensure!(experimental(&came) == experimental(&sent), "{came}");
            Ok(())
        };
        findings.check(server.slug, work).await;
    }
    findings.done()
}

//! The configuration is edited while the gateway runs: only what changed is touched.

use std::time::Duration;

use model::{ServerState, Snapshot};
use serde_json::{Map, Value, json};
use testkit::gateway::Gateway;
use testkit::{process, programs};

use crate::agent::Agent;

type Servers = Map<String, Value>;

fn servers(entries: &[(&str, &[&str])]) -> anyhow::Result<Servers> {
    entries
        .iter()
        .map(|(name, arguments)| Ok(((*name).to_owned(), programs::fake(arguments)?)))
        .collect()
}

async fn start(entries: &[(&str, &[&str])]) -> anyhow::Result<Gateway> {
    Gateway::builder()
        .servers(servers(entries)?)
        .start_ready()
        .await
}

fn names(snapshot: &Snapshot) -> Vec<&str> {
    snapshot
        .servers
        .iter()
        .map(|server| server.name.as_str())
        .collect()
}

async fn pid(gateway: &Gateway, name: &str) -> anyhow::Result<Option<u32>> {
    Ok(gateway.server(name).await?.pid)
}

#[tokio::test]
async fn an_added_server_starts_and_the_others_keep_running() -> anyhow::Result<()> {
    let gateway = start(&[("one", &[]), ("two", &[])]).await?;
    let before = (pid(&gateway, "one").await?, pid(&gateway, "two").await?);
    gateway.write_servers(servers(&[("three", &[]), ("one", &[]), ("two", &[])])?)?;
    gateway
        .wait_server("three", "the new server is ready", |new| {
            new.state.is_ready()
        })
        .await?;
    assert_eq!(
        before,
        (pid(&gateway, "one").await?, pid(&gateway, "two").await?)
    );
    assert_eq!(names(&gateway.snapshot().await?), ["three", "one", "two"]);
    let agent = Agent::of(&gateway).await?;
    assert_eq!(
        agent.read("three__add", json!({"a": 1, "b": 2})).await?,
        "3"
    );
    Ok(())
}

#[tokio::test]
async fn a_changed_server_is_started_anew_and_the_others_keep_running() -> anyhow::Result<()> {
    let gateway = start(&[("one", &[]), ("two", &[])]).await?;
    let (one, two) = (pid(&gateway, "one").await?, pid(&gateway, "two").await?);
    gateway.write_servers(servers(&[("one", &[]), ("two", &["--tools", "9"])])?)?;
    gateway
        .wait_server("two", "the changed server is ready", |changed| {
            changed.state.is_ready() && changed.pid != two
        })
        .await?;
    assert_eq!(pid(&gateway, "one").await?, one);
    let old = two.unwrap_or_default();
    assert!(process::wait_for(Duration::from_secs(10), || !process::lives(old)).await);
    Ok(())
}

#[tokio::test]
async fn a_removed_server_ends_with_its_tools() -> anyhow::Result<()> {
    let gateway = start(&[("one", &[]), ("two", &[])]).await?;
    let (one, two) = (pid(&gateway, "one").await?, pid(&gateway, "two").await?);
    gateway.write_servers(servers(&[("one", &[])])?)?;
    gateway
        .wait_until("the server is gone", |now| names(now) == ["one"])
        .await?;
    let ended = || !process::lives(two.unwrap_or_default());
    assert!(process::wait_for(Duration::from_secs(10), ended).await);
    let agent = Agent::of(&gateway).await?;
    assert!(
        agent
            .read("two__add", json!({"a": 1, "b": 2}))
            .await?
            .contains("unknown-tool")
    );
    assert_eq!(pid(&gateway, "one").await?, one);
    Ok(())
}

#[tokio::test]
async fn a_disabled_server_stays_listed_and_comes_back() -> anyhow::Result<()> {
    let gateway = start(&[("one", &[])]).await?;
    let mut changed = servers(&[("one", &[])])?;
    changed["one"]["disabled"] = true.into();
    gateway.write_servers(changed)?;
    let disabled = gateway
        .wait_server("one", "it is disabled", |one| {
            one.state == ServerState::Disabled
        })
        .await?;
    assert_eq!((disabled.pid, disabled.tools), (None, 0));
    gateway.write_servers(servers(&[("one", &[])])?)?;
    gateway.wait_ready().await?;
    Ok(())
}

#[tokio::test]
async fn an_edit_that_cannot_be_read_keeps_everything_as_it_was() -> anyhow::Result<()> {
    let gateway = start(&[("one", &[])]).await?;
    let before = pid(&gateway, "one").await?;
    gateway.write_bytes(b"{\n  \"mcpServers\": {\n    \"one\": }\n}")?;
    let broken = gateway
        .wait_until("the error is shown", |now| now.config.has_errors())
        .await?;
    let finding = &broken.config.diagnostics[0];
    assert_eq!(finding.line, 3, "{finding}");
    assert!(!finding.fix.is_empty(), "{finding}");
    assert_eq!(pid(&gateway, "one").await?, before);
    let agent = Agent::of(&gateway).await?;
    assert_eq!(agent.read("one__add", json!({"a": 1, "b": 2})).await?, "3");
    gateway.write_servers(servers(&[("one", &[])])?)?;
    gateway
        .wait_until("the error is gone", |now| !now.config.has_errors())
        .await?;
    assert_eq!(pid(&gateway, "one").await?, before);
    Ok(())
}

#[tokio::test]
async fn an_entry_that_became_invalid_keeps_its_last_good_form() -> anyhow::Result<()> {
    let gateway = start(&[("one", &[]), ("two", &[])]).await?;
    let before = pid(&gateway, "one").await?;
    let mut changed = servers(&[("one", &[]), ("two", &["--tools", "2"])])?;
    let two = pid(&gateway, "two").await?;
    changed["one"]["command"] = 7.into();
    gateway.write_servers(changed)?;
    gateway
        .wait_until("the error is shown", |now| now.config.has_errors())
        .await?;
    gateway
        .wait_server("two", "the other change is live", |now| now.pid != two)
        .await?;
    assert_eq!(pid(&gateway, "one").await?, before);
    Ok(())
}

#[tokio::test]
async fn a_reload_can_be_asked_for() -> anyhow::Result<()> {
    let gateway = start(&[("one", &[])]).await?;
    gateway.write_servers(servers(&[("one", &[]), ("two", &[])])?)?;
    let answer = gateway.api("POST", "/config/reload", "").await?;
    assert_eq!(answer.status, 200, "{}", answer.body);
    gateway
        .wait_until("the new server is there", |now| {
            names(now) == ["one", "two"]
        })
        .await?;
    Ok(())
}

#[tokio::test]
async fn five_hundred_reloads_under_load_drop_no_call() -> anyhow::Result<()> {
    let gateway = start(&[("steady", &[]), ("other", &[])]).await?;
    let before = pid(&gateway, "steady").await?;
    let agent = Agent::of(&gateway).await?;
    let calls = async {
        let mut answered = 0_u32;
        loop {
            let sum = agent
                .read("steady__add", json!({"a": answered, "b": 1}))
                .await?;
            anyhow::ensure!(
                sum == (answered + 1).to_string(),
                "call {answered} got {sum}"
            );
            answered += 1;
        }
    };
    let reloads = async {
        for round in 0..500 {
            let tools = round.to_string();
            let more: &[&str] = &["--tools", &tools];
            gateway.write_servers(servers(&[("steady", &[]), ("other", more)])?)?;
            let answer = gateway.api("POST", "/config/reload", "").await?;
            anyhow::ensure!(answer.status == 200, "{}", answer.body);
        }
        anyhow::Ok(())
    };
    tokio::select! {
        failed = calls => return failed,
        done = reloads => done?,
    }
    gateway.wait_ready().await?;
    assert_eq!(pid(&gateway, "steady").await?, before);
    assert_eq!(gateway.server("steady").await?.starts, 1);
    Ok(())
}

//! Processes: one per server whoever uses it, and none left behind.

use std::time::Duration;

use serde_json::json;
use testkit::gateway::Gateway;
use testkit::{process, programs};

use crate::agent::Agent;

/// How long the descendants of a dead gateway may live.
const GRACE: Duration = Duration::from_secs(5);

/// Starts grandchildren in the server's process group and in a session of their own.
async fn spawn_children(agent: &Agent) -> anyhow::Result<[u32; 2]> {
    let same = agent.write("fake__spawn-child", json!({})).await?;
    let own = agent
        .write("fake__spawn-child", json!({"setsid": true}))
        .await?;
    Ok([same.parse()?, own.parse()?])
}

/// The descendants that still live after the grace time, with what they are.
async fn left_behind(gateway: &Gateway) -> Vec<String> {
    process::wait_for(GRACE, || gateway.processes().is_empty()).await;
    gateway
        .processes()
        .into_iter()
        .map(|pid| format!("{pid} {}", process::command_line(pid)))
        .collect()
}

#[tokio::test]
async fn many_clients_share_one_process() -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    let starts = scratch.path().join("starts");
    let count = starts.to_str().unwrap_or_default();
    let gateway = Gateway::builder()
        .fake("fake", &["--count-file", count])?
        .start_ready()
        .await?;
    let mut pids = Vec::new();
    for _ in 0..5 {
        pids.push(
            Agent::of(&gateway)
                .await?
                .read("fake__pid", json!({}))
                .await?,
        );
        pids.push(
            Agent::modern(&gateway)?
                .read("fake__pid", json!({}))
                .await?,
        );
    }
    pids.dedup();
    assert_eq!(pids.len(), 1);
    assert_eq!(
        gateway.server("fake").await?.pid.map(|pid| pid.to_string()),
        pids.pop()
    );
    assert_eq!(gateway.snapshot().await?.totals.processes, 1);
    assert_eq!(process::starts(&starts).len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_server_that_exits_on_the_probe_costs_that_only_once() -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    let starts = scratch.path().join("starts");
    let count = starts.to_str().unwrap_or_default();
    let arguments = ["--era", "legacy", "--exit-on-probe", "--count-file", count];
    let mut gateway = Gateway::builder()
        .fake("old", &arguments)?
        .start_ready()
        .await?;
    assert_eq!(process::starts(&starts).len(), 2);
    gateway.stop().await?;
    gateway.launch().await?;
    gateway.wait_ready().await?;
    assert_eq!(
        process::starts(&starts).len(),
        3,
        "the verdict was not remembered"
    );
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_killed_gateway_leaves_no_descendant() -> anyhow::Result<()> {
    let mut gateway = Gateway::builder().fake("fake", &[])?.start_ready().await?;
    let children = spawn_children(&Agent::of(&gateway).await?).await?;
    assert!(children.iter().all(|pid| process::lives(*pid)));
    gateway.kill9().await?;
    assert_eq!(left_behind(&gateway).await, Vec::<String>::new());
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_stopped_gateway_ends_everything() -> anyhow::Result<()> {
    let mut gateway = Gateway::builder()
        .fake("fake", &[])?
        .fake("other", &[])?
        .start_ready()
        .await?;
    spawn_children(&Agent::of(&gateway).await?).await?;
    let status = gateway.stop().await?;
    assert!(status.success(), "{status}");
    assert_eq!(left_behind(&gateway).await, Vec::<String>::new());
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_that_ignores_everything_is_ended_all_the_same() -> anyhow::Result<()> {
    let stubborn = ["--ignore-sigterm", "--ignore-eof"];
    let mut gateway = Gateway::builder()
        .fake("fake", &stubborn)?
        .start_ready()
        .await?;
    let pid = gateway.server("fake").await?.pid.unwrap_or_default();
    let answer = gateway.api("POST", "/servers/fake/disable", "").await?;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let ended = process::wait_for(Duration::from_secs(15), || !process::lives(pid)).await;
    assert!(ended, "it survives being disabled");
    gateway.api("POST", "/servers/fake/enable", "").await?;
    gateway.wait_ready().await?;
    gateway.stop().await?;
    assert_eq!(left_behind(&gateway).await, Vec::<String>::new());
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_crashed_servers_children_end_with_it() -> anyhow::Result<()> {
    let gateway = Gateway::builder().fake("fake", &[])?.start_ready().await?;
    let agent = Agent::of(&gateway).await?;
    let [same, _own] = spawn_children(&agent).await?;
    agent.write("fake__crash", json!({})).await?;
    assert!(
        process::wait_for(GRACE, || !process::lives(same)).await,
        "the group lives on"
    );
    Ok(())
}

#[tokio::test]
async fn a_server_that_keeps_dying_is_tried_less_and_less() -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    let starts = scratch.path().join("starts");
    let count = starts.to_str().unwrap_or_default();
    let dying = programs::fake(&["--exit-at-once", "1", "--count-file", count])?;
    let gateway = Gateway::builder().server("dying", dying).start().await?;
    gateway
        .wait_server("dying", "it has failed three times", |dying| {
            matches!(&dying.state,
                model::ServerState::BackingOff { attempts, .. }
                | model::ServerState::CrashLoop { attempts, .. } if *attempts >= 3)
        })
        .await?;
    let so_far = process::starts(&starts).len();
    assert!(so_far <= 6, "{so_far} starts already");
    let before = gateway.server("dying").await?.starts;
    let answer = gateway.api("POST", "/servers/dying/restart", "").await?;
    assert_eq!(answer.status, 200, "{}", answer.body);
    gateway
        .wait_server("dying", "it was tried at once", |dying| {
            dying.starts > before
        })
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_second_gateway_on_the_same_directory_is_refused() -> anyhow::Result<()> {
    let gateway = Gateway::builder().start().await?;
    let second = gateway.cli(&["serve"]).await?;
    assert_eq!(second.status.code(), Some(7));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(
        said.contains(&gateway.pid()?.to_string()) || said.contains("already"),
        "{said}"
    );
    Ok(())
}

#[tokio::test]
async fn leftovers_of_a_killed_gateway_do_not_stop_the_next() -> anyhow::Result<()> {
    let mut gateway = Gateway::builder().fake("fake", &[])?.start_ready().await?;
    gateway.kill9().await?;
    gateway.launch().await?;
    gateway.wait_ready().await?;
    Ok(())
}

#[tokio::test]
async fn a_server_sees_only_what_it_was_given() -> anyhow::Result<()> {
    let mut entry = programs::fake(&[])?;
    entry["env"] = json!({"GIVEN": "${env:OUTSIDE}", "PLAIN": "p"});
    let gateway = Gateway::builder()
        .server("fake", entry)
        .env("OUTSIDE", "from outside")
        .env("GITHUB_TOKEN", "not for you")
        .start_ready()
        .await?;
    let seen = Agent::of(&gateway)
        .await?
        .read("fake__env", json!({}))
        .await?;
    let seen: serde_json::Value = serde_json::from_str(&seen)?;
    assert_eq!(
        (&seen["GIVEN"], &seen["PLAIN"]),
        (&json!("from outside"), &json!("p"))
    );
    assert_eq!(seen.get("GITHUB_TOKEN"), None);
    assert!(seen["PATH"].is_string() && seen["HOME"].is_string());
    Ok(())
}

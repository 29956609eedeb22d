//! What a change of the configuration does to the servers, and what it leaves alone.

use config::Edit;
use model::ServerState;
use serde_json::json;

use super::{Bench, disabled, fake, is, missing, names, server};

#[tokio::test]
async fn servers_stand_in_the_order_of_the_file() {
    let servers = json!({ "b": missing(), "a": disabled(missing()), "c": missing() });
    let bench = Bench::settled(&servers).await;
    assert_eq!(names(&bench.fleet.snapshot()), ["b", "a", "c"]);
    bench.configure(&json!({ "c": missing(), "b": missing(), "a": disabled(missing()) }));
    bench
        .until(|snapshot| names(snapshot) == ["c", "b", "a"])
        .await;
    bench.stop().await;
}

#[tokio::test]
async fn a_disabled_server_is_not_started() {
    let bench = Bench::settled(&json!({ "a": disabled(fake(&[])) })).await;
    let snapshot = bench.fleet.snapshot();
    let status = server(&snapshot, "a").expect("it is shown");
    assert_eq!(status.state, ServerState::Disabled);
    assert_eq!((status.starts, status.pid, status.tools), (0, None, 0));
    assert_eq!((snapshot.totals.servers, snapshot.totals.not_ready), (1, 0));
    bench.stop().await;
}

#[tokio::test]
async fn a_change_touches_only_the_server_it_is_about() {
    let servers = json!({ "a": fake(&[]), "b": fake(&[]) });
    let bench = Bench::settled(&servers).await;
    let (a, b) = (bench.until_ready("a").await, bench.until_ready("b").await);
    bench.configure(&json!({ "a": fake(&[]), "b": fake(&["--tools", "1"]) }));
    let more = b.tools + 1;
    let snapshot = bench
        .until(|now| server(now, "b").is_some_and(|b| b.tools == more))
        .await;
    let (now_a, now_b) = (server(&snapshot, "a"), server(&snapshot, "b"));
    let (now_a, now_b) = (now_a.expect("a"), now_b.expect("b"));
    assert_eq!((now_a.pid, now_a.starts, now_a.since), (a.pid, 1, a.since));
    assert_ne!(now_b.pid, b.pid);
    assert_eq!(
        now_b.starts, 2,
        "starts of the connection before are counted"
    );
    bench.stop().await;
}

#[tokio::test]
async fn adding_and_removing_leave_the_others_alone() {
    let bench = Bench::settled(&json!({ "a": fake(&[]) })).await;
    let a = bench.until_ready("a").await;
    bench.configure(&json!({ "new": fake(&[]), "a": fake(&[]) }));
    bench.until_ready("new").await;
    bench.configure(&json!({ "a": fake(&[]) }));
    let snapshot = bench.until(|snapshot| names(snapshot) == ["a"]).await;
    assert_eq!(snapshot.servers[0].pid, a.pid);
    assert_eq!(snapshot.totals.servers, 1);
    let error = bench.fleet.server_config("new").expect_err("it is gone");
    assert_eq!(error.to_string(), "there is no server named `new`");
    bench.stop().await;
}

#[tokio::test]
async fn another_timeout_for_calls_needs_no_new_start() {
    let bench = Bench::settled(&json!({ "a": fake(&[]) })).await;
    let before = bench.until_ready("a").await;
    let mut entry = fake(&[]);
    entry["callTimeout"] = json!(7);
    bench.configure(&json!({ "a": entry }));
    bench
        .until(|_| {
            let config = bench.fleet.server_config("a").expect("it is there");
            config.call_timeout.as_secs() == 7
        })
        .await;
    let after = bench.until_ready("a").await;
    assert_eq!((after.pid, after.starts), (before.pid, 1));
    bench.stop().await;
}

#[tokio::test]
async fn switching_off_and_on_is_one_server_all_along() {
    let bench = Bench::settled(&json!({ "a": fake(&[]) })).await;
    let first = bench.until_ready("a").await;
    let switch = |enabled| Edit::SetEnabled {
        name: "a".to_owned(),
        enabled,
    };
    let config = bench.fleet.config().clone();
    config.edit(switch(false)).await.expect("written");
    let off = bench
        .until(|snapshot| is(snapshot, "a", &ServerState::Disabled))
        .await;
    let status = server(&off, "a").expect("it is shown");
    assert_eq!((status.pid, status.tools, status.starts), (None, 0, 1));
    assert!(bench.fleet.catalog().is_empty());
    config.edit(switch(true)).await.expect("written");
    let second = bench.until_ready("a").await;
    assert_eq!((second.starts, second.tools), (2, first.tools));
    assert_ne!(second.pid, first.pid);
    bench.stop().await;
}

#[tokio::test]
async fn a_file_that_is_broken_stops_nothing() {
    let bench = Bench::settled(&json!({ "a": fake(&[]) })).await;
    let before = bench.until_ready("a").await;
    let file = bench.folder.path().join("config.json");
    std::fs::write(&file, "{ not json").expect("written");
    bench.fleet.config().reload();
    let broken = bench.until(|snapshot| snapshot.config.has_errors()).await;
    assert_eq!(server(&broken, "a").expect("it runs").pid, before.pid);
    bench.configure(&json!({ "a": fake(&[]) }));
    let mended = bench.until(|snapshot| !snapshot.config.has_errors()).await;
    assert_eq!(server(&mended, "a").expect("it runs").pid, before.pid);
    bench.stop().await;
}

#[tokio::test]
async fn changes_in_quick_succession_leave_one_process() {
    let bench = Bench::settled(&json!({ "a": fake(&[]) })).await;
    let starts = Bench::starts_of(&bench.folder, "a");
    let counted = starts.to_str().expect("a path");
    for seed in 0..5 {
        let seed = seed.to_string();
        let arguments = ["--count-file", counted, "--tools", "1", "--seed", &seed];
        bench.configure(&json!({ "a": fake(&arguments) }));
        tokio::task::yield_now().await;
    }
    let last = bench
        .until(|snapshot| {
            let server = server(snapshot, "a").expect("a");
            server.state.is_ready() && server.starts > 1
        })
        .await;
    let pid = server(&last, "a").expect("a").pid.expect("a process");
    let pids = std::fs::read_to_string(&starts).expect("counted");
    assert_eq!(pids.lines().last(), Some(pid.to_string().as_str()));
    bench.stop().await;
}

#[tokio::test]
async fn a_restart_by_name_starts_afresh() {
    let bench = Bench::settled(&json!({ "a": fake(&[]) })).await;
    let before = bench.until_ready("a").await;
    bench.fleet.restart("a").expect("it is known");
    let after = bench
        .until(|snapshot| {
            let server = server(snapshot, "a").expect("a");
            server.starts == 2 && server.state.is_ready()
        })
        .await;
    assert_ne!(server(&after, "a").expect("a").pid, before.pid);
    assert!(bench.fleet.restart("b").is_err());
    bench.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn stopping_ends_every_process() {
    let bench = Bench::settled(&json!({ "a": fake(&[]), "b": fake(&[]) })).await;
    let pids = [
        bench.until_ready("a").await.pid,
        bench.until_ready("b").await.pid,
    ];
    bench.stop().await;
    for pid in pids {
        let pid = pid.expect("a process");
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    }
}

#[tokio::test]
async fn a_disabled_server_is_not_restarted() {
    let bench = Bench::settled(&json!({ "a": disabled(fake(&[])) })).await;
    let error = bench.fleet.restart("a").expect_err("it is off");
    assert_eq!(error.to_string(), "`a` is disabled; enable it instead");
    let config = bench.fleet.config().clone();
    let (name, enabled) = ("a".to_owned(), true);
    config
        .edit(Edit::SetEnabled { name, enabled })
        .await
        .expect("written");
    assert_eq!(
        bench.until_ready("a").await.starts,
        1,
        "nothing was left over"
    );
    bench.stop().await;
}

//! From the start of a process to its end.

use model::ServerState;
use serde_json::json;

#[cfg(target_os = "linux")]
use super::script::runs;
use super::{Bench, call, until, until_down, until_ready};

#[tokio::test]
async fn a_server_is_greeted_and_its_tools_are_listed() {
    let bench = Bench::new();
    let upstream = bench.start(&bench.server(""));
    let status = until_ready(&upstream).await;
    assert_eq!(status.starts, 1);
    assert_eq!(status.protocol.as_deref(), Some("2025-06-18"));
    assert_eq!(status.server_info.as_deref(), Some("sh 1"));
    assert_eq!(status.instructions.as_deref(), Some("Be kind."));
    assert_eq!(super::tool_names(&status), ["t"]);
    assert_eq!(bench.starts(), [status.pid.expect("a process")]);
    upstream.stop().await;
    let log = bench.log().await;
    assert!(
        log.contains("starting sh") && log.contains("ready with 1 tools"),
        "{log}"
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn stopping_ends_the_process_and_says_so() {
    let bench = Bench::new();
    let upstream = bench.start(&bench.server(""));
    let pid = until_ready(&upstream).await.pid.expect("a process");
    let (line, mut watch) = (upstream.line(), upstream.watch());
    assert!(runs(pid));
    upstream.stop().await;
    assert!(!runs(pid));
    let mut last = None;
    while let Some(status) = watch.changed().await {
        last = Some(status);
    }
    let last = last.expect("news");
    assert_eq!((last.state, last.pid), (ServerState::Disabled, None));
    let late = call(&line, "t").await.expect_err("it is gone");
    assert!(late.never_ran(), "{late}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_dropped_handle_stops_the_server() {
    let bench = Bench::new();
    let upstream = bench.start(&bench.server(""));
    let pid = until_ready(&upstream).await.pid.expect("a process");
    drop(upstream);
    bench.tasks.close();
    bench.tasks.wait().await;
    assert!(!runs(pid));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_restart_replaces_the_process() {
    let bench = Bench::new();
    let upstream = bench.start(&bench.server(""));
    let old = until_ready(&upstream).await.pid.expect("a process");
    upstream.restart().await;
    let again = |status: &crate::Status| status.starts == 2 && status.state.is_ready();
    let new = until(&upstream, again).await.pid.expect("a process");
    assert!(old != new && !runs(old) && runs(new));
    assert_eq!(bench.starts(), [old, new]);
    upstream.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_restart_during_a_start_leaves_one_process() {
    let bench = Bench::new();
    let gate = bench.gate();
    // The first process never answers; those after it do.
    let deaf =
        r#"[ "$(wc -l < "$dir/starts")" -gt 1 ] || { echo > "$dir/gate"; exec sleep 1000; }"#;
    let entry = bench.server_after(deaf, "");
    let upstream = bench.start(&entry);
    gate.pass().await;
    upstream.restart().await;
    let status = until_ready(&upstream).await;
    let starts = bench.starts();
    assert_eq!(starts.len(), 2);
    assert!(!runs(starts[0]) && runs(starts[1]));
    assert_eq!(status.pid, Some(starts[1]));
    upstream.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_a_server_started_ends_with_it() {
    let bench = Bench::new();
    let gate = bench.gate();
    let children = r#"sleep 1000 & one=$!
        setsid sh -c 'echo $$ > "$1/gate"; exec sleep 1000' x "$dir" &
        echo $one > "$dir/child""#;
    let upstream = bench.start(&bench.server_after(children, ""));
    let far: u32 = gate.pass().await.trim().parse().expect("a process id");
    until_ready(&upstream).await;
    let near = std::fs::read_to_string(bench.path().join("child")).expect("noted");
    let near: u32 = near.trim().parse().expect("a process id");
    assert!(runs(near) && runs(far));
    upstream.stop().await;
    assert!(!runs(near), "a child in the group");
    assert!(!runs(far), "a child in a session of its own");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_that_ignores_the_end_of_its_input_is_asked_to_end() {
    let bench = Bench::new();
    let before = r#"trap 'echo asked > "$dir/asked"; exit 0' TERM"#;
    let after = "sleep 1000 & wait";
    let upstream = bench.start(&bench.server_around(before, "", after));
    let pid = until_ready(&upstream).await.pid.expect("a process");
    upstream.stop().await;
    assert!(!runs(pid));
    let asked = std::fs::read_to_string(bench.path().join("asked"));
    assert_eq!(asked.expect("it was asked").trim(), "asked");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_that_ignores_everything_is_killed() {
    let bench = Bench::new();
    let (before, after) = ("trap '' TERM", "while :; do sleep 1000; done");
    let upstream = bench.start(&bench.server_around(before, "", after));
    let pid = until_ready(&upstream).await.pid.expect("a process");
    // Nothing can happen but the passing of the two periods of grace.
    tokio::time::pause();
    upstream.stop().await;
    assert!(!runs(pid));
}

#[tokio::test]
async fn a_child_sees_what_it_is_given_and_little_else() {
    let bench = Bench::new();
    let arms = r#"*'"tools/call"'*) result "{\"seen\":\"$GIVEN ${CARGO_MANIFEST_DIR-nothing} $TOOLGATE_SPAWNED_BY\"}" ;;"#;
    let mut entry = bench.server(arms);
    entry["env"] = json!({ "GIVEN": "a b" });
    let upstream = bench.start(&entry);
    until_ready(&upstream).await;
    let seen = call(&upstream.line(), "t").await.expect("a result");
    let place = bench.path().file_name().expect("a name").to_string_lossy();
    let expected = format!(r#"{{"seen":"a b nothing {place}/run/s/1"}}"#);
    assert_eq!(seen.get(), expected);
    upstream.stop().await;
}

#[tokio::test]
async fn a_server_that_ends_on_the_probe_is_started_once_more_and_remembered() {
    let bench = Bench::new();
    let entry = bench.server(r#"*'"server/discover"'*) exit 1 ;;"#);
    let first = bench.start(&entry);
    let status = until_ready(&first).await;
    assert_eq!((status.starts, bench.starts().len()), (1, 2));
    first.stop().await;
    let second = bench.start(&entry);
    until_ready(&second).await;
    assert_eq!(bench.starts().len(), 3, "no process for a probe this time");
    second.stop().await;
    let log = bench.log().await;
    assert!(log.contains("ended on the era probe"), "{log}");
}

#[tokio::test]
async fn what_is_known_while_a_server_is_down_is_kept() {
    let bench = Bench::new();
    let arms = r#"*'"tools/call"'*) exit 3 ;;"#;
    let upstream = bench.start(&bench.server(arms));
    until_ready(&upstream).await;
    call(&upstream.line(), "t").await.expect_err("it ends");
    let status = until_down(&upstream).await;
    assert_eq!(status.pid, None);
    assert_eq!(super::tool_names(&status), ["t"]);
    assert_eq!(status.server_info.as_deref(), Some("sh 1"));
    upstream.stop().await;
}

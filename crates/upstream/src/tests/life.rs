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
    assert!(log.contains("starting sh") && log.contains("ready with 1 tools"), "{log}");
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
    // The first process never answers; those after it do.
    let arms = r#"*) [ "$(wc -l < "$dir/starts")" -gt 1 ] || continue ;;&"#;
    assert!(arms.ends_with(";;&"));
    let entry = bench.server("");
    let file = bench.path().join("server.sh");
    let text = std::fs::read_to_string(&file).expect("the script");
    let deaf = "[ \"$(wc -l < \"$dir/starts\")\" -gt 1 ] || exec sleep 1000\nwhile";
    std::fs::write(&file, text.replacen("while", deaf, 1)).expect("written");

    let upstream = bench.start(&entry);
    until(&upstream, |_| bench.starts().len() == 1).await;
    upstream.restart().await;
    let status = until_ready(&upstream).await;
    let starts = bench.starts();
    assert_eq!(starts.len(), 2);
    assert!(!runs(starts[0]) && runs(starts[1]));
    assert_eq!(status.pid, Some(starts[1]));
    upstream.stop().await;
}

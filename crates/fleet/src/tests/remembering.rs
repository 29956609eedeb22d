//! What happened, what of it is shown, and what of it outlives the fleet.

use std::time::Duration;

use config::ConfigStore;
use model::{ActivityKind, ApiError, CallOutcome, Snapshot, TrustMode};
use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::{Bench, context, disabled, missing};
use crate::{ActivityFilter, CallReport, ExportFormat, Fleet, Place, PresenceKind};

fn call(client: &str, tool: &str, outcome: CallOutcome) -> CallReport {
    CallReport {
        client: client.to_owned(),
        by_client: true,
        server: "s".to_owned(),
        tool: tool.to_owned(),
        outcome,
        took: Duration::from_millis(7),
        arguments: Some("{path: string(3)}".to_owned()),
        request_bytes: Some(14),
        result_bytes: None,
        shortened: false,
        steps: Vec::new(),
        refusal: (outcome == CallOutcome::Refused).then(|| ApiError {
            code: "paused".to_owned(),
            message: "No.".to_owned(),
            fix: "Wait.".to_owned(),
        }),
    }
}

/// A fleet whose memory lies in this folder.
fn fleet(folder: &TempDir) -> Fleet {
    let config = ConfigStore::open(folder.path().join("config.json")).expect("a configuration");
    let place = Place {
        state: Some(folder.path().join("state")),
        vouched: Some(TrustMode::Auto),
        ..Place::default()
    };
    Fleet::at(context(folder), config, &place)
}

#[tokio::test]
async fn calls_show_in_the_snapshot() {
    let bench = Bench::run(&json!({}));
    bench
        .fleet
        .record_call(call("Editor 1.0", "read", CallOutcome::Ok));
    bench
        .fleet
        .record_call(call("Editor 1.0", "write", CallOutcome::Refused));
    let mut by_hand = call("local", "try", CallOutcome::Ok);
    by_hand.by_client = false;
    bench.fleet.record_call(by_hand);
    let snapshot = bench.until(|snapshot| snapshot.recent.len() == 3).await;
    let tools: Vec<&str> = snapshot
        .recent
        .iter()
        .map(|call| call.tool.as_str())
        .collect();
    assert_eq!(tools, ["try", "write", "read"]);
    assert_eq!(snapshot.totals.calls_today, 3);
    assert_eq!(snapshot.totals.failures_today, 1);
    assert_eq!(snapshot.clients.len(), 1, "people are no clients");
    assert_eq!(
        (snapshot.clients[0].calls, snapshot.clients[0].failures),
        (2, 1)
    );
    bench.stop().await;
}

#[tokio::test]
async fn pages_go_back_from_memory_to_the_disk_without_a_gap() {
    let folder = TempDir::new().expect("a folder");
    let many = 1_500;
    let first = fleet(&folder);
    for number in 1..=many {
        first.record_call(call("c", &format!("t{number}"), CallOutcome::Ok));
    }
    drop(first);
    // What is older than memory is read from the disk, also by the one after.
    let fleet = fleet(&folder);
    fleet.record_call(call("c", "last", CallOutcome::Refused));
    let mut before = None;
    let mut ids = Vec::new();
    loop {
        let filter = ActivityFilter {
            before,
            ..ActivityFilter::default()
        };
        let page = fleet.activities(filter, 400).await;
        ids.extend(page.items.iter().map(|item| item.id));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(ids, (1..=many + 1).rev().collect::<Vec<_>>());
    let oldest = fleet.activity(1).await.expect("on the disk");
    assert_eq!(oldest.activity.tool.as_deref(), Some("t1"));
    let newest = fleet.activity(many + 1).await.expect("in memory");
    assert_eq!(newest.refusal.expect("why").code, "paused");
    assert!(fleet.activity(many + 2).await.is_none());
}

#[tokio::test]
async fn filters_and_exports_agree() {
    let folder = TempDir::new().expect("a folder");
    let fleet = fleet(&folder);
    fleet.record_call(call("a", "read_file", CallOutcome::Ok));
    fleet.record_call(call("b", "Write_File", CallOutcome::Lost));
    fleet.record_call(call("b", "other", CallOutcome::Ok));
    let filter = |text: &str, outcome| ActivityFilter {
        kind: Some(ActivityKind::Call),
        text: Some(text.to_owned()),
        outcome,
        ..ActivityFilter::default()
    };
    assert_eq!(
        fleet.activities(filter("FILE", None), 9).await.items.len(),
        2
    );
    let lost = filter("file", Some(CallOutcome::Lost));
    assert_eq!(fleet.activities(lost.clone(), 9).await.items.len(), 1);
    let csv = fleet
        .export_activities(lost.clone(), ExportFormat::Csv)
        .await;
    assert_eq!(csv.lines().count(), 2, "{csv}");
    let line = csv.lines().nth(1).expect("a line");
    assert!(line.ends_with("call,b,s,Write_File,lost,7,"), "{line}");
    let json = fleet.export_activities(lost, ExportFormat::Json).await;
    let items: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(items[0]["tool"], "Write_File");
}

#[tokio::test]
async fn a_pause_outlives_the_fleet_and_shows() {
    let folder = TempDir::new().expect("a folder");
    let pause = fleet(&folder).pause(Some(5)).await;
    assert_eq!(pause.until, Some(pause.since + 300_000));
    let fleet = fleet(&folder);
    assert_eq!(fleet.paused(), Some(pause));
    let (mut running, runner) = (JoinSet::new(), fleet.clone());
    running.spawn(async move { runner.run().await });
    let mut snapshots = fleet.watch();
    let shown = |snapshot: &std::sync::Arc<Snapshot>| snapshot.pause == Some(pause);
    snapshots.wait_for(shown).await.expect("a snapshot");
    fleet.resume().await;
    let gone = |snapshot: &std::sync::Arc<Snapshot>| snapshot.pause.is_none();
    snapshots.wait_for(gone).await.expect("a snapshot");
    fleet.stop().await;
    running.join_all().await;
}

#[tokio::test]
async fn a_pause_that_is_over_leaves_the_snapshot_by_itself() {
    let folder = TempDir::new().expect("a folder");
    let state = folder.path().join("state");
    std::fs::create_dir(&state).expect("a folder");
    let until = model::now_millis() + 300;
    let text = json!({ "since": 1, "until": until }).to_string();
    std::fs::write(state.join("pause.json"), text).expect("written");
    let fleet = fleet(&folder);
    let (mut running, runner) = (JoinSet::new(), fleet.clone());
    running.spawn(async move { runner.run().await });
    let mut snapshots = fleet.watch();
    let over =
        |snapshot: &std::sync::Arc<Snapshot>| snapshot.revision > 0 && snapshot.pause.is_none();
    snapshots.wait_for(over).await.expect("a snapshot");
    assert!(model::now_millis() >= until);
    fleet.stop().await;
    running.join_all().await;
}

#[tokio::test]
async fn clients_desktop_and_preferences_show_as_they_change() {
    let bench = Bench::run(&json!({}));
    let presence =
        bench
            .fleet
            .client_present("Editor 1.0", PresenceKind::Connection, &bench.fleet.0.stop);
    bench
        .until(|snapshot| snapshot.clients.iter().any(|client| client.open == 1))
        .await;
    drop(presence);
    bench
        .until(|snapshot| snapshot.clients.iter().all(|client| client.open == 0))
        .await;
    assert!(bench.fleet.open_window("/review".to_owned()).is_err());
    let mut events = bench.fleet.events();
    let attached = bench.fleet.attach_desktop();
    bench.until(|snapshot| snapshot.desktop).await;
    bench
        .fleet
        .open_window("/review".to_owned())
        .expect("a desktop");
    let opened = model::Event::OpenWindow {
        path: "/review".to_owned(),
    };
    while events.recv().await.expect("news") != opened {}
    drop(attached);
    bench.until(|snapshot| !snapshot.desktop).await;
    let file = bench.folder.path().join("config.json");
    let text = json!({ "desktop": { "theme": "dark" } }).to_string();
    std::fs::write(file, text).expect("written");
    bench.fleet.config().reload();
    let dark = |snapshot: &Snapshot| snapshot.preferences.theme == model::Theme::Dark;
    bench.until(dark).await;
    bench.stop().await;
}

#[tokio::test]
async fn what_servers_do_is_remembered() {
    let bench = Bench::settled(&json!({ "a": missing(), "b": disabled(missing()) })).await;
    let filter = ActivityFilter {
        kind: Some(ActivityKind::Server),
        server: Some("a".to_owned()),
        ..ActivityFilter::default()
    };
    let items = bench.fleet.activities(filter, 10).await.items;
    let text = items.first().and_then(|item| item.text.clone());
    assert!(
        text.is_some_and(|text| text.contains("no-such-program")),
        "{items:?}"
    );
    bench.stop().await;
}

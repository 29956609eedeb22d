//! What the fleet shows: snapshot, catalogue, index and news, of one mind at any moment.

use model::{Event, ServerState};
use serde_json::json;
use tokio::sync::broadcast::Receiver;

use super::{Bench, PATIENCE, disabled, fake, is, missing, server};

/// Gathers news until there is one of every kind, in whatever order they come.
async fn gather(events: &mut Receiver<Event>, kinds: &[&dyn Fn(&Event) -> bool]) -> Vec<Event> {
    let mut all: Vec<Event> = Vec::new();
    let search = async {
        while !kinds.iter().all(|kind| all.iter().any(kind)) {
            all.push(events.recv().await.expect("the fleet is there"));
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, search).await;
    assert!(in_time.is_ok(), "only these came: {all:#?}");
    all
}

#[tokio::test]
async fn an_empty_fleet_is_whole() {
    let bench = Bench::settled(&json!({})).await;
    let snapshot = bench.fleet.snapshot();
    assert_eq!(snapshot.endpoint, "http://here/mcp");
    assert_eq!(snapshot.pid, std::process::id());
    assert!(snapshot.servers.is_empty() && bench.fleet.catalog().is_empty());
    assert!(bench.fleet.search("anything", 5, None).is_empty());
    bench.stop().await;
}

#[tokio::test]
async fn who_sees_a_server_ready_finds_its_tools() {
    let bench = Bench::run(&json!({ "a": fake(&[]) }));
    let status = bench.until_ready("a").await;
    let catalog = bench.fleet.catalog();
    assert_eq!(catalog.len(), status.tools);
    let entry = &catalog.servers()[0];
    assert_eq!(
        (entry.slug.as_str(), &entry.state),
        ("a", &ServerState::Ready)
    );
    assert!(
        entry
            .instructions
            .as_deref()
            .expect("text")
            .starts_with("A scripted server.")
    );
    let tool = catalog.tool("a__add").expect("it is offered");
    assert_eq!(tool.definition.title.as_deref(), Some("Add two numbers"));
    let found = bench.fleet.search("add two numbers", 1, None);
    assert_eq!(found[0].tool.id, "a__add");
    assert!(found[0].score > 0.0 && !found[0].matched.is_empty());
    bench.stop().await;
}

#[tokio::test]
async fn ids_are_in_order_and_definitions_as_sent() {
    let bench = Bench::settled(&json!({ "b": fake(&[]), "a": fake(&[]) })).await;
    let catalog = bench.fleet.catalog();
    let ids: Vec<&str> = catalog.tools().map(|tool| tool.id.as_str()).collect();
    assert!(ids.is_sorted() && ids.contains(&"a__echo") && ids.contains(&"b__echo"));
    let add = &catalog
        .tool("a__add")
        .expect("it is offered")
        .definition
        .definition;
    assert!(
        add.get().contains(r#""vendorField":{"kept":[1,2.5,null]}"#),
        "{add}"
    );
    bench.stop().await;
}

#[tokio::test]
async fn a_search_can_be_kept_to_one_server() {
    let bench = Bench::settled(&json!({ "a": fake(&[]), "b": fake(&[]) })).await;
    let everywhere = bench.fleet.search("add two numbers", 10, None);
    let of = |name: &str| {
        let servers = everywhere.iter().map(|found| found.tool.server.as_str());
        servers.filter(|server| *server == name).count()
    };
    assert!(of("a") > 0 && of("b") > 0);
    let only = bench.fleet.search("add two numbers", 10, Some("b"));
    assert!(!only.is_empty() && only.iter().all(|found| found.tool.server.as_str() == "b"));
    bench.stop().await;
}

#[tokio::test]
async fn a_removed_server_is_gone_from_everything() {
    let bench = Bench::settled(&json!({ "a": fake(&[]), "b": fake(&[]) })).await;
    bench.configure(&json!({ "b": fake(&[]) }));
    bench
        .until(|snapshot| server(snapshot, "a").is_none())
        .await;
    let catalog = bench.fleet.catalog();
    assert!(catalog.tool("a__add").is_none() && catalog.tool("b__add").is_some());
    let found = bench.fleet.search("add two numbers", 10, None);
    assert!(found.iter().all(|found| found.tool.server.as_str() == "b"));
    assert_eq!(bench.fleet.server_named("a"), None);
    bench.stop().await;
}

#[tokio::test]
async fn names_that_look_alike_get_their_own_slugs() {
    let servers =
        json!({ "my server": fake(&[]), "my_server": fake(&[]), "my.server": disabled(fake(&[])) });
    let bench = Bench::settled(&servers).await;
    bench.until_ready("my server").await;
    bench.until_ready("my_server").await;
    let snapshot = bench.fleet.snapshot();
    let slug = |name: &str| server(&snapshot, name).expect("it is shown").slug.clone();
    assert_eq!(
        slug("my_server"),
        "my_server",
        "the exact match keeps the name"
    );
    let other = slug("my server");
    assert!(
        other.starts_with("my_server-") && other != slug("my.server"),
        "{other}"
    );
    let named = bench.fleet.server_named(&other).expect("found by its slug");
    assert_eq!(named.as_str(), "my server");
    assert_eq!(bench.fleet.server_named("my server"), Some(named));
    let catalog = bench.fleet.catalog();
    for slug in ["my_server", &other] {
        assert!(catalog.tool(&format!("{slug}__echo")).is_some(), "{slug}");
    }
    bench.stop().await;
}

#[tokio::test]
async fn totals_tell_who_is_up() {
    let servers = json!({ "a": fake(&[]), "b": missing(), "c": disabled(missing()) });
    let bench = Bench::settled(&servers).await;
    let snapshot = bench.fleet.snapshot();
    let totals = snapshot.totals;
    assert_eq!((totals.servers, totals.ready, totals.not_ready), (3, 1, 1));
    assert_eq!(totals.processes, 1);
    assert_eq!(totals.tools, server(&snapshot, "a").expect("a").tools);
    bench.stop().await;
}

#[tokio::test]
async fn left_out_definitions_are_told() {
    let bench = Bench::settled(&json!({ "a": fake(&["--bad-tool"]) })).await;
    let status = bench.until_ready("a").await;
    assert_eq!(
        status.rejected_tools.len(),
        1,
        "{:?}",
        status.rejected_tools
    );
    assert!(
        status.rejected_tools[0].contains("broken"),
        "{:?}",
        status.rejected_tools
    );
    bench.stop().await;
}

#[tokio::test]
async fn news_follows_the_states() {
    let bench = Bench::run(&json!({}));
    let mut events = bench.fleet.events();
    bench.configure(&json!({ "a": fake(&[]), "b": missing() }));
    let is_now = |event: &Event, name: &str, wanted: &str| {
        matches!(event, Event::ServerState { server, state, .. }
            if server == name && state == wanted)
    };
    let reloaded = |event: &Event| *event == Event::ConfigReloaded { ok: true };
    let up = |event: &Event| is_now(event, "a", "ready");
    let down = |event: &Event| is_now(event, "b", "backing off");
    let tools = |event: &Event| matches!(event, Event::ToolsChanged { .. });
    let news = gather(&mut events, &[&reloaded, &up, &down, &tools]).await;
    let down = news.into_iter().find(down);
    let Some(Event::ServerState { problem, .. }) = down else {
        unreachable!("{down:?}")
    };
    let problem = problem.expect("why");
    assert!(problem.message.contains("no-such-program"), "{problem}");
    bench.stop().await;
}

#[tokio::test]
async fn news_of_tools_has_their_number() {
    let bench = Bench::run(&json!({ "a": fake(&["--bare", "--tools", "7"]) }));
    let mut events = bench.fleet.events();
    let tools = |event: &Event| matches!(event, Event::ToolsChanged { .. });
    let news = gather(&mut events, &[&tools]).await.pop();
    let (server, tools) = ("a".to_owned(), 7);
    assert_eq!(news, Some(Event::ToolsChanged { server, tools }));
    bench.stop().await;
}

#[tokio::test]
async fn revisions_only_grow() {
    let bench = Bench::run(&json!({ "a": fake(&[]) }));
    let mut snapshots = bench.fleet.watch();
    let mut last = snapshots.borrow_and_update().revision;
    loop {
        snapshots.changed().await.expect("the fleet is there");
        let snapshot = snapshots.borrow_and_update().clone();
        assert!(snapshot.revision > last);
        last = snapshot.revision;
        if is(&snapshot, "a", &ServerState::Ready) {
            break;
        }
    }
    bench.stop().await;
}

#[tokio::test]
async fn news_of_others_is_passed_on() {
    let bench = Bench::run(&json!({}));
    bench.fleet.report(Event::ConfigReloaded { ok: false });
    let mut events = bench.fleet.events();
    bench.fleet.report(Event::ConfigReloaded { ok: true });
    let first = events.recv().await.expect("news");
    assert_eq!(
        first,
        Event::ConfigReloaded { ok: true },
        "only what came after"
    );
    bench.stop().await;
}

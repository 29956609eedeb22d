//! Streams that a legacy client takes up again where it lost them.

use serde_json::json;

use super::events::{Events, Legacy, accepted, full, read};
use super::streams::grow;

const PATH: &str = "/mcp/server/a";
const NEWEST: &str = "2025-11-25";

#[tokio::test]
async fn only_the_newest_revision_begins_a_stream_with_an_id_alone() {
    let (bench, _) = full().await;
    for (revision, primes) in [("2025-03-26", false), ("2025-06-18", false), (NEWEST, true)] {
        let client = Legacy::open(&bench, PATH, revision).await;
        let answer = bench.open(client.call("count", &json!({ "to": 1 }))).await;
        let news = bench.open(client.get(None)).await;
        let mut events = Events::of(answer);
        let first = events.next().await.expect("an event");
        assert!(first.id.is_some(), "{revision}");
        assert_eq!(first.data.is_empty(), primes, "{revision}");
        if primes {
            let first = Events::of(news).next().await.expect("an event");
            assert!(first.id.is_some() && first.data.is_empty());
        }
    }
    bench.stop().await;
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_wherever_a_stream_breaks() {
    let (bench, _) = full().await;
    let client = Legacy::open(&bench, PATH, NEWEST).await;
    for lost_after in [1, 2, 7, 20] {
        let call = client.call("count", &json!({ "to": 20 }));
        let mut events = Events::of(bench.open(call).await);
        let mut all = Vec::new();
        for _ in 0..lost_after {
            all.push(events.next().await.expect("an event"));
        }
        drop(events);
        let last = all.last().and_then(|event| event.id.clone());
        let resumed = bench.open(client.get(last.as_deref())).await;
        all.extend(Events::of(resumed).rest().await);
        let messages: Vec<_> = all
            .iter()
            .filter(|event| !event.data.is_empty())
            .map(read)
            .collect();
        let (answer, progress) = messages.split_last().expect("messages");
        assert_eq!(answer["result"]["content"][0]["text"], "counted to 20");
        let steps: Vec<_> = progress
            .iter()
            .map(|message| message["params"]["progress"].as_u64().expect("a number"))
            .collect();
        assert!(steps.iter().copied().eq(1..=20), "{lost_after}: {steps:?}");
    }
    bench.stop().await;
}

#[tokio::test]
async fn an_answer_comes_on_the_stream_that_was_taken_up_in_the_middle_of_a_call() {
    let (bench, seen) = full().await;
    let client = Legacy::open(&bench, PATH, NEWEST).await;
    let mut events = Events::of(bench.open(client.call("ask", &json!({}))).await);
    events.next().await.expect("an id");
    let asked = events.next().await.expect("a question");
    let question = read(&asked);
    assert_eq!(question["method"], "elicitation/create");
    drop(events);
    let mut events = Events::of(bench.open(client.get(asked.id.as_deref())).await);
    let again = events.next().await.expect("an event");
    assert!(again.data.is_empty(), "the question is not asked twice");
    client.tell(&accepted(&question)).await;
    let answer = events.message().await;
    let text = answer["result"]["content"][0]["text"].as_str();
    assert!(text.expect("text").contains("yes"), "{answer}");
    assert!(events.next().await.is_none(), "an answer is the end");
    let cancelled = seen.notifications("notifications/cancelled");
    assert!(cancelled.is_empty(), "a lost connection cancels nothing");
    bench.stop().await;
}

#[tokio::test]
async fn who_takes_a_stream_up_ends_the_connection_that_had_it() {
    let (bench, _) = full().await;
    let client = Legacy::open(&bench, PATH, NEWEST).await;
    let mut old = Events::of(bench.open(client.call("ask", &json!({}))).await);
    let first = old.next().await.expect("an id");
    old.next().await.expect("a question");
    let mut new = Events::of(bench.open(client.get(first.id.as_deref())).await);
    assert!(old.next().await.is_none(), "each message goes one way only");
    new.next().await.expect("an id");
    client.tell(&accepted(&new.message().await)).await;
    assert!(new.message().await["result"].is_object());
    bench.stop().await;
}

#[tokio::test]
async fn a_stream_that_is_over_or_unknown_is_not_opened_again() {
    let (bench, _) = full().await;
    let client = Legacy::open(&bench, PATH, NEWEST).await;
    let counted = bench.open(client.call("count", &json!({ "to": 2 }))).await;
    let events = Events::of(counted).rest().await;
    let last = events.last().and_then(|event| event.id.as_deref());
    for over in [last.expect("an id"), "99-1"] {
        let answer = bench.send(client.get(Some(over))).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("allow")),
            (405, "POST")
        );
    }
    let other = Legacy::open(&bench, PATH, NEWEST).await;
    let foreign = bench.send(other.get(last)).await;
    assert_eq!(foreign.status, 405, "a stream belongs to its session");
    bench.stop().await;
}

#[tokio::test]
async fn who_missed_news_is_told_that_anything_may_have_changed() {
    let (bench, _) = full().await;
    let client = Legacy::open(&bench, "/mcp/all", "2025-06-18").await;
    let mut events = Events::of(bench.open(client.get(Some("news-3"))).await);
    for list in ["tools", "prompts", "resources"] {
        let method = format!("notifications/{list}/list_changed");
        assert_eq!(events.message().await["method"], method.as_str());
    }
    bench.stop().await;
}

#[tokio::test]
async fn news_are_told_on_one_stream_only() {
    let bench = super::Bench::new(json!({ "a": super::fake(&[]) })).await;
    let client = Legacy::open(&bench, "/mcp/all", "2025-06-18").await;
    let mut old = Events::of(bench.open(client.get(None)).await);
    let mut new = Events::of(bench.open(client.get(None)).await);
    grow(&bench).await;
    let changed = "notifications/tools/list_changed";
    assert_eq!(new.message().await["method"], changed);
    drop(new);
    grow(&bench).await;
    assert_eq!(
        old.next().await.expect("an event").id.as_deref(),
        Some("news-1")
    );
    bench.closing.cancel();
    assert!(
        old.next().await.is_none(),
        "what the other was told came once"
    );
    bench.stop().await;
}

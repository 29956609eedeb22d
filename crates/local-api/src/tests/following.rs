//! Streams: the state with its changes, and a log as it grows.

use axum::body::Body;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::{Bench, PATIENCE, fake, get};

/// The events of an answer, one by one.
struct Events {
    body: Body,
    text: String,
}

impl Events {
    async fn open(bench: &Bench, path: &str) -> Self {
        let response = bench.open(get(path)).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let (body, text) = (response.into_body(), String::new());
        Self { body, text }
    }

    /// The next event's name and data; `None` at the end.
    async fn next(&mut self) -> Option<(String, String)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
                let found = field("event: ").zip(field("data: "));
                let found = found.map(|(name, data)| (name.to_owned(), data.to_owned()));
                self.text = rest.to_owned();
                if found.is_some() {
                    return found;
                }
                continue;
            }
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await;
            let data = frame.expect("in time")?.expect("no error").into_data();
            self.text
                .push_str(std::str::from_utf8(&data.expect("data")).expect("text"));
        }
    }

    /// Reads on to an event of this name whose data is as wanted.
    async fn find(&mut self, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let search = async {
            loop {
                let (event, data) = self.next().await.expect("it goes on");
                let data = serde_json::from_str(&data).unwrap_or(Value::from(data));
                if event == name && wanted(&data) {
                    return data;
                }
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, search).await;
        in_time.expect("there is such an event")
    }
}

#[tokio::test]
async fn the_state_comes_first_then_its_changes_and_news() {
    let bench = Bench::new(&json!({})).await;
    let mut events = Events::open(&bench, "/api/v1/events").await;
    let (name, first) = events.next().await.expect("an event");
    assert_eq!(name, "snapshot");
    let first: Value = serde_json::from_str(&first).expect("JSON");
    assert_eq!(first["servers"], json!([]));

    let body = json!({ "name": "a", "entry": fake(&[]) });
    bench.post("/api/v1/servers", &body).await;
    let ready = |snapshot: &Value| snapshot["servers"][0]["state"] == "ready";
    let snapshot = events.find("snapshot", ready).await;
    assert!(snapshot["revision"].as_u64() > first["revision"].as_u64());

    let call = json!({ "name": "a__pid", "arguments": {} });
    bench.post("/api/v1/tools/call", &call).await;
    let news = events.find("news", |news| news["event"] == "call").await;
    assert_eq!(
        (&news["client"], &news["outcome"]),
        (&json!("local"), &json!("ok"))
    );
    assert_eq!(
        (&news["server"], &news["tool"]),
        (&json!("a"), &json!("pid"))
    );
    bench.api.closing.cancel();
    while events.next().await.is_some() {}
    bench.stop().await;
}

#[tokio::test]
async fn a_log_is_followed_as_it_grows() {
    let bench = Bench::new(&json!({ "a": fake(&["--stderr", "hello there"]) })).await;
    let mut events = Events::open(&bench, "/api/v1/servers/a/logs?follow=true&lines=1000").await;
    let says = |text: &'static str| move |line: &Value| line.to_string().contains(text);
    events.find("line", says("hello there")).await;
    bench.post("/api/v1/servers/a/restart", &json!({})).await;
    events.find("line", says("starting again")).await;
    events.find("line", says("hello there")).await;
    bench.api.closing.cancel();
    while events.next().await.is_some() {}
    bench.stop().await;
}

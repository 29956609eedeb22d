//! In which form an answer comes: JSON where it is all there is to say, else an event stream.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::events::{Events, Legacy, full, read};
use super::{Bench, message, modern, post};

const PATH: &str = "/mcp/server/a";
const BOTH: &str = "application/json, text/event-stream";

/// A call of `count` with progress, in one era or the other.
async fn count(bench: &Bench, era: &str, to: u64, accept: &str) -> Request<Body> {
    let params = json!({ "name": "count", "arguments": { "to": to } });
    let mut request = if era == "legacy" {
        let client = Legacy::open(bench, PATH, "2025-06-18").await;
        let mut params = params;
        params["_meta"] = json!({ "progressToken": 5 });
        client.post(&message("tools/call", &params), accept)
    } else {
        with_progress(modern(PATH, "tools/call", params)).await
    };
    let accept = accept.parse().expect("a value");
    request.headers_mut().insert("accept", accept);
    request
}

/// The same modern request, with a token for progress.
async fn with_progress(request: Request<Body>) -> Request<Body> {
    use http_body_util::BodyExt as _;
    let (parts, body) = request.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let mut body: Value = serde_json::from_slice(&body).expect("JSON");
    body["params"]["_meta"]["progressToken"] = 5.into();
    Request::from_parts(parts, body.to_string().into())
}

#[tokio::test]
async fn an_answer_with_nothing_before_it_is_json() {
    let (bench, _) = full().await;
    for era in ["legacy", "modern"] {
        let answer = bench.send(count(&bench, era, 0, BOTH).await).await;
        assert_eq!(answer.header("content-type"), "application/json", "{era}");
        let text = &answer.json()["result"]["content"][0]["text"];
        assert_eq!(text, "counted to 0", "{era}");
    }
    bench.stop().await;
}

#[tokio::test]
async fn what_comes_before_an_answer_makes_it_a_stream() {
    let (bench, _) = full().await;
    for era in ["legacy", "modern"] {
        let response = bench.open(count(&bench, era, 3, BOTH).await).await;
        let events = Events::of(response).rest().await;
        let methods: Vec<_> = events
            .iter()
            .map(|event| read(event)["method"].take())
            .collect();
        let progress = json!("notifications/progress");
        let expected = [progress.clone(), progress.clone(), progress, Value::Null];
        assert_eq!(methods, expected, "{era}");
        assert_eq!(read(&events[0])["params"]["progressToken"], 5);
        let has_ids = events.iter().all(|event| event.id.is_some());
        assert_eq!(has_ids, era == "legacy", "the modern era resumes nothing");
    }
    bench.stop().await;
}

#[tokio::test]
async fn who_takes_nothing_but_json_gets_the_answer_alone() {
    let (bench, _) = full().await;
    for era in ["legacy", "modern"] {
        let answer = bench
            .send(count(&bench, era, 3, "application/json").await)
            .await;
        assert_eq!(answer.header("content-type"), "application/json", "{era}");
        assert_eq!(
            answer.json()["result"]["content"][0]["text"],
            "counted to 3"
        );
    }
    let client = Legacy::open(&bench, PATH, "2025-06-18").await;
    let params = json!({ "name": "ask", "arguments": {} });
    let ask = client.post(&message("tools/call", &params), "application/json");
    let answer = bench.send(ask).await.json();
    let refused = answer.to_string();
    assert!(refused.contains("takes nothing but answers"), "{refused}");
    bench.stop().await;
}

#[tokio::test]
async fn what_a_client_reads_may_stand_in_several_headers_and_any_case() {
    let bench = Bench::new(json!({})).await;
    let params = super::events::initialize("2025-06-18");
    let send = async |accepts: &[&str]| {
        let headers: Vec<_> = accepts.iter().map(|value| ("accept", *value)).collect();
        let answer = bench
            .send(post("/mcp", &message("initialize", &params), &headers))
            .await;
        assert_eq!(answer.header("mcp-session-id").len(), 32, "{accepts:?}");
        answer.header("content-type").to_owned()
    };
    assert_eq!(send(&[]).await, "application/json");
    let lines = ["text/event-stream", "Application/JSON;q=0.9"];
    assert_eq!(send(&lines).await, "application/json");
    assert_eq!(send(&["*/*"]).await, "application/json");
    assert_eq!(send(&["text/event-stream"]).await, "text/event-stream");
    bench.stop().await;
}

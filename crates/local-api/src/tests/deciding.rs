//! Pausing, reviewing, amending, reverting, and what is remembered of it all.

use axum::body::Body;
use axum::http::Request;
use config::Edit;
use model::{Author, Snapshot};
use serde_json::{Value, json};

use super::{Bench, code, disabled, fake, post};

impl Bench {
    async fn put(&self, path: &str, body: &Value) -> (axum::http::StatusCode, Value) {
        let request = Request::put(path).header("content-type", "application/json");
        let request = request.body(Body::from(body.to_string()));
        self.send(request.expect("a request")).await
    }

    async fn call(&self, tool: &str) -> Value {
        let body = json!({ "name": tool, "arguments": { "secret": "hunter2" } });
        self.post("/api/v1/tools/call", &body).await.1
    }
}

/// A POST that says nothing more.
fn empty(path: &str) -> Request<Body> {
    let request = Request::post(path).header("content-type", "application/json");
    request.body(Body::empty()).expect("a request")
}

#[tokio::test]
async fn a_pause_begins_and_ends_and_a_person_may_still_try() {
    let bench = Bench::new(&json!({ "a": fake(&[]) })).await;
    bench.until_ready("a").await;
    let (status, pause) = bench.post("/api/v1/pause", &json!({ "minutes": 5 })).await;
    assert_eq!(status, 200);
    assert!(pause["until"].as_u64() > pause["since"].as_u64(), "{pause}");
    bench.until(|snapshot| snapshot.pause.is_some()).await;
    assert_eq!(bench.call("a__pid").await["result"]["isError"], json!(null));
    assert_eq!(bench.delete("/api/v1/pause").await.0, 204);
    bench.until(|snapshot| snapshot.pause.is_none()).await;
    let (status, pause) = bench.send(empty("/api/v1/pause")).await;
    assert_eq!((status.as_u16(), &pause["until"]), (200, &Value::Null));
    let (status, body) = bench.post("/api/v1/pause", &json!({ "minutes": 0 })).await;
    assert_eq!((status.as_u16(), code(&body)), (422, "invalid-pause"));
    bench.stop().await;
}

#[tokio::test]
async fn a_call_is_remembered_step_by_step_without_its_values() {
    let bench = Bench::new(&json!({ "a": fake(&[]) })).await;
    bench.until_ready("a").await;
    bench.call("a__pid").await;
    bench.call("a__none").await;
    let (_, page) = bench.get("/api/v1/activity?kind=call").await;
    let outcomes: Vec<&Value> = page["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| &item["outcome"])
        .collect();
    assert_eq!(outcomes, ["refused", "ok"]);
    let id = &page["items"][1]["id"];
    let (_, detail) = bench.get(&format!("/api/v1/activity/{id}")).await;
    assert!(!detail.to_string().contains("hunter2"), "{detail}");
    assert_eq!(detail["arguments"], "{secret: string(7)}");
    let steps = detail["steps"].as_array().expect("steps").iter();
    let steps: Vec<&str> = steps.filter_map(|step| step["step"].as_str()).collect();
    assert_eq!(
        steps,
        [
            "resolve",
            "authorize",
            "validate",
            "dispatch",
            "cleanse",
            "shorten"
        ]
    );
    let id = &page["items"][0]["id"];
    let (_, refused) = bench.get(&format!("/api/v1/activity/{id}")).await;
    assert_eq!(refused["refusal"]["code"], "unknown-tool");
    assert_eq!(refused["steps"][0]["passed"], false);
    let (_, next) = bench
        .get(&format!("/api/v1/activity?kind=call&before={id}&limit=1"))
        .await;
    assert_eq!(
        (next["items"][0]["outcome"].as_str(), &next["next"]),
        (Some("ok"), &Value::Null)
    );
    let (_, csv) = bench
        .get("/api/v1/activity/export?format=csv&outcome=ok")
        .await;
    assert_eq!(csv.as_str().expect("text").lines().count(), 2);
    assert_eq!(bench.get("/api/v1/activity/999").await.0, 404);
    let (_, stats) = bench.get("/api/v1/stats").await;
    assert_eq!(stats["hours"].as_array().expect("hours").len(), 24);
    assert_eq!(
        stats["cost"]["tools"],
        json!(bench.api.gateway.fleet().catalog().len())
    );
    bench.stop().await;
}

#[tokio::test]
async fn an_entry_is_amended_and_the_change_reverted() {
    let mut entry = disabled(fake(&[]));
    entry["env"] = json!({ "TOKEN": "very-secret", "MODE": "a" });
    let bench = Bench::new(&json!({ "a": entry })).await;
    let before = bench.file();
    let (_, detail) = bench.get("/api/v1/servers/a").await;
    let mut wanted = detail["config"].clone();
    wanted["env"]["MODE"] = "b".into();
    let (status, body) = bench
        .put("/api/v1/servers/a", &json!({ "entry": wanted }))
        .await;
    assert_eq!((status.as_u16(), &body["name"]), (200, &json!("a")));
    let env = json!({ "TOKEN": "very-secret", "MODE": "b" });
    assert_eq!(bench.file()["a"]["env"], env);
    let (_, changes) = bench.get("/api/v1/servers/a/changes").await;
    assert_eq!(
        (&changes[0]["kind"], &changes[0]["by"]["kind"]),
        (&json!("replaced"), &json!("person"))
    );
    assert!(!changes.to_string().contains("very-secret"), "{changes}");
    let revert = format!("/api/v1/changes/{}/revert", changes[0]["id"]);
    assert_eq!(bench.post(&revert, &json!({})).await.0, 200);
    assert_eq!(bench.file(), before);
    let (status, body) = bench.post(&revert, &json!({})).await;
    assert_eq!((status.as_u16(), code(&body)), (409, "changed-since"));
    assert_eq!(
        bench
            .get("/api/v1/changes")
            .await
            .1
            .as_array()
            .expect("changes")
            .len(),
        2
    );
    let wanted = json!({ "entry": { "command": "x", "env": { "NEW": "••••" } } });
    let (status, body) = bench.put("/api/v1/servers/a", &wanted).await;
    assert_eq!((status.as_u16(), code(&body)), (422, "invalid-entry"));
    assert!(body.to_string().contains("env.NEW"), "{body}");
    assert_eq!(bench.put("/api/v1/servers/none", &wanted).await.0, 404);
    bench.stop().await;
}

#[tokio::test]
async fn a_pasted_server_waits_until_a_person_accepts_it() {
    let bench = Bench::new(&json!({})).await;
    let text = json!({ "mcpServers": { "new": fake(&[]), "other": { "command": "x" } } });
    let body = json!({ "source": "link", "text": text.to_string() });
    let (status, items) = bench.post("/api/v1/review", &body).await;
    assert_eq!(status, 201);
    assert_eq!(
        (&items[0]["name"], &items[0]["configured"]),
        (&json!("new"), &json!(false))
    );
    bench.until(|snapshot| snapshot.review.len() == 2).await;
    assert_eq!(bench.file(), json!({}), "nothing runs before");
    let path = |n: usize| format!("/api/v1/review/{}", items[n]["id"].as_str().expect("an id"));
    let accept = format!("{}/accept", path(0));
    let (status, server) = bench.post(&accept, &json!({ "name": "mine" })).await;
    assert_eq!((status.as_u16(), &server["name"]), (200, &json!("mine")));
    bench.until_ready("mine").await;
    assert_eq!(bench.delete(&path(1)).await.0, 204);
    bench.until(|snapshot| snapshot.review.is_empty()).await;
    let (status, body) = bench.delete(&path(1)).await;
    assert_eq!((status.as_u16(), code(&body)), (404, "no-such-review"));
    let body = json!({ "source": "paste", "text": "" });
    assert_eq!(bench.post("/api/v1/review", &body).await.0, 422);
    bench.stop().await;
}

#[tokio::test]
async fn what_an_agent_wrote_is_enabled_by_its_review() {
    let bench = Bench::new(&json!({})).await;
    let add = Edit::Add {
        name: "theirs".to_owned(),
        entry: disabled(fake(&[])),
    };
    let config = bench.api.gateway.fleet().config();
    config
        .edit_by(Author::agent("Editor"), add)
        .await
        .expect("written");
    let waits = |snapshot: &Snapshot| snapshot.review.len() == 1;
    let item = bench.until(waits).await.review[0].clone();
    assert_eq!(
        (item.by.as_deref(), item.configured),
        (Some("Editor"), true)
    );
    let accept = empty(&format!("/api/v1/review/{}/accept", item.id));
    assert_eq!(bench.send(accept).await.0, 200);
    bench.until_ready("theirs").await;
    bench.until(|snapshot| snapshot.review.is_empty()).await;
    bench.stop().await;
}

#[tokio::test]
async fn only_an_attached_desktop_can_open_a_window() {
    let bench = Bench::new(&json!({})).await;
    let path = json!({ "path": "/review" });
    let (status, body) = bench.post("/api/v1/window", &path).await;
    assert_eq!((status.as_u16(), code(&body)), (409, "no-desktop"));
    let shell = bench.open(super::get("/api/v1/events?desktop=true")).await;
    bench.until(|snapshot| snapshot.desktop).await;
    assert_eq!(bench.post("/api/v1/window", &path).await.0, 204);
    let bad = json!({ "path": "//elsewhere" });
    assert_eq!(bench.post("/api/v1/window", &bad).await.0, 422);
    drop(shell);
    bench.until(|snapshot| !snapshot.desktop).await;
    bench.stop().await;
}

#[tokio::test]
async fn the_gateway_can_be_told_to_end() {
    let bench = Bench::new(&json!({})).await;
    let (status, _) = bench.send(post("/api/v1/shutdown", &json!({}))).await;
    assert_eq!(status, 204);
    assert!(bench.api.closing.is_cancelled());
    bench.stop().await;
}

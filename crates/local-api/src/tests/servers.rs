//! Servers: seen, added, removed, switched, restarted, read.

use model::{ServerDetail, ServerState, ServerStatus, Snapshot};
use serde_json::json;

use super::{Bench, code, disabled, fake};

#[tokio::test]
async fn status_and_list_are_of_one_mind() {
    let bench = Bench::new(&json!({ "b": fake(&[]), "a": disabled(fake(&[])) })).await;
    let (_, status) = bench.get("/api/v1/status").await;
    let snapshot: Snapshot = serde_json::from_value(status.clone()).expect("a snapshot");
    assert_eq!(snapshot, *bench.api.gateway.fleet().snapshot());
    let (_, list) = bench.get("/api/v1/servers").await;
    assert_eq!(list, status["servers"]);
    let labels: Vec<&str> = snapshot
        .servers
        .iter()
        .map(|server| server.state.label())
        .collect();
    assert_eq!(labels, ["ready", "disabled"]);
    bench.stop().await;
}

#[tokio::test]
async fn a_server_is_shown_in_full_and_its_secrets_are_not() {
    let mut entry = fake(&[]);
    entry["env"] = json!({ "TOKEN": "very-secret" });
    let bench = Bench::new(&json!({ "my server": entry })).await;
    for named in ["my%20server", "my_server"] {
        let (status, body) = bench.get(&format!("/api/v1/servers/{named}")).await;
        assert_eq!(status, 200);
        assert!(!body.to_string().contains("very-secret"), "{body}");
        let detail: ServerDetail = serde_json::from_value(body).expect("a detail");
        assert_eq!(
            (detail.status.name.as_str(), detail.status.slug.as_str()),
            ("my server", "my_server")
        );
        assert_eq!(detail.config["disabled"], false);
        assert!(
            detail.config["env"].get("TOKEN").is_some(),
            "its name is shown"
        );
        assert!(
            detail
                .instructions
                .expect("text")
                .starts_with("A scripted server.")
        );
        assert_eq!(detail.tools.len(), detail.status.tools);
        assert!(detail.tools.is_sorted_by_key(|tool| tool.name.clone()));
    }
    bench.stop().await;
}

#[tokio::test]
async fn an_unknown_server_is_unknown_everywhere() {
    let bench = Bench::new(&json!({})).await;
    for action in ["enable", "disable", "restart"] {
        let (status, body) = bench
            .post(&format!("/api/v1/servers/x/{action}"), &json!({}))
            .await;
        assert_eq!(
            (status.as_u16(), code(&body)),
            (404, "no-such-server"),
            "{action}"
        );
    }
    for path in [
        "servers/x",
        "servers/x/logs",
        "tools?server=x",
        "tools?query=a&server=x",
    ] {
        let (status, body) = bench.get(&format!("/api/v1/{path}")).await;
        assert_eq!(
            (status.as_u16(), code(&body)),
            (404, "no-such-server"),
            "{path}"
        );
    }
    let (status, body) = bench.delete("/api/v1/servers/x").await;
    assert_eq!((status.as_u16(), code(&body)), (404, "no-such-server"));
    assert_eq!(body["error"]["message"], "There is no server named `x`.");
    assert_eq!(
        body["error"]["fix"],
        "See `toolgate servers list` for those there are."
    );
    bench.stop().await;
}

#[tokio::test]
async fn an_added_server_is_in_the_file_and_comes_up() {
    let bench = Bench::new(&json!({})).await;
    let body = json!({ "name": "new one", "entry": fake(&[]) });
    let (status, answer) = bench.post("/api/v1/servers", &body).await;
    assert_eq!(status, 201);
    let added: ServerStatus = serde_json::from_value(answer).expect("a status");
    assert_eq!(
        (added.name.as_str(), added.slug.as_str()),
        ("new one", "new_one")
    );
    assert_eq!(bench.file()["new one"], fake(&[]));
    bench.until_ready("new one").await;
    bench.stop().await;
}

#[tokio::test]
async fn what_cannot_be_added_is_refused_with_the_reason() {
    let bench = Bench::new(&json!({ "a": disabled(fake(&[])) })).await;
    let before = bench.file();
    for (name, entry, expected) in [
        ("a", fake(&[]), (409, "server-exists")),
        ("", fake(&[]), (422, "invalid-entry")),
        ("b", json!({ "neither": 1 }), (422, "invalid-entry")),
        ("b", json!("npx"), (422, "invalid-entry")),
    ] {
        let body = json!({ "name": name, "entry": entry });
        let (status, answer) = bench.post("/api/v1/servers", &body).await;
        assert_eq!((status.as_u16(), code(&answer)), expected, "{body}");
        let said = answer["error"]["message"].as_str().expect("a message");
        assert!(
            said.starts_with("The configuration was not changed: "),
            "{said}"
        );
    }
    assert_eq!(bench.file(), before);
    bench.stop().await;
}

#[tokio::test]
async fn a_removed_server_is_gone_at_once() {
    let bench = Bench::new(&json!({ "a": fake(&[]), "b": disabled(fake(&[])) })).await;
    let (status, body) = bench.delete("/api/v1/servers/a").await;
    assert_eq!((status.as_u16(), body), (204, json!(null)));
    let (_, list) = bench.get("/api/v1/servers").await;
    assert_eq!(list.as_array().expect("servers").len(), 1);
    assert_eq!(bench.file(), json!({ "b": disabled(fake(&[])) }));
    bench.stop().await;
}

#[tokio::test]
async fn switching_answers_with_what_came_of_it() {
    let bench = Bench::new(&json!({ "a": fake(&[]) })).await;
    let (status, off) = bench.post("/api/v1/servers/a/disable", &json!({})).await;
    let off: ServerStatus = serde_json::from_value(off).expect("a status");
    assert_eq!(
        (status.as_u16(), off.state, off.pid),
        (200, ServerState::Disabled, None)
    );
    assert_eq!(bench.file()["a"]["disabled"], true);
    let (_, on) = bench.post("/api/v1/servers/a/enable", &json!({})).await;
    let on: ServerStatus = serde_json::from_value(on).expect("a status");
    assert_ne!(on.state, ServerState::Disabled);
    bench.until_ready("a").await;
    let (status, again) = bench.post("/api/v1/servers/a/enable", &json!({})).await;
    assert_eq!((status.as_u16(), &again["state"]), (200, &json!("ready")));
    bench.stop().await;
}

#[tokio::test]
async fn a_restart_answers_once_it_has_begun() {
    let bench = Bench::new(&json!({ "a": fake(&[]), "off": disabled(fake(&[])) })).await;
    let (status, body) = bench.post("/api/v1/servers/a/restart", &json!({})).await;
    let restarted: ServerStatus = serde_json::from_value(body).expect("a status");
    assert_eq!((status.as_u16(), restarted.starts), (200, 2));
    let (status, body) = bench.post("/api/v1/servers/off/restart", &json!({})).await;
    assert_eq!((status.as_u16(), code(&body)), (409, "server-disabled"));
    assert_eq!(body["error"]["message"], "`off` is disabled.");
    bench.stop().await;
}

#[tokio::test]
async fn a_log_is_read_from_its_end() {
    let bench = Bench::new(&json!({ "a": fake(&["--stderr", "hello there"]) })).await;
    let (status, body) = bench.get("/api/v1/servers/a/logs").await;
    assert_eq!(status, 200);
    let lines = body["lines"].as_array().expect("lines");
    assert!(
        body.to_string().contains("hello there") && lines.len() > 1,
        "{body}"
    );
    let (_, one) = bench.get("/api/v1/servers/a/logs?lines=1").await;
    assert_eq!(
        one["lines"].as_array().expect("lines"),
        &lines[lines.len() - 1..]
    );
    let (status, _) = bench.get("/api/v1/servers/a/logs?lines=many").await;
    assert_eq!(status, 400);
    bench.stop().await;
}

//! The settings as a form.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use super::{Bench, code};

async fn patch(bench: &Bench, body: &Value) -> (StatusCode, Value) {
    let request = Request::patch("/api/v1/settings").header("content-type", "application/json");
    let request = request.body(Body::from(body.to_string()));
    bench.send(request.expect("a request")).await
}

fn value<'p>(page: &'p Value, key: &str) -> &'p Value {
    let settings = page["settings"].as_array().expect("settings");
    let found = settings.iter().find(|setting| setting["key"] == key);
    &found.unwrap_or_else(|| panic!("{key} in {page}"))["value"]
}

#[tokio::test]
async fn a_change_is_live_at_once_and_null_takes_it_back() {
    let bench = Bench::new(&json!({})).await;
    let (status, page) = bench.get("/api/v1/settings").await;
    assert_eq!(status, 200, "{page}");
    assert_eq!(value(&page, "readOnly"), false);
    assert!(
        page["path"]
            .as_str()
            .is_some_and(|path| path.ends_with("config.json"))
    );
    let (status, page) = patch(&bench, &json!({"readOnly": true, "logs.maxFiles": 3})).await;
    assert_eq!(status, 200, "{page}");
    assert_eq!(
        (value(&page, "readOnly"), value(&page, "logs.maxFiles")),
        (&json!(true), &json!(3))
    );
    let fleet = bench.api.gateway.fleet();
    assert!(fleet.config().current().settings.read_only);
    let (_, page) = patch(&bench, &json!({"readOnly": null})).await;
    assert_eq!(value(&page, "readOnly"), false);
    bench.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_written() {
    let bench = Bench::new(&json!({})).await;
    let path = bench.folder.path().join("config.json");
    let before = std::fs::read_to_string(&path).expect("a file");
    for (body, named) in [
        (json!({"readOnly": true, "callTimeout": 0}), "callTimeout"),
        (json!({"logs.level": "loud"}), "logs.level"),
        (json!({"listen": "0.0.0.0:80"}), "listen"),
        (json!({"nonsense": 1}), "nonsense"),
        (json!({"mcpServers": {}}), "mcpServers"),
    ] {
        let (status, answer) = patch(&bench, &body).await;
        assert_eq!(
            (status.as_u16(), code(&answer)),
            (422, "invalid-setting"),
            "{answer}"
        );
        let message = answer["error"]["message"].as_str().expect("a message");
        assert!(message.contains(named), "{message}");
    }
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), before);
    bench.stop().await;
}

//! What a person decides.

use axum::extract::Request;
use axum::routing::{delete, patch};
use model::AcceptReview;

use super::*;

/// Answers with a server whose target says what was asked.
async fn seen(request: Request) -> Json<Value> {
    assert_eq!(request.headers()[header::CONTENT_TYPE], "application/json");
    let path = request.uri().path().to_owned();
    let body = axum::body::to_bytes(request.into_body(), 1_000).await;
    let body = String::from_utf8_lossy(&body.expect("a body")).into_owned();
    Json(json!({
        "name": "s", "slug": "s", "state": "ready", "since": 1, "transport": "stdio",
        "target": format!("{path} {body}"), "starts": 1, "tools": 0, "calls": 0,
    }))
}

async fn parse(Json(body): Json<Value>) -> Json<Value> {
    let evidence = json!({
        "transport": "stdio", "target": body["text"], "env": [], "headers": [], "cwd": null,
        "warnings": [],
    });
    Json(json!({"servers": [{
        "name": "s", "entry": {}, "shown": {}, "evidence": evidence, "exists": true,
        "problem": null,
    }]}))
}

async fn changes(Path(name): Path<String>) -> Json<Value> {
    Json(json!([{
        "id": 4, "at": 1, "by": {"kind": "agent", "name": "a"}, "server": name,
        "kind": "removed", "before": {}, "after": null,
    }]))
}

async fn set(headers: HeaderMap, Json(body): Json<Value>) -> Json<Value> {
    assert_eq!(headers[header::CONTENT_TYPE], "application/json");
    Json(json!({"path": "/c", "settings": [{
        "key": "logs.level", "kind": "choice", "choices": ["info"], "value": body["logs.level"],
        "default": "info", "description": "D.", "restart": true,
    }]}))
}

fn api() -> Router {
    let gone = || async { StatusCode::NO_CONTENT };
    Router::new()
        .route("/api/v1/servers/parse", post(parse))
        .route("/api/v1/review/{id}/accept", post(seen))
        .route("/api/v1/review/{id}", delete(gone))
        .route("/api/v1/servers/{name}/changes", get(changes))
        .route("/api/v1/changes/1/revert", post(seen))
        .route("/api/v1/changes/2/revert", post(|| async { "null" }))
        .route("/api/v1/settings", patch(set))
        .route("/api/v1/servers/{name}/sign-in", delete(gone))
}

async fn client() -> (Fake, Client) {
    let fake = Fake::start(api());
    let client = Client::connect(&fake.socket()).await.expect("connects");
    (fake, client)
}

#[tokio::test]
async fn text_is_sent_as_it_is_and_servers_come_back() {
    let (_fake, client) = client().await;
    let found = client.parse_servers("npx -y x").await.expect("servers");
    assert_eq!((found.len(), found[0].exists), (1, true));
    assert_eq!(found[0].evidence.target, "npx -y x");
}

#[tokio::test]
async fn a_review_is_accepted_under_another_name_or_dismissed() {
    let (_fake, client) = client().await;
    let accept = AcceptReview {
        name: Some("b".into()),
        entry: None,
    };
    let added = client.accept_review("a b", &accept).await.expect("added");
    assert_eq!(
        added.target,
        r#"/api/v1/review/a%20b/accept {"name":"b","entry":null}"#
    );
    client.dismiss_review("a b").await.expect("dismissed");
}

#[tokio::test]
async fn a_revert_ends_with_a_server_or_without_one() {
    let (_fake, client) = client().await;
    let changes = client.changes("s").await.expect("changes");
    assert_eq!((changes[0].id, changes[0].server.as_str()), (4, "s"));
    let back = client.revert(1).await.expect("reverted").expect("a server");
    assert_eq!(back.target, "/api/v1/changes/1/revert ");
    assert_eq!(client.revert(2).await.expect("reverted"), None);
}

#[tokio::test]
async fn one_setting_is_changed_by_its_key() {
    let (_fake, client) = client().await;
    let page = client.set_setting("logs.level", json!("debug")).await;
    assert_eq!(page.expect("a page").settings[0].value, "debug");
}

#[tokio::test]
async fn a_sign_in_is_called_off() {
    let (_fake, client) = client().await;
    client.sign_out("a/b").await.expect("forgotten");
}

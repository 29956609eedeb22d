//! What happened.

use super::*;

async fn activity(Query(query): Query<Vec<(String, String)>>) -> Json<Value> {
    let asked: Vec<_> = query.iter().map(|(k, v)| format!("{k}={v}")).collect();
    Json(json!({"items": [{
        "id": 1, "at": 1, "kind": "call", "client": "c", "server": "s", "tool": "t",
        "outcome": "timed-out", "millis": 5, "text": asked.join(" "),
    }], "next": 1}))
}

fn api() -> Router {
    let contents = json!([{"name": "a", "description": "A.", "bytes": 3}]);
    Router::new()
        .route("/api/v1/activity", get(activity))
        .route("/api/v1/logs/gateway", get(log))
        .route(
            "/api/v1/support-bundle",
            get(|| async { &b"PK\x00\xff"[..] }),
        )
        .route(
            "/api/v1/support-bundle/contents",
            get(move || async move { Json(contents.clone()) }),
        )
        .route(
            "/api/v1/stats",
            get(|| async {
                Json(json!({"hours": [], "cost": {"menu_tokens": 1, "all_tokens": 9, "tools": 2}}))
            }),
        )
}

async fn client() -> (Fake, Client) {
    let fake = Fake::start(api());
    let client = Client::connect(&fake.socket()).await.expect("connects");
    (fake, client)
}

#[tokio::test]
async fn activities_are_asked_for_by_what_matters() {
    let (_fake, client) = client().await;
    let mut query = ActivityQuery {
        server: Some("a b"),
        limit: 7,
        ..ActivityQuery::default()
    };
    let page = client.activity(&query).await.expect("a page");
    assert_eq!(page.items[0].text.as_deref(), Some("server=a b limit=7"));
    (query.server, query.client, query.before) = (None, Some("c&d"), Some(3));
    let page = client.activity(&query).await.expect("a page");
    assert_eq!(
        page.items[0].text.as_deref(),
        Some("client=c&d before=3 limit=7")
    );
}

#[tokio::test]
async fn the_gateway_has_a_log_of_its_own() {
    let (_fake, client) = client().await;
    let lines = client.gateway_log(3).await.expect("lines").lines;
    assert_eq!(lines, ["lines=3"]);
    let lines: Vec<_> = client
        .follow_gateway_log(3)
        .await
        .expect("a stream")
        .map(|line| line.expect("a line"))
        .collect()
        .await;
    assert_eq!(lines, ["a: b", ""]);
}

#[tokio::test]
async fn the_bundle_comes_byte_for_byte() {
    let (_fake, client) = client().await;
    let bytes = client.support_bundle().await.expect("an archive");
    assert_eq!(&bytes[..], b"PK\x00\xff");
    let contents = client.support_bundle_contents().await.expect("a list");
    assert_eq!((contents[0].name.as_str(), contents[0].bytes), ("a", 3));
}

#[tokio::test]
async fn the_cost_of_tools_is_known() {
    let (_fake, client) = client().await;
    let cost = client.stats().await.expect("numbers").cost;
    assert_eq!((cost.menu_tokens, cost.all_tokens, cost.tools), (1, 9, 2));
}

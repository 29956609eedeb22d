//! Tokens of clients.

use axum::routing::delete;
use model::NewClientToken;

use super::*;

fn token(id: &str) -> Value {
    json!({ "id": id, "name": "VS Code", "created_at": 1 })
}

async fn issue(headers: HeaderMap, Json(body): Json<Value>) -> Json<Value> {
    assert_eq!(headers[header::CONTENT_TYPE], "application/json");
    let mut issued = token("new");
    issued["token"] = "tg_1".into();
    issued["tools"] = body["tools"].clone();
    Json(issued)
}

#[tokio::test]
async fn tokens_are_listed_made_and_revoked() {
    let api = Router::new()
        .route(
            "/api/v1/tokens",
            get(|| async { Json(json!([token("one")])) }).post(issue),
        )
        .route(
            "/api/v1/tokens/{id}",
            delete(|Path(id): Path<String>| async move {
                assert_eq!(id, "a b");
                StatusCode::NO_CONTENT
            }),
        );
    let fake = Fake::start(api);
    let client = Client::connect(&fake.socket()).await.expect("connects");
    let listed = client.tokens().await.expect("listed");
    assert_eq!((listed.len(), listed[0].id.as_str()), (1, "one"));
    let wanted = NewClientToken {
        name: "VS Code".into(),
        tools: Some(vec!["a__*".into()]),
        ..NewClientToken::default()
    };
    let issued = client.issue_token(&wanted).await.expect("made");
    assert_eq!(issued.token, "tg_1");
    assert_eq!(issued.client.tools, wanted.tools);
    client.revoke_token("a b").await.expect("revoked");
}

//! Tokens of clients, made and revoked by a person.

use axum::http::StatusCode;
use model::{ClientToken, IssuedToken};
use serde_json::json;

use super::{Bench, code, disabled, fake};

#[tokio::test]
async fn a_token_is_told_once_and_listed_without_its_secret() {
    let bench = Bench::new(&json!({ "A Server": disabled(fake(&[])) })).await;
    assert_eq!(bench.get("/api/v1/tokens").await.1, json!([]));
    let slug = &bench.api.gateway.fleet().snapshot().servers[0].slug.clone();
    let wanted = json!({ "name": "VS Code", "servers": [slug], "tools": [format!("{slug}__*")] });
    let (status, issued) = bench.post("/api/v1/tokens", &wanted).await;
    assert_eq!(status, StatusCode::CREATED, "{issued}");
    let issued: IssuedToken = serde_json::from_value(issued).expect("a token");
    assert_eq!(issued.client.servers, Some(vec!["A Server".to_owned()]));
    let (_, listed) = bench.get("/api/v1/tokens").await;
    assert!(!listed.to_string().contains(&issued.token), "{listed}");
    let listed: Vec<ClientToken> = serde_json::from_value(listed).expect("tokens");
    assert_eq!(listed, std::slice::from_ref(&issued.client));
    let snapshot = bench.api.gateway.fleet().snapshot();
    assert_eq!(snapshot.tokens, listed);
    let path = format!("/api/v1/tokens/{}", issued.client.id);
    assert_eq!(bench.delete(&path).await.0, StatusCode::NO_CONTENT);
    assert_eq!(bench.get("/api/v1/tokens").await.1, json!([]));
    let (status, again) = bench.delete(&path).await;
    assert_eq!((status.as_u16(), code(&again)), (404, "no-such-token"));
    bench.stop().await;
}

#[tokio::test]
async fn a_token_that_makes_no_sense_is_not_made() {
    let bench = Bench::new(&json!({})).await;
    bench
        .post("/api/v1/tokens", &json!({ "name": "taken" }))
        .await;
    for (wanted, expected) in [
        (json!({}), (422, "invalid-token")),
        (json!({ "name": " " }), (422, "invalid-token")),
        (
            json!({ "name": "a", "expires_at": 1 }),
            (422, "invalid-token"),
        ),
        (json!({ "name": "a", "tools": [] }), (422, "invalid-token")),
        (
            json!({ "name": "a", "servers": ["none"] }),
            (404, "no-such-server"),
        ),
        (json!({ "name": "Taken" }), (409, "token-exists")),
    ] {
        let (status, answer) = bench.post("/api/v1/tokens", &wanted).await;
        assert_eq!((status.as_u16(), code(&answer)), expected, "{wanted}");
    }
    bench.stop().await;
}

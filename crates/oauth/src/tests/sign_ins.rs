//! Sign-ins that succeed, and what is sent on the way.

use serde_json::json;

use super::fake::{Fake, Traits};
use super::*;
use crate::SignInError;

#[tokio::test]
async fn a_refused_request_leads_to_a_token() {
    let fake = Fake::start(Traits::default()).await;
    let (authorizer, it) = (obedient(), plain(&fake));
    assert_eq!(authorizer.token(&it).await, Ok(None));
    let token = authorizer.answer(&it, first(&fake)).await;
    assert_eq!(token, Ok(Secret::new("access-1")));
    assert_eq!(
        authorizer.token(&it).await,
        Ok(Some(Secret::new("access-1")))
    );

    let registered = &fake.seen("register")[0];
    assert_eq!(registered["application_type"], "native");
    assert_eq!(registered["client_name"], "Toolgate");
    let asked = &fake.seen("authorize")[0];
    assert_eq!(asked["code_challenge_method"], "S256");
    assert_eq!(asked["resource"], fake.at("/mcp"));
    assert!(asked["redirect_uri"].starts_with("http://127.0.0.1:"));
    assert!(registered["redirect_uris"].contains(&asked["redirect_uri"]));
    assert!(!asked.contains_key("scope"), "nothing was named");
    let bought = &fake.seen("token")[0];
    assert_eq!(bought["resource"], fake.at("/mcp"));
    assert_eq!(bought["code"], "code-hush");
    assert_eq!(bought["redirect_uri"], asked["redirect_uri"]);
}

#[tokio::test]
async fn each_sign_in_has_a_way_back_of_its_own() {
    let fake = Fake::start(Traits::default()).await;
    let (authorizer, it) = (obedient(), plain(&fake));
    for _ in 0..2 {
        authorizer.sign_in(&it).await.expect("signed in");
    }
    let path = |n: usize| {
        let url: Url = fake.seen("authorize")[n]["redirect_uri"]
            .parse()
            .expect("a URL");
        url.path().to_owned()
    };
    assert_ne!(path(0), path(1));
}

#[tokio::test]
async fn what_the_refusal_names_comes_before_what_the_description_names() {
    let fake = Fake::start(Traits {
        resource: json!({"scopes_supported": ["described"]}),
        metadata: json!({"scopes_supported": ["everything", "offline_access"]}),
        ..Traits::default()
    })
    .await;
    for (challenged, configured, expected) in [
        ("b a", &[][..], "b a offline_access"),
        ("a", &["c"], "a c offline_access"),
        ("", &["c"], "c offline_access"),
        ("", &[], "described offline_access"),
    ] {
        let identity = ClientIdentity {
            scopes: configured.iter().map(|&scope| scope.to_owned()).collect(),
            ..ClientIdentity::default()
        };
        let it = resource(&fake, identity);
        let refused = refusal(&fake, Need::Token, None, challenged);
        obedient().answer(&it, refused).await.expect("signed in");
        let asked = fake.seen("authorize").pop().expect("asked");
        assert_eq!(asked["scope"], expected);
    }
}

#[tokio::test]
async fn a_client_registered_by_hand_is_used_before_any_other() {
    let fake = Fake::start(Traits {
        metadata: json!({"client_id_metadata_document_supported": true}),
        ..Traits::default()
    })
    .await;
    let document = "https://toolgate.example/client.json";
    let mut identity = ClientIdentity {
        client_id: Some("by-hand".to_owned()),
        metadata_url: Some(document.parse().expect("a URL")),
        ..ClientIdentity::default()
    };
    for expected in ["by-hand", document] {
        let it = resource(&fake, identity.clone());
        obedient()
            .answer(&it, first(&fake))
            .await
            .expect("signed in");
        let asked = fake.seen("authorize").pop().expect("asked");
        assert_eq!(asked["client_id"], expected);
        assert!(
            asked["redirect_uri"].ends_with("/callback"),
            "as registered"
        );
        identity.client_id = None;
    }
    assert!(fake.seen("register").is_empty());
}

#[tokio::test]
async fn a_document_is_no_id_where_it_is_not_taken() {
    let fake = Fake::start(Traits::default()).await;
    let identity = ClientIdentity {
        metadata_url: Some("https://toolgate.example/c.json".parse().expect("a URL")),
        ..ClientIdentity::default()
    };
    let it = resource(&fake, identity);
    obedient()
        .answer(&it, first(&fake))
        .await
        .expect("signed in");
    assert_eq!(fake.seen("authorize")[0]["client_id"], "client-1");
}

#[tokio::test]
async fn more_scope_is_asked_for_together_with_what_there_was() {
    let fake = Fake::start(Traits::default()).await;
    let (authorizer, it) = (obedient(), plain(&fake));
    let refused = refusal(&fake, Need::Token, None, "read");
    let token = authorizer.answer(&it, refused).await.ok();
    let more = refusal(&fake, Need::MoreScope, token, "write");
    let token = authorizer.answer(&it, more).await.ok();
    assert_eq!(token, Some(Secret::new("access-2")));
    assert_eq!(fake.seen("authorize")[1]["scope"], "read write");

    let again = refusal(&fake, Need::MoreScope, token, "write");
    let scopes = vec!["write".to_owned()];
    let refused = authorizer.answer(&it, again).await;
    assert_eq!(refused, Err(SignInError::ScopeRefused { scopes }));
    assert_eq!(
        fake.seen("authorize").len(),
        2,
        "it is not asked for in vain"
    );
}

#[tokio::test]
async fn a_server_that_publishes_nothing_is_tried_at_the_usual_addresses() {
    let traits = Traits {
        is_silent: true,
        callback: json!({"iss": null}),
        ..Traits::default()
    };
    let fake = Fake::start(traits).await;
    let mut refused = first(&fake);
    refused.challenge.resource_metadata = None;
    let token = obedient().answer(&plain(&fake), refused).await;
    assert_eq!(token, Ok(Secret::new("access-1")));
}

#[tokio::test]
async fn one_tab_opens_however_many_requests_wait() {
    let fake = Fake::start(Traits::default()).await;
    let (browser, mut opened) = handed();
    let (authorizer, it) = (authorizer(browser), plain(&fake));
    let one = || authorizer.answer(&it, first(&fake));
    let person = async {
        let url = opened.recv().await.expect("a tab");
        client().get(url).send().await.expect("signed in")
    };
    let (a, b, c, page) = tokio::join!(one(), one(), one(), person);
    for token in [a, b, c] {
        assert_eq!(token, Ok(Secret::new("access-1")));
    }
    assert_eq!(page.status(), 200);
    let page = page.text().await.expect("a page");
    assert!(page.contains("Signed in") && page.contains("it"), "{page}");
    assert!(opened.try_recv().is_err());
    // One that was on its way meanwhile is served from what there is now.
    assert_eq!(one().await, Ok(Secret::new("access-1")));
}

#[tokio::test]
async fn a_client_that_may_have_tokens_for_itself_needs_no_person() {
    let fake = Fake::start(Traits {
        metadata: json!({
            "grant_types_supported": ["client_credentials"],
            "code_challenge_methods_supported": null,
        }),
        token: json!({"refresh_token": null}),
        ..Traits::default()
    })
    .await;
    let it = resource(
        &fake,
        ClientIdentity {
            client_id: Some("machine".to_owned()),
            client_secret: Some(Secret::new("quiet")),
            ..ClientIdentity::default()
        },
    );
    let authorizer = by_order();
    let refused = refusal(&fake, Need::Token, None, "read");
    let token = authorizer.answer(&it, refused).await;
    assert_eq!(token, Ok(Secret::new("access-1")));
    let bought = &fake.seen("token")[0];
    assert_eq!(bought["grant_type"], "client_credentials");
    assert_eq!(bought["scope"], "read");
    assert_eq!(bought["resource"], fake.at("/mcp"));
    assert!(fake.seen("authorize").is_empty());

    let both = json!(["client_credentials", "authorization_code"]);
    fake.change(|traits| traits.metadata = json!({"grant_types_supported": both}));
    let refused = refusal(&fake, Need::Token, token.ok(), "");
    let refused = authorizer.answer(&it, refused).await;
    assert_eq!(
        refused,
        Err(SignInError::PersonNeeded),
        "it is for persons too"
    );
}

#[tokio::test]
async fn nothing_opens_without_an_order() {
    let fake = Fake::start(Traits::default()).await;
    let authorizer = by_order();
    let it = plain(&fake);
    let refused = authorizer.answer(&it, first(&fake)).await;
    assert_eq!(refused, Err(SignInError::PersonNeeded));
    assert!(fake.seen("describe").is_empty());
    assert_eq!(authorizer.sign_in(&it).await, Ok(()));
    let token = authorizer.answer(&it, first(&fake)).await;
    assert_eq!(token, Ok(Secret::new("access-1")));
}

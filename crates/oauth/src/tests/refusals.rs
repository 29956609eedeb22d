//! Sign-ins that must not succeed.

use serde_json::{Value, json};

use super::fake::{Fake, Traits};
use super::*;
use crate::SignInError;

async fn failing(traits: Traits) -> (Fake, SignInError) {
    let fake = Fake::start(traits).await;
    let outcome = obedient().answer(&plain(&fake), first(&fake)).await;
    let error = outcome.expect_err("no token");
    assert!(fake.seen("token").is_empty(), "no code was sold: {error}");
    (fake, error)
}

async fn with_metadata(metadata: Value) -> (Fake, SignInError) {
    failing(Traits {
        metadata,
        ..Traits::default()
    })
    .await
}

async fn with_callback(callback: Value) -> (Fake, SignInError) {
    failing(Traits {
        callback,
        ..Traits::default()
    })
    .await
}

#[tokio::test]
async fn without_pkce_nobody_is_sent_anywhere() {
    for methods in [json!(null), json!(["plain"]), json!([])] {
        let (fake, error) =
            with_metadata(json!({"code_challenge_methods_supported": methods})).await;
        let issuer = fake.at("");
        assert_eq!(error, SignInError::PkceMissing { issuer });
        assert!(fake.seen("register").is_empty());
        assert!(fake.seen("authorize").is_empty());
    }
}

#[tokio::test]
async fn metadata_of_another_issuer_is_not_used() {
    let other = "https://evil.example";
    let (fake, error) = with_metadata(json!({"issuer": other})).await;
    assert!(
        matches!(&error, SignInError::WrongIssuer { received, .. } if received == other),
        "{error}"
    );
    assert!(fake.seen("authorize").is_empty());
    let (_, error) = with_metadata(json!({"issuer": null})).await;
    assert!(matches!(error, SignInError::WrongIssuer { .. }), "{error}");
}

#[tokio::test]
async fn a_description_of_another_server_is_not_used() {
    let (fake, error) = failing(Traits {
        resource: json!({"resource": "https://evil.example/mcp"}),
        ..Traits::default()
    })
    .await;
    assert!(matches!(error, SignInError::Metadata { .. }), "{error}");
    assert!(fake.seen("authorize").is_empty());
}

#[tokio::test]
async fn a_code_from_another_issuer_is_not_sold() {
    let (fake, error) = with_callback(json!({"iss": "https://evil.example"})).await;
    let (expected, received) = (fake.at(""), "https://evil.example".to_owned());
    assert_eq!(error, SignInError::WrongIssuer { expected, received });
    // Not even a slash may differ (RFC 9207 section 2.4).
    let (_, error) = with_callback(json!({"iss": "{base}/"})).await;
    assert!(matches!(error, SignInError::WrongIssuer { .. }), "{error}");
}

#[tokio::test]
async fn an_issuer_that_was_promised_must_come() {
    let (fake, error) = with_callback(json!({"iss": null})).await;
    let (expected, received) = (fake.at(""), "nobody".to_owned());
    assert_eq!(error, SignInError::WrongIssuer { expected, received });
}

#[tokio::test]
async fn a_no_is_told_in_the_providers_words() {
    let refused = json!({"code": null, "error": "access_denied", "error_description": "Not\nyou."});
    let (_, error) = with_callback(refused).await;
    let reason = "access_denied: Not you".to_owned();
    assert_eq!(error, SignInError::Denied { reason });
    assert!(error.needs_person());
    let forged = json!({"code": null, "error": "access_denied", "iss": "https://evil.example"});
    let (_, error) = with_callback(forged).await;
    assert!(matches!(error, SignInError::WrongIssuer { .. }), "{error}");
    let (_, error) = with_callback(json!({"code": null})).await;
    assert!(matches!(error, SignInError::Denied { .. }), "{error}");
}

#[tokio::test]
async fn addresses_without_tls_elsewhere_are_not_used() {
    for (field, address) in [
        ("authorization_endpoint", "http://evil.example/authorize"),
        ("authorization_endpoint", "javascript:alert(1)"),
        ("token_endpoint", "http://evil.example/token"),
        ("registration_endpoint", "file:///etc/passwd"),
    ] {
        let (fake, error) = with_metadata(json!({field: address})).await;
        assert!(matches!(error, SignInError::Metadata { .. }), "{error}");
        assert!(fake.seen("register").is_empty());
    }
}

#[tokio::test]
async fn without_registration_the_person_is_told_what_to_bring() {
    let (fake, error) = with_metadata(json!({"registration_endpoint": null})).await;
    let issuer = fake.at("");
    assert_eq!(error, SignInError::NoClient { issuer });
    assert!(error.fix().contains("oauth.clientId"));
    let register = fake.at("/nowhere");
    let (_, error) = with_metadata(json!({"registration_endpoint": register})).await;
    assert!(matches!(error, SignInError::Registration { .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_is_gone_needs_no_person() {
    let fake = Fake::start(Traits::default()).await;
    let (it, refused) = (plain(&fake), first(&fake));
    drop(fake);
    let error = obedient().answer(&it, refused).await.expect_err("gone");
    assert!(matches!(error, SignInError::Unreachable { .. }), "{error}");
    assert!(!error.needs_person());
}

#[tokio::test]
async fn a_strange_state_ends_nothing() {
    let fake = Fake::start(Traits::default()).await;
    let (browser, mut opened) = handed();
    let (authorizer, it) = (authorizer(browser), plain(&fake));
    let person = async {
        let url = opened.recv().await.expect("a tab");
        let mut query = url.query_pairs();
        let back = query
            .find(|(key, _)| key == "redirect_uri")
            .expect("a way back")
            .1;
        for forged in [
            format!("{back}?code=evil&state=guessed"),
            format!("{back}?error=access_denied"),
            format!("{back}/x?code=evil"),
        ] {
            let page = client().get(forged).send().await.expect("sent");
            assert_eq!(page.status(), 400);
        }
        client().get(url.clone()).send().await.expect("signed in")
    };
    let (token, page) = tokio::join!(authorizer.answer(&it, first(&fake)), person);
    assert_eq!(token, Ok(Secret::new("access-1")));
    assert_eq!(page.status(), 200);
    assert_eq!(fake.seen("token")[0]["code"], "code-hush");
}

#[tokio::test]
async fn a_sign_in_can_be_called_off() {
    let fake = Fake::start(Traits::default()).await;
    let (browser, mut opened) = handed();
    let (authorizer, it) = (authorizer(browser), plain(&fake));
    let person = async {
        let url = opened.recv().await.expect("a tab");
        authorizer.cancel(&it.server);
        url
    };
    let (outcome, url) = tokio::join!(authorizer.answer(&it, first(&fake)), person);
    assert_eq!(outcome, Err(SignInError::Cancelled));
    assert!(
        client().get(url).send().await.is_err(),
        "nobody waits there"
    );
    assert!(fake.seen("token").is_empty());
}

#[tokio::test]
async fn a_person_who_does_not_come_back_is_not_waited_for_forever() {
    let fake = Fake::start(Traits::default()).await;
    let (browser, mut opened) = handed();
    let (authorizer, it) = (authorizer(browser), plain(&fake));
    let person = async {
        opened.recv().await.expect("a tab");
        // From here on nothing but the clock moves.
        tokio::time::pause();
    };
    let (outcome, ()) = tokio::join!(authorizer.answer(&it, first(&fake)), person);
    assert_eq!(outcome, Err(SignInError::TimedOut { minutes: 5 }));
}

//! Tokens that are renewed without a person.

use serde_json::json;

use super::fake::{Fake, Traits};
use super::*;
use crate::SignInError;

/// A signed-in authorizer whose token is due at once, and good for nothing.
async fn signed_in(fake: &Fake) -> (Authorizer, Resource) {
    fake.change(|traits| traits.token = json!({"expires_in": 0}));
    let (authorizer, it) = (obedient(), plain(fake));
    authorizer
        .answer(&it, first(fake))
        .await
        .expect("signed in");
    fake.change(|traits| traits.token = json!({}));
    (authorizer, it)
}

#[tokio::test]
async fn many_requests_refresh_once() {
    let fake = Fake::start(Traits::default()).await;
    let (authorizer, it) = signed_in(&fake).await;
    let token = || authorizer.token(&it);
    let (a, b, c) = tokio::join!(token(), token(), token());
    for token in [a, b, c] {
        assert_eq!(token, Ok(Some(Secret::new("access-2"))));
    }
    let bought = fake.seen("token");
    assert_eq!(bought.len(), 2);
    assert_eq!(bought[1]["grant_type"], "refresh_token");
    assert_eq!(bought[1]["refresh_token"], "refresh-1");
    assert_eq!(bought[1]["resource"], fake.at("/mcp"));
    assert_eq!(bought[1]["client_id"], "client-1");
    assert_eq!(fake.seen("authorize").len(), 1);
}

#[tokio::test]
async fn the_newest_refresh_token_is_used() {
    let fake = Fake::start(Traits::default()).await;
    let (authorizer, it) = signed_in(&fake).await;
    let mut token = Some(Secret::new("access-1"));
    for _ in 0..2 {
        let refused = refusal(&fake, Need::Token, token, "");
        token = authorizer.answer(&it, refused).await.ok();
    }
    let used = |n: usize| fake.seen("token")[n]["refresh_token"].clone();
    assert_eq!([used(1), used(2)], ["refresh-1", "refresh-2"]);

    fake.change(|traits| traits.token = json!({"refresh_token": null}));
    for _ in 0..2 {
        let refused = refusal(&fake, Need::Token, token, "");
        token = authorizer.answer(&it, refused).await.ok();
    }
    assert_eq!([used(3), used(4)], ["refresh-3", "refresh-3"], "kept");
}

#[tokio::test]
async fn a_token_that_was_got_for_the_request_is_not_refreshed_again() {
    let fake = Fake::start(Traits::default()).await;
    let (authorizer, it) = signed_in(&fake).await;
    let mut refused = refusal(&fake, Need::Token, Some(Secret::new("access-1")), "");
    refused.again = true;
    authorizer.answer(&it, refused).await.expect("signed in");
    assert_eq!(fake.seen("authorize").len(), 2);
}

#[tokio::test]
async fn a_refresh_token_that_is_refused_leads_to_a_sign_in() {
    let fake = Fake::start(Traits::default()).await;
    let (authorizer, it) = signed_in(&fake).await;
    fake.change(|traits| traits.refuses_refresh = Some((400, "invalid_grant")));
    // The request shall be refused: only the server can say what it wants now.
    assert_eq!(
        authorizer.token(&it).await,
        Ok(Some(Secret::new("access-1")))
    );
    let refused = refusal(&fake, Need::Token, Some(Secret::new("access-1")), "");
    authorizer.answer(&it, refused).await.expect("signed in");
    assert_eq!(fake.seen("authorize").len(), 2);
}

#[tokio::test]
async fn a_refresh_that_fails_for_now_asks_nobody_to_sign_in() {
    let fake = Fake::start(Traits::default()).await;
    let (authorizer, it) = signed_in(&fake).await;
    fake.change(|traits| traits.refuses_refresh = Some((503, "temporarily_unavailable")));
    let error = authorizer.token(&it).await.expect_err("no token");
    assert!(!error.needs_person(), "{error}");
    let refused = refusal(&fake, Need::Token, Some(Secret::new("access-1")), "");
    let error = authorizer.answer(&it, refused).await.expect_err("no token");
    assert!(!error.needs_person(), "{error}");
    assert_eq!(fake.seen("authorize").len(), 1);
}

#[tokio::test]
async fn nothing_is_carried_over_to_another_authorization_server() {
    let [old, new] = [
        Fake::start(Traits::default()).await,
        Fake::start(Traits::default()).await,
    ];
    let (authorizer, it) = signed_in(&old).await;
    let moved = new.at("");
    old.change(|traits| traits.resource = json!({"authorization_servers": [moved]}));
    let refused = refusal(&old, Need::Token, Some(Secret::new("access-1")), "");
    let token = authorizer.answer(&it, refused).await;
    assert_eq!(token, Ok(Secret::new("access-1")), "the new one's first");
    assert_eq!(new.seen("register").len(), 1);
    assert!(
        new.seen("token")
            .iter()
            .all(|form| form["grant_type"] == "authorization_code")
    );
    assert_eq!(old.seen("token").len(), 1);
}

#[tokio::test]
async fn a_token_goes_to_no_other_address() {
    let fake = Fake::start(Traits::default()).await;
    let (authorizer, mut it) = (obedient(), plain(&fake));
    authorizer
        .answer(&it, first(&fake))
        .await
        .expect("signed in");
    it.url = SafeUrl::new(fake.at("/other").parse().expect("a URL"));
    assert_eq!(authorizer.token(&it).await, Ok(None));
}

#[tokio::test]
async fn a_store_that_fails_is_not_an_empty_one() {
    struct Broken;
    impl crate::TokenStore for Broken {
        fn load<'a>(
            &'a self,
            _: &'a ServerName,
        ) -> futures_util::future::BoxFuture<'a, io::Result<Option<crate::Grant>>> {
            Box::pin(async { Err(io::Error::other("locked")) })
        }
        fn save<'a>(
            &'a self,
            _: &'a ServerName,
            _: crate::Grant,
        ) -> futures_util::future::BoxFuture<'a, io::Result<()>> {
            Box::pin(async { Ok(()) })
        }
        fn forget<'a>(
            &'a self,
            _: &'a ServerName,
        ) -> futures_util::future::BoxFuture<'a, io::Result<()>> {
            Box::pin(async { Ok(()) })
        }
    }
    let fake = Fake::start(Traits::default()).await;
    let browser = Arc::new(Obedient::default());
    let authorizer = Authorizer::new(Arc::new(Broken), browser, Initiative::Anything);
    let it = plain(&fake);
    for error in [
        authorizer.token(&it).await.expect_err("broken"),
        authorizer
            .answer(&it, first(&fake))
            .await
            .expect_err("broken"),
    ] {
        assert!(matches!(error, SignInError::Local { .. }), "{error}");
    }
    assert!(fake.seen("authorize").is_empty());
}

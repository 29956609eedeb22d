//! Getting a better token than the one there is: by refreshing, or by a sign-in.

use std::sync::Arc;

use model::{Secret, now_millis};

use crate::authorizer::{Initiative, Tools};
use crate::challenge::{Challenge, Need};
use crate::error::SignInError;
use crate::flow;
use crate::grant::{Grant, TokenStore};
use crate::provider::{Provider, Tokens};
use crate::resource::Resource;
use crate::scopes::covers;

/// A request that a server refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What it asks for.
    pub challenge: Challenge,
    /// The token that the request carried.
    pub token: Option<Secret>,
    /// Whether that token had been got for this very request, so that one of its kind will not do.
    pub again: bool,
}

/// Why a better token is wanted.
pub(crate) enum Occasion {
    /// The token will soon be no good.
    Due,
    /// A request was refused.
    Refused(Refusal),
    /// A person wants to sign in.
    Ordered,
}

/// Gets a better token and keeps it.
pub(crate) async fn renew(
    tools: Arc<Tools>,
    resource: Resource,
    occasion: Occasion,
) -> Result<Secret, SignInError> {
    let held = held(tools.store.as_ref(), &resource).await?;
    let renewed = match &occasion {
        Occasion::Due => refresh(&resource, held.as_ref(), None).await,
        Occasion::Refused(refusal) => {
            if let Some(newer) = newer(held.as_ref(), refusal) {
                return Ok(newer);
            }
            answer(&tools, &resource, held.as_ref(), refusal).await
        }
        Occasion::Ordered => sign_in(&tools, &resource, held.as_ref(), None).await,
    };
    let grant = renewed.inspect_err(|error| {
        tracing::info!(server = %resource.server, %error, "no new token");
    })?;
    let access = grant.access.clone();
    let saved = tools.store.save(&resource.server, grant).await;
    saved.map_err(|error| not_kept(&error))?;
    Ok(access)
}

/// The grant that is held for a server at this very address.
pub(crate) async fn held(
    store: &dyn TokenStore,
    resource: &Resource,
) -> Result<Option<Grant>, SignInError> {
    let grant = store.load(&resource.server).await;
    let grant = grant.map_err(|error| not_kept(&error))?;
    Ok(grant.filter(|grant| *grant.resource.expose() == resource.canonical()))
}

fn not_kept(error: &std::io::Error) -> SignInError {
    SignInError::Local {
        what: "Where the tokens are kept is out of reach",
        reason: error.to_string(),
    }
}

/// A token that came while the request was on its way.
fn newer(held: Option<&Grant>, refusal: &Refusal) -> Option<Secret> {
    let held = held?;
    let is_newer = refusal.token.as_ref() != Some(&held.access);
    (is_newer && !held.is_over(now_millis())).then(|| held.access.clone())
}

async fn answer(
    tools: &Tools,
    resource: &Resource,
    held: Option<&Grant>,
    refusal: &Refusal,
) -> Result<Grant, SignInError> {
    let challenge = &refusal.challenge;
    match challenge.need {
        Need::MoreScope => {
            let asked = held.map_or(&[][..], |grant| &grant.asked);
            // What was asked for and not given will not be given for asking again.
            if refusal.token.is_some() && covers(asked, &challenge.scopes) {
                let scopes = challenge.scopes.clone();
                return Err(SignInError::ScopeRefused { scopes });
            }
        }
        Need::Token if refusal.again => {}
        Need::Token => match refresh(resource, held, Some(challenge)).await {
            Err(SignInError::Ended) => {}
            other => return other,
        },
    }
    match tools.initiative {
        Initiative::Anything => sign_in(tools, resource, held, Some(challenge)).await,
        // That may do without a person.
        Initiative::Person if flow::own_client(&resource.identity).is_some() => {
            Box::pin(flow::sign_in(resource, Some(challenge), held, None)).await
        }
        Initiative::Person => Err(SignInError::PersonNeeded),
    }
}

async fn sign_in(
    tools: &Tools,
    resource: &Resource,
    held: Option<&Grant>,
    challenge: Option<&Challenge>,
) -> Result<Grant, SignInError> {
    let browser = Some(tools.browser.as_ref());
    Box::pin(flow::sign_in(resource, challenge, held, browser)).await
}

/// Buys new tokens. [`SignInError::Ended`] where there is nothing to buy them with, or where the
/// server has moved to another authorization server since: tokens and client are good only at the
/// one that gave them.
async fn refresh(
    resource: &Resource,
    held: Option<&Grant>,
    challenge: Option<&Challenge>,
) -> Result<Grant, SignInError> {
    let Some(grant) = held.filter(|grant| grant.refresh.is_some()) else {
        return Err(SignInError::Ended);
    };
    let remembered = grant.resource_metadata.clone().map(|url| Challenge {
        need: Need::Token,
        resource_metadata: Some(url),
        scopes: Vec::new(),
        error: None,
    });
    let challenge = challenge.or(remembered.as_ref());
    let mut provider = Provider::discover(resource.canonical(), challenge).await?;
    if provider.issuer() != grant.issuer.as_deref() {
        return Err(SignInError::Ended);
    }
    let tokens = provider.refresh(grant).await?;
    Ok(renewed(grant, tokens))
}

fn renewed(grant: &Grant, tokens: Tokens) -> Grant {
    Grant {
        access: tokens.access,
        refresh: tokens.refresh,
        given: tokens.scopes.unwrap_or_else(|| grant.given.clone()),
        since: now_millis(),
        lifetime: tokens.lifetime,
        ..grant.clone()
    }
}

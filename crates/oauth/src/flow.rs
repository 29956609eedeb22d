//! One sign-in from beginning to end.

use std::time::Duration;

use model::{ClientIdentity, SafeUrl, now_millis};

use crate::browser::{Browser, may_be_opened};
use crate::callback::{Callback, Return, Visitor};
use crate::challenge::Challenge;
use crate::error::SignInError;
use crate::grant::{Client, Grant};
use crate::page::Page;
use crate::provider::{Provider, Tokens};
use crate::resource::Resource;

/// A person has this long to come back from the browser.
const PATIENCE: Duration = Duration::from_mins(5);

/// How we become a client of an authorization server, in the order of preference of the
/// specification.
#[derive(Debug, PartialEq, Eq)]
enum Registration {
    /// With an id that is known beforehand: given to the user, or the URL of a document.
    Known(Client),
    /// By asking for one (RFC 7591).
    Dynamic,
}

/// Signs in to a server: by way of the browser, and back. `before` is the grant in whose place the
/// new one is to come, whose scopes are asked for again. Without a browser only a client that may
/// have tokens for itself gets one.
pub(crate) async fn sign_in(
    resource: &Resource,
    challenge: Option<&Challenge>,
    before: Option<&Grant>,
    browser: Option<&dyn Browser>,
) -> Result<Grant, SignInError> {
    let mut provider = Provider::discover(resource.canonical(), challenge).await?;
    let identity = &resource.identity;
    let asked = before.map_or(&[][..], |grant| &grant.asked);
    let scopes = provider.scopes(asked, challenge, &identity.scopes).await;
    let alone = own_client(identity).filter(|_| provider.is_for_machines());
    let (client, tokens) = if let Some(client) = alone {
        let tokens = provider.own_token(&client, &scopes).await?;
        (client, tokens)
    } else {
        let browser = browser.ok_or(SignInError::PersonNeeded)?;
        by_browser(resource, &mut provider, &scopes, browser).await?
    };
    Ok(Grant {
        given: tokens.scopes.unwrap_or_else(|| scopes.clone()),
        access: tokens.access,
        refresh: tokens.refresh,
        asked: scopes,
        since: now_millis(),
        lifetime: tokens.lifetime,
        client,
        issuer: provider.issuer().map(str::to_owned),
        resource: SafeUrl::new(resource.canonical()),
        resource_metadata: challenge.and_then(|challenge| challenge.resource_metadata.clone()),
    })
}

/// The client that might have tokens for itself.
pub(crate) fn own_client(identity: &ClientIdentity) -> Option<Client> {
    Some(Client {
        id: identity.client_id.clone()?,
        secret: Some(identity.client_secret.clone()?),
    })
}

/// Becomes a client, and lets a person sign in.
async fn by_browser(
    resource: &Resource,
    provider: &mut Provider,
    scopes: &[String],
    browser: &dyn Browser,
) -> Result<(Client, Tokens), SignInError> {
    provider.require_pkce()?;
    let registration = registration(&resource.identity, provider)?;
    let callback = Callback::bind(match registration {
        Registration::Known(_) => Return::Fixed,
        Registration::Dynamic => Return::Own,
    });
    let callback = callback.await.map_err(|error| SignInError::Local {
        what: "The way back from the browser could not be opened",
        reason: error.to_string(),
    })?;
    let client = match registration {
        Registration::Known(client) => {
            provider.adopt(&client, callback.redirect())?;
            client
        }
        Registration::Dynamic => register(provider, &callback, scopes).await?,
    };
    let tokens = visit(resource, provider, callback, scopes, browser).await?;
    Ok((client, tokens))
}

fn registration(
    identity: &ClientIdentity,
    provider: &Provider,
) -> Result<Registration, SignInError> {
    let known = |id: &str, secret| {
        let id = id.to_owned();
        Ok(Registration::Known(Client { id, secret }))
    };
    if let Some(id) = &identity.client_id {
        return known(id, identity.client_secret.clone());
    }
    match &identity.metadata_url {
        Some(url) if provider.takes_documents() => known(url.as_str(), None),
        _ if provider.registers() => Ok(Registration::Dynamic),
        _ => Err(SignInError::NoClient {
            issuer: provider.name(),
        }),
    }
}

/// Registers us. A server that publishes nothing and does not register clients either has no
/// sign-in at all.
async fn register(
    provider: &mut Provider,
    callback: &Callback,
    scopes: &[String],
) -> Result<Client, SignInError> {
    let client = provider.register(callback.redirect(), scopes).await;
    client.map_err(|error| match error {
        SignInError::Registration { .. } if !provider.is_published() => SignInError::NoSignIn,
        other => other,
    })
}

/// Sends the browser off, waits for it, and buys tokens for what it brings.
async fn visit(
    resource: &Resource,
    provider: &Provider,
    callback: Callback,
    scopes: &[String],
    browser: &dyn Browser,
) -> Result<Tokens, SignInError> {
    let invitation = provider.invite(scopes).await?;
    if !may_be_opened(&invitation.url) {
        return Err(SignInError::Metadata {
            reason: "the authorization endpoint is no HTTPS address".to_owned(),
        });
    }
    tracing::info!(server = %resource.server, at = provider.name(), "signing in");
    let opened = browser.open(&invitation.url);
    opened.map_err(|error| SignInError::Local {
        what: "The browser could not be started",
        reason: error.to_string(),
    })?;
    let visitor = tokio::time::timeout(PATIENCE, callback.wait(&invitation.state)).await;
    let visitor = visitor.map_err(|_| SignInError::TimedOut {
        minutes: PATIENCE.as_secs() / 60,
    })?;
    let visitor = visitor.map_err(|error| SignInError::Local {
        what: "The way back from the browser broke",
        reason: error.to_string(),
    })?;
    let tokens = provider.redeem(&visitor.answer, &invitation.state).await;
    tell(visitor, resource, &tokens).await;
    tokens
}

async fn tell(visitor: Visitor, resource: &Resource, tokens: &Result<Tokens, SignInError>) {
    let server = resource.server.to_string();
    let page = match tokens {
        Ok(_) => Page::SignedIn { server },
        Err(error) => Page::Failed {
            server,
            reason: format!("{error} {}", error.fix()),
        },
    };
    visitor.show(page).await;
}

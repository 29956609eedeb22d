//! The authorization server. Everything that the SDK does for us is called from here, and its
//! types end here.

mod failure;

use std::time::Duration;

use model::{SafeUrl, Secret};
use oauth2::TokenResponse as _;
use rmcp::transport::auth::{
    AuthError, AuthorizationManager, AuthorizationMetadata, ClientCredentialsConfig,
    CredentialStore as _, InMemoryCredentialStore, OAuthClientConfig, OAuthTokenResponse,
    StoredCredentials,
};
use serde_json::json;
use url::Url;

use self::failure::{from_discovery, from_exchange, from_refresh};
use crate::browser::may_be_opened;
use crate::callback::Answer;
use crate::challenge::Challenge;
use crate::error::{SignInError, quote};
use crate::grant::{Client, Grant};
use crate::scopes::{OFFLINE_ACCESS, union};

/// What we call ourselves where we register.
const CLIENT_NAME: &str = "Toolgate";

/// A known authorization server, about to give tokens for one server.
pub(crate) struct Provider {
    manager: AuthorizationManager,
    metadata: AuthorizationMetadata,
    /// Whether it describes itself; if not, its addresses are guessed as revision 2025-03-26 has it.
    published: bool,
    resource: Url,
}

/// Where to send the browser, and the word by which it is known again.
pub(crate) struct Invitation {
    pub(crate) url: Url,
    pub(crate) state: String,
}

/// What an authorization server gave.
pub(crate) struct Tokens {
    pub(crate) access: Secret,
    pub(crate) refresh: Option<Secret>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) lifetime: Option<Duration>,
}

impl Provider {
    /// Finds the authorization server of a protected server (RFC 9728, then RFC 8414 and `OpenID`
    /// Connect discovery in the order of the specification).
    pub(crate) async fn discover(
        resource: Url,
        challenge: Option<&Challenge>,
    ) -> Result<Self, SignInError> {
        // Fails only if a provider of cryptography is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut manager = AuthorizationManager::new(resource.clone())
            .await
            .map_err(from_discovery)?;
        let header = challenge.map(Challenge::to_header);
        let found = Box::pin(manager.resolve_metadata_from_challenge(header.as_deref())).await;
        let found = found.map_err(from_discovery)?;
        manager.set_metadata(found.metadata.clone());
        let provider = Self {
            manager,
            metadata: found.metadata,
            published: found.source.is_discovered(),
            resource,
        };
        provider.check_endpoints()?;
        Ok(provider)
    }

    /// Nothing is sent to, and nobody is sent to, an address where others may listen.
    fn check_endpoints(&self) -> Result<(), SignInError> {
        let metadata = &self.metadata;
        let endpoints = [
            Some(&metadata.authorization_endpoint),
            Some(&metadata.token_endpoint),
            metadata.registration_endpoint.as_ref(),
        ];
        for endpoint in endpoints.into_iter().flatten() {
            let url = Url::parse(endpoint).ok();
            if !url.as_ref().is_some_and(may_be_opened) {
                let endpoint = url.map(SafeUrl::new).map(|url| url.to_string());
                let reason = format!(
                    "{} is no HTTPS address",
                    endpoint.as_deref().unwrap_or("an endpoint")
                );
                return Err(SignInError::Metadata { reason });
            }
        }
        Ok(())
    }

    /// Refuses a server that does not offer PKCE: a code without it can be stolen on its way.
    pub(crate) fn require_pkce(&self) -> Result<(), SignInError> {
        let methods = &self.metadata.code_challenge_methods_supported;
        // Whoever publishes nothing follows the revision that makes PKCE a duty.
        if self.published && !methods.iter().flatten().any(|method| method == "S256") {
            let issuer = self.name();
            return Err(SignInError::PkceMissing { issuer });
        }
        Ok(())
    }

    /// The issuer as the metadata has it.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.metadata.issuer.as_deref()
    }

    /// The issuer, or where it would be, for people.
    pub(crate) fn name(&self) -> String {
        let unnamed = || self.resource.origin().ascii_serialization();
        self.issuer().map_or_else(unnamed, quote)
    }

    /// Whether it describes itself anywhere.
    pub(crate) fn is_published(&self) -> bool {
        self.published
    }

    /// Whether the URL of a document serves as a client's id.
    pub(crate) fn takes_documents(&self) -> bool {
        self.says("client_id_metadata_document_supported")
    }

    /// Whether it registers clients by itself (RFC 7591).
    pub(crate) fn registers(&self) -> bool {
        self.metadata.registration_endpoint.is_some()
    }

    /// Whether it gives tokens to clients for themselves, and to nobody else.
    pub(crate) fn is_for_machines(&self) -> bool {
        let grants = self.metadata.additional_fields.get("grant_types_supported");
        let grants = grants.and_then(serde_json::Value::as_array);
        let gives = |grant: &str| grants.is_some_and(|all| all.iter().any(|one| one == grant));
        gives("client_credentials") && !gives("authorization_code")
    }

    fn says(&self, fact: &str) -> bool {
        let value = self.metadata.additional_fields.get(fact);
        value.and_then(serde_json::Value::as_bool) == Some(true)
    }

    /// What to ask for: what was asked before and what the refusal names, with the configured
    /// scopes; failing all that, what the server's description names.
    pub(crate) async fn scopes(
        &self,
        before: &[String],
        challenge: Option<&Challenge>,
        configured: &[String],
    ) -> Vec<String> {
        let challenged = challenge.map_or(&[][..], |challenge| &challenge.scopes);
        let mut scopes = union([before, challenged, configured]);
        if scopes.is_empty() {
            scopes = self.manager.select_initial_scopes(&[]).await;
        }
        let mut supported = self.metadata.scopes_supported.iter().flatten();
        if !scopes.is_empty() && supported.any(|scope| scope == OFFLINE_ACCESS) {
            scopes = union([&scopes[..], &[OFFLINE_ACCESS.to_owned()]]);
        }
        scopes
    }

    /// Registers us, and goes on as that client.
    pub(crate) async fn register(
        &mut self,
        redirect: &Url,
        scopes: &[String],
    ) -> Result<Client, SignInError> {
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        let registering = self
            .manager
            .register_client(CLIENT_NAME, redirect.as_str(), &scopes);
        let registered = Box::pin(registering).await;
        let registered = registered.map_err(|error| match error {
            AuthError::RegistrationFailed(reason) => SignInError::Registration {
                issuer: self.name(),
                reason: quote(&reason),
            },
            other => from_discovery(other),
        })?;
        Ok(Client {
            id: registered.client_id,
            secret: registered.client_secret.map(Secret::new),
        })
    }

    /// Goes on as a known client.
    pub(crate) fn adopt(&mut self, client: &Client, redirect: &Url) -> Result<(), SignInError> {
        let mut config = OAuthClientConfig::new(&client.id, redirect.as_str());
        if let Some(secret) = &client.secret {
            config = config.with_client_secret(secret.expose());
        }
        self.manager
            .configure_client(config)
            .map_err(from_discovery)
    }

    /// Buys a token for the client itself (RFC 6749 section 4.4).
    pub(crate) async fn own_token(
        &mut self,
        client: &Client,
        scopes: &[String],
    ) -> Result<Tokens, SignInError> {
        let secret = client.secret.as_ref().map_or("", Secret::expose);
        let config = ClientCredentialsConfig::ClientSecret {
            client_id: client.id.clone(),
            client_secret: secret.to_owned(),
            scopes: scopes.to_vec(),
            resource: Some(self.resource.to_string()),
        };
        let configured = self.manager.configure_client_credentials(&config);
        configured.map_err(from_exchange)?;
        let response = Box::pin(self.manager.exchange_client_credentials(&config)).await;
        Ok(tokens(&response.map_err(from_exchange)?))
    }

    /// Where to send the browser; with PKCE (S256), `state` and `resource` (RFC 8707).
    pub(crate) async fn invite(&self, scopes: &[String]) -> Result<Invitation, SignInError> {
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        let url = self.manager.get_authorization_url(&scopes).await;
        let url = url.map_err(from_discovery)?;
        let unusable = || SignInError::Metadata {
            reason: "the authorization endpoint is no URL".to_owned(),
        };
        let url = Url::parse(&url).map_err(|_| unusable())?;
        let mut parameters = url.query_pairs();
        let state = parameters.find(|(name, _)| name == "state");
        let state = state.ok_or_else(unusable)?.1.into_owned();
        Ok(Invitation { url, state })
    }

    /// Buys tokens for what the browser brought back.
    pub(crate) async fn redeem(&self, answer: &Answer, state: &str) -> Result<Tokens, SignInError> {
        self.check_issuer(answer.issuer.as_deref())?;
        if let Some(error) = &answer.error {
            let reason = quote(error);
            return Err(SignInError::Denied { reason });
        }
        let Some(code) = &answer.code else {
            let reason = "the browser brought no code".to_owned();
            return Err(SignInError::Denied { reason });
        };
        let issuer = answer.issuer.as_deref();
        let exchange = self
            .manager
            .exchange_code_for_token_with_issuer(code, state, issuer);
        let response = Box::pin(exchange).await.map_err(from_exchange)?;
        Ok(tokens(&response))
    }

    /// Whether the answer comes from whom we asked (RFC 9207); holds for errors as well.
    fn check_issuer(&self, received: Option<&str>) -> Result<(), SignInError> {
        let required = self.says("authorization_response_iss_parameter_supported");
        match (self.issuer(), received) {
            (_, None) if !required => Ok(()),
            (Some(expected), Some(received)) if expected == received => Ok(()),
            (_, received) => Err(SignInError::WrongIssuer {
                expected: self.name(),
                received: received.map_or_else(|| "nobody".to_owned(), quote),
            }),
        }
    }

    /// Buys new tokens for a refresh token. [`SignInError::Ended`] if that is no longer good. Where
    /// no new refresh token comes, the old one goes on (RFC 6749 section 6).
    pub(crate) async fn refresh(&mut self, grant: &Grant) -> Result<Tokens, SignInError> {
        let Some(refresh) = &grant.refresh else {
            return Err(SignInError::Ended);
        };
        let held = serde_json::from_value(json!({
            "access_token": grant.access.expose(),
            "refresh_token": refresh.expose(),
            "token_type": "bearer",
        }));
        let id = grant.client.id.clone();
        let held = StoredCredentials::new(id, held.ok(), grant.given.clone(), None);
        let store = InMemoryCredentialStore::new();
        store.save(held).await.map_err(from_exchange)?;
        self.manager.set_credential_store(store);
        let nowhere = self.resource.clone();
        self.adopt(&grant.client, &nowhere)?;
        let response = Box::pin(self.manager.refresh_token()).await;
        Ok(tokens(&response.map_err(from_refresh)?))
    }
}

fn tokens(response: &OAuthTokenResponse) -> Tokens {
    let scopes = response.scopes();
    Tokens {
        access: Secret::new(response.access_token().secret()),
        refresh: response
            .refresh_token()
            .map(|token| Secret::new(token.secret())),
        scopes: scopes.map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect()),
        lifetime: response.expires_in(),
    }
}

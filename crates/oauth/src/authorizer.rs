//! Tokens for all servers.

use std::io;
use std::sync::Arc;

use model::{Secret, ServerName, now_millis};

use crate::browser::Browser;
use crate::error::SignInError;
use crate::flight::Flights;
use crate::grant::TokenStore;
use crate::renewal::{Occasion, Refusal, held, renew};
use crate::resource::Resource;

/// Who may begin a sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Initiative {
    /// Only a person, by [`Authorizer::sign_in`].
    #[default]
    Person,
    /// Also a refused request.
    Anything,
}

/// Has a token ready for every server that wants one. Dropping it calls off what is under way.
pub struct Authorizer {
    tools: Arc<Tools>,
    flights: Flights,
}

/// What a renewal works with.
pub(crate) struct Tools {
    pub(crate) store: Arc<dyn TokenStore>,
    pub(crate) browser: Arc<dyn Browser>,
    pub(crate) initiative: Initiative,
}

impl Authorizer {
    /// Keeps tokens in `store` and sends people to `browser`.
    pub fn new(
        store: Arc<dyn TokenStore>,
        browser: Arc<dyn Browser>,
        initiative: Initiative,
    ) -> Self {
        Self {
            tools: Arc::new(Tools {
                store,
                browser,
                initiative,
            }),
            flights: Flights::default(),
        }
    }

    /// The token to send with a request; `None` where there is none yet, so that the server says
    /// what it wants. Refreshes it in the last fifth of its life.
    pub async fn token(&self, resource: &Resource) -> Result<Option<Secret>, SignInError> {
        let Some(grant) = held(self.tools.store.as_ref(), resource).await? else {
            return Ok(None);
        };
        if grant.refresh.is_none() || !grant.is_due(now_millis()) {
            return Ok(Some(grant.access));
        }
        match self.renew(resource, Occasion::Due).await {
            Ok(token) => Ok(Some(token)),
            // Good for a while yet, or a reason to tell the server that we are back.
            Err(_) if !grant.is_over(now_millis()) => Ok(Some(grant.access)),
            Err(SignInError::Ended) => Ok(Some(grant.access)),
            Err(error) => Err(error),
        }
    }

    /// A better token than the one that was refused.
    pub async fn answer(
        &self,
        resource: &Resource,
        refusal: Refusal,
    ) -> Result<Secret, SignInError> {
        self.renew(resource, Occasion::Refused(refusal)).await
    }

    /// Signs in because a person says so.
    pub async fn sign_in(&self, resource: &Resource) -> Result<(), SignInError> {
        self.renew(resource, Occasion::Ordered).await.map(drop)
    }

    /// Calls off a sign-in that is under way.
    pub fn cancel(&self, server: &ServerName) {
        self.flights.cancel(server);
    }

    /// Forgets the tokens of a server.
    pub async fn forget(&self, server: &ServerName) -> io::Result<()> {
        self.tools.store.forget(server).await
    }

    async fn renew(&self, resource: &Resource, occasion: Occasion) -> Result<Secret, SignInError> {
        let begin = || renew(self.tools.clone(), resource.clone(), occasion);
        self.flights.join(&resource.server, begin).await
    }
}

impl Drop for Authorizer {
    fn drop(&mut self) {
        self.flights.cancel_all();
    }
}

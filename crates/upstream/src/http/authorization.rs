//! Requests that carry a token, and what follows when a server refuses it.

use std::sync::Arc;

use model::{ClientIdentity, Problem, ProblemCode, SafeUrl, Secret, ServerName};
use oauth::{Authorizer, Challenge, Refusal, Resource, SignInError};
use reqwest::header::AUTHORIZATION;
use reqwest::{RequestBuilder, Response, StatusCode};

use super::Target;
use super::reply::connection_error;
use crate::link::CallError;

/// Better tokens that are got for one request at most: one to be let in, one to be allowed more.
const MAX_RENEWALS: usize = 2;

/// Whose tokens go with the requests to a server.
#[derive(Clone)]
pub(crate) struct Bearer {
    authorizer: Arc<Authorizer>,
    resource: Arc<Resource>,
}

impl Bearer {
    pub(crate) fn new(
        authorizer: Arc<Authorizer>,
        server: ServerName,
        url: SafeUrl,
        identity: ClientIdentity,
    ) -> Self {
        let resource = Arc::new(Resource {
            server,
            url,
            identity,
        });
        Self {
            authorizer,
            resource,
        }
    }

    async fn token(&self) -> Result<Option<Secret>, CallError> {
        let token = self.authorizer.token(&self.resource).await;
        token.map_err(|error| self.failed(StatusCode::UNAUTHORIZED, &error))
    }

    /// The request was refused and has not run, so that it may be sent again.
    fn failed(&self, status: StatusCode, error: &SignInError) -> CallError {
        let message = format!("{} wants a sign-in. {error}", self.resource.url);
        if !error.needs_person() {
            let problem = Problem::new(ProblemCode::Unreachable, message, error.fix());
            return CallError::NotDelivered(problem);
        }
        CallError::Http {
            status: status.as_u16(),
            retry_after: None,
            problem: Problem::new(ProblemCode::SignInRequired, message, error.fix()),
        }
    }
}

/// Sends a request with the token that there is. One that is refused for want of a better token is
/// sent again with that, if it can be had without a person who has not asked for it.
pub(super) async fn authorized(
    target: &Target,
    request: RequestBuilder,
) -> Result<Response, CallError> {
    let send = async |request: RequestBuilder| {
        let response = request.send().await;
        response.map_err(|error| connection_error(&error, &target.url))
    };
    let Some(bearer) = &target.bearer else {
        return send(request).await;
    };
    let mut token = bearer.token().await?;
    let mut renewals = 0;
    loop {
        // Only a body that is being streamed cannot be sent twice; ours are all in memory.
        let Some(attempt) = request.try_clone() else {
            return send(carrying(request, token.as_ref())).await;
        };
        let response = send(carrying(attempt, token.as_ref())).await?;
        let status = response.status();
        let challenge = Challenge::from_response(status, response.headers());
        let (Some(challenge), true) = (challenge, renewals < MAX_RENEWALS) else {
            return Ok(response);
        };
        let refusal = Refusal {
            challenge,
            token,
            again: renewals > 0,
        };
        token = match bearer.authorizer.answer(&bearer.resource, refusal).await {
            Ok(token) => Some(token),
            // The refusal itself says it best.
            Err(SignInError::PersonNeeded) => return Ok(response),
            Err(error) => return Err(bearer.failed(status, &error)),
        };
        renewals += 1;
    }
}

/// The request with the token that there is, for one whose answer does not matter.
pub(super) async fn with_token(target: &Target, request: RequestBuilder) -> RequestBuilder {
    let token = match &target.bearer {
        Some(bearer) => bearer.token().await.ok().flatten(),
        None => None,
    };
    carrying(request, token.as_ref())
}

fn carrying(request: RequestBuilder, token: Option<&Secret>) -> RequestBuilder {
    match token {
        Some(token) => request.bearer_auth(token.expose()),
        None => request,
    }
}

/// Whether the user has put credentials under `headers`: those are the user's last word.
pub(crate) fn is_settled(headers: &reqwest::header::HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION)
}

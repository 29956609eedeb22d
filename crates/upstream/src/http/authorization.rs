//! Requests that carry a token, and what follows when a server refuses it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{ClientIdentity, Problem, ProblemCode, SafeUrl, Secret, ServerName};
use oauth::{Authorizer, Challenge, Need, Refusal, Resource, SignInError};
use reqwest::header::AUTHORIZATION;
use reqwest::{RequestBuilder, Response, StatusCode};

use super::Target;
use super::reply::connection_error;
use crate::link::CallError;

/// Better tokens that are got for one request, or one handshake, at most: one to be let in, one to
/// be allowed more.
const MAX_RENEWALS: usize = 2;

/// Whose tokens go with the requests to a server.
#[derive(Clone)]
pub(crate) struct Bearer {
    authorizer: Arc<Authorizer>,
    resource: Arc<Resource>,
    stage: Arc<Mutex<Stage>>,
}

/// What happens to a request that is refused for want of a better token.
enum Stage {
    /// It stays refused, and the refusal is kept: a handshake has deadlines that a person who
    /// signs in would not meet, so that it fails, and is made anew with the better token.
    Greeting(Option<Refusal>),
    /// It waits for the better token, and is sent again.
    Established,
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
            stage: Arc::new(Mutex::new(Stage::Greeting(None))),
        }
    }

    /// Gets the token for want of which a handshake failed, however long the person who signs in
    /// takes, so that it can be made anew. Gives the error back where that was not the reason.
    pub(crate) async fn let_in(&self, error: CallError, renewals: usize) -> Result<(), CallError> {
        let Some(mut refusal) = self.refusal().filter(|_| renewals < MAX_RENEWALS) else {
            return Err(error);
        };
        tracing::debug!(url = %self.resource.url, %error, "the handshake waits for a token");
        refusal.again = renewals > 0;
        let answer = self.answer(refusal).await;
        answer.map(drop).map_err(|other| other.unwrap_or(error))
    }

    /// Ends the time of handshakes.
    pub(crate) fn establish(&self) {
        *self.stage() = Stage::Established;
    }

    /// A better token; no error where the refusal itself says it best.
    async fn answer(&self, refusal: Refusal) -> Result<Secret, Option<CallError>> {
        let status = match refusal.challenge.need {
            Need::Token => StatusCode::UNAUTHORIZED,
            Need::MoreScope => StatusCode::FORBIDDEN,
        };
        let token = self.authorizer.answer(&self.resource, refusal).await;
        token.map_err(|error| match error {
            SignInError::PersonNeeded => None,
            error => Some(self.failed(status, &error)),
        })
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the last handshake was refused for.
    fn refusal(&self) -> Option<Refusal> {
        match &mut *self.stage() {
            Stage::Greeting(refusal) => refusal.take(),
            Stage::Established => None,
        }
    }

    /// Keeps a refusal for after the handshake, while there is one.
    fn keep(&self, refusal: &Refusal) -> bool {
        match &mut *self.stage() {
            Stage::Greeting(kept) => {
                kept.get_or_insert_with(|| refusal.clone());
                true
            }
            Stage::Established => false,
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
pub(crate) async fn authorized(
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
        let challenge = Challenge::from_response(response.status(), response.headers());
        let (Some(challenge), true) = (challenge, renewals < MAX_RENEWALS) else {
            return Ok(response);
        };
        let refusal = Refusal {
            challenge,
            token,
            again: renewals > 0,
        };
        if bearer.keep(&refusal) {
            return Ok(response);
        }
        token = match bearer.answer(refusal).await {
            Ok(token) => Some(token),
            Err(None) => return Ok(response),
            Err(Some(error)) => return Err(error),
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

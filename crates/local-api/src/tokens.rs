//! Tokens of clients: who may call by TCP, and what.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Json, body::Bytes};
use fleet::{Fleet, TokenError};
use model::{ClientToken, ErrorReply, IssuedToken, NewClientToken};

use crate::Api;
use crate::error::Failure;
use crate::servers::{resolve, wait_for};

/// All tokens, in the order in which they were made; never the tokens themselves.
#[utoipa::path(get, path = "/tokens", responses((status = 200, body = Vec<ClientToken>)))]
pub(crate) async fn list(State(api): State<Api>) -> Json<Vec<ClientToken>> {
    Json(api.gateway.fleet().tokens())
}

/// Makes a token, and tells it this once.
#[utoipa::path(
    post, path = "/tokens", request_body = NewClientToken,
    responses(
        (status = 201, body = IssuedToken), (status = 404, body = ErrorReply),
        (status = 409, body = ErrorReply), (status = 422, body = ErrorReply)
    )
)]
pub(crate) async fn issue(
    State(api): State<Api>,
    body: Bytes,
) -> Result<(StatusCode, Json<IssuedToken>), Failure> {
    let mut wanted: NewClientToken = serde_json::from_slice(&body)
        .map_err(|error| Failure::from(TokenError::Invalid(error.to_string())))?;
    let fleet = api.gateway.fleet();
    for name in wanted.servers.iter_mut().flatten() {
        // A name that is mistyped would make a token that is good for nothing.
        *name = resolve(fleet, name)?;
    }
    let issued = blocking(fleet, move |fleet| fleet.issue_token(wanted)).await?;
    wait_for(fleet, |snapshot| {
        snapshot
            .tokens
            .iter()
            .any(|token| token.id == issued.client.id)
    })
    .await;
    Ok((StatusCode::CREATED, Json(issued)))
}

/// Ends a token, and every session and stream that was opened with it.
#[utoipa::path(
    delete, path = "/tokens/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorReply))
)]
pub(crate) async fn revoke(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    let fleet = api.gateway.fleet();
    let revoked = id.clone();
    blocking(fleet, move |fleet| fleet.revoke_token(&revoked)).await?;
    wait_for(fleet, |snapshot| {
        snapshot.tokens.iter().all(|token| token.id != id)
    })
    .await;
    Ok(StatusCode::NO_CONTENT)
}

/// Runs what writes a small file where it holds nobody up.
async fn blocking<T: Send + 'static>(
    fleet: &Fleet,
    work: impl FnOnce(&Fleet) -> Result<T, TokenError> + Send + 'static,
) -> Result<T, Failure> {
    let fleet = fleet.clone();
    let done = tokio::task::spawn_blocking(move || work(&fleet)).await;
    // It is cancelled only while the process shuts down.
    let done = done.unwrap_or_else(|error| Err(TokenError::NotWritten(error.into())));
    done.map_err(Failure::from)
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        let (status, code, fix) = match error {
            TokenError::Invalid(_) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid-token",
                "Correct this and try again.",
            ),
            TokenError::Exists(_) => (
                StatusCode::CONFLICT,
                "token-exists",
                "Choose another name, or revoke that one first.",
            ),
            TokenError::TooMany => (
                StatusCode::CONFLICT,
                "too-many-tokens",
                "Revoke those that nobody uses; `toolgate tokens` shows when each was last used.",
            ),
            TokenError::Unknown(_) => (
                StatusCode::NOT_FOUND,
                "no-such-token",
                "See `toolgate tokens` for those there are.",
            ),
            TokenError::NotWritten(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "token-not-written",
                "Check the space and the permissions of the data directory, then try again.",
            ),
            TokenError::NoRandomness => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "no-randomness",
                "Try again; if it stays so, restart the machine.",
            ),
        };
        Self::new(
            status,
            code,
            format!("The tokens stay as they are: {error}."),
            fix,
        )
    }
}

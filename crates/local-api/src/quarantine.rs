//! What is held of a server, and a person's decisions about it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use fleet::DecisionError;
use model::{Decided, Decision, ErrorReply, ServerReview};

use crate::Api;
use crate::error::Failure;
use crate::servers::resolve;

/// Everything about one server that a person decides about.
#[utoipa::path(get, path = "/quarantine/{server}", params(("server" = String, Path)), responses((status = 200, body = ServerReview), (status = 404, body = ErrorReply)))]
pub(crate) async fn show(
    State(api): State<Api>,
    Path(server): Path<String>,
) -> Result<Json<ServerReview>, Failure> {
    let fleet = api.gateway.fleet().clone();
    let name = resolve(&fleet, &server)?;
    // Definitions are scanned for it.
    let review = tokio::task::spawn_blocking(move || fleet.server_review(&name)).await;
    let review = review.map_err(|error| {
        Failure::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "review-failed",
            format!("The review could not be put together: {error}."),
            "Try again; the gateway's log has the cause.",
        )
    })?;
    Ok(Json(review?))
}

/// Decides about a server or its definitions, as they were shown.
#[utoipa::path(post, path = "/quarantine/{server}", params(("server" = String, Path)), request_body = Decision, responses((status = 200, body = Decided), (status = 404, body = ErrorReply), (status = 409, body = ErrorReply)))]
pub(crate) async fn decide(
    State(api): State<Api>,
    Path(server): Path<String>,
    Json(decision): Json<Decision>,
) -> Result<Json<Decided>, Failure> {
    let fleet = api.gateway.fleet();
    let name = resolve(fleet, &server)?;
    Ok(Json(fleet.decide(&name, decision).await?))
}

/// Takes the last decision about a server back.
#[utoipa::path(post, path = "/quarantine/undo/{id}", params(("id" = String, Path)), responses((status = 204), (status = 404, body = ErrorReply)))]
pub(crate) async fn undo(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    api.gateway.fleet().undo_decision(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<DecisionError> for Failure {
    fn from(error: DecisionError) -> Self {
        let message = format!("Nothing was decided: {error}.");
        let (status, code, fix) = match error {
            DecisionError::Unknown(error) => return error.into(),
            DecisionError::Edit(error) => return error.into(),
            DecisionError::LaunchChanged(_) | DecisionError::Changed(_) => (
                StatusCode::CONFLICT,
                "changed-meanwhile",
                "Look at it again, then decide.",
            ),
            DecisionError::NothingToUndo(_) => (
                StatusCode::NOT_FOUND,
                "nothing-to-undo",
                "Decide anew instead.",
            ),
            DecisionError::NotKept(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "decision-not-kept",
                "Check that the data directory can be written.",
            ),
        };
        Self::new(status, code, message, fix)
    }
}

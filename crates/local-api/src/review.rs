//! What waits for a person's decision.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use fleet::{Proposal, ReviewError};
use model::{
    AcceptReview, Candidate, ErrorReply, ProposeServers, ReviewItem, ReviewSource, ServerStatus,
};

use crate::Api;
use crate::error::Failure;
use crate::import;
use crate::servers::{Consent, settled};

/// Has a person asked about the servers that a text describes, all of them or none.
#[utoipa::path(post, path = "/review", request_body = ProposeServers, responses((status = 201, body = Vec<ReviewItem>), (status = 422, body = ErrorReply)))]
pub(crate) async fn propose(
    State(api): State<Api>,
    Json(body): Json<ProposeServers>,
) -> Result<(StatusCode, Json<Vec<ReviewItem>>), Failure> {
    let fleet = api.gateway.fleet();
    let found = import::candidates(fleet, &body.text)?;
    let proposals: Result<Vec<Proposal>, Failure> = found
        .into_iter()
        .map(|candidate| proposal(body.source, candidate))
        .collect();
    let items = fleet.propose(proposals?).await?;
    Ok((StatusCode::CREATED, Json(items)))
}

/// Adds a server that was proposed, or enables one that an agent has written.
#[utoipa::path(post, path = "/review/{id}/accept", params(("id" = String, Path)), request_body = AcceptReview, responses((status = 200, body = ServerStatus), (status = 404, body = ErrorReply), (status = 409, body = ErrorReply)))]
pub(crate) async fn accept(
    State(api): State<Api>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<ServerStatus>, Failure> {
    // Who accepts it as it is has nothing more to say.
    let body: AcceptReview = if body.is_empty() {
        AcceptReview::default()
    } else {
        serde_json::from_slice(&body).map_err(|error| unreadable(&error))?
    };
    let fleet = api.gateway.fleet();
    let (name, written) = fleet.accept(&id, body.name, body.entry).await?;
    Consent::Launch.give(fleet, &written, &name).await?;
    Ok(Json(settled(fleet, &name).await?))
}

/// Drops a proposal, or stops asking about a server that an agent has written.
#[utoipa::path(delete, path = "/review/{id}", params(("id" = String, Path)), responses((status = 204), (status = 404, body = ErrorReply)))]
pub(crate) async fn dismiss(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    api.gateway.fleet().dismiss(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn proposal(source: ReviewSource, candidate: Candidate) -> Result<Proposal, Failure> {
    let Candidate {
        name,
        entry,
        problem,
        ..
    } = candidate;
    match problem {
        None => Ok(Proposal {
            source,
            by: None,
            name,
            entry,
        }),
        Some(problem) => Err(Failure::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-entry",
            format!("`{name}` cannot be used as it is: {problem}"),
            "Correct it where it comes from, or add the server by hand.",
        )),
    }
}

fn unreadable(error: &serde_json::Error) -> Failure {
    Failure::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid-body",
        format!("The body cannot be read: {error}."),
        "Send {}, or a name or an entry to use instead.",
    )
}

impl From<ReviewError> for Failure {
    fn from(error: ReviewError) -> Self {
        let message = format!("Nothing was changed: {error}.");
        match error {
            ReviewError::Edit(error) => error.into(),
            ReviewError::Unknown(_) => Self::new(
                StatusCode::NOT_FOUND,
                "no-such-review",
                message,
                "It was decided already, or is another by now; look at the list again.",
            ),
            ReviewError::Full => Self::new(
                StatusCode::CONFLICT,
                "review-full",
                message,
                "Decide about those first.",
            ),
            ReviewError::NotKept(_) => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "review-not-kept",
                message,
                "Check that the data directory can be written.",
            ),
        }
    }
}

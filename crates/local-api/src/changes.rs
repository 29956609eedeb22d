//! Who changed which server, and back again.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use fleet::RevertError;
use model::{Change, ErrorReply, ServerStatus};

use crate::Api;
use crate::error::Failure;
use crate::servers::{Consent, resolve, settled};

/// Changes of all servers, the newest first.
#[utoipa::path(get, path = "/changes", responses((status = 200, body = Vec<Change>)))]
pub(crate) async fn all(State(api): State<Api>) -> Json<Vec<Change>> {
    Json(api.gateway.fleet().changes(None))
}

/// Changes of one server, the newest first; also of one that is gone.
#[utoipa::path(get, path = "/servers/{name}/changes", params(("name" = String, Path)), responses((status = 200, body = Vec<Change>)))]
pub(crate) async fn of_server(
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Json<Vec<Change>> {
    let fleet = api.gateway.fleet();
    let name = resolve(fleet, &name).unwrap_or(name);
    Json(fleet.changes(Some(&name)))
}

/// Puts a server back to what it was before a change; answers with null where it is gone again.
#[utoipa::path(post, path = "/changes/{id}/revert", params(("id" = u64, Path)), responses((status = 200, body = Option<ServerStatus>), (status = 404, body = ErrorReply), (status = 409, body = ErrorReply)))]
pub(crate) async fn revert(
    State(api): State<Api>,
    Path(id): Path<u64>,
) -> Result<Json<Option<ServerStatus>>, Failure> {
    let fleet = api.gateway.fleet();
    match fleet.revert(id).await? {
        Some((name, written, is_launch)) => {
            // Whoever reverts an entry has seen what it was before; a switch shows nothing of it.
            if is_launch {
                Consent::Launch.give(fleet, &written, &name).await?;
            }
            Ok(Json(Some(settled(fleet, &name).await?)))
        }
        None => Ok(Json(None)),
    }
}

impl From<RevertError> for Failure {
    fn from(error: RevertError) -> Self {
        let message = format!("The change was not reverted: {error}.");
        match error {
            RevertError::Edit(error) => error.into(),
            RevertError::Unknown(_) => Self::new(
                StatusCode::NOT_FOUND,
                "no-such-change",
                message,
                "Only the last 200 changes are remembered; look for it in the list.",
            ),
            RevertError::ChangedSince(_) => Self::new(
                StatusCode::CONFLICT,
                "changed-since",
                message,
                "Revert the later changes first, or edit the server.",
            ),
            RevertError::TooLarge(_) => Self::new(
                StatusCode::CONFLICT,
                "not-remembered",
                message,
                "Edit the server in the configuration file.",
            ),
        }
    }
}

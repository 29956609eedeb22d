//! A person's stop to all calls of clients.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use model::{ErrorReply, Pause, PauseFor};

use crate::Api;
use crate::error::Failure;
use crate::servers::wait_for;

/// Lets no client's call through, for some minutes or until a person resumes.
#[utoipa::path(
    post, path = "/pause", request_body = PauseFor,
    responses((status = 200, body = Pause), (status = 422, body = ErrorReply))
)]
pub(crate) async fn begin(State(api): State<Api>, body: Bytes) -> Result<Json<Pause>, Failure> {
    // Stopping must not fail for want of a body.
    let wanted: PauseFor = if body.is_empty() {
        PauseFor::default()
    } else {
        serde_json::from_slice(&body).map_err(|error| unreadable(&error))?
    };
    if wanted.minutes == Some(0) {
        return Err(unreadable(&"it lasts no time"));
    }
    let fleet = api.gateway.fleet();
    let pause = fleet.pause(wanted.minutes).await;
    wait_for(fleet, |snapshot| snapshot.pause == Some(pause)).await;
    Ok(Json(pause))
}

/// Lets calls through again.
#[utoipa::path(delete, path = "/pause", responses((status = 204)))]
pub(crate) async fn end(State(api): State<Api>) -> StatusCode {
    let fleet = api.gateway.fleet();
    fleet.resume().await;
    wait_for(fleet, |snapshot| snapshot.pause.is_none()).await;
    StatusCode::NO_CONTENT
}

fn unreadable(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid-pause",
        format!("Calls were not paused: {error}."),
        "Send {\"minutes\": 15}, or {} for a pause until you resume.",
    )
}

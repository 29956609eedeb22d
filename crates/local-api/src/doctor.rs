//! What the doctor finds.

use std::time::Duration;

use ::doctor::{Check, Standing};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{DoctorReport, Finding};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::Api;
use crate::error::Failure;

/// Looking at everything takes no longer, also while another look is under way.
const PATIENCE: Duration = Duration::from_secs(20);

/// It starts programs and opens connections, so one looks at a time.
static TURN: Semaphore = Semaphore::const_new(1);

/// Looks at everything that the gateway needs.
#[utoipa::path(get, path = "/doctor", responses((status = 200, body = DoctorReport)))]
pub(crate) async fn examine(State(api): State<Api>) -> Result<Json<DoctorReport>, Failure> {
    let findings = findings(&api)
        .await?
        .into_iter()
        .map(Finding::from)
        .collect();
    Ok(Json(DoctorReport { findings }))
}

pub(crate) async fn findings(api: &Api) -> Result<Vec<Check>, Failure> {
    let look = async {
        let _turn = TURN.acquire().await;
        let snapshot = api.gateway.fleet().snapshot();
        let vault = &api.gateway.fleet().context().vault;
        ::doctor::examine(&api.paths, Standing::Running(&snapshot), vault).await
    };
    timeout(PATIENCE, look).await.map_err(|_| {
        Failure::new(
            StatusCode::GATEWAY_TIMEOUT,
            "timed-out",
            "Looking at everything took longer than 20 seconds.",
            "Try again, or run `toolgate doctor` in a terminal.",
        )
    })
}

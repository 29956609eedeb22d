//! The configuration file's standing.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::ConfigStatus;

use crate::Api;
use crate::error::Failure;
use crate::opening;

/// How the configuration stands.
#[utoipa::path(get, path = "/config", responses((status = 200, body = ConfigStatus)))]
pub(crate) async fn status(State(api): State<Api>) -> Json<ConfigStatus> {
    Json(api.gateway.fleet().config().current().status.clone())
}

/// Reads the file again now, without waiting for the file watch.
#[utoipa::path(post, path = "/config/reload", responses((status = 200, body = ConfigStatus)))]
pub(crate) async fn reload(State(api): State<Api>) -> Json<ConfigStatus> {
    let store = api.gateway.fleet().config().clone();
    let loaded = tokio::task::spawn_blocking(move || store.reload()).await;
    match loaded {
        Ok(loaded) => Json(loaded.status.clone()),
        Err(_) => status(State(api)).await,
    }
}

/// Opens the file where its user edits such files.
#[utoipa::path(post, path = "/config/open", responses((status = 204)))]
pub(crate) async fn open(State(api): State<Api>) -> Result<StatusCode, Failure> {
    let path = api.gateway.fleet().config().current().status.path.clone();
    opening::open(path.into()).await
}

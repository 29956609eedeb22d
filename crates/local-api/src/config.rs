//! The configuration file's standing.

use axum::Json;
use axum::extract::State;
use model::ConfigStatus;

use crate::Api;

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

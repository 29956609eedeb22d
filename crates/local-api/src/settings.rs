//! The settings as a form.

use ::config::Edit;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::SettingsPage;
use serde_json::{Map, Value};

use crate::Api;
use crate::error::Failure;

/// All settings, with what they are and what they are unless set.
#[utoipa::path(get, path = "/settings", responses((status = 200, body = SettingsPage)))]
pub(crate) async fn show(State(api): State<Api>) -> Result<Json<SettingsPage>, Failure> {
    let store = api.gateway.fleet().config().clone();
    let form = tokio::task::spawn_blocking(move || store.form()).await;
    let form = form.map_err(|_| stopping())?;
    Ok(Json(form?))
}

/// Changes settings by their keys, all or none; null stands for the default.
#[utoipa::path(patch, path = "/settings", request_body = std::collections::BTreeMap<String, Value>, responses((status = 200, body = SettingsPage)))]
pub(crate) async fn change(
    State(api): State<Api>,
    Json(values): Json<Map<String, Value>>,
) -> Result<Json<SettingsPage>, Failure> {
    let edit = Edit::Set { values };
    api.gateway.fleet().config().edit(edit).await?;
    show(State(api)).await
}

/// A thread that reads files is only refused while the process shuts down.
fn stopping() -> Failure {
    Failure::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "stopping",
        "The gateway is being stopped.",
        "Ask again once it runs.",
    )
}

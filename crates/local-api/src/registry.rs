//! Servers that a registry lists.

use ::registry::RegistryError;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use model::RegistryPage;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Api;
use crate::error::Failure;

#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Wanted {
    /// What to look for in names; all servers unless given.
    query: Option<String>,
    /// Where to go on: `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of the registry that the configuration names.
#[utoipa::path(get, path = "/registry", params(Wanted), responses((status = 200, body = RegistryPage)))]
pub(crate) async fn search(
    State(api): State<Api>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<RegistryPage>, Failure> {
    let settings = api.gateway.fleet().config().current().settings.clone();
    let (query, cursor) = (wanted.query.as_deref(), wanted.cursor.as_deref());
    let page = api.registry.search(&settings.registry, query, cursor).await;
    Ok(Json(page.map_err(|error| failure(&error))?))
}

fn failure(error: &RegistryError) -> Failure {
    let (status, fix) = match error {
        RegistryError::Address(_) => (
            StatusCode::CONFLICT,
            "Correct the setting `registry`, or remove it to use the official one.",
        ),
        RegistryError::Query => (StatusCode::UNPROCESSABLE_ENTITY, "Look for less."),
        RegistryError::Unreachable { .. } => (
            StatusCode::BAD_GATEWAY,
            "Check the network and try again; servers can be added by command line or address \
             without a registry.",
        ),
        RegistryError::Refused { .. } | RegistryError::Answer { .. } => {
            (StatusCode::BAD_GATEWAY, "Try again later.")
        }
    };
    let text = error.to_string();
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    let message = format!("{}{}.", first.unwrap_or_default(), chars.as_str());
    Failure::new(status, "registry", message, fix)
}

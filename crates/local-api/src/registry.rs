//! Servers that a registry lists.

use ::registry::RegistryError;
use ::registry::sentence;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use model::{ErrorReply, RegistryPage, RegistryServer};
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

#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Named {
    /// The server's name in the registry, for example `io.github.owner/name`.
    id: String,
}

/// A page of the registries that the configuration names.
#[utoipa::path(get, path = "/registry", params(Wanted), responses((status = 200, body = RegistryPage)))]
pub(crate) async fn search(
    State(api): State<Api>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<RegistryPage>, Failure> {
    let settings = api.gateway.fleet().config().current().settings.clone();
    let (query, cursor) = (wanted.query.as_deref(), wanted.cursor.as_deref());
    let registry = api.gateway.registry();
    let page = registry.search(&settings.registries, query, cursor).await;
    Ok(Json(page.map_err(|error| failure(&error))?))
}

/// One server that a registry lists, in its newest version.
#[utoipa::path(get, path = "/registry/server", params(Named), responses((status = 200, body = RegistryServer), (status = 404, body = ErrorReply)))]
pub(crate) async fn show(
    State(api): State<Api>,
    Query(named): Query<Named>,
) -> Result<Json<RegistryServer>, Failure> {
    let settings = api.gateway.fleet().config().current().settings.clone();
    let found = api.gateway.registry().find(&settings.registries, &named.id);
    let found = found.await.map_err(|error| failure(&error))?;
    Ok(Json(found))
}

fn failure(error: &RegistryError) -> Failure {
    let (status, fix) = match error {
        RegistryError::Address(_) => (
            StatusCode::CONFLICT,
            "Correct the setting `registry`, or remove it to use the official one.",
        ),
        RegistryError::Query => (StatusCode::UNPROCESSABLE_ENTITY, "Look for less."),
        RegistryError::NotListed { .. } => (
            StatusCode::NOT_FOUND,
            "Search for it, and use its whole name, such as io.github.owner/name.",
        ),
        RegistryError::Denied { .. } => (
            StatusCode::BAD_GATEWAY,
            "Name a registry on the public internet, or one on this machine by its loopback \
             address.",
        ),
        RegistryError::Unreachable { .. } => (
            StatusCode::BAD_GATEWAY,
            "Check the network and try again; servers can be added by command line or address \
             without a registry.",
        ),
        RegistryError::Refused { .. } | RegistryError::Answer { .. } => {
            (StatusCode::BAD_GATEWAY, "Try again later.")
        }
    };
    let code = match error {
        RegistryError::NotListed { .. } => "not-listed",
        _ => "registry",
    };
    Failure::new(status, code, sentence(error), fix)
}

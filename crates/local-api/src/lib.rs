//! The local HTTP API for the CLI, the tray and the UI.
//!
//! Everything here can start programs as the user, so it is open only to the user: over the
//! socket, which checks who connects, and over TCP with the token that lies in the data directory
//! or with a session that was opened by a one-time code.

mod access;
mod activity;
mod auth;
mod bundle;
mod changes;
mod config;
mod desktop;
mod doctor;
mod error;
mod events;
mod import;
mod logs;
mod openapi;
mod opening;
mod pause;
mod quarantine;
mod registry;
mod review;
mod servers;
mod settings;
mod sign_in;
mod tokens;
mod tools;

use std::sync::Arc;

use ::config::Paths;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::X_CONTENT_TYPE_OPTIONS;
use axum::response::Response;
use axum::{Json, Router, middleware};
use gateway::{Doorkeeper, Gateway};
use model::Snapshot;
use telemetry::GatewayLog;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use access::Access;

/// What the API works on; cheap to clone.
#[derive(Clone)]
pub struct Api {
    /// The gateway, whose pipeline calls made here run through as well.
    pub gateway: Gateway,
    /// Who may use it by TCP; codes that are made at one door are good at the other.
    pub access: Access,
    /// The gateway's own log.
    pub log: GatewayLog,
    /// Where everything lies.
    pub paths: Arc<Paths>,
    /// What goes on after its request was answered.
    pub tasks: TaskTracker,
    /// Ends the streams that would otherwise keep the doors open.
    pub closing: CancellationToken,
}

/// The routes under `/api/v1`; requests by TCP must carry a token.
pub fn router(api: Api, keeper: Doorkeeper) -> Router {
    let (guarded, _) = routes().split_for_parts();
    let (open, _) = open_routes().split_for_parts();
    let access = (keeper.clone(), api.access.clone());
    let routes = guarded
        .fallback(error::no_such_route)
        .layer(middleware::from_fn_with_state(access, auth::check))
        .merge(open)
        .layer(middleware::from_fn_with_state(keeper, gateway::guard))
        .layer(middleware::map_response(unsniffed))
        .with_state(api);
    Router::new().nest("/api/v1", routes)
}

/// What servers say is in these answers; no browser may take one for a page.
async fn unsniffed(mut response: Response) -> Response {
    let value = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, value);
    response
}

/// What needs a token by TCP.
fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(status))
        .routes(routes!(events::follow))
        .routes(routes!(servers::list, servers::add))
        .routes(routes!(servers::detail, servers::replace, servers::remove))
        .routes(routes!(import::parse))
        .routes(routes!(servers::enable))
        .routes(routes!(servers::disable))
        .routes(routes!(servers::restart))
        .routes(routes!(logs::of_server))
        .routes(routes!(logs::list))
        .routes(routes!(logs::read))
        .routes(routes!(logs::open))
        .routes(routes!(tools::find))
        .routes(routes!(tools::call))
        .routes(routes!(tools::detail))
        .routes(routes!(config::status))
        .routes(routes!(config::reload))
        .routes(routes!(config::open))
        .routes(routes!(settings::show, settings::change))
        .routes(routes!(doctor::examine))
        .routes(routes!(bundle::download))
        .routes(routes!(bundle::contents))
        .routes(routes!(registry::search))
        .routes(routes!(registry::show))
        .routes(routes!(sign_in::begin, sign_in::end))
        .routes(routes!(access::make_code))
        .routes(routes!(activity::page))
        .routes(routes!(activity::export))
        .routes(routes!(activity::detail))
        .routes(routes!(activity::stats))
        .routes(routes!(changes::all))
        .routes(routes!(changes::of_server))
        .routes(routes!(changes::revert))
        .routes(routes!(review::propose))
        .routes(routes!(review::accept))
        .routes(routes!(review::dismiss))
        .routes(routes!(quarantine::show, quarantine::decide))
        .routes(routes!(quarantine::undo))
        .routes(routes!(pause::begin, pause::end))
        .routes(routes!(tokens::list, tokens::issue))
        .routes(routes!(tokens::revoke))
        .routes(routes!(desktop::open_window))
        .routes(routes!(desktop::shut_down))
        .routes(routes!(openapi::read))
}

/// What needs none: whoever asks for a session has no token yet.
fn open_routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(access::trade))
}

/// The whole state.
#[utoipa::path(get, path = "/status", responses((status = 200, body = Snapshot)))]
async fn status(State(api): State<Api>) -> Json<Arc<Snapshot>> {
    Json(api.gateway.fleet().snapshot())
}

#[cfg(test)]
mod tests;

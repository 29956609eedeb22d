//! The local HTTP API for the CLI, the tray and the UI.
//!
//! Everything here can start programs as the user, so it is open only to the user: over the
//! socket, which checks who connects, and over TCP with the token that lies in the data directory
//! or with a session that was opened by a one-time code.

mod access;
mod auth;
mod config;
mod error;
mod events;
mod logs;
mod servers;
mod tools;

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use gateway::{Doorkeeper, Gateway};
use model::Snapshot;
use tokio_util::sync::CancellationToken;

pub use access::Access;

/// What the API works on; cheap to clone.
#[derive(Clone)]
pub struct Api {
    /// The gateway, whose pipeline calls made here run through as well.
    pub gateway: Gateway,
    /// Who may use it by TCP; codes that are made at one door are good at the other.
    pub access: Access,
    /// Ends the streams that would otherwise keep the doors open.
    pub closing: CancellationToken,
}

/// The routes under `/api/v1`; requests by TCP must carry a token.
pub fn router(api: Api, keeper: Doorkeeper) -> Router {
    let routes = Router::new()
        .route("/status", get(status))
        .route("/events", get(events::follow))
        .route("/servers", get(servers::list).post(servers::add))
        .route(
            "/servers/{name}",
            get(servers::detail).delete(servers::remove),
        )
        .route("/servers/{name}/enable", post(servers::enable))
        .route("/servers/{name}/disable", post(servers::disable))
        .route("/servers/{name}/restart", post(servers::restart))
        .route("/servers/{name}/logs", get(logs::read))
        .route("/tools", get(tools::find))
        .route("/tools/call", post(tools::call))
        .route("/tools/{id}", get(tools::detail))
        .route("/config", get(config::status))
        .route("/config/reload", post(config::reload))
        .route("/session/code", post(access::make_code))
        .fallback(error::no_such_route)
        .layer(middleware::from_fn_with_state(
            (keeper.clone(), api.access.clone()),
            auth::check,
        ))
        // Whoever asks for a session has no token yet.
        .route("/session", post(access::trade))
        .layer(middleware::from_fn_with_state(keeper, gateway::guard))
        .with_state(api);
    Router::new().nest("/api/v1", routes)
}

async fn status(State(api): State<Api>) -> Json<Arc<Snapshot>> {
    Json(api.gateway.fleet().snapshot())
}

#[cfg(test)]
mod tests;

//! A server's log: its last lines, or those and what follows.

use std::convert::Infallible;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use model::LogLines;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Api;
use crate::error::Failure;
use crate::servers::resolve;

/// Lines given at most.
const MOST: usize = 10_000;

#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Wanted {
    /// So many of the last lines; 100 unless given.
    lines: Option<usize>,
    /// Whether to go on with each new line, as an event `line`.
    follow: Option<bool>,
}

/// The last lines of a server's log, or those and what follows.
#[utoipa::path(get, path = "/servers/{name}/logs", params(("name" = String, Path), Wanted), responses((status = 200, content((LogLines = "application/json"), (String = "text/event-stream")))))]
pub(crate) async fn read(
    State(api): State<Api>,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let fleet = api.gateway.fleet();
    let name = resolve(fleet, &name)?;
    let catalog = fleet.catalog();
    let server = catalog
        .servers()
        .iter()
        .find(|server| server.name.as_str() == name);
    let slug = server.map(|server| server.slug.clone()).unwrap_or_default();
    let lines = wanted.lines.unwrap_or(100).min(MOST);
    let logs = &fleet.context().logs;
    if !wanted.follow.unwrap_or(false) {
        let lines = logs
            .tail(&slug, lines)
            .await
            .map_err(|error| unreadable(&name, &error))?;
        return Ok(Json(LogLines { lines }).into_response());
    }
    let followed = logs
        .follow(&slug, lines)
        .await
        .map_err(|error| unreadable(&name, &error))?;
    let lines = followed
        .map(|line| Ok::<_, Infallible>(Event::default().event("line").data(line)))
        .take_until(api.closing.cancelled_owned());
    Ok(Sse::new(lines).keep_alive(KeepAlive::new()).into_response())
}

fn unreadable(name: &str, error: &std::io::Error) -> Failure {
    Failure::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "log-unreadable",
        format!("The log of `{name}` cannot be read: {error}."),
        "Check the permissions of the log folder.",
    )
}

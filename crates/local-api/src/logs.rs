//! Logs, the gateway's own and those of servers: their last lines, or those and what follows.

use std::convert::Infallible;
use std::path::PathBuf;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _};
use model::{LogFile, LogKind, LogLines};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Api;
use crate::error::Failure;
use crate::opening;
use crate::servers::resolve;

/// Lines given at most.
const MOST: usize = 10_000;

/// The id of the gateway's own log.
const GATEWAY: &str = "gateway";

#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Wanted {
    /// So many of the last lines; 100 unless given.
    lines: Option<usize>,
    /// Whether to go on with each new line, as an event `line`.
    follow: Option<bool>,
}

/// Which log is meant.
enum Log {
    Gateway,
    /// Of the server with this slug.
    Server(String),
}

/// All logs: the gateway's own, then those of the servers.
#[utoipa::path(get, path = "/logs", responses((status = 200, body = Vec<LogFile>)))]
pub(crate) async fn list(State(api): State<Api>) -> Json<Vec<LogFile>> {
    let gateway = (GATEWAY.to_owned(), "Toolgate".to_owned(), LogKind::Gateway);
    let catalog = api.gateway.fleet().catalog();
    let servers = catalog.servers().iter().map(|server| {
        let name = server.name.to_string();
        (server.slug.clone(), name, LogKind::Server)
    });
    let mut files = Vec::new();
    for (id, label, kind) in std::iter::once(gateway).chain(servers) {
        let log = match kind {
            LogKind::Gateway => Log::Gateway,
            LogKind::Server => Log::Server(id.clone()),
        };
        let Ok(path) = place(&api, &log) else {
            continue;
        };
        let bytes = tokio::fs::metadata(&path)
            .await
            .map_or(0, |facts| facts.len());
        files.push(LogFile {
            id,
            label,
            path: path.display().to_string(),
            bytes,
            kind,
        });
    }
    Json(files)
}

/// The last lines of a log, or those and what follows.
#[utoipa::path(get, path = "/logs/{id}", params(("id" = String, Path), Wanted), responses((status = 200, content((LogLines = "application/json"), (String = "text/event-stream")))))]
pub(crate) async fn read(
    State(api): State<Api>,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    answer(&api, &named(&api, &id)?, &wanted).await
}

/// The last lines of a server's log, or those and what follows.
#[utoipa::path(get, path = "/servers/{name}/logs", params(("name" = String, Path), Wanted), responses((status = 200, content((LogLines = "application/json"), (String = "text/event-stream")))))]
pub(crate) async fn of_server(
    State(api): State<Api>,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    answer(&api, &server_log(&api, &name)?, &wanted).await
}

/// Opens a log in the program that its user chose for such files.
#[utoipa::path(post, path = "/logs/{id}/open", params(("id" = String, Path)), responses((status = 204)))]
pub(crate) async fn open(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    let path = place(&api, &named(&api, &id)?).map_err(|error| unreadable(&error))?;
    opening::open(path).await
}

/// A server that is called `gateway` itself is reached by `/servers/gateway/logs`.
fn named(api: &Api, id: &str) -> Result<Log, Failure> {
    if id == GATEWAY {
        return Ok(Log::Gateway);
    }
    server_log(api, id)
}

fn server_log(api: &Api, name: &str) -> Result<Log, Failure> {
    let fleet = api.gateway.fleet();
    let name = resolve(fleet, name)?;
    let catalog = fleet.catalog();
    let mut servers = catalog.servers().iter();
    let server = servers.find(|server| server.name.as_str() == name);
    Ok(Log::Server(
        server.map(|server| server.slug.clone()).unwrap_or_default(),
    ))
}

fn place(api: &Api, log: &Log) -> std::io::Result<PathBuf> {
    match log {
        Log::Gateway => Ok(api.log.path()),
        Log::Server(slug) => api.gateway.fleet().context().logs.path(slug),
    }
}

async fn answer(api: &Api, log: &Log, wanted: &Wanted) -> Result<Response, Failure> {
    let lines = wanted.lines.unwrap_or(100).min(MOST);
    let logs = &api.gateway.fleet().context().logs;
    if !wanted.follow.unwrap_or(false) {
        let lines = match log {
            Log::Gateway => api.log.tail(lines).await,
            Log::Server(slug) => logs.tail(slug, lines).await,
        };
        let lines = lines.map_err(|error| unreadable(&error))?;
        return Ok(Json(LogLines { lines }).into_response());
    }
    match log {
        Log::Gateway => {
            let lines = api.log.follow(lines).await;
            Ok(stream(api, lines.map_err(|error| unreadable(&error))?))
        }
        Log::Server(slug) => {
            let lines = logs.follow(slug, lines).await;
            Ok(stream(api, lines.map_err(|error| unreadable(&error))?))
        }
    }
}

fn stream(api: &Api, lines: impl Stream<Item = String> + Send + 'static) -> Response {
    let lines = lines
        .map(|line| Ok::<_, Infallible>(Event::default().event("line").data(line)))
        .take_until(api.closing.clone().cancelled_owned());
    Sse::new(lines).keep_alive(KeepAlive::new()).into_response()
}

fn unreadable(error: &std::io::Error) -> Failure {
    Failure::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "log-unreadable",
        format!("The log cannot be read: {error}."),
        "Check the permissions of the log folder.",
    )
}

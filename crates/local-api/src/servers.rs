//! Servers: list, detail, add, remove, switch, restart.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use config::{Edit, Loaded};
use fleet::{Fleet, UnknownServer};
use model::{AddServer, ReplaceServer, ServerDetail, ServerStatus};

use crate::Api;
use crate::error::Failure;
use crate::tools::summary;

/// A change in the configuration shows in the snapshot within this time.
const SOON: Duration = Duration::from_secs(5);

/// All servers, in the order of the configuration.
#[utoipa::path(get, path = "/servers", responses((status = 200, body = Vec<ServerStatus>)))]
pub(crate) async fn list(State(api): State<Api>) -> Json<Vec<ServerStatus>> {
    Json(api.gateway.fleet().snapshot().servers.clone())
}

/// One server with its entry and its tools.
#[utoipa::path(get, path = "/servers/{name}", params(("name" = String, Path)), responses((status = 200, body = ServerDetail)))]
pub(crate) async fn detail(
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<Json<ServerDetail>, Failure> {
    let fleet = api.gateway.fleet();
    let name = resolve(fleet, &name)?;
    let config = fleet.server_config(&name)?.masked_entry();
    let status = status_of(fleet, &name)?;
    let catalog = fleet.catalog();
    let known = catalog
        .servers()
        .iter()
        .find(|server| server.name.as_str() == name);
    let (instructions, mut tools) = known.map_or((None, Vec::new()), |server| {
        let tools = server.tools.iter().map(|tool| summary(tool)).collect();
        (server.instructions.clone(), tools)
    });
    tools.sort_by(|a: &model::ToolSummary, b| a.name.cmp(&b.name));
    Ok(Json(ServerDetail {
        status,
        config,
        instructions,
        tools,
    }))
}

/// Adds a server to the configuration; it starts if a person has let it.
#[utoipa::path(post, path = "/servers", request_body = AddServer, responses((status = 201, body = ServerStatus)))]
pub(crate) async fn add(
    State(api): State<Api>,
    Json(body): Json<AddServer>,
) -> Result<(StatusCode, Json<ServerStatus>), Failure> {
    let AddServer {
        name,
        entry,
        consent,
    } = body;
    let add = Edit::Add {
        name: name.clone(),
        entry,
    };
    let status = edit(&api, add, &name, Consent::said(consent)).await?;
    Ok((StatusCode::CREATED, status))
}

/// Replaces a server's entry; a masked value in it stays what it is.
#[utoipa::path(put, path = "/servers/{name}", params(("name" = String, Path)), request_body = ReplaceServer, responses((status = 200, body = ServerStatus)))]
pub(crate) async fn replace(
    State(api): State<Api>,
    Path(name): Path<String>,
    Json(body): Json<ReplaceServer>,
) -> Result<Json<ServerStatus>, Failure> {
    let name = resolve(api.gateway.fleet(), &name)?;
    let amend = Edit::Amend {
        name: name.clone(),
        entry: body.entry,
    };
    edit(&api, amend, &name, Consent::said(body.consent)).await
}

/// Stops a server and removes it from the configuration.
#[utoipa::path(delete, path = "/servers/{name}", params(("name" = String, Path)), responses((status = 204)))]
pub(crate) async fn remove(
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    let fleet = api.gateway.fleet();
    let name = resolve(fleet, &name)?;
    fleet
        .config()
        .edit(Edit::Remove { name: name.clone() })
        .await?;
    let gone = |snapshot: &model::Snapshot| !snapshot.servers.iter().any(|s| s.name == name);
    wait_for(fleet, gone).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Switches a server on in the configuration and starts it.
#[utoipa::path(post, path = "/servers/{name}/enable", params(("name" = String, Path)), responses((status = 200, body = ServerStatus)))]
pub(crate) async fn enable(
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<Json<ServerStatus>, Failure> {
    switch(&api, &name, true).await
}

/// Stops a server and switches it off in the configuration.
#[utoipa::path(post, path = "/servers/{name}/disable", params(("name" = String, Path)), responses((status = 200, body = ServerStatus)))]
pub(crate) async fn disable(
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<Json<ServerStatus>, Failure> {
    switch(&api, &name, false).await
}

/// Stops a server and starts it again.
#[utoipa::path(post, path = "/servers/{name}/restart", params(("name" = String, Path)), responses((status = 200, body = ServerStatus)))]
pub(crate) async fn restart(
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<Json<ServerStatus>, Failure> {
    let fleet = api.gateway.fleet();
    let name = resolve(fleet, &name)?;
    let before = status_of(fleet, &name)?;
    fleet.restart(&name)?;
    let again = |s: &ServerStatus| s.name == name && s.starts != before.starts;
    wait_for(fleet, |snapshot| snapshot.servers.iter().any(&again)).await;
    Ok(Json(status_of(fleet, &name)?))
}

async fn switch(api: &Api, name: &str, enabled: bool) -> Result<Json<ServerStatus>, Failure> {
    let name = resolve(api.gateway.fleet(), name)?;
    edit(
        api,
        Edit::SetEnabled {
            name: name.clone(),
            enabled,
        },
        &name,
        Consent::None,
    )
    .await
}

/// Edits the file, and answers with what came of it.
async fn edit(
    api: &Api,
    edit: Edit,
    name: &str,
    consent: Consent,
) -> Result<Json<ServerStatus>, Failure> {
    let fleet = api.gateway.fleet();
    let written = fleet.config().edit(edit).await?;
    consent.give(fleet, &written, name).await?;
    Ok(Json(settled(fleet, name).await?))
}

/// Whether whoever had an entry written has seen it, and lets the server start so.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// What the entry says of trust was seen as well.
    Whole,
    /// How it is started or reached was seen.
    Launch,
    /// It waits for a review.
    None,
}

impl Consent {
    /// To an entry in a body that says whether it was seen.
    fn said(consent: bool) -> Self {
        if consent { Self::Whole } else { Self::None }
    }

    /// Lets the server start as it was written, whatever became of its entry since.
    pub(crate) async fn give(
        self,
        fleet: &Fleet,
        written: &Loaded,
        name: &str,
    ) -> Result<(), Failure> {
        let Some(config) = written.settings.servers.get(name) else {
            return Ok(());
        };
        let mode = config.trust_mode().filter(|_| self == Self::Whole);
        if self != Self::None {
            fleet.consent(name, config.fingerprint(), mode).await?;
        }
        Ok(())
    }
}

/// A server once the snapshot shows what the configuration says of it.
pub(crate) async fn settled(fleet: &Fleet, name: &str) -> Result<ServerStatus, UnknownServer> {
    let loaded = fleet.config().current();
    let config = loaded.settings.servers.get(name);
    let wanted = config.map(|config| (config.enabled, config.target()));
    let shown = |snapshot: &model::Snapshot| {
        let status = snapshot.servers.iter().find(|server| server.name == name);
        let is = |s: &ServerStatus| (s.state != model::ServerState::Disabled, s.target.clone());
        status.map(is) == wanted
    };
    wait_for(fleet, shown).await;
    status_of(fleet, name)
}

/// Waits until a change shows in the snapshot, within bounds.
pub(crate) async fn wait_for(fleet: &Fleet, shown: impl Fn(&model::Snapshot) -> bool) {
    let mut snapshots = fleet.watch();
    // Late is no failure: the edit stands, and the answer shows what is known by then.
    let _ = tokio::time::timeout(SOON, snapshots.wait_for(|snapshot| shown(snapshot))).await;
}

/// The configured name; the name in tool names is understood as well.
pub(crate) fn resolve(fleet: &Fleet, name: &str) -> Result<String, UnknownServer> {
    if fleet.server_config(name).is_ok() {
        return Ok(name.to_owned());
    }
    let known = fleet
        .server_named(name)
        .ok_or_else(|| UnknownServer(name.to_owned()))?;
    Ok(known.to_string())
}

fn status_of(fleet: &Fleet, name: &str) -> Result<ServerStatus, UnknownServer> {
    let snapshot = fleet.snapshot();
    let status = snapshot.servers.iter().find(|server| server.name == name);
    status
        .cloned()
        .ok_or_else(|| UnknownServer(name.to_owned()))
}

//! Tools: search, detail, call.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use fleet::{Catalog, Tool};
use gateway::{Face, Requester, ToolCall, standing};
use model::{CallReply, CallTool, ToolDetail, ToolSummary};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::RawObject;

use crate::Api;
use crate::error::Failure;
use crate::servers::resolve;

/// Tools listed at most.
const MOST: usize = 10_000;

/// What a token of JSON has on average; an estimate, since every model counts in its own way.
const BYTES_PER_TOKEN: usize = 4;

#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Wanted {
    /// What to look for; the best come first.
    query: Option<String>,
    /// Only those of this server.
    server: Option<String>,
    /// At most so many.
    limit: Option<usize>,
}

/// Tools: ranked where a query is given, else ordered by id.
#[utoipa::path(get, path = "/tools", params(Wanted), responses((status = 200, body = Vec<ToolSummary>)))]
pub(crate) async fn find(
    State(api): State<Api>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Vec<ToolSummary>>, Failure> {
    let fleet = api.gateway.fleet();
    let server = wanted
        .server
        .map(|name| resolve(fleet, &name))
        .transpose()?;
    let limit = wanted.limit.unwrap_or(MOST).min(MOST);
    let Some(query) = wanted.query else {
        let catalog = fleet.catalog();
        let of_server = |tool: &&std::sync::Arc<Tool>| {
            server
                .as_ref()
                .is_none_or(|server| tool.server.as_str() == server)
        };
        let all = catalog.tools().filter(of_server).take(limit);
        return Ok(Json(all.map(|tool| summary(tool)).collect()));
    };
    let found = fleet.search(&query, limit, server.as_deref());
    Ok(Json(
        found
            .iter()
            .map(|found| ToolSummary {
                score: Some(found.score),
                matched: found.matched.clone(),
                ..summary(&found.tool)
            })
            .collect(),
    ))
}

/// One tool with its definition.
#[utoipa::path(get, path = "/tools/{id}", params(("id" = String, Path)), responses((status = 200, body = ToolDetail)))]
pub(crate) async fn detail(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<Json<ToolDetail>, Failure> {
    let catalog = api.gateway.fleet().catalog();
    let tool = catalog.tool(&id).ok_or_else(|| absent(&catalog, &id))?;
    let definition = serde_json::from_str(tool.definition.definition.get()).unwrap_or_default();
    Ok(Json(ToolDetail {
        summary: summary(tool),
        definition,
    }))
}

/// Why there is no such tool: it never was, or its server is down.
fn absent(catalog: &Catalog, id: &str) -> Failure {
    let slug = id.split_once("__").map_or("", |(slug, _)| slug);
    let server = catalog.servers().iter().find(|server| server.slug == slug);
    match server.filter(|server| server.tools.is_empty() && !server.state.is_ready()) {
        Some(server) => {
            let (message, fix) = standing(server.name.as_str(), &server.state);
            Failure::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "server-not-ready",
                message,
                fix,
            )
        }
        None => Failure::new(
            StatusCode::NOT_FOUND,
            "no-such-tool",
            format!("There is no tool `{id}`."),
            "Find tools with `toolgate tools search`.",
        ),
    }
}

/// Calls a tool by the same path as any client's call.
#[utoipa::path(post, path = "/tools/call", request_body = CallTool, responses((status = 200, body = CallReply)))]
pub(crate) async fn call(State(api): State<Api>, Json(body): Json<CallTool>) -> Json<CallReply> {
    let who = Requester::local("local");
    let call = ToolCall {
        who: &who,
        face: &Face::Menu,
        tool: &body.name,
        arguments: Some(&body.arguments),
        extra: RawObject::default(),
        intent: None,
    };
    Json(CallReply {
        result: gateway::call_for_result(&api.gateway, &call).await,
    })
}

/// A tool's short form.
pub(crate) fn summary(tool: &Tool) -> ToolSummary {
    ToolSummary {
        id: tool.id.clone(),
        server: tool.server.to_string(),
        name: tool.definition.name.clone(),
        description: tool.definition.description.clone(),
        effect: tool.definition.effect,
        score: None,
        matched: Vec::new(),
        tokens: tool
            .definition
            .definition
            .get()
            .len()
            .div_ceil(BYTES_PER_TOKEN),
    }
}

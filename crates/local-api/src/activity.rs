//! What happened: pages, details, exports, and the numbers of the last day.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use fleet::{ActivityFilter, ExportFormat};
use model::{Activity, ActivityDetail, ActivityKind, ActivityPage, CallOutcome, ErrorReply, Stats};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::Api;
use crate::error::Failure;

/// Items of a page unless said otherwise, and at most.
const PAGE: usize = 100;
const MOST: usize = 1_000;

/// Which activities are wanted; what is absent does not matter.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Of this sort.
    kind: Option<ActivityKind>,
    /// Caused by this client.
    client: Option<String>,
    /// Of this server.
    server: Option<String>,
    /// Of this tool, by its name at its server.
    tool: Option<String>,
    /// Calls that ended so.
    outcome: Option<CallOutcome>,
    /// With this text anywhere.
    text: Option<String>,
    /// Older than the one of this id.
    before: Option<u64>,
    /// Items of the page: 100 unless said otherwise, 1,000 at most. No meaning for exports.
    limit: Option<usize>,
    /// The form of an export: `json` unless said otherwise. No meaning for pages.
    #[param(inline)]
    format: Option<Format>,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// An array of activities.
    #[default]
    Json,
    /// A line each.
    Csv,
}

impl Wanted {
    fn filter(self) -> ActivityFilter {
        ActivityFilter {
            kind: self.kind,
            client: self.client,
            server: self.server,
            tool: self.tool,
            outcome: self.outcome,
            text: self.text,
            before: self.before,
        }
    }
}

/// One page of what happened, newest first.
#[utoipa::path(
    get, path = "/activity", params(Wanted),
    responses((status = 200, body = ActivityPage))
)]
pub(crate) async fn page(
    State(api): State<Api>,
    Query(wanted): Query<Wanted>,
) -> Json<ActivityPage> {
    let limit = wanted.limit.unwrap_or(PAGE).clamp(1, MOST);
    Json(api.gateway.fleet().activities(wanted.filter(), limit).await)
}

/// Everything known about one thing that happened.
#[utoipa::path(
    get, path = "/activity/{id}", params(("id" = u64, Path)),
    responses((status = 200, body = ActivityDetail), (status = 404, body = ErrorReply))
)]
pub(crate) async fn detail(
    State(api): State<Api>,
    Path(id): Path<u64>,
) -> Result<Json<ActivityDetail>, Failure> {
    let found = api.gateway.fleet().activity(id).await;
    found.map(Json).ok_or_else(|| {
        Failure::new(
            StatusCode::NOT_FOUND,
            "no-such-activity",
            format!("Nothing is known of an activity {id}."),
            "Only the last activities are kept; look for it in the list.",
        )
    })
}

/// What happened as a file, newest first, at most 10,000 of it.
#[utoipa::path(
    get, path = "/activity/export", params(Wanted),
    responses((status = 200, content((Vec<Activity> = "application/json"), (String = "text/csv"))))
)]
pub(crate) async fn export(State(api): State<Api>, Query(wanted): Query<Wanted>) -> Response {
    let (format, kind, name) = match wanted.format.unwrap_or_default() {
        Format::Json => (
            ExportFormat::Json,
            "application/json",
            "attachment; filename=\"toolgate-activity.json\"",
        ),
        Format::Csv => (
            ExportFormat::Csv,
            "text/csv; charset=utf-8",
            "attachment; filename=\"toolgate-activity.csv\"",
        ),
    };
    let fleet = api.gateway.fleet();
    let text = fleet.export_activities(wanted.filter(), format).await;
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, name),
    ];
    (headers, text).into_response()
}

/// The calls of the last 24 hours, and what the tools cost a model.
#[utoipa::path(
    get, path = "/stats", responses((status = 200, body = Stats))
)]
pub(crate) async fn stats(State(api): State<Api>) -> Json<Stats> {
    Json(Stats {
        hours: api.gateway.fleet().hours(),
        cost: api.gateway.tool_cost(),
    })
}

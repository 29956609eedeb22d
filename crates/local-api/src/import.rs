//! Servers from pasted text.

use axum::Json;
use axum::extract::State;
use fleet::Fleet;
use model::{Candidate, Candidates, ParseText};

use crate::Api;
use crate::error::Failure;

/// The servers that a text describes; nothing is changed by it.
#[utoipa::path(post, path = "/servers/parse", request_body = ParseText, responses((status = 200, body = Candidates)))]
pub(crate) async fn parse(
    State(api): State<Api>,
    Json(body): Json<ParseText>,
) -> Result<Json<Candidates>, Failure> {
    let servers = candidates(api.gateway.fleet(), &body.text)?;
    Ok(Json(Candidates { servers }))
}

/// The servers that a text describes, and whether their names are taken.
pub(crate) fn candidates(fleet: &Fleet, text: &str) -> Result<Vec<Candidate>, Failure> {
    let mut candidates = config::import::candidates(text)?;
    for candidate in &mut candidates {
        candidate.exists = fleet.server_config(&candidate.name).is_ok();
    }
    Ok(candidates)
}

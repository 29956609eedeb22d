//! The API's own description, in `OpenAPI` 3.1.
//!
//! It is collected from the routes themselves, and checked in as `assets/openapi.json`, from which
//! the types of the web UI are made. A test keeps both the same.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

const DOCUMENT: &str = include_str!("../../../assets/openapi.json");

/// This document.
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, body = serde_json::Value)))]
pub(crate) async fn read() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT)
}

#[cfg(test)]
pub(crate) mod tests;

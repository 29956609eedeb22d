//! What the doctor found.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Reply of `GET /api/v1/doctor`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DoctorReport {
    /// Grouped, in the order in which they are shown.
    pub findings: Vec<Finding>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// Stable, in kebab-case.
    pub id: String,
    /// What it belongs to, for example `programs`.
    pub group: String,
    /// Whether it is well.
    pub status: FindingStatus,
    /// What was looked at, a few words.
    pub title: String,
    /// What was seen.
    pub message: String,
    /// What to do about it; empty where nothing is wrong.
    pub fix: String,
    /// A command that does it, where there is one.
    pub command: Option<String>,
}

/// Whether something is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FindingStatus {
    /// It is.
    Ok,
    /// It may get in the way.
    Warning,
    /// It gets in the way.
    Error,
}

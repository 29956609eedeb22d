//! Logs and the bundle for those who help.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The last lines of a log: `GET /api/v1/logs/{id}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogLines {
    /// Oldest first, escaped for a terminal.
    pub lines: Vec<String>,
}

/// Whose log it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogKind {
    /// The gateway's own.
    Gateway,
    /// A server's.
    Server,
}

/// One log: an item of `GET /api/v1/logs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogFile {
    /// `gateway`, or the server's slug.
    pub id: String,
    /// For people: the server's name.
    pub label: String,
    /// The current file.
    pub path: String,
    /// Its size; nothing was written yet where it is 0.
    pub bytes: u64,
    /// Whose it is.
    pub kind: LogKind,
}

/// A file in the support bundle: an item of `GET /api/v1/support-bundle/contents`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BundleEntry {
    /// Its path in the archive.
    pub name: String,
    /// What is in it.
    pub description: String,
    /// Its size.
    pub bytes: u64,
}

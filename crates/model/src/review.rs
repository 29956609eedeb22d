//! What waits for a person's decision.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Where something to be reviewed came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewSource {
    /// An install link that was opened.
    Link,
    /// An agent that asked for it.
    Agent,
    /// Text that was pasted.
    Paste,
}

/// A server that somebody proposes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReviewItem {
    /// Stable for as long as it waits.
    pub id: String,
    /// Where it came from.
    pub source: ReviewSource,
    /// Who proposed it, as that program names itself.
    pub by: Option<String>,
    /// Since when it waits.
    pub at: u64,
    /// The name it would have, or has.
    pub name: String,
    /// Its entry in the configuration's form, secrets masked.
    pub entry: Value,
    /// What it would run or reach.
    pub evidence: Evidence,
    /// Whether it is in the configuration already, switched off.
    pub configured: bool,
}

/// What a server would run or reach, and what it would receive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// `stdio`, `http`, `sse` or `ws`.
    pub transport: String,
    /// The whole command line or URL, secrets masked.
    pub target: String,
    /// Names of the variables set for it.
    pub env: Vec<String>,
    /// Names of the headers sent with every request.
    pub headers: Vec<String>,
    /// The folder it starts in.
    pub cwd: Option<String>,
    /// What deserves a second look, one sentence each.
    pub warnings: Vec<String>,
}

//! What a tool may do, and its short form.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What calling a tool may do to the world, as its server's annotations claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// `readOnlyHint` is true.
    Read,
    /// Changes something, and does not claim to destroy; also a tool without annotations.
    Write,
    /// `destructiveHint` is true.
    Destructive,
}

impl Effect {
    /// The gateway's tool through which this effect may be had.
    pub fn call_with(self) -> &'static str {
        match self {
            Self::Read => "call_tool_read",
            Self::Write => "call_tool_write",
            Self::Destructive => "call_tool_destructive",
        }
    }
}

/// One tool in a list for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolSummary {
    /// The name under which it is called through the gateway.
    pub id: String,
    /// The server it belongs to.
    pub server: String,
    /// The name that its server gave it.
    pub name: String,
    /// Its description, whole.
    #[serde(default)]
    pub description: String,
    /// What it may do.
    pub effect: Effect,
    /// Rank score, where the list answers a query; higher is better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// The words of the query that it matched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matched: Vec<String>,
    /// What its definition costs a model that is shown it, in tokens, estimated as a quarter of
    /// its JSON's bytes.
    #[serde(default)]
    pub tokens: usize,
}

//! What was changed in the configuration, by whom.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Who made a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Author {
    /// What sort of author.
    pub kind: AuthorKind,
    /// The agent's name as it names itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Author {
    /// A person, by the CLI or the UI.
    pub fn person() -> Self {
        Self {
            kind: AuthorKind::Person,
            name: None,
        }
    }

    /// Whoever edited the file.
    pub fn file() -> Self {
        Self {
            kind: AuthorKind::File,
            name: None,
        }
    }

    /// An agent by the name it gives itself.
    pub fn agent(name: impl Into<String>) -> Self {
        Self {
            kind: AuthorKind::Agent,
            name: Some(name.into()),
        }
    }
}

/// What sort of author made a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AuthorKind {
    /// A person, by the CLI or the UI.
    Person,
    /// An agent, by the tool that looks after servers.
    Agent,
    /// Whoever edited the file.
    File,
}

/// One change: an item of `GET /api/v1/changes`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// Ascends with time, across restarts.
    pub id: u64,
    /// When.
    pub at: u64,
    /// By whom.
    pub by: Author,
    /// Which server.
    pub server: String,
    /// What was done.
    pub kind: ChangeKind,
    /// Its entry before, secrets masked.
    pub before: Option<Value>,
    /// Its entry after, secrets masked.
    pub after: Option<Value>,
}

/// What was done to a server's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is another.
    Replaced,
    /// It is gone.
    Removed,
    /// It was switched on.
    Enabled,
    /// It was switched off.
    Disabled,
}

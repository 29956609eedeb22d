//! Tokens of clients: who may call by TCP, and what.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is known of a client's token. The token itself is told once, when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClientToken {
    /// Names it in addresses and on the command line; no secret.
    pub id: String,
    /// The client that it was made for, as a person calls it.
    pub name: String,
    /// When it was made, in Unix milliseconds.
    pub created_at: u64,
    /// From when on it is no longer good, in Unix milliseconds; `None` if a person must revoke it.
    #[serde(default)]
    pub expires_at: Option<u64>,
    /// When it was last shown at a door, in Unix milliseconds.
    #[serde(default)]
    pub last_used: Option<u64>,
    /// The only servers that its client sees, by their names in the configuration; `None` for all.
    #[serde(default)]
    pub servers: Option<Vec<String>>,
    /// The only tools that its client sees, as patterns of `server__tool` in which `*` stands for
    /// anything; `None` for all. Where it is set, the client sees no prompts and no resources.
    #[serde(default)]
    pub tools: Option<Vec<String>>,
}

impl ClientToken {
    /// Whether it is good for everything that there is.
    pub fn is_unlimited(&self) -> bool {
        self.servers.is_none() && self.tools.is_none()
    }
}

/// Body of `POST /api/v1/tokens`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewClientToken {
    /// The client that it is for, for example `VS Code`; no two tokens have the same name.
    pub name: String,
    /// As [`ClientToken::expires_at`].
    #[serde(default)]
    pub expires_at: Option<u64>,
    /// As [`ClientToken::servers`].
    #[serde(default)]
    pub servers: Option<Vec<String>>,
    /// As [`ClientToken::tools`].
    #[serde(default)]
    pub tools: Option<Vec<String>>,
}

/// Reply of `POST /api/v1/tokens`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IssuedToken {
    /// To be sent as `Authorization: Bearer`; it is not told again.
    pub token: String,
    /// What is known of it.
    #[serde(flatten)]
    pub client: ClientToken,
}

/// Whether clients need a token by TCP.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum TokenRule {
    /// Each client shows its own.
    #[default]
    Required,
    /// Whoever reaches the port may call, other users of the machine included.
    Off,
}

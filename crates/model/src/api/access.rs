//! Getting in, pausing, and being shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Body of `POST /api/v1/session/code`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WindowPath {
    /// The screen to open, for example `/review`; the first one if absent.
    #[serde(default)]
    pub path: Option<String>,
}

/// A code that opens the web UI once: reply of `POST /api/v1/session/code`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionCode {
    /// Good for one use.
    pub code: String,
    /// The web UI's address with the code in its fragment.
    pub url: String,
    /// When the code is no longer good.
    pub expires_at: u64,
}

/// Body of `POST /api/v1/session`, which needs no token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TradeCode {
    /// A code from [`SessionCode`].
    pub code: String,
}

/// Reply of `POST /api/v1/session`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionToken {
    /// To be sent as `Authorization: Bearer`.
    pub token: String,
    /// When it is no longer good.
    pub expires_at: u64,
}

/// Body of `POST /api/v1/pause`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PauseFor {
    /// How long; without it, until a person resumes.
    #[serde(default)]
    pub minutes: Option<u32>,
}

/// Body of `POST /api/v1/window`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenWindow {
    /// The screen, for example `/review`.
    pub path: String,
}

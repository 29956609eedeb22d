//! How signing in to a server stands.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Problem;

/// How signing in to a server stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignInStatus {
    /// Where it stands.
    pub state: SignInState,
    /// Since when.
    pub since: u64,
    /// What was granted, as far as known.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// When the token ends, as far as known.
    pub expires_at: Option<u64>,
    /// Why the last attempt failed.
    pub problem: Option<Problem>,
}

/// Where a sign-in stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignInState {
    /// The server wants one.
    Needed,
    /// The browser is open and has not come back.
    Waiting,
    /// There is a token.
    SignedIn,
    /// The last attempt failed.
    Failed,
}

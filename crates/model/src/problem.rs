//! Problems are values: a stable code, what happened, and what to do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The catalogue of everything that can be wrong with a server or the configuration.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ProblemCode {
    /// The configured command is on no PATH that the gateway sees.
    CommandNotFound,
    /// The command exists but could not be started.
    SpawnFailed,
    /// The process ended before it answered the handshake.
    ExitedAtStart,
    /// The process ended, or the connection broke, while in use.
    Exited,
    /// The server did not finish its handshake in time.
    StartTimeout,
    /// The server has forgotten the session; a new one is opened at once.
    SessionExpired,
    /// What the server wrote is not the protocol.
    NotMcp,
    /// The server refused the handshake.
    HandshakeRefused,
    /// The handshake worked but the tools could not be listed.
    ListFailed,
    /// The address does not resolve, refuses connections or does not answer.
    Unreachable,
    /// The server answered with an HTTP error.
    HttpError,
    /// The server wants a sign-in or another token (HTTP 401 or 403).
    SignInRequired,
    /// A `${env:…}` reference names a variable that is not set.
    MissingVariable,
    /// A `${keyring:…}` reference names a secret that the keychain does not hold.
    MissingSecret,
    /// The keychain is locked, denied or absent.
    KeychainUnavailable,
    /// The server stopped answering.
    Unresponsive,
    /// The configuration file cannot be used.
    InvalidConfig,
    /// No person has let the server start as it is configured.
    Held,
}

impl ProblemCode {
    /// The code as shown to people and in answers, for example `command-not-found`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CommandNotFound => "command-not-found",
            Self::SpawnFailed => "spawn-failed",
            Self::ExitedAtStart => "exited-at-start",
            Self::Exited => "exited",
            Self::StartTimeout => "start-timeout",
            Self::SessionExpired => "session-expired",
            Self::NotMcp => "not-mcp",
            Self::HandshakeRefused => "handshake-refused",
            Self::ListFailed => "list-failed",
            Self::Unreachable => "unreachable",
            Self::HttpError => "http-error",
            Self::SignInRequired => "sign-in-required",
            Self::MissingVariable => "missing-variable",
            Self::MissingSecret => "missing-secret",
            Self::KeychainUnavailable => "keychain-unavailable",
            Self::Unresponsive => "unresponsive",
            Self::InvalidConfig => "invalid-config",
            Self::Held => "held",
        }
    }

    /// Whether its message may hold words of the server.
    pub fn quotes_server(self) -> bool {
        !matches!(
            self,
            Self::CommandNotFound
                | Self::SpawnFailed
                | Self::MissingVariable
                | Self::MissingSecret
                | Self::KeychainUnavailable
                | Self::InvalidConfig
                | Self::Held
        )
    }

    /// Whether trying again by itself is pointless (or rude) until a person changes something.
    pub fn needs_person(self) -> bool {
        matches!(
            self,
            Self::SignInRequired
                | Self::MissingVariable
                | Self::MissingSecret
                | Self::KeychainUnavailable
                | Self::InvalidConfig
                | Self::Held
        )
    }
}

/// One thing that is wrong, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Which problem of the catalogue this is.
    pub code: ProblemCode,
    /// What happened, one or two sentences.
    pub message: String,
    /// What to do about it, an imperative sentence.
    pub fix: String,
}

impl Problem {
    /// Puts a problem together.
    pub fn new(code: ProblemCode, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            fix: fix.into(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.message, self.fix)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_reads_the_same_in_json_and_in_words() {
        let code = ProblemCode::CommandNotFound;
        let json = serde_json::to_string(&code).expect("a unit variant serialises");
        assert_eq!(json, format!("\"{}\"", code.as_str()));
    }
}

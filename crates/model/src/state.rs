//! The named states of a server.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Problem;

/// What a start is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StartPhase {
    /// References to secrets and variables are being looked up.
    Resolving,
    /// The process is being started, or the connection opened.
    Connecting,
    /// The era is being found out and the handshake made.
    Handshake,
    /// The tools are being listed.
    Listing,
}

/// Where a server stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum ServerState {
    /// Switched off in the configuration.
    Disabled,
    /// On its way up.
    Starting {
        /// What it is busy with.
        phase: StartPhase,
    },
    /// Its tools can be called.
    Ready,
    /// Down; will be tried again by itself.
    BackingOff {
        /// Starts that failed in a row.
        attempts: u32,
        /// When the next start is due, in Unix milliseconds.
        retry_at: u64,
        /// Why the last one failed.
        problem: Problem,
    },
    /// Keeps failing: still tried, at the slowest pace.
    CrashLoop {
        /// Starts that failed in a row.
        attempts: u32,
        /// When the next start is due, in Unix milliseconds.
        retry_at: u64,
        /// Why the last one failed.
        problem: Problem,
    },
    /// Down until a person changes something.
    NeedsPerson {
        /// What is missing.
        problem: Problem,
    },
    /// On its way down.
    Stopping,
}

impl ServerState {
    /// The state in one or two words, for lists.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Starting { .. } => "starting",
            Self::Ready => "ready",
            Self::BackingOff { .. } => "backing off",
            Self::CrashLoop { .. } => "crash loop",
            Self::NeedsPerson { .. } => "needs you",
            Self::Stopping => "stopping",
        }
    }

    /// What is wrong, if anything is.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::BackingOff { problem, .. }
            | Self::CrashLoop { problem, .. }
            | Self::NeedsPerson { problem } => Some(problem),
            Self::Disabled | Self::Starting { .. } | Self::Ready | Self::Stopping => None,
        }
    }

    /// The same without what its server said about it, for those who have not let the server in.
    #[must_use]
    pub fn without_words(&self) -> Self {
        let mut state = self.clone();
        if let Self::BackingOff { problem, .. }
        | Self::CrashLoop { problem, .. }
        | Self::NeedsPerson { problem } = &mut state
            && problem.code.quotes_server()
        {
            let code = problem.code.as_str();
            problem.message = format!("It does not work ({code}); the user can see why.");
        }
        state
    }

    /// Whether tools can be called now.
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready)
    }

    /// Whether a start has come to an end, well or badly; `false` while it is still under way.
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::Starting { .. } | Self::Stopping)
    }
}

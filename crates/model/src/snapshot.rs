//! The full state as shown outside, and the news about it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    CallSummary, ClientStatus, ClientToken, Pause, Preferences, Problem, ReviewItem, SandboxStatus,
    ServerState, SignInStatus, TokenRule, TrustStatus,
};

/// Everything that a user interface draws from; complete at every moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Snapshot {
    /// The gateway's version.
    pub version: String,
    /// Counts up by one with every change; a lower number than before means a new process.
    pub revision: u64,
    /// When the gateway started, in Unix milliseconds.
    pub started_at: u64,
    /// The gateway's process id.
    pub pid: u32,
    /// The URL that clients connect to, for example `http://127.0.0.1:8665/mcp`.
    pub endpoint: String,
    /// The socket that programs of this machine may connect to instead.
    #[serde(default)]
    pub socket: String,
    /// The configuration and what is wrong with it.
    pub config: ConfigStatus,
    /// All servers, in the order of the configuration.
    pub servers: Vec<ServerStatus>,
    /// Sums over all servers.
    pub totals: Totals,
    /// Programs that called or are connected, the one heard of last first.
    #[serde(default)]
    pub clients: Vec<ClientStatus>,
    /// Tokens of clients, in the order in which they were made.
    #[serde(default)]
    pub tokens: Vec<ClientToken>,
    /// Whether clients need one by TCP.
    #[serde(default)]
    pub token_rule: TokenRule,
    /// The last calls, newest first, at most 50.
    #[serde(default)]
    pub recent: Vec<CallSummary>,
    /// Set while no call is let through because a person said so.
    #[serde(default)]
    pub pause: Option<Pause>,
    /// What waits for a person's decision, the oldest first.
    #[serde(default)]
    pub review: Vec<ReviewItem>,
    /// How the user wants to be shown things and told of them.
    #[serde(default)]
    pub preferences: Preferences,
    /// Whether a desktop shell is attached that can open a window.
    #[serde(default)]
    pub desktop: bool,
}

impl Snapshot {
    /// How many servers wait for a person's decision: proposed, held, or with definitions that are.
    pub fn to_review(&self) -> usize {
        let held = self.servers.iter().filter(|s| s.trust.hold.is_some());
        self.review.len() + held.count()
    }
}

/// Sums over all servers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    /// Servers in the configuration.
    pub servers: usize,
    /// Servers whose tools can be called.
    pub ready: usize,
    /// Servers that are down and enabled.
    pub not_ready: usize,
    /// Processes that the gateway started and that live.
    pub processes: usize,
    /// Tools that can be called.
    pub tools: usize,
    /// Calls since midnight, local time.
    #[serde(default)]
    pub calls_today: u64,
    /// Those of them that did not end well.
    #[serde(default)]
    pub failures_today: u64,
}

/// One server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServerStatus {
    /// Its name in the configuration.
    pub name: String,
    /// Its name in tool names and URL paths.
    pub slug: String,
    /// Where it stands.
    #[serde(flatten)]
    pub state: ServerState,
    /// Since when, in Unix milliseconds.
    pub since: u64,
    /// `stdio`, `http` or `sse`.
    pub transport: String,
    /// The command or URL it is reached by, without secrets.
    pub target: String,
    /// Its process, where it has one and it lives.
    pub pid: Option<u32>,
    /// How often a process or connection was started since the gateway runs.
    pub starts: u64,
    /// The protocol revision in use, for example `2025-11-25`.
    pub protocol: Option<String>,
    /// The name and version that the server gives itself.
    pub server_info: Option<String>,
    /// Tools that can be called.
    pub tools: usize,
    /// Definitions that could not be used, with the reason; they cost only themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected_tools: Vec<String>,
    /// Calls since the gateway runs.
    pub calls: u64,
    /// When it was last called, in Unix milliseconds.
    pub last_call: Option<u64>,
    /// How signing in to it stands; `None` where it never asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SignInStatus>,
    /// How it stands with the quarantine.
    #[serde(default)]
    pub trust: TrustStatus,
    /// What fences its process in; `None` for a server that runs elsewhere or was not started.
    #[serde(default)]
    pub sandbox: Option<SandboxStatus>,
}

/// How the configuration stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConfigStatus {
    /// The file.
    pub path: String,
    /// When what is live was read, in Unix milliseconds.
    pub loaded_at: u64,
    /// Findings about the file as it is now. With an error among them, the last good state is
    /// live instead.
    pub diagnostics: Vec<Diagnostic>,
}

impl ConfigStatus {
    /// Whether the file as it is now could not be used.
    pub fn has_errors(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|d| d.severity == Severity::Error)
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file, or that server, cannot be used.
    Error,
    /// It works, but probably not as meant.
    Warning,
}

/// One finding about the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key path, for example `mcpServers.github.command`; empty for the whole file.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{word}: {}:{}:{}", self.file, self.line, self.column)?;
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {} {}", self.message, self.fix)
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CallOutcome {
    /// The server returned a result.
    Ok,
    /// The server returned a result that says it is an error, or a protocol error.
    ToolError,
    /// The gateway did not let it through.
    Refused,
    /// No answer came in time.
    TimedOut,
    /// The server was lost during the call.
    Lost,
}

impl CallOutcome {
    /// The word for it, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::ToolError => "tool-error",
            Self::Refused => "refused",
            Self::TimedOut => "timed-out",
            Self::Lost => "lost",
        }
    }
}

/// News, for notices and logs; the state itself is always in the [`Snapshot`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A server changed its state.
    ServerState {
        /// Which.
        server: String,
        /// To what, as [`ServerState::label`].
        state: String,
        /// What is wrong, if anything is.
        problem: Option<Problem>,
    },
    /// A server's tools changed.
    ToolsChanged {
        /// Which server.
        server: String,
        /// How many it has now.
        tools: usize,
    },
    /// The configuration was read again.
    ConfigReloaded {
        /// Whether the file could be used.
        ok: bool,
    },
    /// A tool was called.
    Call {
        /// Who called, as the client names itself.
        client: String,
        /// Which server.
        server: String,
        /// The tool's name at its server.
        tool: String,
        /// How long it took, in milliseconds.
        millis: u64,
        /// How it ended.
        outcome: CallOutcome,
    },
    /// The desktop shell, if one is attached, is asked to show the window.
    OpenWindow {
        /// The screen, for example `/review`.
        path: String,
    },
}

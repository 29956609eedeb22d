//! What happened: calls, changes, and who caused them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ApiError, CallOutcome};

/// One call in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallSummary {
    /// Ascends with time, across restarts.
    pub id: u64,
    /// When it came.
    pub at: u64,
    /// Who called, as the client names itself.
    pub client: String,
    /// Which server; empty where no such tool is known.
    pub server: String,
    /// The tool's name at its server.
    pub tool: String,
    /// How it ended.
    pub outcome: CallOutcome,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// A program that uses the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClientStatus {
    /// As it names itself, with its version.
    pub name: String,
    /// Sessions and connections that are open now.
    pub open: usize,
    /// When it was last heard of.
    pub last_seen: u64,
    /// When it last called a tool.
    pub last_call: Option<u64>,
    /// Its calls since the gateway runs.
    pub calls: u64,
    /// Those that did not end well.
    pub failures: u64,
}

/// No call is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pause {
    /// Since when.
    pub since: u64,
    /// When it ends by itself; `None` means when a person says so.
    pub until: Option<u64>,
}

/// What sort of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActivityKind {
    /// A tool was called.
    Call,
    /// The configuration was changed.
    Change,
    /// A server came up or went down.
    Server,
    /// A person signed in or out.
    SignIn,
    /// A definition was held, or a person decided about a server or its definitions.
    Quarantine,
    /// A client's token was made or withdrawn, or one was refused.
    Access,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Activity {
    /// Ascends with time, across restarts.
    pub id: u64,
    /// When.
    pub at: u64,
    /// What sort of thing.
    pub kind: ActivityKind,
    /// Who caused it, where somebody did.
    pub client: Option<String>,
    /// Which server it concerns.
    pub server: String,
    /// The tool's name at its server.
    pub tool: Option<String>,
    /// How a call ended.
    pub outcome: Option<CallOutcome>,
    /// How long it took, in milliseconds.
    pub millis: Option<u64>,
    /// What happened, in words, where the other fields do not say it.
    pub text: Option<String>,
}

/// One thing that happened, with everything known about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActivityDetail {
    /// The short form.
    #[serde(flatten)]
    pub activity: Activity,
    /// Names and types of a call's arguments, never their values.
    pub arguments: Option<String>,
    /// Size of the arguments.
    pub request_bytes: Option<u64>,
    /// Size of the result as its server sent it.
    pub result_bytes: Option<u64>,
    /// Whether the client got the result in pages.
    pub shortened: bool,
    /// What the gateway did, in order.
    pub steps: Vec<CallStep>,
    /// Why the gateway did not let it through.
    pub refusal: Option<ApiError>,
}

/// One step of the call pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallStep {
    /// Its name, for example `validate`.
    pub step: String,
    /// How long it took, in microseconds.
    pub micros: u64,
    /// Whether the call went on.
    pub passed: bool,
}

/// A page of what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActivityPage {
    /// Newest first.
    pub items: Vec<Activity>,
    /// What to give as `before` for the next page; `None` at the end.
    pub next: Option<u64>,
}

/// The calls of the last 24 hours, and what the tools cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Stats {
    /// 24 of them, the current hour last.
    pub hours: Vec<HourStats>,
    /// What a model pays for the tools.
    pub cost: ToolCost,
}

/// One hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HourStats {
    /// Its beginning.
    pub start: u64,
    /// Calls in it.
    pub calls: u64,
    /// Those that did not end well.
    pub failures: u64,
    /// Half of its calls took no longer, in milliseconds.
    pub p50: Option<u64>,
    /// All but a twentieth took no longer, in milliseconds.
    pub p95: Option<u64>,
    /// Tokens that clients were spared, because they were shown the menu instead of all tools.
    pub tokens_saved: u64,
}

/// What a model pays for the tools, in estimated tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ToolCost {
    /// The menu.
    pub menu_tokens: usize,
    /// Every tool of every server.
    pub all_tokens: usize,
    /// How many tools those are.
    pub tools: usize,
}

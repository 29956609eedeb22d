//! Words of the domain: names, states, problems, snapshot, events, secrets. No I/O.

mod activity;
mod api;
mod identity;
mod invisible;
mod name;
mod preferences;
mod problem;
mod redacted;
mod review;
mod sandbox;
mod sign_in;
mod snapshot;
mod state;
mod token;
mod tool;
mod trust;

pub use activity::{
    Activity, ActivityDetail, ActivityKind, ActivityPage, CallStep, CallSummary, ClientStatus,
    HourStats, Pause, Stats, ToolCost,
};
pub use api::*;
pub use identity::ClientIdentity;
pub use invisible::is_invisible;
pub use name::{InvalidName, ServerName, exposed_tool_name, shared_slugs};
pub use preferences::{Language, NoticePreferences, Preferences, Theme};
pub use problem::{Problem, ProblemCode};
pub use redacted::{SafeUrl, Secret};
pub use review::{Evidence, ReviewItem, ReviewSource};
pub use sandbox::{
    ContainerSettings, FileAccess, ProcessLimit, Reach, SandboxProfile, SandboxSettings,
    SandboxStatus,
};
pub use sign_in::{SignInState, SignInStatus};
pub use snapshot::{
    CallOutcome, ConfigStatus, Diagnostic, Event, ServerStatus, Severity, Snapshot, Totals,
};
pub use state::{ServerState, StartPhase};
pub use token::{ClientToken, IssuedToken, NewClientToken, TokenRule};
pub use tool::{Effect, ToolSummary};
pub use trust::{
    Decided, Decision, DefinitionId, DefinitionKind, DefinitionReview, HoldReason,
    InvalidTrustMode, ScanFinding, SeenDefinition, ServerReview, Standing, TrustMode, TrustStatus,
    UndoOffer, Verdict,
};

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch: the one form in which times leave the process.
pub fn unix_millis(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |elapsed| {
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    })
}

/// The current time as [`unix_millis`].
pub fn now_millis() -> u64 {
    unix_millis(SystemTime::now())
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

//! Words of the domain: names, states, problems, snapshot, events, secrets. No I/O.

mod api;
mod identity;
mod invisible;
mod name;
mod problem;
mod redacted;
mod snapshot;
mod state;
mod tool;

pub use api::{
    AddServer, ApiError, CallReply, CallTool, ErrorReply, LogLines, ServerDetail, ToolDetail,
};
pub use identity::ClientIdentity;
pub use invisible::is_invisible;
pub use name::{InvalidName, ServerName, exposed_tool_name, shared_slugs};
pub use problem::{Problem, ProblemCode};
pub use redacted::{SafeUrl, Secret};
pub use snapshot::{
    CallOutcome, ConfigStatus, Diagnostic, Event, ServerStatus, Severity, Snapshot, Totals,
};
pub use state::{ServerState, StartPhase};
pub use tool::{Effect, ToolSummary};

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

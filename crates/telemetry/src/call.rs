//! One line in the gateway's log for each call of a tool.

use std::time::Duration;

use model::CallOutcome;

/// What is logged of a call.
#[derive(Clone, Copy, Debug)]
pub struct CallRecord<'a> {
    /// Who called, as the client names itself.
    pub client: &'a str,
    /// The server's name as configured.
    pub server: &'a str,
    /// The name that the server gave the tool.
    pub tool: &'a str,
    /// From the request's arrival to the answer.
    pub duration: Duration,
    /// How it ended.
    pub outcome: CallOutcome,
    /// What [`crate::shape`] says of the arguments; none if even that is not to be logged.
    pub arguments: Option<&'a str>,
}

/// Writes a call to the gateway's log, at level `info`, under the target `call`.
///
/// Names come from clients and servers; they are quoted and escaped.
pub fn call_record(record: &CallRecord<'_>) {
    let millis = u64::try_from(record.duration.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(
        target: "call",
        client = ?record.client,
        server = ?record.server,
        tool = ?record.tool,
        outcome = record.outcome.as_str(),
        millis,
        arguments = record.arguments,
    );
}

//! One line in the log and one event for every call.

use std::time::Duration;

use config::ArgumentLogging;
use fleet::Fleet;
use model::Event;
use serde_json::Value;
use serde_json::value::RawValue;
use telemetry::{CallRecord, call_record, shape};

use super::Ended;
use crate::session::Client;

/// Arguments beyond this size are not even described.
const MAX_DESCRIBED: usize = 64 * 1024;

pub(super) struct Record<'a> {
    pub(super) client: &'a Client,
    pub(super) arguments: Option<&'a RawValue>,
    pub(super) ended: &'a Ended,
}

pub(super) fn record(fleet: &Fleet, record: &Record<'_>, took: Duration) {
    let Ended {
        server,
        tool,
        outcome,
    } = record.ended;
    let wanted = fleet.config().current().settings.logs.arguments == ArgumentLogging::Shape;
    let shape = record.arguments.filter(|_| wanted).map(describe);
    call_record(&CallRecord {
        client: &record.client.name,
        server,
        tool,
        duration: took,
        outcome: *outcome,
        arguments: shape.as_deref(),
    });
    fleet.report(Event::Call {
        client: record.client.name.clone(),
        server: server.clone(),
        tool: tool.clone(),
        millis: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        outcome: *outcome,
    });
}

/// Names and types of the arguments, never their values.
fn describe(arguments: &RawValue) -> String {
    if arguments.get().len() > MAX_DESCRIBED {
        return format!("<{} bytes>", arguments.get().len());
    }
    serde_json::from_str::<Value>(arguments.get())
        .map(|value| shape(&value))
        .unwrap_or_default()
}

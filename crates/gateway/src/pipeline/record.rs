//! One line in the log, one entry in the record and one event for every call.

use config::ArgumentLogging;
use fleet::{CallReport, Fleet};
use model::{ApiError, CallOutcome};
use serde_json::Value;
use serde_json::value::RawValue;
use telemetry::{CallRecord, call_record, shape};

use super::ToolCall;
use super::course::Course;
use crate::refusal::Refusal;

/// Arguments beyond this size are not even described.
const MAX_DESCRIBED: usize = 64 * 1024;

pub(super) fn record(
    fleet: &Fleet,
    call: &ToolCall<'_>,
    course: Course,
    (outcome, refusal): (CallOutcome, Option<Refusal>),
) {
    let took = course.took();
    let wanted = fleet.config().current().settings.logs.arguments == ArgumentLogging::Shape;
    let shape = call.arguments.filter(|_| wanted).map(describe);
    let client = &call.who.client.name;
    call_record(&CallRecord {
        client,
        server: &course.server,
        tool: &course.tool,
        duration: took,
        outcome,
        arguments: shape.as_deref(),
    });
    fleet.record_call(CallReport {
        client: client.clone(),
        by_client: !call.who.is_person,
        server: course.server,
        tool: course.tool,
        outcome,
        took,
        arguments: shape,
        request_bytes: call.arguments.map(|arguments| arguments.get().len() as u64),
        result_bytes: course.result_bytes.map(|bytes| bytes as u64),
        shortened: course.shortened,
        steps: course.steps,
        refusal: refusal.map(told),
    });
}

/// The refusal without what only a model needs.
fn told(refusal: Refusal) -> ApiError {
    ApiError {
        code: refusal.code.to_owned(),
        message: refusal.message,
        fix: refusal.fix,
    }
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

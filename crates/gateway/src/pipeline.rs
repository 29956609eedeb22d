//! The path of every tool call: resolve, authorize, validate, dispatch, shorten, record.
//!
//! Each step is a function in its own file that returns what the next one needs, or a refusal.

mod authorize;
mod cleanse;
mod course;
mod dispatch;
mod record;
mod resolve;
mod shorten;
mod validate;

use fleet::Tool;
use model::{CallOutcome, Effect};
use serde_json::value::RawValue;
use wire::{ErrorObject, Raw, RawObject};

use crate::face::Face;
use crate::refusal::Refusal;
use crate::requester::Requester;
use crate::{Gateway, Inner};

use course::Course;
pub(crate) use shorten::shorten;
pub(crate) use validate::Validators;

/// A call as it came in.
pub struct ToolCall<'a> {
    /// Who calls, and the way back.
    pub who: &'a Requester,
    /// The face by which the call came.
    pub face: &'a Face,
    /// The tool's id, for example `github__create_issue`.
    pub tool: &'a str,
    /// The arguments; absent ones count as none.
    pub arguments: Option<&'a RawValue>,
    /// Parameters of the request besides name and arguments, handed on as they are.
    pub extra: RawObject,
    /// What the caller said it means to do; `None` where the face has no such distinction.
    pub intent: Option<Effect>,
}

/// Why a call has no result of the tool.
enum Stopped {
    /// The gateway did not let it through, or lost it.
    Refused(Refusal),
    /// The server answered with a protocol error.
    Server(ErrorObject),
}

/// How a call went: its outcome, and the tool's result or why there is none.
type Ended<T> = Result<(CallOutcome, T), (CallOutcome, Stopped)>;

/// Runs a call and returns the tool's result. A refusal is a result as well, marked as an error;
/// a protocol error of the server is handed on as it is.
pub(crate) async fn call(gateway: &Gateway, call: &ToolCall<'_>) -> Result<Raw, ErrorObject> {
    let inner = &gateway.0;
    let mut course = Course::begin(call.tool);
    let (outcome, refusal, result) = match run(inner, call, &mut course).await {
        Ok((outcome, result)) => (outcome, None, Ok(result)),
        Err((outcome, Stopped::Server(error))) => (outcome, None, Err(error)),
        Err((outcome, Stopped::Refused(refusal))) => {
            let result = refusal.to_result();
            (outcome, Some(refusal), Ok(result))
        }
    };
    record::record(&inner.fleet, call, course, (outcome, refusal));
    result
}

/// The result as a model is to read it; one that reads like orders is recorded.
async fn cleansed(inner: &Inner, call: &ToolCall<'_>, tool: &Tool, result: Raw) -> Raw {
    let settings = inner.settings().outputs;
    let cleansed = cleanse::cleanse(settings, tool, result).await;
    if cleansed.is_suspicious {
        let client = &call.who.client.name;
        inner.fleet.note_suspicious(tool, client);
    }
    cleansed.result
}

/// As [`call`], for callers that can only show results: a protocol error becomes one, too.
pub async fn call_for_result(gateway: &Gateway, request: &ToolCall<'_>) -> Raw {
    let called = call(gateway, request).await;
    called.unwrap_or_else(|error| Refusal::from_server(&error).to_result())
}

async fn run(inner: &Inner, call: &ToolCall<'_>, course: &mut Course) -> Ended<Raw> {
    let refused = |refusal| (CallOutcome::Refused, Stopped::Refused(refusal));
    let catalog = call.who.catalog(&inner.fleet);
    let tool = resolve::resolve(&catalog, call.tool);
    let tool = course.step("resolve", tool).map_err(refused)?;
    course.found(tool);
    let allowed = authorize::authorize(&authorize::Rules::of(inner, call.who), tool, call.intent);
    course.step("authorize", allowed).map_err(refused)?;
    let arguments = match call.face {
        // Here nothing comes between client and server, which knows best what it takes.
        Face::Server(_) => validate::as_sent(call.arguments),
        Face::Menu | Face::All => {
            let valid = validate::validate(&inner.validators, tool, call.arguments);
            course.step("validate", valid).map_err(refused)?
        }
    };
    let dispatched = dispatch::dispatch(inner, call, tool, arguments).await;
    let (outcome, result) = course.step("dispatch", dispatched)?;
    course.result_bytes = Some(result.get().len());
    let result = match call.face {
        Face::Server(_) => result,
        Face::Menu | Face::All => {
            course.step("cleanse", Ok(cleansed(inner, call, tool, result).await))?
        }
    };
    if *call.face != Face::Menu {
        // What is cut can be read on with a tool that only the menu has.
        return Ok((outcome, result));
    }
    let limit = inner.settings().tool_response_limit;
    let shown = shorten(&inner.pages, result, limit).await;
    course.shortened = Some(shown.get().len()) != course.result_bytes;
    course.step("shorten", Ok((outcome, shown)))
}

//! The path of every tool call: resolve, authorize, validate, dispatch, shorten, record.
//!
//! Each step is a function in its own file that returns what the next one needs, or a refusal.

mod authorize;
mod dispatch;
mod record;
mod resolve;
mod shorten;
mod validate;

use std::time::Instant;

use model::{CallOutcome, Effect};
use serde_json::value::RawValue;
use wire::{ErrorObject, Raw, RawObject};

use crate::face::Face;
use crate::refusal::Refusal;
use crate::requester::Requester;
use crate::{Gateway, Inner};

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

/// How a call ended, for the log.
struct Ended {
    server: String,
    tool: String,
    outcome: CallOutcome,
}

/// Why a call has no result of the tool.
enum Stopped {
    /// The gateway did not let it through, or lost it.
    Refused(Refusal),
    /// The server answered with a protocol error.
    Server(ErrorObject),
}

/// Runs a call and returns the tool's result. A refusal is a result as well, marked as an error;
/// a protocol error of the server is handed on as it is.
pub(crate) async fn call(gateway: &Gateway, call: &ToolCall<'_>) -> Result<Raw, ErrorObject> {
    let inner = &gateway.0;
    let began = Instant::now();
    let (result, ended) = match run(inner, call).await {
        Ok((result, ended)) => (Ok(result), ended),
        Err((Stopped::Refused(refusal), ended)) => (Ok(refusal.to_result()), ended),
        Err((Stopped::Server(error), ended)) => (Err(error), ended),
    };
    let record = record::Record {
        client: &call.who.client,
        arguments: call.arguments,
        ended: &ended,
    };
    record::record(&inner.fleet, &record, began.elapsed());
    result
}

/// As [`call`], for callers that can only show results: a protocol error becomes one, too.
pub async fn call_for_result(gateway: &Gateway, request: &ToolCall<'_>) -> Raw {
    let called = call(gateway, request).await;
    called.unwrap_or_else(|error| Refusal::from_server(&error).to_result())
}

async fn run(inner: &Inner, call: &ToolCall<'_>) -> Result<(Raw, Ended), (Stopped, Ended)> {
    let catalog = inner.fleet.catalog();
    let refused = |refusal| {
        let (server, tool) = (String::new(), call.tool.to_owned());
        let outcome = CallOutcome::Refused;
        (
            Stopped::Refused(refusal),
            Ended {
                server,
                tool,
                outcome,
            },
        )
    };
    let tool = resolve::resolve(&catalog, call.tool).map_err(refused)?;
    let ended = |outcome| Ended {
        server: tool.server.to_string(),
        tool: tool.definition.name.clone(),
        outcome,
    };
    let refused = |refusal| (Stopped::Refused(refusal), ended(CallOutcome::Refused));
    authorize::authorize(inner.read_only(), tool, call.intent).map_err(refused)?;
    let arguments = match call.face {
        // Here nothing comes between client and server, which knows best what it takes.
        Face::Server(_) => validate::as_sent(call.arguments),
        Face::Menu | Face::All => {
            validate::validate(&inner.validators, tool, call.arguments).map_err(refused)?
        }
    };
    let (outcome, result) = dispatch::dispatch(inner, call, tool, arguments)
        .await
        .map_err(|(stopped, outcome)| (stopped, ended(outcome)))?;
    let result = match call.face {
        Face::Menu => {
            let limit = inner.settings().tool_response_limit;
            shorten(&inner.pages, result, limit).await
        }
        // What is cut can be read on with a tool that only the menu has.
        Face::All | Face::Server(_) => result,
    };
    Ok((result, ended(outcome)))
}

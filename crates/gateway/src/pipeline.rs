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
use wire::{Raw, RawObject};

use crate::refusal::Refusal;
use crate::session::Client;
use crate::{Gateway, Inner};

pub(crate) use shorten::shorten;
pub(crate) use validate::Validators;

/// A call as it came in.
pub struct ToolCall<'a> {
    /// Who calls.
    pub client: &'a Client,
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

/// Runs a call and returns the tool's result; a refusal is a result as well, marked as an error.
pub async fn call(gateway: &Gateway, call: &ToolCall<'_>) -> Raw {
    let inner = &gateway.0;
    let began = Instant::now();
    let (result, ended) = match run(inner, call).await {
        Ok(done) => done,
        Err((refusal, ended)) => (refusal.to_result(), ended),
    };
    let record = record::Record {
        client: call.client,
        arguments: call.arguments,
        ended: &ended,
    };
    record::record(&inner.fleet, &record, began.elapsed());
    result
}

async fn run(inner: &Inner, call: &ToolCall<'_>) -> Result<(Raw, Ended), (Refusal, Ended)> {
    let catalog = inner.fleet.catalog();
    let refused = |refusal| {
        let (server, tool) = (String::new(), call.tool.to_owned());
        (
            refusal,
            Ended {
                server,
                tool,
                outcome: CallOutcome::Refused,
            },
        )
    };
    let tool = resolve::resolve(&catalog, call.tool).map_err(refused)?;
    let ended = |outcome| Ended {
        server: tool.server.to_string(),
        tool: tool.definition.name.clone(),
        outcome,
    };
    let refused = |refusal| (refusal, ended(CallOutcome::Refused));
    authorize::authorize(inner.read_only(), tool, call.intent).map_err(refused)?;
    let arguments = validate::validate(&inner.validators, tool, call.arguments).map_err(refused)?;
    let (outcome, result) = dispatch::dispatch(&inner.fleet, tool, arguments, call.extra.clone())
        .await
        .map_err(|(refusal, outcome)| (refusal, ended(outcome)))?;
    let limit = inner.settings().tool_response_limit;
    let result = shorten(&inner.pages, result, limit).await;
    Ok((result, ended(outcome)))
}

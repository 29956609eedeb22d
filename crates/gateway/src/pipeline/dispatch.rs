//! The call itself.

use fleet::{RequestError, Tool};
use model::CallOutcome;
use upstream::CallError;
use wire::{Raw, RawObject, raw_str};

use super::{Ended, Stopped, ToolCall};
use crate::Inner;
use crate::refusal::Refusal;
use crate::relay::Relay;

/// Sends the call to the tool's server under the tool's own name, and tells how it ended.
pub(super) async fn dispatch(
    inner: &Inner,
    call: &ToolCall<'_>,
    tool: &Tool,
    arguments: Raw,
) -> Ended<Raw> {
    let mut params = call.extra.clone();
    params.set("name", raw_str(&tool.definition.name));
    params.set("arguments", arguments);
    let server = tool.server.as_str();
    let relay = Relay {
        inner,
        who: call.who,
        face: call.face,
        server: &tool.server,
        naming: call.face.naming(&tool.slug),
    };
    match relay.request("tools/call", params).await {
        Ok(result) => {
            let failed = RawObject::parse(&result)
                .and_then(|result| result.get_as::<bool>("isError"))
                .unwrap_or(false);
            Ok((
                if failed {
                    CallOutcome::ToolError
                } else {
                    CallOutcome::Ok
                },
                result,
            ))
        }
        Err(RequestError::Unknown(_)) => {
            let refusal = Refusal::new(
                "unknown-tool",
                format!("`{server}` was removed."),
                "Find other tools with retrieve_tools.",
            );
            Err((CallOutcome::Refused, Stopped::Refused(refusal)))
        }
        Err(RequestError::Call(CallError::Rpc(error))) => {
            Err((CallOutcome::ToolError, Stopped::Server(error)))
        }
        Err(RequestError::Call(error)) => {
            let refusal = Refusal::from_call(server, &error);
            Err((outcome(&error), Stopped::Refused(refusal)))
        }
    }
}

fn outcome(error: &CallError) -> CallOutcome {
    match error {
        CallError::Rpc(_) => CallOutcome::ToolError,
        CallError::Timeout(_) => CallOutcome::TimedOut,
        CallError::Lost(_) | CallError::NotDelivered(_) | CallError::Http { .. } => {
            CallOutcome::Lost
        }
        CallError::NotReady(_) => CallOutcome::Refused,
    }
}

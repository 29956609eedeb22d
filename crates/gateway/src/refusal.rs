//! What the gateway does not do, said so that a model or a person can go on.

use model::{Problem, ServerState};
use serde::Serialize;
use serde_json::{Value, json};
use upstream::CallError;
use wire::{ErrorObject, Raw, raw};

/// A call that the gateway, not the tool, ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Refusal {
    /// Stable, in kebab-case.
    pub(crate) code: &'static str,
    /// What happened.
    pub(crate) message: String,
    /// What to do next.
    pub(crate) fix: String,
    /// More for the model to work with, such as the schema that was missed.
    #[serde(flatten)]
    pub(crate) details: Box<serde_json::Map<String, Value>>,
}

impl Refusal {
    pub(crate) fn new(
        code: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        let (message, fix) = (message.into(), fix.into());
        Self {
            code,
            message,
            fix,
            details: Box::default(),
        }
    }

    pub(crate) fn with<V: Into<Value>>(mut self, key: &str, value: V) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// The refusal as the result of a tool call, which models read and can act on.
    pub(crate) fn to_result(&self) -> Raw {
        text_result(&json!({ "error": self }), true)
    }

    /// A server that cannot be called, with the way out.
    pub(crate) fn not_ready(server: &str, state: &ServerState) -> Self {
        let (message, fix) = standing(server, state);
        Self::new("server-not-ready", message, fix)
            .with("server", server)
            .with("state", state.label())
    }

    /// A call that got lost between gateway and server.
    pub(crate) fn from_call(server: &str, error: &CallError) -> Self {
        match error {
            CallError::NotReady(state) => Self::not_ready(server, state),
            CallError::Timeout(after) => Self::new(
                "timed-out",
                format!("`{server}` did not answer within {} s.", after.as_secs()),
                "It may still be working, or may have done it: check before calling again. \
                 `callTimeout` in the configuration sets the limit.",
            ),
            CallError::Lost(problem) => Self::new(
                "server-lost",
                format!("`{server}` was lost during the call: {}", problem.message),
                "The call may or may not have run: check before calling again.",
            ),
            CallError::NotDelivered(problem) | CallError::Http { problem, .. } => {
                Self::of_problem(server, problem)
            }
            CallError::Rpc(error) => Self::from_server(error),
        }
    }

    /// A protocol error of a server, for callers that can only read results.
    pub(crate) fn from_server(error: &ErrorObject) -> Self {
        let refusal = Self::new(
            "tool-error",
            error.message.clone(),
            "The server refused the call; the message says why.",
        )
        .with("server_code", error.code);
        let data = error
            .data
            .as_ref()
            .and_then(|data| serde_json::from_str(data.get()).ok());
        match data {
            Some(data) => refusal.with::<Value>("data", data),
            None => refusal,
        }
    }

    fn of_problem(server: &str, problem: &Problem) -> Self {
        Self::new(
            problem.code.as_str(),
            problem.message.clone(),
            problem.fix.clone(),
        )
        .with("server", server)
    }
}

/// Where a server stands and what to do about it, in two sentences.
pub fn standing(server: &str, state: &ServerState) -> (String, String) {
    let message = match state.problem() {
        Some(problem) => format!("`{server}` is not running: {}", problem.message),
        None => format!("`{server}` is {}.", state.label()),
    };
    let fix = match state {
        ServerState::Disabled => {
            format!("A person can enable it: toolgate servers enable {server}")
        }
        ServerState::Starting { .. } => "Try again in a few seconds.".to_owned(),
        ServerState::Ready | ServerState::Stopping => "Try again.".to_owned(),
        ServerState::BackingOff { problem, .. } => {
            format!("It is tried again by itself. {}", problem.fix)
        }
        ServerState::CrashLoop { problem, .. } | ServerState::NeedsPerson { problem } => {
            problem.fix.clone()
        }
    };
    (message, fix)
}

/// A JSON value as the text of a tool result.
pub(crate) fn text_result(value: &Value, is_error: bool) -> Raw {
    let content = json!([{ "type": "text", "text": value.to_string() }]);
    if is_error {
        raw(&json!({ "content": content, "isError": true }))
    } else {
        raw(&json!({ "content": content }))
    }
}

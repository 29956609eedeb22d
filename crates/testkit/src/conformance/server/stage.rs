//! Where a script plays: how it reaches the client from a request of either era and from a task.

use std::time::Duration;

use futures_util::future::try_join_all;
use rmcp::model::{
    ClientCapabilities, InputRequest, InputRequests, InputRequiredResult, InputResponses,
    LoggingLevel, LoggingMessageNotificationParam, ProgressNotificationParam, ProtocolVersion,
    ServerRequest,
};
use rmcp::service::RequestContext;
use rmcp::task_manager::{TaskContext, TaskExit, TaskManager};
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};

use super::catalogue::List;
use super::listeners::Session;
use super::play::Answers;
use super::seal::Seal;

/// Where a script plays.
pub(super) enum Stage {
    /// A request that waits for the result.
    Request(Box<Call>),
    /// A task that the client looks at now and then.
    Task(TaskContext),
}

/// A request and what came with it.
pub(super) struct Call {
    pub(super) context: RequestContext<RoleServer>,
    pub(super) session: Session,
    pub(super) tasks: TaskManager,
    pub(super) seal: Seal,
    /// Answers to the questions of an earlier round.
    pub(super) responses: Option<InputResponses>,
    /// The state of an earlier round, as the client returned it.
    pub(super) state: Option<String>,
}

/// What asking came to.
pub(super) enum Reply {
    /// Everything asked for, by key.
    Answers(Answers),
    /// What the client has to answer first.
    Missing(InputRequiredResult),
}

impl Stage {
    /// Logs a message at level `info`, if the client listens to that.
    pub(super) async fn log(&self, text: &str) {
        let Self::Request(call) = self else { return };
        let level = if call.is_modern() {
            call.context.meta.log_level()
        } else {
            Some(call.session.level())
        };
        if level.is_some_and(|level| rank(level) <= rank(LoggingLevel::Info)) {
            let message = LoggingMessageNotificationParam::new(LoggingLevel::Info, json!(text));
            let message = message.with_logger("conformance");
            // A client that left needs no messages.
            let _ = call.context.peer.notify_logging_message(message).await;
        }
    }

    /// Reports progress, if the client gave a token for it.
    pub(super) async fn progress(&self, report: &Value) -> Result<(), ErrorData> {
        let Self::Request(call) = self else {
            return Ok(());
        };
        if let Some(token) = call.context.meta.get_progress_token() {
            let mut report = report.clone();
            report["progressToken"] = json!(token);
            let report: ProgressNotificationParam =
                serde_json::from_value(report).map_err(unexpected)?;
            let _ = call.context.peer.notify_progress(report).await;
        }
        Ok(())
    }

    /// Lets time pass, unless the client cancels.
    pub(super) async fn wait(&self, duration: Duration) -> Result<(), TaskExit> {
        let cancelled = async {
            match self {
                Self::Request(call) => call.context.ct.cancelled().await,
                Self::Task(context) => context.cancelled().await,
            }
        };
        tokio::select! {
            () = cancelled => Err(TaskExit::Cancelled),
            () = tokio::time::sleep(duration) => Ok(()),
        }
    }

    /// Tells whoever listens that a list changed.
    pub(super) async fn changed(&self, list: List) {
        if let Self::Request(call) = self {
            call.session.changed(list, &call.context.peer).await;
        }
    }

    /// Tells whoever subscribed that the resource changed.
    pub(super) async fn updated(&self, uri: &str) {
        if let Self::Request(call) = self {
            call.session.updated(uri, &call.context.peer).await;
        }
    }

    /// Refuses a client that did not declare these capabilities.
    pub(super) fn require(&self, wanted: &ClientCapabilities) -> Result<(), ErrorData> {
        let Self::Request(call) = self else {
            return Ok(());
        };
        let declared = json!(call.context.client_capabilities());
        if includes(&declared, &json!(wanted)) {
            return Ok(());
        }
        Err(ErrorData::missing_required_client_capability(
            wanted.clone(),
        ))
    }

    /// Refuses a client that does not know tasks.
    pub(super) fn require_tasks(&self) -> Result<(), ErrorData> {
        self.require(&ClientCapabilities::builder().enable_tasks().build())
    }

    /// Refuses a client that does not offer to answer this.
    pub(super) fn offers(&self, request: &InputRequest) -> Result<(), ErrorData> {
        let wanted = match request {
            InputRequest::Elicitation(_) => json!({"elicitation": {}}),
            InputRequest::CreateMessage(_) => json!({"sampling": {}}),
            InputRequest::ListRoots(_) => json!({"roots": {}}),
            _ => json!({}),
        };
        self.require(&serde_json::from_value(wanted).map_err(unexpected)?)
    }

    /// Gets answers to all requests, in the way of the stage.
    pub(super) async fn ask(
        &self,
        requests: InputRequests,
        sealed: bool,
    ) -> Result<Reply, TaskExit> {
        match self {
            Self::Task(context) => {
                let asked = requests.into_iter().map(|(key, request)| async move {
                    let answer = context.request_input(key.clone(), request).await?;
                    Ok::<_, TaskExit>((key, answer))
                });
                Ok(Reply::Answers(
                    try_join_all(asked).await?.into_iter().collect(),
                ))
            }
            Self::Request(call) if call.is_modern() => Ok(call.look_up(requests, sealed)?),
            Self::Request(call) => Ok(Reply::Answers(call.send(requests).await?)),
        }
    }

    /// The place for tasks, if the client knows them and this is none yet.
    pub(super) fn tasks(&self) -> Option<&TaskManager> {
        match self {
            Self::Request(call) if self.require_tasks().is_ok() => Some(&call.tasks),
            _ => None,
        }
    }
}

impl Call {
    fn is_modern(&self) -> bool {
        let version = self.context.protocol_version();
        version.is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
    }

    /// Finds the answers in what the client sent along, or asks for those that are missing.
    fn look_up(&self, requests: InputRequests, sealed: bool) -> Result<Reply, ErrorData> {
        let mut given: Answers = match &self.state {
            Some(state) if sealed => self.seal.open(state)?,
            _ => Answers::new(),
        };
        if !sealed || self.state.is_some() {
            let responses = self.responses.iter().flatten();
            let usable = responses.filter(|(_, response)| response.is_object());
            given.extend(usable.map(|(key, response)| (key.clone(), response.clone())));
        }
        let missing: InputRequests = requests
            .into_iter()
            .filter(|(key, _)| !given.contains_key(key))
            .collect();
        if missing.is_empty() {
            return Ok(Reply::Answers(given));
        }
        let state = sealed.then(|| self.seal.close(&given)).transpose()?;
        Ok(Reply::Missing(InputRequiredResult::new(
            Some(missing),
            state,
        )))
    }

    /// Sends each request to the client and waits for the answer.
    async fn send(&self, requests: InputRequests) -> Result<Answers, ErrorData> {
        let mut answers = Answers::new();
        for (key, request) in requests {
            let request: ServerRequest = match request {
                InputRequest::Elicitation(request) => request.into(),
                InputRequest::CreateMessage(request) => request.into(),
                InputRequest::ListRoots(request) => request.into(),
                other => return Err(unexpected(format!("{other:?}"))),
            };
            let answer = self.context.peer.send_request(request).await;
            let answer = answer.map_err(|error| {
                ErrorData::internal_error(format!("the client did not answer: {error}"), None)
            })?;
            answers.insert(key, json!(answer));
        }
        Ok(answers)
    }
}

/// Whether `declared` has every member of `wanted`, all the way down.
fn includes(declared: &Value, wanted: &Value) -> bool {
    let Some(members) = wanted.as_object() else {
        return declared == wanted;
    };
    declared.is_object()
        && members
            .iter()
            .all(|(name, member)| includes(&declared[name], member))
}

/// How grave a level is; the higher, the graver.
fn rank(level: LoggingLevel) -> u8 {
    level as u8
}

fn unexpected(error: impl std::fmt::Display) -> ErrorData {
    ErrorData::internal_error(format!("the catalogue is wrong: {error}"), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_is_declared_with_all_its_parts_or_not() {
        let declared = json!({"elicitation": {"form": {}, "url": {}}, "roots": {"x": true}});
        for (wanted, expected) in [
            (json!({}), true),
            (json!({"elicitation": {}}), true),
            (json!({"elicitation": {"url": {}}, "roots": {}}), true),
            (json!({"roots": {"x": false}}), false),
            (json!({"sampling": {}}), false),
        ] {
            assert_eq!(includes(&declared, &wanted), expected, "{wanted}");
        }
        assert!(!includes(&Value::Null, &json!({"roots": {}})));
    }
}

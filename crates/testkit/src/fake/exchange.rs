//! What goes between a server and its transports: messages, calls, answers, notifications.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::extras::adorn;
use super::session::{Session, severity};
use crate::json;

/// The key in `params._meta` by which a request says that it is of the stateless era.
pub(super) const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";

/// The key in `params._meta` with what the client of a stateless request can do.
pub(super) const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// The key in `params._meta` by which a stateless request asks for log messages.
const META_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// A message of the client, parsed and as it was written.
#[derive(Debug)]
pub(super) struct Incoming {
    /// The parsed message, for looking at.
    pub(super) message: Value,
    /// Its id as it was written; `null` when it has none.
    pub(super) id: String,
    /// Its parameters as they were written; `null` when it has none.
    pub(super) params: String,
    /// Its result or error as it was written; `null` when it has none.
    pub(super) outcome: String,
}

/// One way to the client, and the session that it belongs to.
pub(super) struct Connection {
    /// Where messages that are no answer go, each a line of JSON.
    pub(super) outbox: mpsc::Sender<String>,
    pub(super) session: Arc<Session>,
}

/// A tool call with what it needs to talk to the client.
pub(super) struct Call<'a> {
    pub(super) tool: &'a str,
    pub(super) arguments: Map<String, Value>,
    pub(super) incoming: &'a Incoming,
    pub(super) connection: &'a Connection,
}

/// A result: its members as JSON text without the braces, and its kind.
pub(super) struct Outcome {
    /// The `resultType` of the stateless era.
    pub(super) kind: &'static str,
    pub(super) members: String,
}

/// Why a request gets no result.
#[derive(Debug)]
pub(super) enum Failure {
    /// It gets a JSON-RPC error.
    Error {
        code: i64,
        message: String,
        data: Option<Value>,
    },
    /// It gets no answer, ever.
    Silence,
    /// The process ends with this code.
    Exit(u8),
}

/// What a message leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// This line of JSON goes back.
    Line(String),
    /// Nothing goes back.
    Nothing,
    /// The process ends with this code.
    Exit(u8),
}

/// Counts a call as cancelled when it is dropped before it completed.
pub(super) struct CancellationNotice<'a> {
    pub(super) cancelled: &'a AtomicU64,
    pub(super) completed: bool,
}

impl Incoming {
    /// Takes a message apart; `None` for what is no JSON.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let message: Value = serde_json::from_str(text).ok()?;
        let part = |name: &str| json::at(text, &[name]).map(str::to_owned);
        let null = || "null".to_owned();
        let outcome = part("result").or_else(|| part("error"));
        Some(Self {
            message,
            id: part("id").unwrap_or_else(null),
            params: part("params").unwrap_or_else(null),
            outcome: outcome.unwrap_or_else(null),
        })
    }

    /// Its method; empty for a response.
    pub(super) fn method(&self) -> &str {
        self.message["method"].as_str().unwrap_or_default()
    }

    /// Its parameters.
    pub(super) fn params(&self) -> &Value {
        &self.message["params"]
    }

    /// Whether it is of the stateless era.
    pub(super) fn is_modern(&self) -> bool {
        !self.params()["_meta"][META_VERSION].is_null()
    }

    /// A parameter as it was written.
    pub(super) fn param(&self, path: &[&str]) -> Option<&str> {
        json::at(&self.params, path)
    }
}

impl Connection {
    /// A connection of a session that writes to `outbox`.
    pub(super) fn new(outbox: mpsc::Sender<String>, session: Arc<Session>) -> Self {
        Self { outbox, session }
    }

    /// Sends a notification whose parameters are JSON text.
    pub(super) async fn notify(&self, method: &str, params: &str) {
        let params = self.adorned(params, method);
        self.send(format!(
            r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#
        ))
        .await;
    }

    /// Sends a request whose parameters are JSON text, and returns the client's response.
    pub(super) async fn ask(&self, method: &str, params: &str) -> Result<Incoming, Failure> {
        let params = self.adorned(params, method);
        let (number, answer) = self.session.question();
        self.send(format!(
            r#"{{"jsonrpc":"2.0","id":{number},"method":"{method}","params":{params}}}"#
        ))
        .await;
        answer.await.map_err(|_| Failure::Silence)
    }

    /// The text with unknown fields, if the server adds such.
    pub(super) fn adorned(&self, text: &str, place: &str) -> String {
        match self.session.extras {
            Some(seed) => adorn(text, place, seed),
            None => text.to_owned(),
        }
    }

    async fn send(&self, line: String) {
        // The receiver may be gone already; then nobody misses the message.
        let _ = self.outbox.send(line).await;
    }
}

impl Call<'_> {
    /// Reports progress, if the caller asked for it.
    pub(super) async fn progress(&self, step: u64, total: Option<u64>) {
        if let Some(token) = self.incoming.param(&["_meta", "progressToken"]) {
            let total = total.map_or(String::new(), |total| format!(r#","total":{total}"#));
            let params = format!(r#"{{"progressToken":{token},"progress":{step}{total}}}"#);
            self.connection
                .notify("notifications/progress", &params)
                .await;
        }
    }

    /// Sends a log message, if the caller wants those of its level.
    pub(super) async fn log(&self, level: &str, data: &Value) {
        let wanted = if self.incoming.is_modern() {
            let least = &self.incoming.params()["_meta"][META_LEVEL];
            let least = least.as_str().and_then(severity);
            least.is_some_and(|least| severity(level).is_some_and(|level| level >= least))
        } else {
            self.connection.session.wants(level)
        };
        if wanted {
            let params = json!({"level": level, "logger": "fake", "data": data});
            self.connection
                .notify("notifications/message", &params.to_string())
                .await;
        }
    }

    /// An argument that is a number; the given one when it is missing.
    pub(super) fn number(&self, name: &str, otherwise: u64) -> u64 {
        let number = self.arguments.get(name).and_then(Value::as_u64);
        number.unwrap_or(otherwise)
    }

    /// An argument that is a text; the given one when it is missing.
    pub(super) fn text(&self, name: &str, otherwise: &str) -> String {
        let text = self.arguments.get(name).and_then(Value::as_str);
        text.unwrap_or(otherwise).to_owned()
    }
}

impl From<String> for Outcome {
    fn from(members: String) -> Self {
        let kind = "complete";
        Self { kind, members }
    }
}

impl Outcome {
    /// The result as JSON text.
    pub(super) fn result(&self, modern: bool) -> String {
        let members = &self.members;
        match (modern, members.is_empty()) {
            (false, _) => format!("{{{members}}}"),
            (true, true) => format!(r#"{{"resultType":"{}"}}"#, self.kind),
            (true, false) => format!(r#"{{"resultType":"{}",{members}}}"#, self.kind),
        }
    }
}

impl Failure {
    /// A JSON-RPC error without data.
    pub(super) fn error(code: i64, message: impl Into<String>) -> Self {
        Self::Error {
            code,
            message: message.into(),
            data: None,
        }
    }
}

impl CancellationNotice<'_> {
    pub(super) fn completed(mut self) {
        self.completed = true;
    }
}

impl Drop for CancellationNotice<'_> {
    fn drop(&mut self) {
        if !self.completed {
            self.cancelled.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// An object's members as JSON text, without the braces.
pub(super) fn members(object: &Value) -> String {
    let text = object.to_string();
    text[1..text.len() - 1].to_owned()
}

/// The members of a result with one text, as JSON text.
pub(super) fn text(text: &str) -> String {
    format!(r#""content":[{}]"#, json!({"type": "text", "text": text}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_the_modern_era_say_of_what_kind_they_are() {
        let outcome = |members: &str| Outcome::from(members.to_owned());
        assert_eq!(outcome("").result(false), "{}");
        assert_eq!(outcome("").result(true), r#"{"resultType":"complete"}"#);
        assert_eq!(
            outcome(r#""a":1.0"#).result(true),
            r#"{"resultType":"complete","a":1.0}"#
        );
    }

    #[test]
    fn only_a_call_that_did_not_complete_counts_as_cancelled() {
        let cancelled = AtomicU64::new(0);
        let notice = || CancellationNotice {
            cancelled: &cancelled,
            completed: false,
        };
        notice().completed();
        assert_eq!(cancelled.load(Ordering::Relaxed), 0);
        drop(notice());
        assert_eq!(cancelled.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_notification_to_nobody_is_no_error() {
        let (outbox, receiver) = mpsc::channel(1);
        drop(receiver);
        Connection::new(outbox, Arc::default())
            .notify("notifications/x", "{}")
            .await;
    }

    #[test]
    fn a_message_is_kept_as_it_was_written() {
        let text = r#"{"id": "ä", "method":"m","params": {"_meta":{"progressToken": 1.50}}}"#;
        let incoming = Incoming::parse(text).expect("JSON");
        assert_eq!((incoming.id.as_str(), incoming.method()), ("\"ä\"", "m"));
        assert_eq!(incoming.param(&["_meta", "progressToken"]), Some("1.50"));
        assert!(!incoming.is_modern() && Incoming::parse("{").is_none());
    }
}

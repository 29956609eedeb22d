//! What goes between a server and its transports: calls, answers, notifications.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

/// What belongs to one connection or session.
pub(super) struct Connection {
    /// Where messages that are no answer go, each a line of JSON.
    pub(super) outbox: mpsc::Sender<String>,
    /// Whether `initialize` was answered.
    pub(super) initialized: AtomicBool,
}

/// A tool call with what it needs to report progress.
pub(super) struct Call<'a> {
    pub(super) tool: &'a str,
    pub(super) arguments: Map<String, Value>,
    pub(super) progress_token: Option<&'a Value>,
    pub(super) outbox: &'a mpsc::Sender<String>,
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

impl Connection {
    /// A connection that writes to `outbox`.
    pub(super) fn new(outbox: mpsc::Sender<String>) -> Self {
        Self {
            outbox,
            initialized: AtomicBool::new(false),
        }
    }

    pub(super) async fn notify(&self, method: &str, params: &Value) {
        notify(&self.outbox, method, params).await;
    }
}

impl Call<'_> {
    /// Reports progress, if the caller asked for it.
    pub(super) async fn progress(&self, step: u64, total: u64) {
        if let Some(token) = self.progress_token {
            let params = json!({"progressToken": token, "progress": step, "total": total});
            notify(self.outbox, "notifications/progress", &params).await;
        }
    }
}

impl Failure {
    /// A JSON-RPC error without data.
    pub(super) fn error(code: i64, message: String) -> Self {
        Self::Error {
            code,
            message,
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

async fn notify(outbox: &mpsc::Sender<String>, method: &str, params: &Value) {
    let line = json!({"jsonrpc": "2.0", "method": method, "params": params}).to_string();
    // The receiver may be gone already; then nobody misses the notification.
    let _ = outbox.send(line).await;
}

/// An object's members as JSON text, without the braces.
pub(super) fn members(object: &Value) -> String {
    let text = object.to_string();
    text[1..text.len() - 1].to_owned()
}

pub(super) fn result_member(members: &str, modern: bool) -> String {
    match (modern, members.is_empty()) {
        (false, _) => format!(r#""result":{{{members}}}"#),
        (true, true) => r#""result":{"resultType":"complete"}"#.to_owned(),
        (true, false) => format!(r#""result":{{"resultType":"complete",{members}}}"#),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_the_modern_era_say_that_they_are_complete() {
        assert_eq!(result_member("", false), r#""result":{}"#);
        assert_eq!(
            result_member("", true),
            r#""result":{"resultType":"complete"}"#
        );
        let modern = result_member(r#""a":1.0"#, true);
        assert_eq!(modern, r#""result":{"resultType":"complete","a":1.0}"#);
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
        Connection::new(outbox)
            .notify("notifications/x", &json!({}))
            .await;
    }
}

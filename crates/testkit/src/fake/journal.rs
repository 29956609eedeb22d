//! The file in which a server writes what it sees, for `testkit::seen` to read.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::exchange::Incoming;

/// Takes one line of JSON per event, or nothing when no file was named.
#[derive(Default)]
pub(super) struct Journal {
    file: Option<Mutex<File>>,
}

impl Journal {
    /// Opens the file; one that cannot be opened is none.
    pub(super) fn open(path: Option<&Path>) -> Self {
        let open = |path| OpenOptions::new().create(true).append(true).open(path);
        let file = path.and_then(|path| open(path).ok());
        Self {
            file: file.map(Mutex::new),
        }
    }

    /// Writes down a message of the client, and the headers that came with it.
    pub(super) fn message(&self, incoming: &Incoming, session: u64, headers: &Value) {
        if self.file.is_none() {
            return;
        }
        let message = &incoming.message;
        let (method, id) = (&message["method"], &message["id"]);
        let kind = match (method.is_null(), id.is_null()) {
            (false, false) => "request",
            (false, true) => "notification",
            (true, _) => "response",
        };
        let outcome = if message.get("error").is_some() {
            "error"
        } else {
            "result"
        };
        let (params, outcome_text) = (&incoming.params, &incoming.outcome);
        self.line(&format!(
            r#"{{"event":"{kind}","session":{session},"id":{id},"method":{method},"headers":{headers},"params":{params},"{outcome}":{outcome_text}}}"#
        ));
    }

    /// Writes down how the work on a request ended: `answered`, or `dropped` without an answer.
    pub(super) fn ended(&self, how: &str, method: &str, id: &str) {
        let method = Value::from(method);
        self.line(&format!(
            r#"{{"event":"{how}","id":{id},"method":{method}}}"#
        ));
    }

    /// Writes down something without a message, for example that the input has ended.
    pub(super) fn note(&self, event: &str) {
        self.line(&format!(r#"{{"event":"{event}"}}"#));
    }

    fn line(&self, line: &str) {
        if let Some(file) = &self.file {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            // One write, so that lines of several processes do not mix. A test that misses a
            // line fails by itself.
            let _ = file.write_all(format!("{line}\n").as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seen::Seen;

    #[test]
    fn what_is_written_can_be_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("events");
        let journal = Journal::open(Some(&path));
        let text = r#"{"id":"a","method":"m","params":{"n":1e3}}"#;
        let incoming = Incoming::parse(text).expect("a message");
        journal.message(&incoming, 7, &Value::Null);
        journal.ended("dropped", "m", "\"a\"");
        journal.note("end");
        let seen = Seen::in_file(&path);
        assert_eq!(seen.requests("m")[0].params(), r#"{"n":1e3}"#);
        assert_eq!(seen.requests("m")[0].json["session"], 7);
        assert_eq!(seen.of("dropped", "m").len(), 1);
        assert_eq!(seen.all()[2].json["event"], "end");
    }

    #[test]
    fn without_a_file_nothing_happens() {
        Journal::open(None).note("end");
    }
}

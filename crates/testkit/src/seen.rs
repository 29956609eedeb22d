//! What a scripted server saw, read from the file that its option `--events` names.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::bail;
use serde_json::Value;

use crate::json;

/// How long an event may take to come before the test fails.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the file is read.
const PAUSE: Duration = Duration::from_millis(20);

/// The file with the events of one or several scripted servers.
pub struct Seen {
    file: PathBuf,
}

/// One event, for example `{"event":"request","id":1,"method":"ping","params":null}`.
#[derive(Clone, Debug)]
pub struct Event {
    /// The line as it was written.
    pub line: String,
    /// The same, parsed.
    pub json: Value,
}

impl Seen {
    /// The events in this file, which need not exist yet.
    pub fn in_file(file: impl AsRef<Path>) -> Self {
        let file = file.as_ref().to_owned();
        Self { file }
    }

    /// The value for `--events`.
    pub fn argument(&self) -> &str {
        self.file.to_str().unwrap_or_default()
    }

    /// All events so far, oldest first.
    pub fn all(&self) -> Vec<Event> {
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        // The last line may be half written.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().filter_map(Event::parse).collect()
    }

    /// The requests of a method, oldest first.
    pub fn requests(&self, method: &str) -> Vec<Event> {
        self.of("request", method)
    }

    /// The notifications of a method, oldest first.
    pub fn notifications(&self, method: &str) -> Vec<Event> {
        self.of("notification", method)
    }

    /// The events of a kind and method. Kinds are `request`, `notification` and `response`, and for the
    /// end of the work on a request `answered` and `dropped`.
    pub fn of(&self, kind: &str, method: &str) -> Vec<Event> {
        let mut events = self.all();
        events.retain(|event| event.json["event"] == kind && event.json["method"] == method);
        events
    }

    /// Waits until the events fulfil a condition, which `what` says in words.
    pub async fn wait<T>(
        &self,
        what: &str,
        condition: impl Fn(&Self) -> Option<T>,
    ) -> anyhow::Result<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = condition(self) {
                return Ok(found);
            }
            if Instant::now() > deadline {
                let lines: Vec<_> = self.all().into_iter().map(|event| event.line).collect();
                let tail = lines[lines.len().saturating_sub(30)..].join("\n");
                bail!("the server has not seen: {what}. It saw last:\n{tail}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits for the first request of a method.
    pub async fn request(&self, method: &str) -> anyhow::Result<Event> {
        self.wait(method, |seen| seen.requests(method).into_iter().next())
            .await
    }

    /// Waits for the first notification of a method.
    pub async fn notification(&self, method: &str) -> anyhow::Result<Event> {
        self.wait(method, |seen| seen.notifications(method).into_iter().next())
            .await
    }
}

impl Event {
    fn parse(line: &str) -> Option<Self> {
        let json = serde_json::from_str(line).ok()?;
        let line = line.to_owned();
        Some(Self { line, json })
    }

    /// The parameters as they were written; `null` when there were none.
    pub fn params(&self) -> &str {
        json::at(&self.line, &["params"]).unwrap_or("null")
    }

    /// A part of the parameters, as it was written.
    pub fn param(&self, path: &[&str]) -> Option<&str> {
        json::at(self.params(), path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_line_is_no_event_yet() {
        let folder = tempfile::tempdir().expect("a folder");
        let seen = Seen::in_file(folder.path().join("events"));
        assert!(seen.all().is_empty());
        let text = "{\"event\":\"request\",\"method\":\"m\",\"params\":{\"n\":1.0}}\n{\"event\":";
        std::fs::write(&seen.file, text).expect("written");
        assert_eq!(seen.all().len(), 1);
        let request = &seen.requests("m")[0];
        assert_eq!(request.params(), r#"{"n":1.0}"#);
        assert_eq!(request.param(&["n"]), Some("1.0"));
        assert!(seen.notifications("m").is_empty());
    }
}

//! What changes between one text of the file and the next, server by server.

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use indexmap::IndexMap;
use model::{Author, ChangeKind};
use serde_json::Value;

use crate::edit;

/// What happened to one server's entry. Entries are as they stand in the file, secrets included.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryChange {
    /// By whom.
    pub by: Author,
    /// Which server.
    pub server: String,
    /// What was done.
    pub kind: ChangeKind,
    /// Its entry before.
    pub before: Option<Value>,
    /// Its entry after.
    pub after: Option<Value>,
}

type Listener = Box<dyn Fn(EntryChange) + Send + Sync>;

/// Follows the entries of a file from text to text.
pub(crate) struct Changes {
    /// As last seen in a file that could be used.
    entries: Mutex<IndexMap<String, Value>>,
    listener: OnceLock<Listener>,
}

impl Changes {
    /// Changes from this text on.
    pub(crate) fn since(text: &str) -> Self {
        Self {
            entries: Mutex::new(edit::entries(text)),
            listener: OnceLock::new(),
        }
    }

    pub(crate) fn on_change(&self, listener: Listener) {
        // Only the first is heard; there is never a second.
        let _ = self.listener.set(listener);
    }

    /// Tells what this text changes.
    pub(crate) fn note(&self, text: &str, by: &Author) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let after = edit::entries(text);
        let before = std::mem::replace(&mut *entries, after);
        if let Some(listener) = self.listener.get() {
            difference(&before, &entries, by).for_each(listener);
        }
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Entries may hold secrets.
        f.debug_struct("Changes").finish_non_exhaustive()
    }
}

fn difference<'a>(
    before: &'a IndexMap<String, Value>,
    after: &'a IndexMap<String, Value>,
    by: &'a Author,
) -> impl Iterator<Item = EntryChange> + 'a {
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let all = gone.chain(after.keys());
    all.filter_map(|name| {
        let (before, after) = (before.get(name), after.get(name));
        Some(EntryChange {
            kind: kind(before, after)?,
            by: by.clone(),
            server: name.clone(),
            before: before.cloned(),
            after: after.cloned(),
        })
    })
}

fn kind(before: Option<&Value>, after: Option<&Value>) -> Option<ChangeKind> {
    match (before, after) {
        (before, after) if before == after => None,
        (None, _) => Some(ChangeKind::Added),
        (_, None) => Some(ChangeKind::Removed),
        (Some(before), Some(after)) if but_switched(before) == but_switched(after) => {
            // Of two ways to say the same, neither switches anything.
            let switched = is_on(before) != is_on(after);
            switched.then_some(if is_on(after) {
                ChangeKind::Enabled
            } else {
                ChangeKind::Disabled
            })
        }
        _ => Some(ChangeKind::Replaced),
    }
}

/// An entry without what switches it on and off.
fn but_switched(entry: &Value) -> Value {
    let mut entry = entry.clone();
    if let Some(entry) = entry.as_object_mut() {
        entry.retain(|key, _| key != "enabled" && key != "disabled");
    }
    entry
}

fn is_on(entry: &Value) -> bool {
    entry.get("disabled") != Some(&Value::Bool(true))
        && entry.get("enabled") != Some(&Value::Bool(false))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// What happens from text to text, a line each.
    fn told(texts: &[&str]) -> Vec<String> {
        let changes = Changes::since(texts[0]);
        let lines = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&lines);
        changes.on_change(Box::new(move |change| {
            let line = format!("{} {:?}", change.server, change.kind);
            heard.lock().unwrap().push(line);
        }));
        for text in &texts[1..] {
            changes.note(text, &Author::file());
        }
        lines.lock().unwrap().clone()
    }

    #[test]
    fn each_change_is_told_once_by_what_it_does() {
        let lines = told(&[
            r#"{"mcpServers": {"a": {"command": "x"}, "b": {"command": "y"}}}"#,
            r#"{"mcpServers": {"a": {"command": "x", "disabled": true}, "b": {"command": "z"}}}"#,
            r#"{"mcpServers": {"a": {"command": "x", "enabled": true}}, "servers": {"c": {"url": "u"}}}"#,
            r#"{"servers": {"c": {"url": "u"}, "a": {"command": "x", "disabled": false}}}"#,
            r#"{"servers": {"c": {"url": "u"}, "a": {"command": "q", "disabled": true}}}"#,
        ]);
        let expected = [
            "a Disabled",
            "b Replaced",
            "b Removed",
            "a Enabled",
            "c Added",
            "a Replaced",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn comments_and_order_change_nothing() {
        let lines = told(&[
            r#"{"mcpServers": {"a": {"command": "x"}, "b": {"command": "y"}}}"#,
            r#"{/* new */ "mcpServers": {"b": {"command": "y"}, "a": {"command": "x"},}}"#,
        ]);
        assert!(lines.is_empty(), "{lines:?}");
    }
}

//! One server's entry by itself, outside of any file.

use std::path::Path;

use model::{Diagnostic, ServerName, Severity};
use serde_json::{Value, json};

use crate::edit::EditError;
use crate::launch::ServerConfig;
use crate::parse::parse;

/// Reads a server's entry, in any shape that the file accepts; time limits are the defaults.
pub fn read_entry(name: &str, entry: &Value) -> Result<ServerConfig, EditError> {
    let known = ServerName::new(name)?;
    let text = json!({ "mcpServers": { name: entry } }).to_string();
    let parsed = parse(&text, Path::new(""));
    let config = parsed
        .settings
        .and_then(|mut settings| settings.servers.swap_remove(&known));
    config.ok_or_else(|| unusable(&parsed.diagnostics, name))
}

/// What the findings say about a server's entry.
pub(crate) fn unusable(diagnostics: &[Diagnostic], server: &str) -> EditError {
    let errors = diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error);
    let reasons: Vec<String> = errors.filter_map(|found| reason(found, server)).collect();
    EditError::InvalidEntry(reasons.join(" "))
}

/// What a finding says about a server's entry, without the place in a text that nobody sees.
fn reason(found: &Diagnostic, server: &str) -> Option<String> {
    let (_, key) = found.key.split_once('.')?;
    let key = key.strip_prefix(server)?;
    let Diagnostic { message, fix, .. } = found;
    match key.strip_prefix('.') {
        Some(key) => Some(format!("{key}: {message} {fix}")),
        None => key.is_empty().then(|| format!("{message} {fix}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_as_in_a_file() {
        let config = read_entry("a", &json!({ "command": "x", "disabled": true })).expect("fine");
        assert_eq!((config.name.as_str(), config.enabled), ("a", false));
    }

    #[test]
    fn an_entry_that_cannot_be_used_says_why() {
        let error = read_entry("a", &json!({ "command": 7 })).expect_err("unusable");
        assert!(error.to_string().contains("command"), "{error}");
        assert!(read_entry("", &json!({ "command": "x" })).is_err());
        assert!(read_entry("a", &json!("x")).is_err());
    }
}

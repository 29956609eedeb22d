//! What happened, as a file for other programs.

use std::fmt::Write as _;

use model::{Activity, ActivityKind};

use super::ActivityFilter;
use crate::Fleet;

/// Exported at most.
const MOST: usize = 10_000;

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// An array of [`Activity`].
    Json,
    /// A line each (RFC 4180), after a line of names.
    Csv,
}

impl Fleet {
    /// What happened as a text, newest first, at most 10,000 of it.
    pub async fn export_activities(&self, filter: ActivityFilter, format: ExportFormat) -> String {
        let items = self.activities(filter, MOST).await.items;
        match format {
            ExportFormat::Json => serde_json::to_string_pretty(&items).unwrap_or_default(),
            ExportFormat::Csv => csv(&items),
        }
    }
}

fn csv(items: &[Activity]) -> String {
    let mut lines = String::from("id,at,kind,client,server,tool,outcome,millis,text\r\n");
    for item in items {
        let text = |text: &Option<String>| field(text.as_deref().unwrap_or_default());
        let outcome = item.outcome.map(model::CallOutcome::as_str);
        let millis = item.millis.map(|millis| millis.to_string());
        // Writing to a string cannot fail.
        let _ = write!(
            lines,
            "{},{},{},{},{},{},{},{},{}\r\n",
            item.id,
            item.at,
            kind(item.kind),
            text(&item.client),
            field(&item.server),
            text(&item.tool),
            outcome.unwrap_or_default(),
            millis.unwrap_or_default(),
            text(&item.text),
        );
    }
    lines
}

fn kind(kind: ActivityKind) -> &'static str {
    match kind {
        ActivityKind::Call => "call",
        ActivityKind::Change => "change",
        ActivityKind::Server => "server",
        ActivityKind::SignIn => "sign-in",
        ActivityKind::Quarantine => "quarantine",
        ActivityKind::Access => "access",
    }
}

/// A text as a field. Names come from clients and servers, and spreadsheets take what begins like
/// a formula for one, so such texts begin with an apostrophe.
fn field(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    if guard.is_empty() && !text.contains([',', '"', '\n', '\r']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_cannot_break_out_or_become_formulas() {
        for (text, expected) in [
            ("plain text", "plain text"),
            ("a,b", "\"a,b\""),
            ("say \"x\"\n", "\"say \"\"x\"\"\n\""),
            ("=1+1", "\"'=1+1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
        ] {
            assert_eq!(field(text), expected);
        }
    }
}

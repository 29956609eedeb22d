//! Positions in the text, and the report that collects findings about it.

use std::path::Path;

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;
use jsonc_parser::errors::ParseErrorKind;
use model::{Diagnostic, Severity};

/// A file that is wrong everywhere is told about only this often.
const MAX_FINDINGS: usize = 100;

/// Collects findings about one text.
pub(crate) struct Report<'t> {
    body: &'t str,
    file: String,
    /// Byte offset at which each line starts.
    lines: Vec<usize>,
    findings: Vec<(usize, Diagnostic)>,
}

impl<'t> Report<'t> {
    /// A report about the text, from which a byte order mark is taken off.
    pub(crate) fn new(text: &'t str, file: &Path) -> Self {
        let body = text.strip_prefix('\u{feff}').unwrap_or(text);
        let breaks = body.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(breaks).collect();
        Self {
            body,
            file: file.display().to_string(),
            lines,
            findings: Vec::new(),
        }
    }

    /// The text without byte order mark; offsets count from its start.
    pub(crate) fn body(&self) -> &'t str {
        self.body
    }

    /// The line of an offset, from 1.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    pub(crate) fn error(
        &mut self,
        at: usize,
        key: &str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.add(Severity::Error, at, key, (message.into(), fix.into()));
    }

    pub(crate) fn warning(
        &mut self,
        at: usize,
        key: &str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.add(Severity::Warning, at, key, (message.into(), fix.into()));
    }

    fn add(&mut self, severity: Severity, at: usize, key: &str, (message, fix): (String, String)) {
        let line = self.line(at);
        let column = self.body[self.lines[line - 1]..at].chars().count() + 1;
        // A key may hold anything, and what is shown ends up in a terminal.
        let key = key.replace(char::is_control, "\u{fffd}");
        let file = self.file.clone();
        self.findings.push((
            at,
            Diagnostic {
                severity,
                file,
                line,
                column,
                key,
                message,
                fix,
            },
        ));
    }

    /// The findings in the order of the text; of very many, errors are kept before warnings.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        if self.findings.len() > MAX_FINDINGS {
            self.findings
                .sort_by_key(|(at, finding)| (finding.severity, *at));
            self.findings.truncate(MAX_FINDINGS);
        }
        self.findings.sort_by_key(|(at, _)| *at);
        self.findings
            .into_iter()
            .map(|(_, finding)| finding)
            .collect()
    }
}

/// An error about a file as a whole.
pub(crate) fn problem(file: &Path, message: String, fix: impl Into<String>) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        file: file.display().to_string(),
        line: 1,
        column: 1,
        key: String::new(),
        message,
        fix: fix.into(),
    }
}

/// The kind of a value, with its article.
pub(crate) fn kind(value: &Value<'_>) -> &'static str {
    match value {
        Value::StringLit(_) => "a text",
        Value::NumberLit(_) => "a number",
        Value::BooleanLit(_) => "true or false",
        Value::Object(_) => "an object",
        Value::Array(_) => "a list",
        Value::NullKeyword(_) => "null",
    }
}

/// Where a value starts, in bytes.
pub(crate) fn start(value: &Value<'_>) -> usize {
    value.range().start
}

/// What to do about a syntax error.
pub(crate) fn syntax_fix(kind: &ParseErrorKind) -> &'static str {
    use ParseErrorKind as Kind;
    match kind {
        Kind::ExpectedComma => "Put a comma between this and the next value.",
        Kind::ExpectedColonAfterObjectKey => "Write it as \"key\": value.",
        Kind::ExpectedStringObjectProperty | Kind::SingleQuotedStringsNotAllowed => {
            "Put the text between double quotes."
        }
        Kind::ExpectedObjectValue => "Give the key a value, or remove it.",
        Kind::UnterminatedObject => "Close the object that starts here with }.",
        Kind::UnterminatedArray => "Close the list that starts here with ].",
        Kind::UnterminatedCommentBlock => "Close the comment that starts here with */.",
        Kind::UnexpectedCloseBrace | Kind::UnexpectedCloseBracket => {
            "Remove this bracket, or add the one that it is meant to close."
        }
        Kind::UnexpectedComma => "Remove the comma, or put a value before it.",
        Kind::MultipleRootJsonValues => "Remove what follows the closing }.",
        Kind::String(_) => {
            "Close the text with a double quote on the same line; write a backslash as \\\\."
        }
        Kind::NestingDepthExceeded => "Nest the value less deeply.",
        _ => "Correct the JSON here.",
    }
}

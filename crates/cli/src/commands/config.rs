//! `toolgate config`: works without a running gateway.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Subcommand;
use config::Parsed;
use model::{Diagnostic, Severity};
use serde_json::json;

use crate::commands::servers::read_config;
use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, BAD, HINT, ODD, count, visible, visible_lines};

/// Characters of a source line that are shown around a finding.
const SOURCE_WIDTH: usize = 100;

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a configuration file and show each finding where it is
    ///
    /// Exits with code 4 if there are errors.
    Check {
        /// The file; the gateway's own unless given
        file: Option<PathBuf>,
    },
    /// Print the path of the configuration file
    Path,
    /// Print the JSON schema of the configuration file
    Schema,
}

pub(crate) fn run(context: &Context, command: Command) -> Result<Code, Failure> {
    match command {
        Command::Check { file } => check(context, file),
        Command::Path => {
            let path = context.paths.config_file.display().to_string();
            if context.json {
                output::json(&json!({"path": path}))
            } else {
                output::text(&path)
            }?;
            Ok(Code::Ok)
        }
        Command::Schema => {
            output::json(&config::schema())?;
            Ok(Code::Ok)
        }
    }
}

fn check(context: &Context, file: Option<PathBuf>) -> Result<Code, Failure> {
    let named = file.is_some();
    let file = file.unwrap_or_else(|| context.paths.config_file.clone());
    if named && !file.exists() {
        let message = format!("There is no file {}.", file.display());
        return Err(Failure::other(message, "Check the path."));
    }
    let text = read_config(&file)?;
    let parsed = config::parse(&text, &file);
    if context.json {
        output::json(&json!({
            "path": file,
            "servers": usable(&parsed),
            "diagnostics": parsed.diagnostics,
        }))?;
    } else {
        output::text(&render(&parsed, &text))?;
    }
    let failed = parsed
        .diagnostics
        .iter()
        .any(|d| d.severity == Severity::Error);
    Ok(if failed {
        Code::InvalidConfig
    } else {
        Code::Ok
    })
}

/// Servers that can be used.
fn usable(parsed: &Parsed) -> usize {
    parsed
        .settings
        .as_ref()
        .map_or(0, |settings| settings.servers.len())
}

fn render(parsed: &Parsed, source: &str) -> String {
    let mut text = String::new();
    for diagnostic in &parsed.diagnostics {
        text.push_str(&render_finding(diagnostic, source));
        text.push('\n');
    }
    let number = |severity| {
        parsed
            .diagnostics
            .iter()
            .filter(|d| d.severity == severity)
            .count()
    };
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{}, {}, {}.",
        count(usable(parsed), "usable server"),
        count(number(Severity::Error), "error"),
        count(number(Severity::Warning), "warning")
    );
    text
}

fn render_finding(finding: &Diagnostic, source: &str) -> String {
    let (style, word) = match finding.severity {
        Severity::Error => (BAD, "error"),
        Severity::Warning => (ODD, "warning"),
    };
    let key = if finding.key.is_empty() {
        String::new()
    } else {
        format!("{}: ", finding.key)
    };
    let place = format!("{}:{}:{}", finding.file, finding.line, finding.column);
    let mut text = format!(
        "{style}{word}{style:#}: {}{}\n  at {}\n",
        visible(&key),
        visible(&finding.message),
        visible(&place)
    );
    text.push_str(&excerpt(finding, source));
    if !finding.fix.is_empty() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {HINT}fix{HINT:#}: {}", visible_lines(&finding.fix));
    }
    text
}

/// The line of a finding with a caret below its column, or nothing if there is no such line.
fn excerpt(finding: &Diagnostic, source: &str) -> String {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let Some(line) = source.lines().nth(finding.line.saturating_sub(1)) else {
        return String::new();
    };
    let column = finding.column.saturating_sub(1);
    // A long line, a minified file for example, is cut around the finding.
    let start = column.saturating_sub(SOURCE_WIDTH / 2);
    let shown: String = line
        .chars()
        .skip(start)
        .take(SOURCE_WIDTH)
        .map(printable)
        .collect();
    let number = finding.line.to_string();
    let margin = " ".repeat(number.len());
    let caret = " ".repeat(column - start);
    format!("  {margin} |\n  {number} | {shown}\n  {margin} | {caret}^\n")
}

/// One character for one, so that the caret stays below its column.
fn printable(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() => '�',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::output::plain;

    fn finding(line: usize, column: usize) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            file: "c.json".into(),
            line,
            column,
            key: "listen".into(),
            message: "It is not an address.".into(),
            fix: "Write 127.0.0.1:8665.".into(),
        }
    }

    #[test]
    fn a_finding_points_at_its_place() {
        let source = "{\n\t\"listen\": 5\n}\n";
        assert_eq!(
            plain(&render_finding(&finding(2, 12), source)),
            "error: listen: It is not an address.\n  at c.json:2:12\n    |\n  \
             2 |  \"listen\": 5\n    |            ^\n  fix: Write 127.0.0.1:8665.\n"
        );
    }

    #[test]
    fn long_and_missing_lines_do_no_harm() {
        let long = format!("{}\u{1b}x", "é".repeat(5000));
        let text = excerpt(&finding(1, 5001), &long);
        let (shown, caret) = (text.lines().nth(1).expect("shown"), text.lines().nth(2));
        let at = caret
            .expect("a caret")
            .chars()
            .position(|c| c == '^')
            .expect("a caret");
        assert_eq!(shown.chars().nth(at), Some('�'));
        assert!(shown.chars().count() < 120);
        assert_eq!(excerpt(&finding(7, 1), "one line"), "");
    }

    #[test]
    fn a_sound_file_has_only_a_summary() {
        let source = r#"{"mcpServers": {"a": {"command": "npx"}}}"#;
        let parsed = config::parse(source, Path::new("c.json"));
        assert_eq!(
            render(&parsed, source),
            "1 usable server, 0 errors, 0 warnings.\n"
        );
    }

    #[test]
    fn a_broken_file_ends_with_its_own_code() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("c.json");
        std::fs::write(&file, "{ broken").expect("writes");
        let context = Context {
            paths: crate::testing::paths(),
            json: false,
        };
        let check = |file: &Path| check(&context, Some(file.to_owned()));
        assert_eq!(check(&file).ok(), Some(Code::InvalidConfig));
        assert!(check(&dir.path().join("none")).is_err());
    }
}

//! `toolgate doctor`: everything the gateway needs, checked one by one.
//!
//! Each check is a function from what it looks at to [`Finding`]s; this file puts them in order.

mod gateway;
mod places;
mod programs;

use std::fmt::Write as _;

use serde::Serialize;

use crate::commands::servers::configured;
use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, BAD, GOOD, HEADING, HINT, ODD, count, visible};

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing, nothing to do.
    Note,
    /// Probably not as meant.
    Warning,
    /// Something does not work.
    Error,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    level: Level,
    /// Stable, in kebab-case.
    code: &'static str,
    /// One sentence.
    message: String,
    /// What to do about it; empty where there is nothing to do.
    fix: String,
}

impl Finding {
    fn ok(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Level::Ok, code, message, "")
    }

    fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Level::Note, code, message, "")
    }

    fn warning(code: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Level::Warning, code, message, fix)
    }

    fn error(code: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Level::Error, code, message, fix)
    }

    fn new(
        level: Level,
        code: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            level,
            code,
            message: message.into(),
            fix: fix.into(),
        }
    }
}

pub(super) async fn run(context: &Context) -> Result<Code, Failure> {
    let findings = examine(context).await;
    if context.json {
        output::json(&findings)?;
    } else {
        output::text(&render(&findings))?;
    }
    let failed = findings.iter().any(|finding| finding.level == Level::Error);
    Ok(if failed { Code::Failure } else { Code::Ok })
}

async fn examine(context: &Context) -> Vec<Finding> {
    let paths = &context.paths;
    let mut findings = places::configuration(&paths.config_file);
    findings.extend(places::data_directory(&paths.data_dir));
    // An unusable file has been reported; the rest is checked as if it were empty.
    let settings = configured(&paths.config_file).unwrap_or_default();
    let gateway = gateway::examine(context, &settings).await;
    let is_running = gateway
        .first()
        .is_some_and(|finding| finding.level == Level::Ok);
    findings.extend(gateway);
    let environment = upstream::Environment::default();
    let path = environment.path().await;
    findings.push(programs::search_path(
        std::env::var_os("PATH").as_deref(),
        path,
    ));
    findings.extend(programs::runtimes(path));
    // A running gateway has said which of its servers lack what; it knows better than we do.
    if !is_running {
        findings.extend(programs::commands(&settings, path));
        findings.extend(programs::references(&settings, |name| {
            std::env::var_os(name).is_some()
        }));
    }
    findings
}

fn render(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let (style, word) = match finding.level {
            Level::Ok => (GOOD, "ok"),
            Level::Note => (HEADING, "note"),
            Level::Warning => (ODD, "warning"),
            Level::Error => (BAD, "error"),
        };
        // Writing to a string cannot fail.
        let _ = write!(text, "{style}{word:<8}{style:#} {:<18} ", finding.code);
        let _ = writeln!(text, "{}", visible(&finding.message));
        if !finding.fix.is_empty() {
            let _ = writeln!(
                text,
                "{:<28}{HINT}fix{HINT:#}: {}",
                "",
                visible(&finding.fix)
            );
        }
    }
    let number = |level| {
        findings
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    };
    let (errors, warnings) = (number(Level::Error), number(Level::Warning));
    let _ = writeln!(
        text,
        "\n{}, {}.",
        count(errors, "error"),
        count(warnings, "warning")
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::plain;

    #[test]
    fn every_finding_is_a_word_a_code_a_sentence_and_a_way_out() {
        let findings = [
            Finding::ok("data-dir", "All is well."),
            Finding::error("port-taken", "Another program listens.", "Stop it."),
        ];
        assert_eq!(
            plain(&render(&findings)),
            "ok       data-dir           All is well.\n\
             error    port-taken         Another program listens.\n                            \
             fix: Stop it.\n\n1 error, 0 warnings.\n"
        );
    }

    #[test]
    fn findings_are_stable_in_json() {
        let finding = Finding::warning("x-y", "M.", "F.");
        assert_eq!(
            serde_json::to_string(&finding).expect("serialises"),
            r#"{"level":"warning","code":"x-y","message":"M.","fix":"F."}"#
        );
    }
}

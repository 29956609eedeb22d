//! `toolgate doctor`: everything the gateway needs, checked one by one.

use std::fmt::Write as _;
use std::time::Duration;

use api_client::{Client, ClientError};
use doctor::{Check, Level, Standing};
use model::Snapshot;
use serde_json::{Value, json};
use tokio::time::timeout;
use vault::Vault;

use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, BAD, GOOD, HEADING, HINT, ODD, count, visible};

/// How long a running gateway may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) async fn run(context: &Context) -> Result<Code, Failure> {
    let findings = examine(context).await;
    if context.json {
        output::json(&findings.iter().map(as_json).collect::<Vec<_>>())?;
    } else {
        output::text(&render(&findings))?;
    }
    let failed = findings.iter().any(|finding| finding.level == Level::Error);
    Ok(if failed { Code::Failure } else { Code::Ok })
}

async fn examine(context: &Context) -> Vec<Check> {
    let vault = Vault::system();
    let snapshot;
    let standing = match ask(context).await {
        Ok(found) => {
            snapshot = found;
            Standing::Running(&snapshot)
        }
        Err(ClientError::NotRunning { .. }) => Standing::Absent,
        Err(error) => Standing::Silent(error.to_string()),
    };
    doctor::examine(&context.paths, standing, &vault).await
}

async fn ask(context: &Context) -> Result<Snapshot, ClientError> {
    let client = context.client().await?;
    status(&client).await
}

async fn status(client: &Client) -> Result<Snapshot, ClientError> {
    let seconds = PATIENCE.as_secs();
    timeout(PATIENCE, client.status())
        .await
        .map_err(|_| ClientError::TimedOut { seconds })?
}

fn as_json(finding: &Check) -> Value {
    json!({
        "level": finding.level.as_str(),
        "code": finding.code,
        "message": finding.message,
        "fix": finding.fix,
    })
}

fn render(findings: &[Check]) -> String {
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
            Check::ok("data-dir", "All is well."),
            Check::error("port-taken", "Another program listens.", "Stop it."),
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
        let finding = Check::warning("x-y", "M.", "F.");
        assert_eq!(
            as_json(&finding).to_string(),
            r#"{"level":"warning","code":"x-y","message":"M.","fix":"F."}"#
        );
    }
}

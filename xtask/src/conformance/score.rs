//! Scores of the suite, and how they are shown.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::requirements::Requirements;

/// What one run of the suite came to.
#[derive(Clone, Debug)]
pub(super) struct Score {
    /// What was scored, in words.
    pub(super) subject: String,
    /// The revision whose requirements were run.
    pub(super) revision: &'static str,
    /// Whether the gateway has to pass all that is scored.
    pub(super) is_required: bool,
    /// What the suite scores, in its order.
    pub(super) scored: Vec<Scenario>,
    /// What the suite only reports.
    pub(super) not_scored: Vec<Scenario>,
}

/// The outcome of one scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scenario {
    name: String,
    /// Failed checks with what the suite said; none means passed.
    failures: Vec<String>,
    /// Recommendations that were not followed.
    warnings: Vec<String>,
}

impl Score {
    /// Reads the outcome of every required scenario with `checks`, which gives the text of the
    /// suite's `checks.json`.
    pub(super) fn read(
        subject: String,
        revision: &'static str,
        requirements: Requirements,
        checks: impl Fn(&str) -> Result<String>,
    ) -> Self {
        let read = |names: Vec<String>| {
            let outcomes = names.into_iter().map(|name| {
                let text = checks(&name);
                Scenario::read(name, text)
            });
            outcomes.collect()
        };
        Self {
            subject,
            revision,
            is_required: true,
            scored: read(requirements.scored),
            not_scored: read(requirements.not_scored),
        }
    }

    /// Whether everything passed that has to.
    pub(super) fn is_full(&self) -> bool {
        !self.is_required || self.scored.iter().all(Scenario::passed)
    }

    fn row(&self) -> String {
        let scenarios = || self.scored.iter().chain(&self.not_scored);
        let warnings: usize = scenarios().map(|scenario| scenario.warnings.len()).sum();
        let scored = share(&self.scored);
        let not_scored = share(&self.not_scored);
        let (subject, revision) = (&self.subject, self.revision);
        format!("| {subject} | {revision} | {scored} | {not_scored} | {warnings} |\n")
    }

    /// Every scenario that is not as it should be, with what the suite said.
    fn details(&self) -> String {
        let mut text = String::new();
        for (scenario, note) in self.scored.iter().map(|scenario| (scenario, "")).chain(
            self.not_scored
                .iter()
                .map(|scenario| (scenario, " (not scored)")),
        ) {
            if scenario.failures.is_empty() && scenario.warnings.is_empty() {
                continue;
            }
            // Writing to a string cannot fail.
            let _ = writeln!(text, "- {}{note}", scenario.name);
            for failure in &scenario.failures {
                let _ = writeln!(text, "  - failed: {failure}");
            }
            for warning in &scenario.warnings {
                let _ = writeln!(text, "  - warned: {warning}");
            }
        }
        if text.is_empty() {
            return text;
        }
        format!("\n{}, {}:\n{text}", self.subject, self.revision)
    }
}

impl Scenario {
    fn read(name: String, checks: Result<String>) -> Self {
        let mut scenario = Self {
            name,
            failures: Vec::new(),
            warnings: Vec::new(),
        };
        match checks.and_then(|text| parse(&text)) {
            Ok(checks) if checks.is_empty() => scenario.failures.push("nothing was checked".into()),
            Ok(checks) => {
                for check in &checks {
                    scenario.add(check);
                }
            }
            Err(error) => scenario.failures.push(format!("{error:#}")),
        }
        scenario
    }

    fn add(&mut self, check: &Value) {
        let list = match check["status"].as_str() {
            Some("FAILURE") => &mut self.failures,
            Some("WARNING") => &mut self.warnings,
            _ => return,
        };
        let id = check["id"].as_str().unwrap_or_default();
        let said = ["errorMessage", "description"]
            .iter()
            .find_map(|member| check[*member].as_str());
        list.push(format!("{id}: {}", said.unwrap_or("no reason given")));
    }

    fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// The scores as a Markdown table, and below it what failed.
pub(super) fn table(scores: &[Score]) -> String {
    let mut text = String::from(
        "| Subject | Requirements | Scored | Not scored | Warnings |\n|---|---|---|---|---|\n",
    );
    text.extend(scores.iter().map(Score::row));
    text.extend(scores.iter().map(Score::details));
    text
}

fn parse(text: &str) -> Result<Vec<Value>> {
    serde_json::from_str(text).context("the suite's checks are unreadable")
}

fn share(scenarios: &[Scenario]) -> String {
    let passed = scenarios.iter().filter(|scenario| scenario.passed());
    format!("{}/{}", passed.count(), scenarios.len())
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    fn score(is_required: bool) -> Score {
        let requirements = Requirements {
            scored: ["ping", "tools-list", "lost"].map(str::to_owned).to_vec(),
            not_scored: vec!["tasks".to_owned(), "void".to_owned()],
        };
        let checks = |name: &str| {
            Ok(match name {
                "ping" => r#"[{"id": "a", "status": "SUCCESS"}]"#,
                "tools-list" => {
                    r#"[{"id": "b", "status": "FAILURE", "description": "lists", "errorMessage": "no list"},
                        {"id": "c", "status": "WARNING", "description": "sorted"}]"#
                }
                "tasks" => r#"[{"id": "d", "status": "SKIPPED"}]"#,
                "void" => "[]",
                _ => bail!("there are no checks"),
            }
            .to_owned())
        };
        Score {
            is_required,
            ..Score::read("server".to_owned(), "2025-11-25", requirements, checks)
        }
    }

    #[test]
    fn the_table_counts_and_the_list_below_tells_why() {
        let expected = "\
| Subject | Requirements | Scored | Not scored | Warnings |
|---|---|---|---|---|
| server | 2025-11-25 | 1/3 | 1/2 | 1 |

server, 2025-11-25:
- tools-list
  - failed: b: no list
  - warned: c: sorted
- lost
  - failed: there are no checks
- void (not scored)
  - failed: nothing was checked
";
        assert_eq!(table(&[score(true)]), expected);
    }

    #[test]
    fn a_row_for_reading_does_not_fail_the_run() {
        assert!(!score(true).is_full());
        assert!(score(false).is_full());
    }

    #[test]
    fn unreadable_checks_are_a_failure() {
        let scenario = Scenario::read("x".to_owned(), Ok("oops".to_owned()));
        assert!(scenario.failures[0].starts_with("the suite's checks are unreadable"));
    }
}

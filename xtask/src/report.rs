//! The course of a run made of several checks: a heading and a duration for each, a table at the end.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::tally::Tally;

/// Everything a run has done so far.
pub(crate) struct Report {
    started: Instant,
    steps: Vec<Step>,
}

struct Step {
    name: &'static str,
    took: Duration,
    outcome: Outcome,
    /// Tests that passed, and what failed: tests, or the check itself as one failure.
    tally: Tally,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Failed => "FAILED",
            Self::Skipped => "skipped",
        }
    }
}

impl Report {
    /// Starts the clock.
    pub(crate) fn start() -> Self {
        Self {
            started: Instant::now(),
            steps: Vec::new(),
        }
    }

    /// Does one check; a failure is shown and remembered, and the run goes on.
    pub(crate) fn check(&mut self, name: &'static str, check: impl FnOnce() -> Result<()>) {
        self.tests(name, |_| check());
    }

    /// Runs tests and counts them; a run that fails before any test failed is one failure.
    pub(crate) fn tests(&mut self, name: &'static str, run: impl FnOnce(&mut Tally) -> Result<()>) {
        anstream::eprintln!("\n== {name}");
        let started = Instant::now();
        let mut tally = Tally::default();
        if let Err(error) = run(&mut tally) {
            anstream::eprintln!("error: {error:#}");
            tally.failed = tally.failed.max(1);
        }
        let outcome = if tally.failed == 0 {
            Outcome::Passed
        } else {
            Outcome::Failed
        };
        self.finished(Step {
            name,
            took: started.elapsed(),
            outcome,
            tally,
        });
    }

    /// Notes that a check was left out, and why.
    pub(crate) fn skip(&mut self, name: &'static str, why: &str) {
        anstream::eprintln!("\n== {name}\n{why}");
        self.finished(Step {
            name,
            took: Duration::ZERO,
            outcome: Outcome::Skipped,
            tally: Tally::default(),
        });
    }

    /// Prints the table; the tally is the very last line.
    pub(crate) fn finish(self) -> ExitCode {
        anstream::println!("\n{}", self.summary());
        if self.total().failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    fn finished(&mut self, step: Step) {
        let took = seconds(step.took);
        anstream::eprintln!("-- {}: {} in {took}", step.name, step.outcome.word());
        self.steps.push(step);
    }

    fn summary(&self) -> String {
        let steps = self
            .steps
            .iter()
            .map(|step| row(step.name, step.outcome.word(), step.took));
        let total = row("total", "", self.started.elapsed());
        let rows: String = steps.chain([total]).collect();
        format!("{rows}\n{}", self.total())
    }

    fn total(&self) -> Tally {
        let mut total = Tally::default();
        for step in &self.steps {
            total.passed += step.tally.passed;
            total.failed += step.tally.failed;
        }
        total
    }
}

fn row(name: &str, word: &str, took: Duration) -> String {
    format!("{name:<34} {word:<8} {:>9}\n", seconds(took))
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    /// The words of the table, durations left out.
    fn outcomes(report: &Report) -> Vec<(&'static str, &'static str)> {
        let steps = report.steps.iter();
        steps.map(|step| (step.name, step.outcome.word())).collect()
    }

    #[test]
    fn the_run_goes_on_after_a_failure() {
        let mut report = Report::start();
        report.check("format", || bail!("two files differ"));
        report.check("lints", || Ok(()));
        report.skip("audit", "not installed");
        let expected = [("format", "FAILED"), ("lints", "ok"), ("audit", "skipped")];
        assert_eq!(outcomes(&report), expected);
        assert_eq!(report.finish(), ExitCode::FAILURE);
    }

    #[test]
    fn failed_tests_are_not_counted_twice() {
        let mut report = Report::start();
        report.tests("tests", |tally| {
            tally.read_nextest("Summary [ 1.0s] 5 tests run: 3 passed, 2 failed, 0 skipped");
            bail!("the runner ended with status 100")
        });
        assert_eq!(
            report.total(),
            Tally {
                passed: 3,
                failed: 2
            }
        );
    }

    #[test]
    fn tests_that_do_not_compile_are_one_failure() {
        let mut report = Report::start();
        report.tests("tests", |_| bail!("it does not compile"));
        assert_eq!(
            report.total(),
            Tally {
                passed: 0,
                failed: 1
            }
        );
    }

    #[test]
    fn a_clean_run_succeeds_and_ends_with_the_tally() {
        let mut report = Report::start();
        report.tests("tests", |tally| {
            tally.read_nextest("Summary [ 1.0s] 5 tests run: 5 passed, 0 skipped");
            Ok(())
        });
        let last = report.summary();
        assert_eq!(last.lines().last(), Some("5 passed, 0 failed"));
        assert_eq!(report.finish(), ExitCode::SUCCESS);
    }
}

//! How many tests passed and failed, read from what the test runners print.

/// Tests counted over one or more runners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests that passed.
    pub(crate) passed: usize,
    /// Tests that failed, timed out or could not be started.
    pub(crate) failed: usize,
}

impl Tally {
    /// Adds what a line of cargo-nextest says, if it is the summary:
    /// `Summary [ 0.1s] 5 tests run: 3 passed (1 slow), 2 failed, 0 skipped`.
    pub(crate) fn read_nextest(&mut self, line: &str) {
        self.read(line, "Summary [");
    }

    /// Adds what a line of `cargo test` says, if it is the result of a program:
    /// `test result: ok. 5 passed; 0 failed; 0 ignored`.
    pub(crate) fn read_libtest(&mut self, line: &str) {
        self.read(line, "test result:");
    }

    /// Adds what a line of vitest says, if it is the summary:
    /// `      Tests  1 failed | 12 passed (13)`.
    pub(crate) fn read_vitest(&mut self, line: &str) {
        if let Some(counts) = line.trim_start().strip_prefix("Tests ") {
            counts.split('|').for_each(|part| self.read_part(part));
        }
    }

    /// Adds what a line of Node's test runner says, if it is part of the summary:
    /// `ℹ pass 12`, `ℹ fail 1`, `ℹ cancelled 0`.
    pub(crate) fn read_node(&mut self, line: &str) {
        let Some(part) = line.strip_prefix("ℹ ") else {
            return;
        };
        match part.split_once(' ') {
            Some(("pass", count)) => self.passed += count.parse().unwrap_or(0),
            Some(("fail" | "cancelled", count)) => self.failed += count.parse().unwrap_or(0),
            _ => {}
        }
    }

    fn read(&mut self, line: &str, start: &str) {
        if line.trim_start().starts_with(start) {
            for part in line.split([',', ';', '.', ':', '(']) {
                self.read_part(part);
            }
        }
    }

    fn read_part(&mut self, part: &str) {
        let mut words = part.split_whitespace();
        let Some(count) = words.next().and_then(|word| word.parse::<usize>().ok()) else {
            return;
        };
        match words.next() {
            Some("passed") => self.passed += count,
            Some("failed" | "timed" | "exec") => self.failed += count,
            _ => {}
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(read: impl Fn(&mut Tally, &str), lines: &[&str]) -> (usize, usize) {
        let mut tally = Tally::default();
        for line in lines {
            read(&mut tally, line);
        }
        (tally.passed, tally.failed)
    }

    const NEXTEST: &str = "     Summary [   1.205s] 7 tests run: \
                           4 passed (1 slow, 1 leaky), 2 failed, 1 timed out, 3 skipped";
    const OK: &str = "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; \
                      0 filtered out; finished in 0.00s";
    const FAILED: &str = "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; \
                          0 filtered out; finished in 0.10s";

    #[test]
    fn reads_the_summary_of_nextest() {
        assert_eq!(tally(Tally::read_nextest, &[NEXTEST]), (4, 3));
    }

    #[test]
    fn adds_up_every_program_of_cargo_test() {
        assert_eq!(tally(Tally::read_libtest, &[OK, FAILED]), (7, 1));
    }

    #[test]
    fn the_output_of_a_failed_test_that_nextest_shows_is_not_counted_again() {
        let shown = [
            "  stdout ───",
            "    test result: FAILED. 0 passed; 1 failed;",
            NEXTEST,
        ];
        assert_eq!(tally(Tally::read_nextest, &shown), (4, 3));
    }

    #[test]
    fn reads_the_summary_of_vitest() {
        let lines = [
            " Test Files  1 failed | 4 passed (5)",
            "      Tests  2 failed | 30 passed (32)",
        ];
        assert_eq!(tally(Tally::read_vitest, &lines), (30, 2));
        assert_eq!(
            tally(Tally::read_vitest, &["      Tests  7 passed (7)"]),
            (7, 0)
        );
    }

    #[test]
    fn reads_the_summary_of_node() {
        let lines = [
            "ℹ tests 4",
            "ℹ pass 2",
            "ℹ fail 1",
            "ℹ cancelled 1",
            "ℹ skipped 0",
        ];
        assert_eq!(tally(Tally::read_node, &lines), (2, 2));
    }

    #[test]
    fn other_lines_say_nothing() {
        let lines = ["test a ... ok", "3 passed", "PASS [0.1s] xtask tests", ""];
        assert_eq!(tally(Tally::read_nextest, &lines), (0, 0));
        assert_eq!(tally(Tally::read_libtest, &lines), (0, 0));
    }

    #[test]
    fn is_shown_as_the_last_line_of_a_run() {
        let tally = Tally {
            passed: 412,
            failed: 1,
        };
        assert_eq!(tally.to_string(), "412 passed, 1 failed");
    }
}

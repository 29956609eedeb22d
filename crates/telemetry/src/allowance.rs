//! How many lines a server may write.

use std::time::Instant;

/// Units that come back per second.
const PER_SECOND: f64 = 1_000.0;

/// Units that can be saved up.
const BURST: f64 = 5_000.0;

/// A line costs one unit and one more for each of these many bytes: a flood of long lines would
/// otherwise fill megabytes a second.
const BYTES_PER_UNIT: usize = 1_024;

/// A token bucket: 1,000 short lines per second, 5,000 at once.
#[derive(Debug)]
pub(crate) struct Allowance {
    units: f64,
    updated: Instant,
    refused: u64,
}

/// Whether a line may be written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may, after so many that were refused.
    Admitted {
        /// Lines refused since the last one admitted.
        refused_before: u64,
    },
    /// It may not.
    Refused {
        /// Whether it is the first in a row; only then is it worth a word.
        is_first: bool,
    },
}

impl Allowance {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            units: BURST,
            updated: now,
            refused: 0,
        }
    }

    /// Asks for a line of `bytes` bytes.
    pub(crate) fn ask(&mut self, bytes: usize, now: Instant) -> Verdict {
        let elapsed = now.saturating_duration_since(self.updated).as_secs_f64();
        self.units = (self.units + elapsed * PER_SECOND).min(BURST);
        self.updated = now;
        let cost = f64::from(u32::try_from(1 + bytes / BYTES_PER_UNIT).unwrap_or(u32::MAX));
        // Whoever flooded waits until there is room for more than the next line, so that a flood
        // leaves blocks of lines that can be read instead of single ones.
        let needed = if self.refused > 0 {
            cost.max(PER_SECOND / 2.0)
        } else {
            cost
        };
        if self.units < needed {
            self.refused += 1;
            return Verdict::Refused {
                is_first: self.refused == 1,
            };
        }
        self.units -= cost;
        Verdict::Admitted {
            refused_before: self.take_refused(),
        }
    }

    /// Counts lines that were admitted but lost on their way.
    pub(crate) fn add_refused(&mut self, lines: u64) {
        self.refused += lines;
    }

    /// How many lines were refused since the last one admitted; they count as told now.
    pub(crate) fn take_refused(&mut self) -> u64 {
        std::mem::take(&mut self.refused)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ADMITTED: Verdict = Verdict::Admitted { refused_before: 0 };

    fn admitted(allowance: &mut Allowance, lines: usize, bytes: usize, now: Instant) -> usize {
        (0..lines)
            .filter(|_| matches!(allowance.ask(bytes, now), Verdict::Admitted { .. }))
            .count()
    }

    #[test]
    fn a_burst_passes_and_a_flood_does_not() {
        let now = Instant::now();
        let mut allowance = Allowance::new(now);
        assert_eq!(admitted(&mut allowance, 100_000, 80, now), 5_000);
        let later = now + Duration::from_secs(1);
        assert_eq!(admitted(&mut allowance, 100_000, 80, later), 1_000);
    }

    #[test]
    fn a_steady_server_below_the_rate_is_never_refused() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        for n in 0..20_000 {
            let now = start + Duration::from_millis(n);
            assert_eq!(allowance.ask(80, now), ADMITTED);
        }
    }

    #[test]
    fn long_lines_cost_more() {
        let now = Instant::now();
        let mut allowance = Allowance::new(now);
        assert_eq!(admitted(&mut allowance, 100_000, 8 * 1024, now), 5_000 / 9);
        assert_eq!(admitted(&mut allowance, 1, usize::MAX, now), 0);
    }

    #[test]
    fn refused_lines_are_told_once() {
        let now = Instant::now();
        let mut allowance = Allowance::new(now);
        admitted(&mut allowance, 5_000, 0, now);
        assert_eq!(allowance.ask(0, now), Verdict::Refused { is_first: true });
        assert_eq!(allowance.ask(0, now), Verdict::Refused { is_first: false });
        let later = now + Duration::from_secs(1);
        assert_eq!(
            allowance.ask(0, later),
            Verdict::Admitted { refused_before: 2 }
        );
        assert_eq!(allowance.ask(0, later), ADMITTED);
        assert_eq!(allowance.take_refused(), 0);
    }

    #[test]
    fn time_that_stands_still_or_goes_back_gives_nothing() {
        let earlier = Instant::now();
        let now = earlier + Duration::from_secs(5);
        let mut allowance = Allowance::new(now);
        admitted(&mut allowance, 5_000, 0, now);
        assert_eq!(admitted(&mut allowance, 10, 0, earlier), 0);
    }
}

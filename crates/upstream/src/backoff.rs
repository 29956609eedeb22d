//! How long to wait before the next start.

use std::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_millis(500);
/// The longest wait.
const LONGEST: Duration = Duration::from_mins(1);
/// A server that stayed up this long has recovered.
const HEALTHY: Duration = Duration::from_mins(1);
/// From so many failures in a row on, the server is said to be in a crash loop.
const CRASH_LOOP: u32 = 5;

/// Counts failures in a row. It forgets them after a healthy run, not after a mere start:
/// otherwise a server that crashes on its first call would be started for ever at full speed.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// Failures in a row.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Whether the failures have become a habit.
    pub(crate) fn is_crash_loop(&self) -> bool {
        self.attempts >= CRASH_LOOP
    }

    /// Starts over, because a person changed or asked for something.
    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }

    /// Takes note of a failure after `uptime`, and says how long to wait: 0.5 s doubling up to
    /// 60 s, each by up to a tenth more or less, so that many servers do not start in step.
    pub(crate) fn next_wait(&mut self, uptime: Duration) -> Duration {
        if uptime >= HEALTHY {
            self.attempts = 0;
        }
        let doubled = FIRST.saturating_mul(1 << self.attempts.min(16));
        self.attempts = self.attempts.saturating_add(1);
        doubled.min(LONGEST).mul_f64(rand::random_range(0.9..1.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_loop_starts_at_most_twenty_times_in_ten_minutes() {
        let mut backoff = Backoff::default();
        let (mut elapsed, mut starts) = (Duration::ZERO, 0);
        while elapsed < Duration::from_mins(10) {
            starts += 1;
            // The shortest jitter at every step is the worst case.
            elapsed += backoff.next_wait(Duration::ZERO).mul_f64(0.9 / 1.1);
        }
        // The first start may need a second process, where the server ends on the era probe.
        assert!(starts < 20, "{starts} starts");
        assert!(backoff.is_crash_loop());
    }

    #[test]
    fn only_a_healthy_run_is_forgiven() {
        let mut backoff = Backoff::default();
        for _ in 0..10 {
            backoff.next_wait(Duration::from_secs(59));
        }
        assert!(backoff.next_wait(Duration::from_secs(59)) > Duration::from_secs(50));
        assert!(backoff.next_wait(Duration::from_mins(1)) < Duration::from_secs(1));
        assert_eq!(backoff.attempts(), 1);
    }
}

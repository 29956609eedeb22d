//! Median and ninety-fifth percentile of measured durations.

use std::time::Duration;

/// Durations of one thing done many times.
#[derive(Default)]
pub(super) struct Samples(Vec<Duration>);

impl Samples {
    /// Adds one duration.
    pub(super) fn add(&mut self, sample: Duration) {
        let position = self.0.partition_point(|known| *known <= sample);
        self.0.insert(position, sample);
    }

    /// The duration that `percent` of the samples do not exceed; zero without samples.
    pub(super) fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100);
        self.0
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or_default()
    }
}

/// A duration in milliseconds for a table.
pub(super) fn millis(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1000.0;
    if millis < 10.0 {
        format!("{millis:.2} ms")
    } else {
        format!("{millis:.0} ms")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples() {
        let mut samples = Samples::default();
        for millis in [30, 10, 20, 40] {
            samples.add(Duration::from_millis(millis));
        }
        assert_eq!(samples.percentile(50), Duration::from_millis(20));
        assert_eq!(samples.percentile(95), Duration::from_millis(40));
    }

    #[test]
    fn nothing_measured_is_zero() {
        assert_eq!(Samples::default().percentile(95), Duration::ZERO);
    }

    #[test]
    fn short_times_are_shown_exactly() {
        assert_eq!(millis(Duration::from_micros(1234)), "1.23 ms");
        assert_eq!(millis(Duration::from_micros(123_456)), "123 ms");
    }
}

//! The time, given from outside so that tests can turn it.

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Unix milliseconds.
    fn now(&self) -> u64;

    /// A time of day as people here write it, for example `14:30`.
    fn time_of_day(&self, at: u64) -> String;
}

//! The system's clock.

use chrono::{Local, TimeZone as _};
use shell::Clock;

/// The system's clock, in the user's time zone.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        model::now_millis()
    }

    fn time_of_day(&self, at: u64) -> String {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        let local = Local.timestamp_millis_opt(at).earliest();
        local.map_or_else(String::new, |time| time.format("%H:%M").to_string())
    }
}

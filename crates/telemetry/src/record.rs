//! The form of one line in a server's log.

use std::fmt::{self, Write};
use std::time::SystemTime;

use time::OffsetDateTime;

use crate::escape::push_line;

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The server, on its standard error.
    Stderr,
    /// The gateway, about the server.
    Gateway(tracing::Level),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stderr => f.write_str("stderr"),
            Self::Gateway(level) => write!(f, "gateway {level}"),
        }
    }
}

/// One line without its end: time, source, and the text, escaped.
pub(crate) fn record(time: SystemTime, source: Source, text: &[u8]) -> String {
    let mut line = String::with_capacity(48 + text.len());
    // Writing to a string cannot fail.
    let _ = write!(line, "{} {source}: ", Timestamp(time));
    push_line(&mut line, text);
    line
}

/// A time as RFC 3339 in UTC with milliseconds, `2026-01-31T23:59:59.999Z`.
pub(crate) struct Timestamp(pub(crate) SystemTime);

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let utc = OffsetDateTime::from(self.0);
        let (hour, minute, second, milli) = utc.time().as_hms_milli();
        let (year, month, day) = (utc.year(), u8::from(utc.month()), utc.day());
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn a_record_says_when_who_and_what() {
        let time = UNIX_EPOCH + Duration::from_millis(951_782_400_007);
        assert_eq!(
            record(time, Source::Stderr, b"up\x1b[0m"),
            "2000-02-29T00:00:00.007Z stderr: up\\x1b[0m"
        );
        assert_eq!(
            record(time, Source::Gateway(tracing::Level::WARN), b"lost"),
            "2000-02-29T00:00:00.007Z gateway WARN: lost"
        );
    }

    #[test]
    fn the_end_of_a_year_is_right() {
        let time = UNIX_EPOCH + Duration::from_millis(1_798_761_599_999);
        assert_eq!(Timestamp(time).to_string(), "2026-12-31T23:59:59.999Z");
    }
}

//! Levels of a server's log.

use std::str::FromStr;

/// The levels of RFC 5424 by their names in MCP, most talkative first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// `debug`
    Debug,
    /// `info`
    Info,
    /// `notice`
    Notice,
    /// `warning`
    Warning,
    /// `error`
    Error,
    /// `critical`
    Critical,
    /// `alert`
    Alert,
    /// `emergency`
    Emergency,
}

/// A text that names no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a log level is one of debug, info, notice, warning, error, critical, alert, emergency")]
pub struct UnknownLevel;

const NAMES: [(LogLevel, &str); 8] = [
    (LogLevel::Debug, "debug"),
    (LogLevel::Info, "info"),
    (LogLevel::Notice, "notice"),
    (LogLevel::Warning, "warning"),
    (LogLevel::Error, "error"),
    (LogLevel::Critical, "critical"),
    (LogLevel::Alert, "alert"),
    (LogLevel::Emergency, "emergency"),
];

impl LogLevel {
    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        NAMES[self as usize].1
    }
}

impl FromStr for LogLevel {
    type Err = UnknownLevel;

    fn from_str(name: &str) -> Result<Self, UnknownLevel> {
        let known = NAMES.iter().find(|(_, known)| *known == name);
        known.map(|(level, _)| *level).ok_or(UnknownLevel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_has_its_name_and_place() {
        for (level, name) in NAMES {
            assert_eq!(level.as_str(), name);
            assert_eq!(name.parse(), Ok(level));
        }
        assert!(NAMES.is_sorted());
        assert_eq!("verbose".parse::<LogLevel>(), Err(UnknownLevel));
    }
}

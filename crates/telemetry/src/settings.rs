//! How much is logged and kept.

use std::time::Duration;

/// The bounds of one log: it takes at most `max_file_bytes` × `max_files` on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// A file that would grow beyond this is put aside and a new one begun.
    pub max_file_bytes: u64,
    /// How many files are kept, with the one being written; 0 counts as 1.
    pub max_files: usize,
    /// Files put aside are deleted when their last line is older than this.
    pub max_age: Duration,
}

impl Default for Rotation {
    fn default() -> Self {
        Self {
            max_file_bytes: 10 * 1024 * 1024,
            max_files: 5,
            max_age: Duration::from_hours(14 * 24),
        }
    }
}

/// Settings of the gateway's own log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// A level (`error`, `warn`, `info`, `debug`, `trace`) or several directives as
    /// `tracing_subscriber::EnvFilter` reads them, such as `info,fleet=debug`.
    pub level: String,
    /// The bounds of `gateway.log`.
    pub rotation: Rotation,
}

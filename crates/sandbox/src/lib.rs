//! The fence around a server's process.
//!
//! A [`Plan`] says what a process may touch. The gateway makes it of the settings and of how the
//! server is started; a helper (the same program, started with a hidden argument) applies it to
//! itself, reports what was achieved on its standard error, and becomes the server. Standard
//! input and output, the process group and the environment pass through it untouched.

mod container;
#[cfg(unix)]
mod helper;
mod late;
#[cfg(unix)]
mod limits;
#[cfg(target_os = "linux")]
mod linux;
pub mod macos;
mod plan;
mod report;

pub use container::{ContainerCommand, container_command};
#[cfg(unix)]
pub use helper::main;
pub use late::early_name;
pub use plan::{Around, Limits, Plan, Start};
pub use report::{MAX_REPORT, REPORT_PREFIX, Report};

/// The first argument of the helper's process.
pub const HELPER: &str = "__sandbox";

/// There is no helper on this system, and nothing starts one.
#[cfg(not(unix))]
pub fn main(_arguments: impl Iterator<Item = std::ffi::OsString>) -> std::process::ExitCode {
    std::process::ExitCode::FAILURE
}

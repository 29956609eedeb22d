//! `cargo xtask run`: from a fresh clone to a running gateway.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use crate::shell;
use crate::workspace::Workspace;

/// Builds the optimised gateway and starts it here with `arguments` added.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode> {
    anstream::eprintln!("Building toolgate; the first build takes some minutes.");
    shell::run(shell::cargo().args(["build", "--release", "-p", "cli"]))?;
    let program = workspace.binary("release", "toolgate");
    anstream::eprintln!("Starting {} serve", workspace.shown(&program).display());
    become_program(Command::new(&program).arg("serve").args(arguments))
        .with_context(|| format!("{} could not be started", program.display()))
}

/// Gives this process to the gateway, so that a signal from the terminal reaches it directly
/// and the prompt returns only once it has stopped.
#[cfg(unix)]
fn become_program(command: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;

    Err(command.exec().into())
}

/// Waits for the gateway and ends as it ended.
#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Result<ExitCode> {
    let code = command.status()?.code();
    Ok(code
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        assert!(become_program(&mut Command::new("no-such-program")).is_err());
    }
}

//! `toolgate completions`: scripts that complete the command line.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Cli;
use crate::exit::{Code, Failure};
use crate::output;

/// Which script to print.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Example:\n  toolgate completions bash > ~/.local/share/bash-completion/completions/toolgate"
)]
pub(crate) struct Args {
    /// The shell that will read the script
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> Result<Code, Failure> {
    output::text(&script(args.shell))?;
    Ok(Code::Ok)
}

fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "toolgate", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_know_the_commands() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell] {
            let script = script(shell);
            assert!(
                script.contains("servers") && script.contains("doctor"),
                "{shell}"
            );
        }
    }
}

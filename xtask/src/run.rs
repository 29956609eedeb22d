//! `cargo xtask run`: from a fresh clone to a running Toolgate.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use crate::runtimes::Runtime;
use crate::shell;
use crate::system;
use crate::ui;
use crate::workspace::Workspace;

/// How to start.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Start the gateway alone, without tray and window, also where there is a display.
    #[arg(long)]
    headless: bool,
    /// Passed on to `toolgate serve`, or to `toolgate-desktop` where there is a display.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) arguments: Vec<String>,
}

/// What is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Tray and window, with the gateway inside.
    Desktop,
    /// The gateway alone; its UI opens in any browser.
    Headless,
}

/// Installs what is missing, builds everything optimised and starts it in this terminal.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let shape = shape(options.headless, system::has_display());
    if shape == Shape::Desktop {
        system::ensure(
            &system::BUILD,
            "The desktop application (`cargo xtask run --headless` does without)",
        )?;
    }
    build_ui(workspace);
    build(shape)?;
    let (program, first) = program(workspace, shape);
    anstream::eprintln!("Starting {}", workspace.shown(&program).display());
    become_program(Command::new(&program).args(first).args(&options.arguments))
        .with_context(|| format!("{} could not be started", program.display()))
}

fn shape(headless: bool, has_display: bool) -> Shape {
    if headless || !has_display {
        Shape::Headless
    } else {
        Shape::Desktop
    }
}

/// Builds the UI as far as this machine can; the gateway works without.
fn build_ui(workspace: &Workspace) {
    let built = Runtime::Node.ensure().and_then(|()| {
        anstream::eprintln!("Building the web UI.");
        ui::build(workspace)
    });
    if let Err(error) = built {
        anstream::eprintln!(
            "The web UI could not be built, and its page will say so; the gateway itself needs \
             no UI. {error:#}"
        );
    }
}

fn build(shape: Shape) -> Result<()> {
    anstream::eprintln!("Building Toolgate; the first build takes some minutes.");
    let mut build = shell::cargo();
    build.args(["build", "--release", "-p", "cli"]);
    if shape == Shape::Desktop {
        build.args(["-p", "toolgate-desktop"]);
        build.args(["--features", "toolgate-desktop/desktop"]);
    }
    shell::run(&mut build)
}

/// The program and the arguments that come before the person's own.
fn program(workspace: &Workspace, shape: Shape) -> (PathBuf, &'static [&'static str]) {
    match shape {
        Shape::Desktop => (workspace.binary("release", "toolgate-desktop"), &[]),
        Shape::Headless => (
            workspace.binary("release", "toolgate"),
            &["serve", "--ui-link"],
        ),
    }
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

    #[test]
    fn without_a_display_or_by_wish_there_is_no_tray() {
        assert_eq!(shape(false, true), Shape::Desktop);
        assert_eq!(shape(true, true), Shape::Headless);
        assert_eq!(shape(false, false), Shape::Headless);
    }

    #[test]
    fn a_gateway_alone_says_where_its_ui_is() {
        let workspace = Workspace {
            root: PathBuf::new(),
            target: PathBuf::from("/target"),
            packages: Vec::new(),
        };
        let (program, arguments) = program(&workspace, Shape::Headless);
        assert!(program.starts_with("/target/release"));
        assert_eq!(arguments, ["serve", "--ui-link"]);
    }
}

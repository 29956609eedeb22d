//! Developer tasks: `cargo xtask run`, `test`, `tidy`, `audit`, `fixtures`, `icons`,
//! `conformance`, `dist`, `measure`, `eval` and `screenshots`.
//!
//! A plain Rust program instead of shell scripts, so that the tasks behave the same on every
//! platform and need nothing but the toolchain.

mod audit;
mod browser;
mod check;
mod conformance;
mod desktop;
mod dist;
mod eval;
mod fixtures;
mod icons;
mod measure;
mod report;
mod run;
mod runtimes;
mod screenshots;
mod shell;
mod system;
mod tally;
mod tidy;
mod ui;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Developer tasks of Toolgate.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything optimised and start it in this terminal.
    Run(run::Options),
    /// Run every check: format, lints, structure, spelling, all tests.
    Test,
    /// Report sizes, test ratio and crate order of the sources.
    Tidy {
        /// Fail when a limit is broken.
        #[arg(long)]
        check: bool,
    },
    /// Check licences, banned crates and advisories of all dependencies; needs the network.
    Audit,
    /// Install the real MCP servers and clients that the integration tests use.
    Fixtures,
    /// Draw the application's icons from their one source; needs Node and the network.
    Icons,
    /// Score the gateway with the public MCP conformance suite, as a server and as a client.
    Conformance(conformance::Options),
    /// Make installers for this system.
    Dist(dist::Options),
    /// Take the documentation's pictures anew: every screen, the tray in a real panel, the window.
    Screenshots(screenshots::Options),
    /// Measure the product's bars and print them as a Markdown table.
    Measure(measure::Options),
    /// Score a part of the product on labelled cases.
    #[command(subcommand)]
    Eval(eval::Part),
}

fn main() -> ExitCode {
    match dispatch(Arguments::parse().task) {
        Ok(code) => code,
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(task: Task) -> Result<ExitCode> {
    let workspace = Workspace::load()?;
    match task {
        Task::Run(options) => run::run(&workspace, &options),
        Task::Test => Ok(check::run(&workspace)),
        Task::Tidy { check } => tidy::run(&workspace, check),
        Task::Audit => audit::run(&workspace),
        Task::Fixtures => fixtures::install(&workspace).map(|()| ExitCode::SUCCESS),
        Task::Icons => icons::draw(&workspace).map(|()| ExitCode::SUCCESS),
        Task::Conformance(options) => conformance::run(&workspace, &options),
        Task::Dist(options) => dist::run(&workspace, &options).map(|()| ExitCode::SUCCESS),
        Task::Screenshots(options) => {
            screenshots::run(&workspace, &options).map(|()| ExitCode::SUCCESS)
        }
        Task::Measure(options) => measure::run(&workspace, &options).map(|()| ExitCode::SUCCESS),
        Task::Eval(part) => eval::run(&workspace, &part),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn run_passes_options_of_the_gateway_through() {
        let parsed = Arguments::try_parse_from(["cargo xtask", "run", "--", "--data-dir", "x"]);
        let Task::Run(options) = parsed.expect("parses").task else {
            panic!("another task was chosen");
        };
        assert_eq!(options.arguments, ["--data-dir", "x"]);
    }

    #[test]
    fn tidy_only_reports_unless_asked_to_check() {
        let parsed = Arguments::try_parse_from(["cargo xtask", "tidy"]).expect("parses");
        assert!(matches!(parsed.task, Task::Tidy { check: false }));
    }
}

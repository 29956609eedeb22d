//! `cargo xtask test`: every check that a change must pass, in one command.

use std::process::{Command, ExitCode};
use std::thread;

use anyhow::{Result, anyhow};

use crate::audit;
use crate::conformance;
use crate::fixtures;
use crate::report::Report;
use crate::shell::{self, Stream};
use crate::tally::Tally;
use crate::tidy;
use crate::workspace::Workspace;

/// Does all checks, also after one failed, and prints the tally of tests as its last line.
pub(crate) fn run(workspace: &Workspace) -> ExitCode {
    let mut report = Report::start();
    thread::scope(|scope| {
        // Mostly waiting for the network, so it costs the compiler next to nothing.
        let fixtures = scope.spawn(|| fixtures::install(workspace));
        check_sources(workspace, &mut report);
        report.check("programs that tests drive", build_programs);
        report.check("real MCP servers and clients", || {
            let installed = fixtures.join();
            installed.unwrap_or_else(|_| Err(anyhow!("the installation broke off")))
        });
    });
    run_tests(&mut report);
    report.check("conformance", || conformance::check(workspace));
    report.finish()
}

fn check_sources(workspace: &Workspace, report: &mut Report) {
    report.check("format", format);
    report.check("lints", lint);
    report.check("structure", || tidy::check(workspace));
    let dependencies = audit::dependencies(workspace);
    check_if_installed(report, "licences and bans", dependencies);
    check_if_installed(report, "spelling", audit::spelling(workspace));
}

fn check_if_installed(report: &mut Report, name: &'static str, command: Option<Command>) {
    match command {
        Some(mut command) => report.check(name, || shell::run(&mut command)),
        None => report.skip(name, "Not installed here; `cargo xtask audit` installs it."),
    }
}

fn format() -> Result<()> {
    shell::run(shell::cargo().args(["fmt", "--all", "--check"]))
}

fn lint() -> Result<()> {
    let mut clippy = shell::cargo();
    clippy.args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]);
    shell::run(&mut clippy)
}

fn build_programs() -> Result<()> {
    shell::run(shell::cargo().args(["build", "-p", "cli", "-p", "testkit"]))
}

fn run_tests(report: &mut Report) {
    if shell::succeeds(shell::cargo().args(["nextest", "--version"])) {
        report.tests("tests", nextest);
        report.tests("examples in the documentation", doc_tests);
    } else {
        report.tests("tests", cargo_test);
    }
}

fn nextest(tally: &mut Tally) -> Result<()> {
    let mut command = shell::cargo();
    command.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
    shell::run_read(&mut command, Stream::Error, |line| {
        tally.read_nextest(line);
    })
}

/// The examples, which cargo-nextest does not run.
fn doc_tests(tally: &mut Tally) -> Result<()> {
    let mut command = shell::cargo();
    command.args(["test", "--workspace", "--doc", "--quiet"]);
    shell::run_read(&mut command, Stream::Output, |line| {
        tally.read_libtest(line);
    })
}

fn cargo_test(tally: &mut Tally) -> Result<()> {
    let mut command = shell::cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]);
    shell::run_read(&mut command, Stream::Output, |line| {
        tally.read_libtest(line);
    })
}

//! `cargo xtask test`: every check that a change must pass, in one command.

use std::process::{Command, ExitCode};
use std::thread;

use anyhow::{Result, anyhow};

use crate::audit;
use crate::browser;
use crate::conformance;
use crate::fixtures;
use crate::report::Report;
use crate::shell::{self, Stream};
use crate::system;
use crate::tally::Tally;
use crate::tidy;
use crate::ui;
use crate::workspace::Workspace;

/// The feature that brings the desktop application. Every step that compiles turns it on, so that
/// all of them share what they compiled.
const DESKTOP: &str = "toolgate-desktop/desktop";

/// Does all checks, also after one failed, and prints the tally of tests as its last line.
pub(crate) fn run(workspace: &Workspace) -> ExitCode {
    let mut report = Report::start();
    report.check("packages of the system", system_packages);
    // Programs that are built without it look for it in vain.
    report.check("web UI, built", || ui::build(workspace));
    thread::scope(|scope| {
        // Mostly waiting for the network, so it costs the compiler next to nothing.
        let fixtures = scope.spawn(|| fixtures::install(workspace));
        // One processor for a minute, while the compiler is often at its serial parts.
        let ui = scope.spawn(|| ui::check(workspace));
        check_sources(workspace, &mut report);
        report.check("programs that tests drive", build_programs);
        report.check("real MCP servers and clients", || joined(fixtures));
        report.tests("web UI, checked", |tally| {
            *tally = joined(ui)?;
            Ok(())
        });
    });
    run_tests(&mut report);
    report.tests("web UI in a browser", |tally| {
        browser::run(workspace, tally)
    });
    if cfg!(target_os = "linux") {
        report.tests("web UI in the window", |tally| {
            browser::run_in_window(workspace, tally)
        });
    }
    report.check("conformance", || conformance::check(workspace));
    report.finish()
}

fn joined<T>(thread: thread::ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    let ended = thread.join();
    ended.unwrap_or_else(|_| Err(anyhow!("it broke off")))
}

/// One call for all of them: where something is missing, apt has to read its lists only once.
fn system_packages() -> Result<()> {
    let needs = [&system::BUILD[..], &system::TESTS, &system::PANEL].concat();
    system::ensure(&needs, "Testing the desktop application")
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
        "--features",
        DESKTOP,
        "--",
        "-D",
        "warnings",
    ]);
    shell::run(&mut clippy)
}

fn build_programs() -> Result<()> {
    let mut build = shell::cargo();
    build.args(["build", "-p", "cli", "-p", "testkit"]);
    shell::run(build.args(["-p", "toolgate-desktop", "--features", DESKTOP]))
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
    command.args(["--features", DESKTOP]);
    shell::run_read(&mut command, Stream::Error, |line| {
        tally.read_nextest(line);
    })
}

/// The examples, which cargo-nextest does not run.
fn doc_tests(tally: &mut Tally) -> Result<()> {
    let mut command = shell::cargo();
    command.args(["test", "--workspace", "--doc", "--quiet"]);
    command.args(["--features", DESKTOP]);
    shell::run_read(&mut command, Stream::Output, |line| {
        tally.read_libtest(line);
    })
}

fn cargo_test(tally: &mut Tally) -> Result<()> {
    let mut command = shell::cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]);
    command.args(["--features", DESKTOP]);
    shell::run_read(&mut command, Stream::Output, |line| {
        tally.read_libtest(line);
    })
}

//! The helper's side: applies a plan to itself, says what came of it, becomes the server.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use model::{FileAccess, ProcessLimit, Reach, SandboxProfile, SandboxStatus};

use crate::late::own_name;
use crate::plan::Plan;
use crate::report::Report;

/// What the exit code of a shell is for a command that cannot be run.
const CANNOT_RUN: u8 = 126;

/// Takes the plan as JSON, the program and its arguments.
pub fn main(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let plan = arguments.next().unwrap_or_default();
    let plan: Plan = match serde_json::from_str(&plan.to_string_lossy()) {
        Ok(plan) => plan,
        Err(error) => return refuse(format!("Its sandbox's plan cannot be read: {error}.")),
    };
    let Some(program) = arguments.next() else {
        return refuse("There is no program to start.".to_owned());
    };
    let status = match apply(&plan) {
        Ok(status) => status,
        Err(reason) => return refuse(reason),
    };
    say(&Report::Applied(status).line());
    let mut command = command(&plan, &program);
    command.args(arguments);
    restore_late(&mut command);
    let error = command.exec();
    say(&format!(
        "{} cannot be run: {error}",
        program.to_string_lossy()
    ));
    ExitCode::from(CANNOT_RUN)
}

/// The program itself, or what fences it in on this system.
#[cfg(not(target_os = "macos"))]
fn command(_plan: &Plan, program: &OsStr) -> Command {
    Command::new(program)
}

#[cfg(target_os = "macos")]
fn command(plan: &Plan, program: &OsStr) -> Command {
    if plan.is_open() {
        return Command::new(program);
    }
    let mut command = Command::new(crate::macos::PROGRAM);
    command
        .arg("-p")
        .arg(crate::macos::profile(plan))
        .arg(program);
    command
}

fn apply(plan: &Plan) -> Result<SandboxStatus, String> {
    let failed = |what: &str, error: std::io::Error| format!("{what} failed: {error}.");
    for folder in plan.make.iter().chain(&plan.scratch) {
        // A cache that cannot be made is missed by the server, which then says so.
        let _ = std::fs::create_dir_all(folder);
    }
    crate::limits::close_files().map_err(|error| failed("Closing inherited files", error))?;
    let mut status = SandboxStatus {
        profile: plan.profile,
        files: FileAccess::Open,
        network: Reach::Open,
        sockets: Reach::Open,
        processes: ProcessLimit::Open,
        notes: plan.notes.clone(),
    };
    if plan.profile != SandboxProfile::Off {
        let limited = crate::limits::keep_private().and_then(|()| crate::limits::set(&plan.limits));
        status.processes = limited.map_err(|error| failed("Setting limits", error))?;
        if status.processes == ProcessLimit::Open {
            status.notes.push(ROOT_NOTE.to_owned());
        }
    }
    if !plan.is_open() {
        fence(plan, &mut status)?;
    }
    match plan.needs_fence() {
        Some(reason) if status.network == Reach::Open => {
            Err(format!("It was not started: {reason}."))
        }
        _ => Ok(status),
    }
}

const ROOT_NOTE: &str = "The number of processes is not limited: the gateway runs as root.";

#[cfg(target_os = "linux")]
fn fence(plan: &Plan, status: &mut SandboxStatus) -> Result<(), String> {
    crate::linux::fence(plan, status)
}

#[cfg(target_os = "macos")]
fn fence(plan: &Plan, status: &mut SandboxStatus) -> Result<(), String> {
    crate::macos::achieve(plan, status);
    Ok(())
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn fence(_plan: &Plan, status: &mut SandboxStatus) -> Result<(), String> {
    let note = "Files and network cannot be fenced on this system.";
    status.notes.push(note.to_owned());
    Ok(())
}

/// Gives late variables their own names.
fn restore_late(command: &mut Command) {
    for (name, value) in std::env::vars_os() {
        if let Some(own) = own_name(&name) {
            command.env(own, value).env_remove(&name);
        }
    }
}

fn refuse(reason: String) -> ExitCode {
    say(&Report::Refused(reason).line());
    ExitCode::from(CANNOT_RUN)
}

fn say(line: &str) {
    // Whoever started the helper may be gone.
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

//! Starting other programs, with what is started shown on standard error.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

/// The output of a program that is read while it is passed on.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// The cargo that started this program, so that a chosen toolchain stays chosen.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // `cargo run` describes xtask's own package in these; build scripts that look at them (ring's)
    // would take every switch between `cargo` and `cargo xtask` for a change.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name.as_ref());
        }
    }
    command
}

/// Runs a command in the foreground; its failure is an error that names it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command.status().with_context(|| not_started(command))?;
    succeeded(command, status)
}

/// Runs a command quietly, its whole output in the file `log`.
///
/// The end of that file is part of the error when the command fails.
pub(crate) fn run_logged(command: &mut Command, log: &Path) -> Result<()> {
    let file = std::fs::File::create(log)?;
    command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file);
    let status = command.status().with_context(|| not_started(command))?;
    if status.success() {
        return Ok(());
    }
    let text = std::fs::read_to_string(log).unwrap_or_default();
    bail!(
        "`{}` failed ({status}); the end of its output:\n{}",
        line(command),
        last_lines(&text, 20)
    );
}

/// Runs a command in the foreground and gives `each` every line of one of its streams,
/// which is passed on to the same stream of this program.
pub(crate) fn run_read(
    command: &mut Command,
    stream: Stream,
    mut each: impl FnMut(&str),
) -> Result<()> {
    announce(command);
    match stream {
        Stream::Output => command.stdout(Stdio::piped()),
        Stream::Error => command.stderr(Stdio::piped()),
    };
    let mut child = command.spawn().with_context(|| not_started(command))?;
    let pipe: Option<Box<dyn Read>> = match stream {
        Stream::Output => child.stdout.take().map(|pipe| Box::new(pipe) as _),
        Stream::Error => child.stderr.take().map(|pipe| Box::new(pipe) as _),
    };
    for line in pipe
        .map(BufReader::new)
        .into_iter()
        .flat_map(|pipe| pipe.split(b'\n'))
    {
        let line = line?;
        let text = String::from_utf8_lossy(&line);
        each(&text);
        pass_on(stream, &text);
    }
    let status = child.wait()?;
    succeeded(command, status)
}

/// Whether a command exists and ends well; prints nothing.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What a command prints on standard output, trimmed; `None` when it is missing or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

fn succeeded(command: &Command, status: ExitStatus) -> Result<()> {
    ensure!(status.success(), "`{}` failed ({status})", line(command));
    Ok(())
}

fn not_started(command: &Command) -> String {
    format!("`{}` could not be started", line(command))
}

fn announce(command: &Command) {
    anstream::eprintln!("$ {}", line(command));
}

fn pass_on(stream: Stream, line: &str) {
    match stream {
        Stream::Output => anstream::println!("{line}"),
        Stream::Error => anstream::eprintln!("{line}"),
    }
}

/// The command as a person would type it, its program without the folder.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_stem()
        .unwrap_or_default();
    std::iter::once(program)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_without_its_folder() {
        let mut command = Command::new("/opt/rust/bin/cargo");
        assert_eq!(line(command.args(["fmt", "--all"])), "cargo fmt --all");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut Command::new("no-such-program")).expect_err("it does not exist");
        assert_eq!(error.to_string(), "`no-such-program` could not be started");
        assert!(!succeeds(&mut Command::new("no-such-program")));
        assert_eq!(output(&mut Command::new("no-such-program")), None);
    }

    #[test]
    fn a_failure_is_an_error_with_the_status() {
        let error = run(cargo().arg("--no-such-option")).expect_err("cargo refuses it");
        assert!(
            error
                .to_string()
                .starts_with("`cargo --no-such-option` failed"),
            "{error}"
        );
    }

    #[test]
    fn lines_are_seen_while_they_are_passed_on() {
        let mut seen = Vec::new();
        let ended = run_read(cargo().arg("--version"), Stream::Output, |line| {
            seen.push(line.to_owned());
        });
        ended.expect("cargo tells its version");
        assert!(seen[0].starts_with("cargo "), "{seen:?}");
    }

    #[test]
    fn a_logged_failure_shows_the_end_of_the_log() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        let error = run_logged(cargo().arg("--no-such-option"), &log).expect_err("refused");
        assert!(error.to_string().contains("unexpected argument"), "{error}");
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "b\nc");
        assert_eq!(last_lines("a", 2), "a");
    }
}

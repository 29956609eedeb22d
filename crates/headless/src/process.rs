//! A program that ends with what started it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::PATIENCE;

/// How often a condition is looked at.
const PACE: Duration = Duration::from_millis(25);

/// How long a program gets to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// A started program; dropping it asks it to end, and insists when it does not.
pub struct Process(Child);

impl Process {
    /// Starts a program.
    pub fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .spawn()
            .with_context(|| format!("`{name}` could not be started"))?;
        Ok(Self(child))
    }

    /// Starts a program and waits for the first line of its standard output.
    pub fn saying_first(mut command: Command) -> Result<(Self, String)> {
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Self::start(&mut command)?;
        let output = process.0.stdout.take().context("its output is not read")?;
        let (said, hears) = mpsc::sync_channel(1);
        // The thread ends with the line or with the program, whichever comes first.
        thread::spawn(move || {
            let mut line = String::new();
            let read = BufReader::new(output).read_line(&mut line);
            let _ = said.send(read.map(|_| line));
        });
        let line = hears
            .recv_timeout(PATIENCE)
            .context("it said nothing in time")??;
        ensure!(!line.is_empty(), "it ended at once");
        Ok((process, line.trim().to_owned()))
    }

    /// Process id.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }

    /// Asks the program to end and waits for it.
    pub fn stop(&mut self) {
        let pid = self.pid().to_string();
        let mut ask = Command::new("kill");
        let asked = !self.has_ended()
            && ask
                .args(["-TERM", &pid])
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success());
        let deadline = Instant::now() + GRACE;
        while asked && Instant::now() < deadline && !self.has_ended() {
            thread::sleep(PACE);
        }
        // Nothing is left to do about a process that cannot even be killed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Waits until `done` returns something; the error names what was waited for.
pub fn wait_for<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = done() {
            return Ok(found);
        }
        if Instant::now() > deadline {
            bail!("{what} did not come within {} s", PATIENCE.as_secs());
        }
        thread::sleep(PACE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = Process::start(&mut Command::new("no-such-program")).err();
        let error = error.expect("there is no such program").to_string();
        assert_eq!(error, "`no-such-program` could not be started");
    }

    #[cfg(unix)]
    #[test]
    fn the_first_line_is_heard_while_the_program_runs_on() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo ready; exec sleep 60"]);
        let (mut process, line) = Process::saying_first(command).expect("it says a line");
        assert_eq!(line, "ready");
        assert!(!process.has_ended());
        process.stop();
        assert!(process.has_ended());
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_ends_without_a_word_is_an_error() {
        let error = Process::saying_first(Command::new("true")).err();
        assert_eq!(
            error.expect("nothing was said").to_string(),
            "it ended at once"
        );
    }

    #[test]
    fn waiting_returns_what_was_found() {
        let mut tries = 0;
        let found = wait_for("the third try", || {
            tries += 1;
            (tries == 3).then_some("here")
        });
        assert_eq!(found.expect("found"), "here");
    }
}

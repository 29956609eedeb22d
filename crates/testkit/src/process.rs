//! Processes as the operating system shows them: who lives, and who descends from a test.

use std::path::Path;
use std::time::{Duration, Instant};

/// How often the waits here look again.
const PAUSE: Duration = Duration::from_millis(20);

/// Whether a process of this id lives; one that ended and was not waited for does not.
pub fn lives(pid: u32) -> bool {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        // The state follows the program's name, which is in brackets and may hold anything.
        Ok(stat) => !stat
            .rsplit(')')
            .next()
            .is_some_and(|rest| rest.trim_start().starts_with('Z')),
        Err(_) => false,
    }
}

/// The living processes that have `variable` in their environment, this process aside.
///
/// An environment is inherited whatever process group or session a descendant moves to, so this
/// also finds those that nobody else finds. Linux only; empty elsewhere.
pub fn with_variable(variable: &str) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != std::process::id() && lives(*pid) && has_variable(*pid, variable))
        .collect()
}

fn has_variable(pid: u32, variable: &str) -> bool {
    std::fs::read(format!("/proc/{pid}/environ")).is_ok_and(|all| {
        all.split(|byte| *byte == 0)
            .any(|one| one == variable.as_bytes())
    })
}

/// What a process was started with, for messages.
pub fn command_line(pid: u32) -> String {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes)
        .replace('\0', " ")
        .trim()
        .to_owned()
}

/// The ids that the scripted server wrote to its `--count-file`, one per start.
pub fn starts(file: &Path) -> Vec<u32> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

/// Ends a process at once, as `kill -9` does.
#[cfg(unix)]
pub fn kill(pid: u32) {
    send(pid, rustix::process::Signal::KILL);
}

/// Asks a process to end, as `kill` does.
#[cfg(unix)]
pub fn terminate(pid: u32) {
    send(pid, rustix::process::Signal::TERM);
}

#[cfg(unix)]
fn send(pid: u32, signal: rustix::process::Signal) {
    let pid = i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // It may be gone already, which is as good.
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Waits until the condition holds; `false` if it does not within the time.
pub async fn wait_for(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    while !condition() {
        if Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(PAUSE).await;
    }
    true
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    fn sleeper(marker: &str) -> std::process::Child {
        Command::new("sleep")
            .arg("100")
            .env("TESTKIT_MARKER", marker)
            .stdin(Stdio::null())
            .spawn()
            .expect("sleep starts")
    }

    #[tokio::test]
    async fn a_marked_process_is_found_until_it_is_killed() {
        let mut child = sleeper("found");
        let pid = child.id();
        let found = || with_variable("TESTKIT_MARKER=found").contains(&pid);
        assert!(wait_for(Duration::from_secs(5), found).await);
        assert!(command_line(pid).starts_with("sleep"));
        kill(pid);
        // Not waited for yet: a zombie does not live.
        assert!(wait_for(Duration::from_secs(5), || !lives(pid)).await);
        child.wait().expect("waited for");
        assert!(!found());
    }

    #[tokio::test]
    async fn a_wait_gives_up() {
        assert!(!wait_for(Duration::from_millis(30), || false).await);
    }

    #[test]
    fn starts_are_read_line_by_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("starts");
        assert!(starts(&file).is_empty());
        std::fs::write(&file, "12\n34\n").expect("written");
        assert_eq!(starts(&file), [12, 34]);
    }
}

//! No orphans: a tiny process that outlives a killed gateway just long enough to end its servers.
//!
//! The gateway holds the writing end of the reaper's standard input and notes every process group
//! there. However the gateway dies, the kernel closes that end; the reaper then ends the groups,
//! and on Linux also the processes that left their group, which it knows by a variable that every
//! child inherits.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead as _, Write as _};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The variable that marks every process started by a gateway, with the gateway's own mark.
pub(crate) const MARK_VARIABLE: &str = "TOOLGATE_SPAWNED_BY";

/// Between asking a process to end and ending it.
const GRACE: Duration = Duration::from_millis(1500);

/// Tells the processes of one run of a gateway from all others on the machine.
#[derive(Clone, Debug)]
pub struct RunMark {
    place: String,
    run: String,
    /// Starts so far, of all servers: no two of them have one mark.
    starts: Arc<AtomicU64>,
}

impl RunMark {
    /// `place` stands for the data directory, `run` for this run; neither holds a slash.
    pub fn new(place: String, run: String) -> Self {
        Self {
            place,
            run,
            starts: Arc::default(),
        }
    }

    /// What the marks of all processes of this run begin with.
    fn prefix(&self) -> String {
        format!("{}/{}/", self.place, self.run)
    }

    /// The mark for the next start of a server.
    pub(crate) fn next_start(&self, slug: &str) -> String {
        let number = self.starts.fetch_add(1, Ordering::Relaxed) + 1;
        format!("{}{slug}/{number}", self.prefix())
    }
}

/// The gateway's side.
#[derive(Debug)]
pub struct Reaper {
    child: Mutex<Child>,
}

impl Reaper {
    /// Starts the reaper: `command` must end up in [`main`], with `run` as its only argument.
    pub fn start(mut command: Command, run: &RunMark) -> std::io::Result<Self> {
        command
            .arg(run.prefix())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // A Ctrl-C in the terminal is for the gateway, which ends its servers in order.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Ok(Self {
            child: Mutex::new(command.spawn()?),
        })
    }

    /// Notes a process group that must not outlive the gateway.
    pub(crate) fn watch(&self, group: u32) {
        self.tell(&format!("+{group}\n"));
    }

    /// Forgets a process group that has ended.
    pub(crate) fn forget(&self, group: u32) {
        self.tell(&format!("-{group}\n"));
    }

    fn tell(&self, line: &str) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stdin) = child.stdin.as_mut()
            && let Err(error) = stdin.write_all(line.as_bytes())
        {
            tracing::warn!(%error, "the reaper is gone; a killed gateway may leave servers behind");
        }
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        drop(child.stdin.take());
        // It ends by itself; waiting only keeps it from being left as a zombie.
        let _ = child.wait();
    }
}

/// The reaper's side: reads until the gateway is gone, then ends what it left running. `run` is
/// what [`Reaper::start`] passed on.
pub fn main(run: &OsStr) -> ExitCode {
    let mut groups = BTreeSet::new();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        match (
            line.get(..1),
            line.get(1..).and_then(|group| group.parse::<i32>().ok()),
        ) {
            (Some("+"), Some(group)) => drop(groups.insert(group)),
            (Some("-"), Some(group)) => drop(groups.remove(&group)),
            _ => {}
        }
    }
    end_groups(&groups);
    let prefix = run.to_string_lossy();
    sweep(|mark| mark.starts_with(prefix.as_ref()));
    ExitCode::SUCCESS
}

/// Ends what earlier gateways of the same data directory left behind. Linux only; elsewhere
/// there is nothing to read another process's environment with.
pub fn sweep_leftovers(run: &RunMark) {
    let (place, own) = (format!("{}/", run.place), run.prefix());
    sweep(|mark| mark.starts_with(&place) && !mark.starts_with(&own));
}

/// Ends the processes of one start, wherever they went.
pub(crate) fn sweep_start(start: &str) {
    sweep(|mark| mark == start);
}

#[cfg(unix)]
fn end_groups(groups: &BTreeSet<i32>) {
    use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
    let groups: Vec<Pid> = groups
        .iter()
        .filter_map(|group| Pid::from_raw(*group))
        .collect();
    let signal_all = |signal| {
        for group in &groups {
            // A group that is already gone is what we want.
            let _ = kill_process_group(*group, signal);
        }
    };
    signal_all(Signal::TERM);
    wait_until(|| {
        groups
            .iter()
            .all(|group| test_kill_process_group(*group).is_err())
    });
    signal_all(Signal::KILL);
}

#[cfg(not(unix))]
fn end_groups(_groups: &BTreeSet<i32>) {
    // On Windows the job object ends its processes when the gateway's handle closes.
}

/// Ends all processes whose mark is chosen: first asked, then killed.
#[cfg(target_os = "linux")]
fn sweep(chosen: impl Fn(&str) -> bool) {
    use rustix::process::{Pid, Signal, kill_process};
    let signal_all = |signal| {
        for pid in marked_processes(&chosen)
            .into_iter()
            .filter_map(Pid::from_raw)
        {
            let _ = kill_process(pid, signal);
        }
    };
    if marked_processes(&chosen).is_empty() {
        return;
    }
    signal_all(Signal::TERM);
    wait_until(|| marked_processes(&chosen).is_empty());
    signal_all(Signal::KILL);
}

#[cfg(not(target_os = "linux"))]
fn sweep(_chosen: impl Fn(&str) -> bool) {}

#[cfg(target_os = "linux")]
fn marked_processes(chosen: &impl Fn(&str) -> bool) -> Vec<i32> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| mark_of(*pid).is_some_and(|mark| chosen(&mark)))
        .collect()
}

/// The mark of a process; `None` for processes without one and those of other users.
#[cfg(target_os = "linux")]
fn mark_of(pid: i32) -> Option<String> {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
    let prefix = format!("{MARK_VARIABLE}=");
    environment
        .split(|byte| *byte == 0)
        .find_map(|entry| entry.strip_prefix(prefix.as_bytes()))
        .map(|mark| String::from_utf8_lossy(mark).into_owned())
}

#[cfg(unix)]
fn wait_until(done: impl Fn() -> bool) {
    let until = std::time::Instant::now() + GRACE;
    while !done() && std::time::Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::process::CommandExt as _;

    use super::*;

    fn sleeper(mark: &str) -> Child {
        let mut command = Command::new("sleep");
        command
            .arg("1000")
            .env(MARK_VARIABLE, mark)
            .process_group(0);
        command.spawn().expect("sleep exists")
    }

    #[test]
    fn groups_are_ended() {
        let mut child = sleeper("groups-are-ended");
        let group = i32::try_from(child.id()).expect("a pid");
        end_groups(&BTreeSet::from([group, i32::MAX - 1]));
        assert!(!child.wait().expect("reaped").success());
    }

    #[test]
    fn only_leftovers_of_the_same_place_are_swept() {
        let run = RunMark::new("place-a".to_owned(), "run-2".to_owned());
        let mut old = sleeper("place-a/run-1/x/1");
        let mut own = sleeper(&run.next_start("x"));
        let mut other = sleeper("place-b/run-1/x/1");
        sweep_leftovers(&run);
        assert!(!old.wait().expect("reaped").success());
        assert!(own.try_wait().expect("queried").is_none());
        assert!(other.try_wait().expect("queried").is_none());
        for child in [&mut own, &mut other] {
            child.kill().expect("killed");
            child.wait().expect("reaped");
        }
    }
}

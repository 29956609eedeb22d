//! Memory and processor time of processes, from Linux's `/proc` (see `proc(5)`).

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::shell;

/// Resident memory in bytes.
pub(super) fn memory(pid: u32) -> Result<u64> {
    let status = read(pid, "status")?;
    resident_bytes(&status).context("/proc does not tell the resident memory")
}

/// Processor time used so far, in user and kernel mode, over all threads.
///
/// The kernel counts in clock ticks, usually of 10 ms.
pub(super) fn processor_time(pid: u32) -> Result<Duration> {
    let ticks = ticks(&read(pid, "stat")?).context("/proc does not tell the processor time")?;
    let per_second = shell::output(Command::new("getconf").arg("CLK_TCK"));
    let per_second = per_second
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_u32);
    Ok(Duration::from_secs(ticks) / per_second)
}

/// A process and all that it started, directly or not.
pub(super) fn tree(root: u32) -> Result<Vec<u32>> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").context("memory is measured on Linux only")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // A process that ended meanwhile is none.
        if let Some(parent) = read(pid, "stat").ok().as_deref().and_then(parent) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = vec![root];
    let mut next = 0;
    while let Some(pid) = found.get(next) {
        found.extend(
            children
                .get(pid)
                .into_iter()
                .flatten()
                .copied()
                .collect::<Vec<_>>(),
        );
        next += 1;
    }
    Ok(found)
}

/// Proportional memory in bytes of processes together: what they share counts once in all.
pub(super) fn proportional_memory(pids: &[u32]) -> u64 {
    // Without the privilege to look, or after its end, a process counts as nothing.
    let rollups = pids
        .iter()
        .filter_map(|&pid| read(pid, "smaps_rollup").ok());
    rollups
        .filter_map(|rollup| kibibytes(&rollup, "Pss:"))
        .sum()
}

/// Processor time that processes have used so far together.
pub(super) fn processor_time_of(pids: &[u32]) -> Duration {
    pids.iter()
        .filter_map(|&pid| processor_time(pid).ok())
        .sum()
}

/// Name of a process's program, cut off by the kernel after 15 bytes.
pub(super) fn name(pid: u32) -> Option<String> {
    Some(read(pid, "comm").ok()?.trim().to_owned())
}

fn read(pid: u32, file: &str) -> Result<String> {
    fs::read_to_string(format!("/proc/{pid}/{file}"))
        .with_context(|| format!("memory and processor time are measured on Linux only: {file}"))
}

fn resident_bytes(status: &str) -> Option<u64> {
    kibibytes(status, "VmRSS:")
}

/// Bytes from a line like `VmRSS:    1234 kB`.
fn kibibytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Field 4, the process that started it.
fn parent(stat: &str) -> Option<u32> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(1)?.parse().ok()
}

/// Fields 14 (user) and 15 (kernel), counted after the command's name, which may hold spaces.
fn ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let kernel: u64 = fields.next()?.parse().ok()?;
    Some(user + kernel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_resident_memory() {
        let status = "Name:\ttoolgate\nVmHWM:\t   30000 kB\nVmRSS:\t   20000 kB\n";
        assert_eq!(resident_bytes(status), Some(20_480_000));
        assert_eq!(resident_bytes("Name:\ttoolgate\n"), None);
    }

    #[test]
    fn the_name_of_the_process_may_look_like_fields() {
        let stat = "7 (a) b 9) S 1 7 7 0 -1 4194560 100 0 0 0 25 17 0 0 20 0 1 0 5 6 7";
        assert_eq!(ticks(stat), Some(42));
        assert_eq!(ticks("7 (a) S 1"), None);
    }

    #[test]
    fn reads_the_proportional_memory_and_the_parent() {
        let rollup =
            "7f00-7fff ---p 0 00:00 0 [rollup]\nRss: 300 kB\nPss:   100 kB\nPss_Dirty: 5 kB\n";
        assert_eq!(kibibytes(rollup, "Pss:"), Some(102_400));
        assert_eq!(parent("7 (a) b 9) S 42 7"), Some(42));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_tree_holds_what_was_started() {
        let mut child = Command::new("sleep").arg("60").spawn().expect("started");
        let tree = tree(std::process::id()).expect("readable");
        assert!(tree.contains(&child.id()));
        assert!(proportional_memory(&tree) > proportional_memory(&[child.id()]));
        assert_eq!(name(child.id()).as_deref(), Some("sleep"));
        child.kill().expect("killed");
        child.wait().expect("ended");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_uses_memory() {
        assert!(memory(std::process::id()).expect("readable") > 0);
        assert!(processor_time(std::process::id()).is_ok());
    }
}

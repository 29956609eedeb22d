//! Memory and processor time of a process, from Linux's `/proc` (see `proc(5)`).

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

fn read(pid: u32, file: &str) -> Result<String> {
    fs::read_to_string(format!("/proc/{pid}/{file}"))
        .with_context(|| format!("memory and processor time are measured on Linux only: {file}"))
}

/// The number in the line `VmRSS:    1234 kB`.
fn resident_bytes(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
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

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_uses_memory() {
        assert!(memory(std::process::id()).expect("readable") > 0);
        assert!(processor_time(std::process::id()).is_ok());
    }
}

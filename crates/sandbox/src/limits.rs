//! Limits that every Unix has: memory, open files, processes, core dumps, the mask of new files.

use std::io;

use model::ProcessLimit;
use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, umask};

use crate::plan::Limits;

/// Takes everything but standard input, output and error away from the program to come.
///
/// Files are marked to be closed rather than closed, because what runs before the program may
/// still use its own.
#[expect(
    unsafe_code,
    reason = "the files to be marked are known by their numbers only"
)]
pub(crate) fn close_files() -> io::Result<()> {
    let folder = if cfg!(target_os = "linux") {
        "/proc/self/fd"
    } else {
        "/dev/fd"
    };
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let Some(number) = name.to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        if number > 2 {
            // SAFETY: setting a flag by number touches no memory, and closes nothing that is in
            // use; a number that is no longer an open file is an error without effect.
            unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
    Ok(())
}

/// No core dumps, and files that nobody else reads.
pub(crate) fn keep_private() -> io::Result<()> {
    umask(Mode::RWXG | Mode::RWXO);
    lower(Resource::Core, 0)
}

/// Sets the limits of a plan. Says whether the number of processes is limited.
pub(crate) fn set(limits: &Limits) -> io::Result<ProcessLimit> {
    lower(Resource::Nofile, limits.files)?;
    // macOS knows the limit of data by name only.
    lower(Resource::Data, limits.memory.saturating_mul(1024 * 1024))?;
    lower(
        Resource::Nproc,
        tasks_of_user().saturating_add(limits.more_processes),
    )?;
    // The system asks nothing of its administrator's number of processes.
    Ok(if rustix::process::getuid().is_root() {
        ProcessLimit::Open
    } else {
        ProcessLimit::Limited
    })
}

/// Lowers both halves of a limit, unless they are lower already.
fn lower(resource: Resource, to: u64) -> io::Result<()> {
    let now = getrlimit(resource);
    let least = |limit: Option<u64>| Some(limit.map_or(to, |limit| limit.min(to)));
    let limit = Rlimit {
        current: least(now.current),
        maximum: least(now.maximum),
    };
    Ok(setrlimit(resource, limit)?)
}

/// Processes and threads of this user, which is what the system counts.
#[cfg(target_os = "linux")]
fn tasks_of_user() -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let user = rustix::process::getuid().as_raw();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter(|entry| entry.metadata().is_ok_and(|meta| meta.uid() == user))
        .filter_map(|entry| entry.path().join("task").metadata().ok())
        .map(|tasks| tasks.nlink().saturating_sub(2))
        .sum()
}

/// Elsewhere it cannot be counted cheaply; the system's own limit stands.
#[cfg(not(target_os = "linux"))]
fn tasks_of_user() -> u64 {
    u64::MAX
}

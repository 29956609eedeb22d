//! One gateway per data directory, elected by a file lock that the system frees with the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use crate::StartError;

/// Held as long as the gateway runs.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "dropping it frees the lock")] File);

impl Lock {
    /// Takes the lock, or says who holds it.
    pub(crate) fn take(path: &Path, data_dir: &Path) -> Result<Self, StartError> {
        let failed = |error| StartError::Io {
            what: path.display().to_string(),
            error,
        };
        store::refuse_links(path).map_err(failed)?;
        let open = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let mut file = open.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = file.read_to_string(&mut pid);
                let (data_dir, pid) = (data_dir.to_owned(), pid.trim().to_owned());
                return Err(StartError::AlreadyRunning { data_dir, pid });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // For people and for the message above; the lock itself is what counts.
        let noted = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        noted.map_err(failed)?;
        Ok(Self(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_was_first() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("lock");
        let first = Lock::take(&path, dir.path()).expect("free");
        let second = Lock::take(&path, dir.path()).expect_err("taken");
        assert!(
            second
                .to_string()
                .contains(&format!("process {}", std::process::id()))
        );
        drop(first);
        Lock::take(&path, dir.path()).expect("free again");
    }
}

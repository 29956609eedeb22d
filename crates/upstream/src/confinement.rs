//! What fences servers' processes in, as far as the gateway as a whole decides about it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use sandbox::Around;

/// How processes are fenced in.
#[derive(Clone, Debug)]
pub struct Confinement {
    /// Starts the helper: must end up in [`sandbox::main`], with what follows as its arguments.
    pub helper: fn() -> std::io::Result<Command>,
    /// The gateway's own files and folders, which no server may touch.
    pub own: Vec<PathBuf>,
    /// Holds a temporary folder for every process.
    pub scratch: PathBuf,
    /// The user's home directory.
    pub home: Option<PathBuf>,
}

impl Confinement {
    /// The temporary folder of the start with this mark.
    pub(crate) fn scratch_of(&self, mark: &str) -> PathBuf {
        let mut last = mark.rsplit('/');
        let number = last.next().unwrap_or_default();
        let slug = last.next().unwrap_or_default();
        self.scratch.join(format!("{slug}-{number}"))
    }

    /// What a plan needs to know of this machine and its user.
    pub(crate) fn around<'a>(
        &'a self,
        scratch: &'a Path,
        cache: Option<&'a OsStr>,
        path: &'a OsStr,
    ) -> Around<'a> {
        Around {
            home: self.home.as_deref(),
            cache: cache.map(Path::new).filter(|cache| cache.is_absolute()),
            own: &self.own,
            scratch,
            path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_start_has_a_folder_of_its_own() {
        let confinement = Confinement {
            helper: || Err(std::io::ErrorKind::Unsupported.into()),
            own: Vec::new(),
            scratch: "/s".into(),
            home: None,
        };
        let folder = |mark| confinement.scratch_of(mark);
        assert_eq!(folder("place/run/files/7"), Path::new("/s/files-7"));
        assert_ne!(folder("place/run/files/8"), folder("place/run/files/7"));
    }
}

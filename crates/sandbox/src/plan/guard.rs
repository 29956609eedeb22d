//! What is never let in by a guess.

use std::path::{Path, PathBuf};

use super::Around;
use super::places::{PRIVATE, SHARED_TEMP, SYSTEM};

/// Knows the folders that are too much to give.
pub(super) struct Guard<'a> {
    home: Option<PathBuf>,
    own: &'a [PathBuf],
}

impl<'a> Guard<'a> {
    pub(super) fn new(around: &Around<'a>) -> Self {
        let home = around.home.map(real);
        Self {
            home,
            own: around.own,
        }
    }

    /// Whether a folder that a person named may be given as a whole: not the home directory with
    /// all that is in it, not what all programs share, nothing of our own.
    pub(super) fn allows_named(&self, path: &Path) -> bool {
        let path = real(path);
        let holds = |inner: &Path| inner.starts_with(&path);
        let is_shared =
            SHARED_TEMP.iter().map(Path::new).any(holds) || std::env::temp_dir().starts_with(&path);
        let holds_home = self.home.as_deref().is_some_and(holds);
        let touches_own = self
            .own
            .iter()
            .map(|own| real(own))
            .any(|own| own.starts_with(&path) || path.starts_with(&own));
        !(is_shared || holds_home || touches_own)
    }

    /// Whether a folder that nobody named may be read: in addition, it holds nothing private.
    pub(super) fn allows_guessed(&self, path: &Path) -> bool {
        let real = real(path);
        let holds_private = self.home.as_ref().is_some_and(|home| {
            PRIVATE
                .iter()
                .any(|private| home.join(private).starts_with(&real))
        });
        path.is_absolute() && !holds_private && self.allows_named(path)
    }

    /// Whether the files beside a named file may be given with it: a database keeps its journal
    /// there, but nobody means the keys beside a key.
    pub(super) fn allows_beside(&self, folder: &Path) -> bool {
        let real = real(folder);
        let is_system = SYSTEM.iter().any(|system| real.starts_with(system));
        let is_hidden = self.home.as_ref().is_some_and(|home| {
            let inner = real.strip_prefix(home);
            inner.is_ok_and(|inner| {
                let first = inner.components().next();
                first.is_some_and(|first| first.as_os_str().to_string_lossy().starts_with('.'))
            })
        });
        !is_system && !is_hidden && self.allows_guessed(folder)
    }
}

/// The temporary folders that all programs share.
pub(super) fn shared_temp() -> impl Iterator<Item = PathBuf> {
    let shared = SHARED_TEMP.iter().map(PathBuf::from);
    shared.chain([std::env::temp_dir()])
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

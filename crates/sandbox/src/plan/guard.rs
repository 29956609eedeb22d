//! What is never let in by a guess.

use std::path::{Path, PathBuf};

use super::Around;
use super::places::{PRIVATE, SHARED_TEMP, SYSTEM};

/// Knows the folders that are too much to give.
pub(super) struct Guard<'a> {
    home: Option<PathBuf>,
    /// The same as it is written, links and all.
    written_home: Option<&'a Path>,
    own: &'a [PathBuf],
}

impl<'a> Guard<'a> {
    pub(super) fn new(around: &Around<'a>) -> Self {
        let home = around.home.map(real);
        Self {
            home,
            written_home: around.home,
            own: around.own,
        }
    }

    /// Whether a folder that a person named may be given as a whole: not the home directory with
    /// all that is in it, not what all programs share, nothing of our own.
    pub(super) fn allows_named(&self, path: &Path) -> bool {
        if self.is_led_astray(path) {
            return false;
        }
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
        let is_hidden = self.is_hidden(&real);
        !is_system && !is_hidden && self.allows_guessed(folder)
    }

    /// Whether a path that a person named is a link into a hidden folder of the home directory: a
    /// server that may write a folder could put such a link there for its next start.
    fn is_led_astray(&self, path: &Path) -> bool {
        let named = self
            .written_home
            .is_some_and(|home| is_hidden_in(home, path));
        self.is_hidden(&real(path)) && !named
    }

    /// Whether a real path lies in a hidden folder of the home directory.
    fn is_hidden(&self, real: &Path) -> bool {
        let home = self.home.as_ref();
        home.is_some_and(|home| is_hidden_in(home, real))
    }
}

/// Whether a path lies in a folder of this home directory whose name begins with a dot.
fn is_hidden_in(home: &Path, path: &Path) -> bool {
    let inner = path.strip_prefix(home).ok();
    let first = inner.and_then(|inner| inner.components().next());
    first.is_some_and(|first| first.as_os_str().to_string_lossy().starts_with('.'))
}

/// The temporary folders that all programs share.
pub(super) fn shared_temp() -> impl Iterator<Item = PathBuf> {
    let shared = SHARED_TEMP.iter().map(PathBuf::from);
    shared.chain([std::env::temp_dir()])
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

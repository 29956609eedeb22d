//! Files that are either whole or absent, and that only their owner can read.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Creates `dir` and its parents; on Unix only the user may enter it.
pub(crate) fn private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        builder.mode(0o700).create(dir)?;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
    }
    #[cfg(not(unix))]
    builder.create(dir)
}

/// Puts `parts`, one after the other, into `path`: a reader sees the old file or the new one,
/// also after a loss of power.
pub(crate) fn write(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let dir = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    // `tempfile` creates with mode 0600 on Unix, and the rename keeps it.
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_dir(dir)
}

/// Fails if `path` is there, but no file of our own: a link, or a file that has a second name
/// elsewhere, is not ours to write to. Whoever could put one there a moment later could as well
/// read everything.
pub fn refuse_links(path: &Path) -> io::Result<()> {
    let Ok(found) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if found.is_file() && !has_second_name(&found) {
        return Ok(());
    }
    let message = "it is a link, or has a second name elsewhere; remove it";
    Err(io::Error::other(message))
}

#[cfg(unix)]
fn has_second_name(found: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(found) > 1
}

#[cfg(not(unix))]
fn has_second_name(_found: &fs::Metadata) -> bool {
    false
}

/// Moves a file that cannot be understood to `<path>.damaged`, and tells where that is.
pub(crate) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".damaged");
    let aside = PathBuf::from(aside);
    fs::rename(path, &aside)?;
    Ok(aside)
}

/// Makes a rename inside `dir` durable; elsewhere than on Unix a directory cannot be synced.
fn sync_dir(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::File::open(dir)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = dir;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn links_and_second_names_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        refuse_links(&path("absent")).unwrap();
        fs::write(path("own"), "x").unwrap();
        refuse_links(&path("own")).unwrap();
        std::os::unix::fs::symlink(path("own"), path("link")).unwrap();
        refuse_links(&path("link")).unwrap_err();
        refuse_links(dir.path()).unwrap_err();
        fs::hard_link(path("own"), path("second")).unwrap();
        refuse_links(&path("second")).unwrap_err();
        refuse_links(&path("own")).unwrap_err();
    }

    #[test]
    fn replaces_the_whole_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("facts");
        write(&path, &[b"a long first version"]).unwrap();
        write(&path, &[b"sec", b"ond"]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count(),
            1,
            "no temporary file is left"
        );
    }

    #[test]
    fn a_missing_directory_is_an_error_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("absent").join("facts");
        assert_eq!(
            write(&path, &[b"x"]).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("state");
        fs::create_dir(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
        private_dir(&dir).unwrap();
        write(&dir.join("facts"), &[b"x"]).unwrap();
        assert_eq!((mode(&dir), mode(&dir.join("facts"))), (0o700, 0o600));
    }
}

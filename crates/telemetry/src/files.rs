//! Names and places of log files.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// The stem of the gateway's own log.
pub(crate) const GATEWAY: &str = "gateway";

/// Longest slug; a file name has at most 255 bytes, and a number is added.
const MAX_SLUG: usize = 128;

/// The stem of a server's log, `server-<slug>`; refuses everything outside `[A-Za-z0-9_-]`, so
/// that no slug leads out of the directory or to another log's file.
pub(crate) fn server_stem(slug: &str) -> io::Result<String> {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if slug.is_empty() || slug.len() > MAX_SLUG || !slug.bytes().all(is_safe) {
        let message = format!("{slug:?} cannot be part of a log file's name");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    Ok(format!("server-{slug}"))
}

/// The file being written (number 0) or one put aside: `stem.log`, `stem.1.log`, ...
pub(crate) fn numbered(dir: &Path, stem: &str, number: usize) -> PathBuf {
    match number {
        0 => dir.join(format!("{stem}.log")),
        _ => dir.join(format!("{stem}.{number}.log")),
    }
}

/// Creates the directory of logs; on Unix only the user may enter it.
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

/// Opens a file for appending; on Unix only the user may read it.
pub(crate) fn append(path: &Path) -> io::Result<File> {
    refuse_links(path)?;
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A link, or a file that has a second name elsewhere, is not ours to write to. Whoever could put
/// one there a moment later could as well read everything.
fn refuse_links(path: &Path) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_become_file_names() {
        let stem = server_stem("My_server-2").unwrap();
        assert_eq!(
            numbered(Path::new("logs"), &stem, 0),
            Path::new("logs/server-My_server-2.log")
        );
        let aside = numbered(Path::new("logs"), &stem, 3);
        assert_eq!(aside, Path::new("logs/server-My_server-2.3.log"));
    }

    #[test]
    fn nothing_leads_elsewhere() {
        let long = "x".repeat(MAX_SLUG + 1);
        for slug in [
            "", ".", "..", "../a", "a/b", "a\\b", "a.1", "a\0", "C:a", "é", &long,
        ] {
            let error = server_stem(slug).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{slug:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link_or_a_second_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("precious"), "precious").unwrap();
        std::os::unix::fs::symlink(path("precious"), path("link.log")).unwrap();
        std::os::unix::fs::symlink(path("nowhere"), path("dangling.log")).unwrap();
        fs::hard_link(path("precious"), path("second.log")).unwrap();
        for name in ["link.log", "dangling.log", "second.log"] {
            append(&path(name)).unwrap_err();
        }
        assert!(!path("nowhere").exists());
        append(&path("own.log")).unwrap();
        append(&path("own.log")).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("deep").join("logs");
        private_dir(&dir).unwrap();
        append(&dir.join("a.log")).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&dir), mode(&dir.join("a.log"))), (0o700, 0o600));
    }
}

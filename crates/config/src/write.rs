//! The file on disk: read whole, written atomically.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use model::Diagnostic;
use tempfile::NamedTempFile;

use crate::edit::EditError;
use crate::parse::{MAX_FILE_BYTES, problem, too_large};

/// Symbolic links followed before a loop is assumed.
const MAX_LINKS: usize = 32;

/// The text of the file; a file that is not there counts as empty.
pub(crate) fn read(path: &Path) -> Result<String, Diagnostic> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(unreadable(path, &error)),
    };
    // One byte beyond the limit tells a file that is too large, whatever its metadata say.
    let mut bytes = Vec::new();
    let read = file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(too_large(path));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let message = format!(
            "The file is not UTF-8 text: byte {} does not belong there.",
            at + 1
        );
        problem(path, message, "Save the file in the encoding UTF-8.")
    })
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    let message = format!("The file cannot be read: {error}.");
    problem(
        path,
        message,
        "Check that it is a file and that you may read it.",
    )
}

/// Replaces the file at once: whoever reads it sees the old text or the new one.
///
/// Follows symbolic links, keeps the permissions, and creates a file that was not there for its
/// owner alone, since it may hold secrets.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), EditError> {
    let target = follow(path);
    let failed = |error: io::Error| EditError::NotWritten {
        path: target.clone(),
        reason: error.to_string(),
    };
    let folder = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let old = fs::metadata(&target).ok();
    if old.as_ref().is_some_and(|old| old.permissions().readonly()) {
        return Err(EditError::ReadOnly(target));
    }
    let mut new = NamedTempFile::new_in(folder).map_err(failed)?;
    new.write_all(text.as_bytes()).map_err(failed)?;
    if let Some(old) = old {
        new.as_file()
            .set_permissions(old.permissions())
            .map_err(failed)?;
    }
    new.as_file().sync_all().map_err(failed)?;
    new.persist(&target).map_err(|error| failed(error.error))?;
    sync_folder(folder);
    Ok(())
}

/// The file that a path leads to, which need not exist.
pub(crate) fn follow(path: &Path) -> PathBuf {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            // Joining an absolute path replaces the folder.
            Ok(link) => target = target.parent().unwrap_or(Path::new("")).join(link),
            Err(_) => return target,
        }
    }
    path.to_owned()
}

/// Makes the rename itself durable. Not every file system can, and the text is safe either way.
fn sync_folder(folder: &Path) {
    if cfg!(unix) {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_empty_and_comes_into_being() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("new/config.json");
        assert_eq!(read(&path), Ok(String::new()));
        replace(&path, "{}").expect("writes");
        assert_eq!(read(&path).as_deref(), Ok("{}"));
        let left: Vec<_> = fs::read_dir(dir.path().join("new"))
            .expect("a folder")
            .collect();
        assert_eq!(left.len(), 1, "no temporary file stays");
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let dir = tempfile::tempdir().expect("a folder");
        let error = read(dir.path()).expect_err("a folder is no file");
        assert!(
            error.message.starts_with("The file cannot be read: "),
            "{error}"
        );
        let path = dir.path().join("config.json");
        fs::write(&path, b"{\"a\": \"\xff\"}").expect("writes");
        let error = read(&path).expect_err("not UTF-8");
        assert!(error.message.contains("byte 8 "), "{error}");
        fs::write(&path, vec![b' '; 5_000_000]).expect("writes");
        let error = read(&path).expect_err("too large");
        assert!(error.message.contains("larger than 4 MiB"), "{error}");
    }

    #[test]
    fn a_read_only_file_stays() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("config.json");
        fs::write(&path, "{}").expect("writes");
        let mut permissions = fs::metadata(&path).expect("is there").permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).expect("sets");
        let error = replace(&path, "{ }").expect_err("read-only");
        assert!(matches!(error, EditError::ReadOnly(_)), "{error}");
        assert_eq!(read(&path).as_deref(), Ok("{}"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_permissions_kept() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let dir = tempfile::tempdir().expect("a folder");
        let (target, link) = (dir.path().join("real.json"), dir.path().join("link.json"));
        symlink("real.json", &link).expect("links");
        replace(&link, "1").expect("writes through a link that leads nowhere yet");
        let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
        assert_eq!(mode(&target), 0o600);
        fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).expect("sets");
        replace(&link, "2").expect("writes");
        assert_eq!(mode(&target), 0o640);
        assert_eq!(
            fs::read_link(&link).expect("still a link"),
            Path::new("real.json")
        );
        assert_eq!(read(&target).as_deref(), Ok("2"));
    }
}

//! Files and folders that only the user may read.

use std::fs;
use std::io;
use std::path::Path;

use model::Secret;

use crate::StartError;

/// Creates a folder for the user alone, or makes an existing one so.
pub(crate) fn directory(path: &Path) -> Result<(), StartError> {
    let made = fs::create_dir_all(path)
        .and_then(|()| refuse_others(path))
        .and_then(|()| restrict(path, 0o700));
    made.map_err(|error| failed(path, error))
}

/// Takes from all others the right to write a file, if everybody has it. They could have put
/// servers into it; those wait for a review, but settings would not.
pub(crate) fn keep_to_user(path: &Path) {
    match closed_to_all(path) {
        Ok(true) => {
            let path = path.display();
            tracing::warn!(%path, "everybody could write this file; others no longer can");
        }
        Ok(false) => {}
        Err(error) => {
            let path = path.display();
            tracing::warn!(%path, %error, "everybody can write this file");
        }
    }
}

#[cfg(unix)]
fn closed_to_all(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).map_or(0, |found| found.permissions().mode());
    if mode & 0o002 == 0 {
        return Ok(false);
    }
    restrict(path, mode & 0o755).map(|()| true)
}

/// On Windows the user's own folders are private by inheritance.
#[cfg(not(unix))]
fn closed_to_all(_path: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Whoever owns a folder can open it again.
#[cfg(unix)]
fn refuse_others(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    if fs::metadata(path)?.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(io::Error::other(
        "it belongs to another user; choose another folder",
    ))
}

#[cfg(not(unix))]
fn refuse_others(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// The token in `path`, made anew if there is none.
pub(crate) fn token(path: &Path) -> Result<Secret, StartError> {
    read_or_create(path)
        .map(Secret::new)
        .map_err(|error| failed(path, error))
}

fn failed(path: &Path, error: io::Error) -> StartError {
    StartError::Io {
        what: path.display().to_string(),
        error,
    }
}

fn read_or_create(path: &Path) -> io::Result<String> {
    // A link could lead our secret, or our reading, elsewhere.
    store::refuse_links(path)?;
    match fs::read_to_string(path) {
        Ok(text) if text.trim().len() >= 32 => {
            restrict(path, 0o600)?;
            return Ok(text.trim().to_owned());
        }
        Ok(_) => fs::remove_file(path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let token = random_hex(32)?;
    create(path, &token)?;
    Ok(token)
}

/// `bytes` random bytes as hexadecimal digits.
pub(crate) fn random_hex(bytes: usize) -> io::Result<String> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(model::hex(&random))
}

#[cfg(unix)]
fn create(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(not(unix))]
fn create(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text)
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// On Windows the user's own folders are private by inheritance.
#[cfg(not(unix))]
fn restrict(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("exists").permissions().mode() & 0o777
    }

    #[test]
    fn a_token_is_made_once_and_is_private() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("token");
        let first = token(&path).expect("made");
        assert_eq!(first.expose().len(), 64);
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("opened up");
        assert_eq!(token(&path).expect("read").expose(), first.expose());
        assert_eq!(mode(&path), 0o600, "and closed again");
    }

    #[test]
    fn a_damaged_token_is_replaced_and_a_link_refused() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("token");
        fs::write(&path, "short").expect("writes");
        assert_eq!(token(&path).expect("made anew").expose().len(), 64);
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path().join("precious"), &link).expect("links");
        assert!(token(&link).is_err());
        assert!(!dir.path().join("precious").exists());
    }

    #[test]
    fn a_file_that_everybody_may_write_is_closed_to_others() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("config.json");
        keep_to_user(&path);
        fs::write(&path, "{}").expect("writes");
        for (before, after) in [
            (0o777, 0o755),
            (0o666, 0o644),
            (0o664, 0o664),
            (0o600, 0o600),
        ] {
            let before = fs::Permissions::from_mode(before);
            fs::set_permissions(&path, before).expect("opened up");
            keep_to_user(&path);
            assert_eq!(mode(&path), after);
        }
    }

    #[test]
    fn an_open_directory_is_closed() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("a/b");
        fs::create_dir_all(&path).expect("made");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).expect("opened up");
        directory(&path).expect("closed");
        assert_eq!(mode(&path), 0o700);
    }
}

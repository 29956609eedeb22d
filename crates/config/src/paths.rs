//! Where everything lies on this machine.

use std::path::{Path, PathBuf};

use directories::BaseDirs;
use sha2::{Digest, Sha256};

/// Folder that holds our files inside the platform's folders.
const FOLDER: &str = "toolgate";

/// Longest socket path, in bytes. The kernel's limit is 108 on Linux and 104 on macOS, the
/// closing zero included; below that some room is left for names derived from it.
const MAX_SOCKET_PATH: usize = 100;

/// The files and folders that one gateway uses. Nothing here touches the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The configuration, JSON with comments.
    pub config_file: PathBuf,
    /// Holds everything that the gateway writes; one gateway runs per data directory.
    pub data_dir: PathBuf,
    /// Logs of the gateway and of each server.
    pub log_dir: PathBuf,
    /// The local HTTP API's Unix socket; on Windows the name of the pipe derives from it.
    pub socket: PathBuf,
    /// Holds the token that the local HTTP API wants over TCP.
    pub token_file: PathBuf,
    /// Locked by the one gateway that runs on this data directory.
    pub lock_file: PathBuf,
    /// May be deleted at any time.
    pub cache_dir: PathBuf,
}

/// The operating system names no home directory for this user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this user has no home directory; name the files with --config FILE and --data-dir DIR instead"
)]
pub struct NoHomeDirectory;

impl Paths {
    /// The given configuration file and data directory, or the platform's places for them.
    ///
    /// Relative paths are made absolute, because a daemon and its clients need not share a
    /// working directory.
    pub fn resolve(
        config: Option<PathBuf>,
        data_dir: Option<PathBuf>,
    ) -> Result<Self, NoHomeDirectory> {
        let base = BaseDirs::new();
        let config_file = match config {
            Some(file) => absolute(file),
            None => platform(base.as_ref(), BaseDirs::config_dir)?.join("config.json"),
        };
        let data_dir = match data_dir {
            Some(dir) => absolute(dir),
            // Local rather than roaming: sockets, locks and logs belong to one machine.
            None => platform(base.as_ref(), BaseDirs::data_local_dir)?,
        };
        Ok(Self::within(config_file, data_dir, &std::env::temp_dir()))
    }

    fn within(config_file: PathBuf, data_dir: PathBuf, temp_dir: &Path) -> Self {
        Self {
            config_file,
            log_dir: data_dir.join("logs"),
            socket: socket(&data_dir, temp_dir),
            token_file: data_dir.join("local-token"),
            lock_file: data_dir.join("toolgate.lock"),
            cache_dir: data_dir.join("cache"),
            data_dir,
        }
    }
}

fn platform(
    base: Option<&BaseDirs>,
    folder: fn(&BaseDirs) -> &Path,
) -> Result<PathBuf, NoHomeDirectory> {
    base.map(|base| folder(base).join(FOLDER))
        .ok_or(NoHomeDirectory)
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

fn socket(data_dir: &Path, temp_dir: &Path) -> PathBuf {
    let preferred = data_dir.join("toolgate.sock");
    if preferred.as_os_str().len() <= MAX_SOCKET_PATH {
        return preferred;
    }
    let hash = Sha256::digest(data_dir.as_os_str().as_encoded_bytes());
    temp_dir.join(format!("toolgate-{}.sock", model::hex(&hash[..8])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(data_dir: &str) -> Paths {
        Paths::within(
            "/etc/toolgate.json".into(),
            data_dir.into(),
            Path::new("/tmp"),
        )
    }

    #[test]
    fn everything_lies_in_the_data_directory() {
        let paths = paths("/data");
        assert_eq!(paths.log_dir, Path::new("/data/logs"));
        assert_eq!(paths.socket, Path::new("/data/toolgate.sock"));
        assert_eq!(paths.token_file, Path::new("/data/local-token"));
        assert_eq!(paths.lock_file, Path::new("/data/toolgate.lock"));
        assert_eq!(paths.cache_dir, Path::new("/data/cache"));
    }

    #[test]
    fn a_socket_path_that_is_too_long_moves_to_the_temporary_folder() {
        let long = format!("/home/{}", "x".repeat(90));
        let socket = paths(&long).socket;
        assert!(socket.starts_with("/tmp"), "{}", socket.display());
        assert!(socket.as_os_str().len() <= MAX_SOCKET_PATH);
        assert_eq!(
            socket,
            paths(&long).socket,
            "the same directory gives the same socket"
        );
        assert_ne!(socket, paths(&format!("{long}y")).socket);
    }

    #[test]
    fn given_paths_win_and_become_absolute() {
        let paths = Paths::resolve(Some("my.json".into()), Some("data".into())).expect("given");
        let here = std::env::current_dir().expect("a working directory");
        assert_eq!(paths.config_file, here.join("my.json"));
        assert_eq!(paths.data_dir, here.join("data"));
    }
}

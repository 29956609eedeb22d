//! The one local door beside TCP: a Unix socket, or a named pipe on Windows.
//!
//! Both ends name it by the path of the socket file; on Windows the pipe's name is derived from
//! that path. Only the user who owns the data directory may connect: the socket file has mode
//! 0600 and the peer's user id is checked again on accept; a named pipe's default security
//! descriptor grants write access to its owner and administrators only.

use std::io;
use std::path::Path;

use interprocess::local_socket::tokio::Listener as InnerListener;
use interprocess::local_socket::traits::StreamCommon as _;
use interprocess::local_socket::traits::tokio::{Listener as _, Stream as _};
use interprocess::local_socket::{ListenerOptions, Name};

/// One connection; reads and writes bytes both ways.
pub use interprocess::local_socket::tokio::Stream;

/// Connects to the door at `path`.
///
/// `NotFound` and `ConnectionRefused` both mean that nobody listens there.
pub async fn connect(path: &Path) -> io::Result<Stream> {
    Stream::connect(name(path)?).await
}

/// Accepts connections of the same user.
pub struct Listener(InnerListener);

impl Listener {
    /// Opens the door at `path`, replacing the leftover of a process that died.
    ///
    /// The caller must hold the data directory's lock, or it may replace a living one.
    pub fn bind(path: &Path) -> io::Result<Self> {
        remove_leftover(path)?;
        let options = ListenerOptions::new().name(name(path)?);
        restrict(options).create_tokio().map(Self)
    }

    /// Waits for the next connection; connections of other users are closed at once.
    pub async fn accept(&self) -> io::Result<Stream> {
        loop {
            let stream = self.0.accept().await?;
            if is_same_user(&stream) {
                return Ok(stream);
            }
        }
    }
}

#[cfg(unix)]
fn name(path: &Path) -> io::Result<Name<'static>> {
    use interprocess::local_socket::{GenericFilePath, ToFsName};
    path.to_path_buf().to_fs_name::<GenericFilePath>()
}

#[cfg(windows)]
fn name(path: &Path) -> io::Result<Name<'static>> {
    use interprocess::local_socket::{GenericNamespaced, ToNsName};
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(path.to_string_lossy().to_lowercase().as_bytes());
    let hex: String = hash
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("toolgate-{hex}").to_ns_name::<GenericNamespaced>()
}

#[cfg(unix)]
fn restrict(options: ListenerOptions<'_>) -> ListenerOptions<'_> {
    use interprocess::os::unix::local_socket::ListenerOptionsExt as _;
    options.mode(0o600)
}

#[cfg(windows)]
fn restrict(options: ListenerOptions<'_>) -> ListenerOptions<'_> {
    options
}

#[cfg(unix)]
fn is_same_user(stream: &Stream) -> bool {
    let peer = stream.peer_creds().ok().and_then(|creds| creds.euid());
    peer == Some(rustix::process::geteuid().as_raw())
}

#[cfg(windows)]
fn is_same_user(stream: &Stream) -> bool {
    stream.peer_creds().is_ok()
}

/// Removes a socket file that a killed process left behind; anything else is left alone.
#[cfg(unix)]
fn remove_leftover(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::FileTypeExt as _;
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.file_type().is_socket() => std::fs::remove_file(path),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("{} exists and is not a socket; remove it", path.display()),
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(windows)]
fn remove_leftover(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn bytes_pass_and_the_file_is_private() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("a.sock");
        let listener = Listener::bind(&path).expect("binds");
        let mode = std::fs::metadata(&path)
            .expect("exists")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let mut client = connect(&path).await.expect("connects");
        let mut server = listener.accept().await.expect("accepts");
        client.write_all(b"ping").await.expect("writes");
        let mut got = [0; 4];
        server.read_exact(&mut got).await.expect("reads");
        assert_eq!(&got, b"ping");
    }

    #[tokio::test]
    async fn a_leftover_socket_is_replaced_but_a_file_is_not() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("a.sock");
        let first = std::os::unix::net::UnixListener::bind(&path).expect("binds");
        drop(first);
        assert_eq!(
            connect(&path).await.expect_err("nobody listens").kind(),
            io::ErrorKind::ConnectionRefused
        );
        Listener::bind(&path).expect("replaces the leftover");
        let file = dir.path().join("file");
        std::fs::write(&file, "precious").expect("writes");
        assert!(Listener::bind(&file).is_err());
        assert_eq!(
            std::fs::read_to_string(&file).expect("still there"),
            "precious"
        );
    }
}

//! What a server does before, or instead of, speaking the protocol.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use super::options::Options;

/// Carries out everything that happens before the first message is read.
pub(super) async fn before_start(options: &Options) -> io::Result<()> {
    if let Some(file) = &options.count_file {
        count_start(file)?;
    }
    if options.ignore_sigterm {
        ignore_sigterm()?;
    }
    if let Some(text) = &options.stderr {
        writeln!(io::stderr(), "{text}")?;
    }
    if options.stderr_flood {
        std::thread::spawn(flood_stderr);
    }
    tokio::time::sleep(Duration::from_millis(options.delay_start)).await;
    Ok(())
}

fn count_start(file: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    // One write, so that lines of processes that start together do not mix.
    file.write_all(format!("{}\n", std::process::id()).as_bytes())
}

/// Listening for the signal once replaces its default action for the rest of the process's life.
#[cfg(unix)]
fn ignore_sigterm() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    signal(SignalKind::terminate()).map(drop)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn ignore_sigterm() -> io::Result<()> {
    Ok(())
}

/// Writes until nobody reads any more.
fn flood_stderr() {
    let line = format!("{}\n", "stderr is flooding ".repeat(20));
    let mut stderr = io::stderr().lock();
    while stderr.write_all(line.as_bytes()).is_ok() {}
}

/// Lines that are no message: log output, half a message, other JSON, NULs, invalid UTF-8.
pub(super) const GARBAGE: &[&[u8]] = &[
    b"npm warn deprecated left-pad@1.3.0: use String.prototype.padStart()\n",
    b"{\"jsonrpc\":\"2.0\",\"id\":\n",
    b"{\"level\":30,\"msg\":\"listening\"}\n",
    b"42\n",
    b"\0\0\0\n",
    b"\xff\xfe\xc3\x28\n",
    b"\n",
    b"\x1b[32mready\x1b[0m\r\n",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_start_is_a_line_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("starts");
        count_start(&file).expect("written");
        count_start(&file).expect("written");
        let text = std::fs::read_to_string(&file).expect("readable");
        let own = std::process::id().to_string();
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [own.as_str(), own.as_str()]
        );
    }

    #[test]
    fn no_garbage_line_is_a_message() {
        for line in GARBAGE {
            let message = serde_json::from_slice::<serde_json::Value>(line);
            assert!(message.is_err() || message.is_ok_and(|json| json.get("jsonrpc").is_none()));
        }
    }
}

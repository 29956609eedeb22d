//! Reading the gateway's own log: its last lines, and each new one.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;
use tokio_stream::{Stream, StreamExt as _, iter};

use crate::files::{GATEWAY, numbered};
use crate::tail::tail_of;

/// Lines that a reader may be behind before it misses some.
const FOLLOWER_LAG: usize = 256;

/// Words for levels, as the lines of the log have them.
const LEVELS: [&str; 5] = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];

/// The gateway's own log, for readers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct GatewayLog {
    dir: PathBuf,
    lines: broadcast::Sender<Arc<str>>,
}

impl GatewayLog {
    /// The log in a directory; [`init_gateway_log`](crate::init_gateway_log) writes to it.
    pub fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            lines: broadcast::Sender::new(FOLLOWER_LAG),
        }
    }

    /// The file that is written to.
    pub fn path(&self) -> PathBuf {
        numbered(&self.dir, GATEWAY, 0)
    }

    /// The last `lines` lines, oldest first, in the form of lines about servers:
    /// `2026-01-31T23:59:59.999Z gateway WARN: text`.
    pub async fn tail(&self, lines: usize) -> io::Result<Vec<String>> {
        let dir = self.dir.clone();
        let read = tokio::task::spawn_blocking(move || tail_of(&dir, GATEWAY, lines)).await;
        let lines = read.map_err(io::Error::other)??;
        Ok(lines.iter().map(|line| uniform(line)).collect())
    }

    /// The last `lines` lines, then each new one when it is written. A reader that is too slow
    /// gets a line that says how many it missed.
    pub async fn follow(
        &self,
        lines: usize,
    ) -> io::Result<impl Stream<Item = String> + Send + Unpin + use<>> {
        let mut news = self.lines.subscribe();
        let mut backlog = self.tail(lines).await?;
        // Written while the file was read: it may be in the file already.
        while let Ok(line) = news.try_recv() {
            let line = uniform(&line);
            if !backlog.contains(&line) {
                backlog.push(line);
            }
        }
        let news = BroadcastStream::new(news).map(|line| match line {
            Ok(line) => uniform(&line),
            Err(BroadcastStreamRecvError::Lagged(missed)) => {
                format!("({missed} lines were too fast to be shown; they are in the log)")
            }
        });
        Ok(iter(backlog).chain(news))
    }

    /// A writer that passes on to readers what it has written.
    pub(crate) fn tapped(
        &self,
        writer: impl Write + Send + 'static,
    ) -> impl Write + Send + 'static {
        Tapped {
            writer,
            lines: self.lines.clone(),
        }
    }
}

struct Tapped<W> {
    writer: W,
    lines: broadcast::Sender<Arc<str>>,
}

impl<W: Write> Write for Tapped<W> {
    /// Takes whole lines, as the queue before it has them.
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.writer.write_all(text)?;
        if self.lines.receiver_count() > 0 {
            for line in String::from_utf8_lossy(text).lines() {
                // Sending fails when the last reader has gone.
                let _ = self.lines.send(line.into());
            }
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// `TIME  WARN target: text` as `TIME gateway WARN: target: text`.
fn uniform(line: &str) -> String {
    let parts = line.split_once(' ').and_then(|(time, rest)| {
        let (level, text) = rest.trim_start().split_once(' ')?;
        LEVELS.contains(&level).then_some((time, level, text))
    });
    match parts {
        Some((time, level, text)) => format!("{time} gateway {level}: {text}"),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_look_like_those_about_servers() {
        assert_eq!(
            uniform("2026-01-31T23:59:59.999Z  WARN upstream::stdio: gone pid=7"),
            "2026-01-31T23:59:59.999Z gateway WARN: upstream::stdio: gone pid=7"
        );
        for other in ["", "one", "one two", "2026 nothing: x"] {
            assert_eq!(uniform(other), other);
        }
    }

    #[tokio::test]
    async fn readers_get_the_past_and_then_each_new_line_once() {
        let dir = tempfile::tempdir().unwrap();
        let log = GatewayLog::new(dir.path());
        assert_eq!(log.tail(5).await.unwrap(), [""; 0]);
        let file = std::fs::File::create(log.path()).unwrap();
        let mut writer = log.tapped(file);
        writer.write_all(b"T  INFO a: one\n").unwrap();
        writer.write_all(b"T ERROR a: two\n").unwrap();
        assert_eq!(log.tail(1).await.unwrap(), ["T gateway ERROR: a: two"]);
        let mut lines = log.follow(10).await.unwrap();
        writer.write_all(b"T  WARN a: three\n").unwrap();
        for expected in ["INFO: a: one", "ERROR: a: two", "WARN: a: three"] {
            assert_eq!(lines.next().await.unwrap(), format!("T gateway {expected}"));
        }
    }
}

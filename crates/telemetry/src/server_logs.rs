//! The logs of all servers: many writers that never wait, one thread that writes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use model::Secret;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;
use tokio_stream::{Stream, StreamExt, iter};
use tracing::Level;

use crate::allowance::{Allowance, Verdict};
use crate::escape::MAX_LINE;
use crate::files::{numbered, private_dir, server_stem};
use crate::hidden::Hidden;
use crate::record::{Source, record};
use crate::settings::Rotation;
use crate::writer::{self, Command, Followed, Line};

/// Most commands that wait for the writer.
const QUEUE: usize = 4_096;

/// Most bytes of lines that wait for the writer, over all servers.
const QUEUE_BYTES: usize = 1024 * 1024;

/// The logs of all servers, in one directory: `server-<slug>.log` and those rotated away.
///
/// Cheap to clone. One thread writes for all; it ends, with everything written, when the last
/// clone and the last [`ServerLog`] are gone.
#[derive(Clone, Debug)]
pub struct ServerLogs {
    dir: Arc<Path>,
    queue: Queue,
}

/// One server's log. Cheap to clone; clones share the allowance of lines.
#[derive(Clone, Debug)]
pub struct ServerLog {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    stem: Arc<str>,
    queue: Queue,
    allowance: Mutex<Allowance>,
    hidden: Hidden,
}

/// The way to the writer.
#[derive(Clone, Debug)]
struct Queue {
    commands: mpsc::Sender<Command>,
    /// Bytes of lines on the way.
    bytes: Arc<AtomicUsize>,
}

impl ServerLogs {
    /// Creates the directory, on Unix for the user only, and starts the writer.
    pub fn new(dir: &Path, rotation: Rotation) -> io::Result<Self> {
        private_dir(dir)?;
        let (commands, received) = mpsc::channel(QUEUE);
        let bytes = Arc::new(AtomicUsize::new(0));
        writer::spawn(dir, rotation, received, bytes.clone())?;
        Ok(Self {
            dir: dir.into(),
            queue: Queue { commands, bytes },
        })
    }

    /// The file that the server with this slug logs to; it may not be there yet.
    pub fn path(&self, slug: &str) -> io::Result<PathBuf> {
        Ok(numbered(&self.dir, &server_stem(slug)?, 0))
    }

    /// The log of the server with this slug. The file appears with the first line.
    ///
    /// Fails with [`io::ErrorKind::InvalidInput`] if the slug could be a path.
    pub fn open(&self, slug: &str) -> io::Result<ServerLog> {
        let shared = Shared {
            stem: server_stem(slug)?.into(),
            queue: self.queue.clone(),
            allowance: Mutex::new(Allowance::new(Instant::now())),
            hidden: Hidden::default(),
        };
        Ok(ServerLog {
            shared: Arc::new(shared),
        })
    }

    /// The last `lines` lines of a server's log, then each new one when it is written; no line is
    /// missing or comes twice in between.
    ///
    /// Survives rotation. A reader too slow for the server gets a line that says how many lines
    /// it missed. The stream ends with the writer.
    pub async fn follow(
        &self,
        slug: &str,
        lines: usize,
    ) -> io::Result<impl Stream<Item = String> + Send + Unpin + use<>> {
        let Followed { backlog, live } = self.ask(slug, lines).await?;
        let live = BroadcastStream::new(live).map(|line| match line {
            Ok(line) => line.to_string(),
            Err(BroadcastStreamRecvError::Lagged(missed)) => {
                format!("({missed} lines were too fast to be shown; they are in the log)")
            }
        });
        Ok(iter(backlog).chain(live))
    }

    /// The last `lines` lines of a server's log, everything given so far included.
    pub async fn tail(&self, slug: &str, lines: usize) -> io::Result<Vec<String>> {
        Ok(self.ask(slug, lines).await?.backlog)
    }

    /// Waits until every line given so far is in its file.
    pub async fn flush(&self) -> io::Result<()> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Flush { reply }).await?;
        answer.await.map_err(|_| stopped())
    }

    async fn ask(&self, slug: &str, lines: usize) -> io::Result<Followed> {
        let slug = slug.to_owned();
        server_stem(&slug)?;
        let (reply, answer) = oneshot::channel();
        self.send(Command::Follow { slug, lines, reply }).await?;
        answer.await.map_err(|_| stopped())?
    }

    async fn send(&self, command: Command) -> io::Result<()> {
        self.queue
            .commands
            .send(command)
            .await
            .map_err(|_| stopped())
    }
}

impl ServerLog {
    /// Records a line that the server wrote to its standard error, with or without its end.
    ///
    /// Never blocks. Beyond 1,000 lines per second, and 5,000 at once, lines are dropped; the log
    /// says how many. So are lines while the disk is too slow.
    pub fn stderr_line(&self, line: &[u8]) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let verdict = self
            .allowance()
            .ask(line.len().min(MAX_LINE), Instant::now());
        match verdict {
            Verdict::Admitted { refused_before } => {
                self.tell_dropped(refused_before);
                self.put(Source::Stderr, line, 1);
            }
            Verdict::Refused { is_first: true } => {
                let text = b"too much output; dropping lines";
                self.put(Source::Gateway(Level::WARN), text, 0);
            }
            Verdict::Refused { is_first: false } => {}
        }
    }

    /// From now on, hides these values in every line, instead of those before.
    pub fn hide(&self, secrets: &[Secret]) {
        self.shared.hidden.set(secrets);
    }

    /// Records what the gateway has to say about the server. Never blocks.
    pub fn event(&self, level: Level, text: &str) {
        let refused = self.allowance().take_refused();
        self.tell_dropped(refused);
        self.put(Source::Gateway(level), text.as_bytes(), 1);
    }

    fn tell_dropped(&self, lines: u64) {
        if lines > 0 {
            let text = format!("{lines} lines were dropped");
            self.put(Source::Gateway(Level::WARN), text.as_bytes(), lines);
        }
    }

    /// Hands a record to the writer; if it is lost, `lost` lines are to be told of later.
    fn put(&self, source: Source, text: &[u8], lost: u64) {
        let masked = self.shared.hidden.mask(text);
        let text = masked.as_deref().unwrap_or(text);
        let text = record(SystemTime::now(), source, text).into();
        let stem = self.shared.stem.clone();
        if !self.shared.queue.put(Line { stem, text }) {
            self.allowance().add_refused(lost);
        }
    }

    fn allowance(&self) -> MutexGuard<'_, Allowance> {
        self.shared
            .allowance
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Hands a line to the writer, unless the writer is too far behind.
    fn put(&self, line: Line) -> bool {
        let size = line.text.len();
        let waiting = self.bytes.fetch_add(size, Ordering::Relaxed);
        let is_sent = waiting <= QUEUE_BYTES && self.commands.try_send(Command::Line(line)).is_ok();
        if !is_sent {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
        }
        is_sent
    }
}

impl Drop for Shared {
    /// Lets the writer close the file; if it is too busy, the file stays open, which is harmless.
    fn drop(&mut self) {
        let _ = self.queue.commands.try_send(Command::Close {
            stem: self.stem.clone(),
        });
    }
}

fn stopped() -> io::Error {
    io::Error::other("the writer of server logs has stopped")
}

#[cfg(test)]
mod tests;

//! The thread that writes the logs of all servers.

use std::collections::HashMap;
use std::io::{self, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::files::server_stem;
use crate::rolling::RollingFile;
use crate::settings::Rotation;
use crate::tail::tail;

/// Lines are written together up to so many bytes.
const BATCH: usize = 64 * 1024;

/// A batch's memory is given back beyond so many bytes.
const KEPT_BATCH: usize = 4 * 1024;

/// Lines that a reader may be behind before it misses some.
const FOLLOWER_LAG: usize = 256;

/// The writer calls nothing deep.
const STACK_BYTES: usize = 256 * 1024;

/// What the writer is asked to do, in order.
#[derive(Debug)]
pub(crate) enum Command {
    /// Append a line.
    Line(Line),
    /// Read the last lines, and pass on every line from there.
    Follow {
        slug: String,
        lines: usize,
        reply: oneshot::Sender<io::Result<Followed>>,
    },
    /// Say when everything before is written.
    Flush { reply: oneshot::Sender<()> },
    /// Close the file of a log that is no longer used.
    Close { stem: Arc<str> },
}

/// A record for the log with this stem, escaped, without line end.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) stem: Arc<str>,
    pub(crate) text: Arc<str>,
}

/// The past and the future of a log.
#[derive(Debug)]
pub(crate) struct Followed {
    pub(crate) backlog: Vec<String>,
    pub(crate) live: broadcast::Receiver<Arc<str>>,
}

/// Starts the writer; it ends when all senders of `commands` are gone.
///
/// `waiting` is the number of bytes of lines in the channel; the writer subtracts what it takes.
pub(crate) fn spawn(
    dir: &Path,
    rotation: Rotation,
    commands: mpsc::Receiver<Command>,
    waiting: Arc<AtomicUsize>,
) -> io::Result<()> {
    let writer = Writer {
        dir: dir.to_owned(),
        rotation,
        waiting,
        logs: HashMap::new(),
    };
    thread::Builder::new()
        .name("server-logs".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || writer.run(commands))?;
    Ok(())
}

struct Writer {
    dir: PathBuf,
    rotation: Rotation,
    waiting: Arc<AtomicUsize>,
    logs: HashMap<Arc<str>, Log>,
}

/// One server's log.
#[derive(Default)]
struct Log {
    file: Option<RollingFile>,
    pending: Vec<u8>,
    followers: Option<broadcast::Sender<Arc<str>>>,
    is_failing: bool,
}

impl Writer {
    /// Sleeps only when everything is written.
    fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            match commands.try_recv() {
                Ok(command) => self.handle(command),
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {
                    self.write_all();
                    let Some(command) = commands.blocking_recv() else {
                        break;
                    };
                    self.handle(command);
                }
            }
        }
        self.write_all();
    }

    fn handle(&mut self, command: Command) {
        match command {
            Command::Line(line) => self.append(line),
            // Whoever asked may have gone meanwhile.
            Command::Follow { slug, lines, reply } => {
                let _ = reply.send(self.follow(&slug, lines));
            }
            Command::Flush { reply } => {
                self.write_all();
                let _ = reply.send(());
            }
            Command::Close { stem } => self.close(&stem),
        }
    }

    fn append(&mut self, line: Line) {
        self.waiting.fetch_sub(line.text.len(), Ordering::Relaxed);
        let log = self.logs.entry(line.stem.clone()).or_default();
        log.pending.extend_from_slice(line.text.as_bytes());
        log.pending.push(b'\n');
        log.pass_on(line.text);
        if log.pending.len() >= BATCH {
            log.write(&self.dir, &line.stem, self.rotation);
        }
    }

    fn follow(&mut self, slug: &str, lines: usize) -> io::Result<Followed> {
        let stem: Arc<str> = server_stem(slug)?.into();
        let log = self.logs.entry(stem.clone()).or_default();
        log.write(&self.dir, &stem, self.rotation);
        let backlog = tail(&self.dir, slug, lines)?;
        let followers = log
            .followers
            .get_or_insert_with(|| broadcast::Sender::new(FOLLOWER_LAG));
        Ok(Followed {
            backlog,
            live: followers.subscribe(),
        })
    }

    fn close(&mut self, stem: &Arc<str>) {
        let Some(log) = self.logs.get_mut(stem) else {
            return;
        };
        log.write(&self.dir, stem, self.rotation);
        log.file = None;
        if log.followers.is_none() {
            self.logs.remove(stem);
        }
    }

    fn write_all(&mut self) {
        for (stem, log) in &mut self.logs {
            log.write(&self.dir, stem, self.rotation);
        }
    }
}

impl Log {
    fn pass_on(&mut self, line: Arc<str>) {
        // Sending fails when the last follower has gone.
        if self
            .followers
            .as_ref()
            .is_some_and(|followers| followers.send(line).is_err())
        {
            self.followers = None;
        }
    }

    /// Writes what is pending; on an error it is lost, and the first of a row is reported.
    fn write(&mut self, dir: &Path, stem: &str, rotation: Rotation) {
        if self.pending.is_empty() {
            return;
        }
        let result = self.try_write(dir, stem, rotation);
        self.pending.clear();
        self.pending.shrink_to(KEPT_BATCH);
        match result {
            Ok(()) => self.is_failing = false,
            Err(error) => {
                if !mem::replace(&mut self.is_failing, true) {
                    tracing::warn!(log = stem, %error, "a server's log cannot be written");
                }
            }
        }
    }

    fn try_write(&mut self, dir: &Path, stem: &str, rotation: Rotation) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            closed => closed.insert(RollingFile::open(dir, stem, rotation)?),
        };
        file.write_all(&self.pending)
    }
}

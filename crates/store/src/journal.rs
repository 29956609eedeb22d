//! What happened, one JSON line each: appended off the caller's path, bounded, read back later.
//!
//! Two files hold it: the one being written, and the one before it, `<path>.1`. When the first
//! reaches its size it takes the second's place, so that what is kept is never more than twice
//! that size. A line that is torn or cannot be understood costs only itself.

mod reading;
mod writing;

use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::atomic;

/// Lines that may wait for the disk; beyond that they are dropped and counted.
const QUEUE: usize = 4_096;
/// A longer line is not written.
const MAX_LINE: usize = 256 * 1024;
/// So many bytes from the end are read when a journal is opened.
const RECALLED: u64 = 1024 * 1024;

/// An append-only list of `T`, in files that only the user can read.
///
/// Dropping it writes out what waits.
#[derive(Debug)]
pub struct Journal<T> {
    files: Arc<Files>,
    queue: Option<SyncSender<String>>,
    writer: Option<JoinHandle<()>>,
    dropped: AtomicU64,
    holds: PhantomData<fn(T) -> T>,
}

/// Where a journal lies.
#[derive(Debug)]
struct Files {
    current: PathBuf,
    before: PathBuf,
    max_bytes: u64,
    /// Held while one file takes the other's place, and while both are opened for reading.
    turn: Mutex<()>,
}

impl<T: Serialize + DeserializeOwned> Journal<T> {
    /// Opens the journal at `path`, whose two files grow to `max_bytes` each, and recalls its last
    /// entries, at most `recall` of them, the oldest first. Creates its directory, readable by the
    /// user only.
    pub fn open(path: &Path, max_bytes: u64, recall: usize) -> io::Result<(Self, Vec<T>)> {
        if let Some(dir) = path.parent() {
            atomic::private_dir(dir)?;
        }
        let mut before = path.as_os_str().to_owned();
        before.push(".1");
        let files = Arc::new(Files {
            current: path.to_owned(),
            before: before.into(),
            max_bytes,
            turn: Mutex::default(),
        });
        let mut recalled = reading::tail(&files, RECALLED)?;
        recalled.drain(..recalled.len().saturating_sub(recall));
        let output = writing::Output::open(Arc::clone(&files))?;
        let (queue, waiting) = sync_channel(QUEUE);
        let writer = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || writing::run(output, &waiting))?;
        let journal = Self {
            files,
            queue: Some(queue),
            writer: Some(writer),
            dropped: AtomicU64::new(0),
            holds: PhantomData,
        };
        Ok((journal, recalled))
    }

    /// Appends an entry; never waits. It is on its way to the disk when this returns, and lost if
    /// the machine goes down at once.
    pub fn append(&self, entry: &T) {
        let line = serde_json::to_string(entry).ok();
        let line = line.filter(|line| line.len() <= MAX_LINE);
        let queued = line.zip(self.queue.as_ref());
        if queued.is_none_or(|(line, queue)| queue.try_send(line).is_err()) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many entries were too long or came too fast to be kept.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Shows every entry on the disk, the oldest first. Blocks while up to two files are read;
    /// what was appended just now may not be among them.
    pub fn visit(&self, each: impl FnMut(T)) -> io::Result<()> {
        reading::visit(&self.files, each)
    }
}

impl<T> Drop for Journal<T> {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has nothing left to write.
            let _ = writer.join();
        }
    }
}

impl Files {
    fn turn(&self) -> std::sync::MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

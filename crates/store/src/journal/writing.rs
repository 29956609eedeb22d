//! Entries on their way to the disk, by a thread of their own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::Files;
use crate::atomic::refuse_links;

/// Bytes that are written at once, if so many wait.
const BATCH: usize = 64 * 1024;

/// The file being written.
pub(super) struct Output {
    files: Arc<Files>,
    file: File,
    size: u64,
    /// Set while writing fails, so that the log tells of it once.
    failing: bool,
}

/// Writes what comes until the journal is dropped.
pub(super) fn run(mut output: Output, waiting: &Receiver<String>) {
    let mut batch = Vec::new();
    while let Ok(line) = waiting.recv() {
        batch.clear();
        push(&mut batch, &line);
        while batch.len() < BATCH
            && let Ok(line) = waiting.try_recv()
        {
            push(&mut batch, &line);
        }
        let written = output.write(&batch);
        output.note(&written);
    }
}

fn push(batch: &mut Vec<u8>, line: &str) {
    batch.extend_from_slice(line.as_bytes());
    batch.push(b'\n');
}

impl Output {
    pub(super) fn open(files: Arc<Files>) -> io::Result<Self> {
        let mut file = append_to(&files.current)?;
        let mut size = file.metadata()?.len();
        if !ends_a_line(&mut file, size)? {
            file.write_all(b"\n")?;
            size += 1;
        }
        Ok(Self {
            files,
            file,
            size,
            failing: false,
        })
    }

    fn write(&mut self, batch: &[u8]) -> io::Result<()> {
        let batch_size = batch.len() as u64;
        if self.size > 0 && self.size + batch_size > self.files.max_bytes {
            self.roll()?;
        }
        self.file.write_all(batch)?;
        self.size += batch_size;
        Ok(())
    }

    fn roll(&mut self) -> io::Result<()> {
        let _turn = self.files.turn();
        fs::rename(&self.files.current, &self.files.before)?;
        self.file = append_to(&self.files.current)?;
        self.size = 0;
        Ok(())
    }

    fn note(&mut self, written: &io::Result<()>) {
        if let (Err(error), false) = (written, self.failing) {
            let file = self.files.current.display();
            tracing::warn!(%file, %error, "what happens cannot be kept in this file");
        }
        self.failing = written.is_err();
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    refuse_links(path)?;
    let mut options = OpenOptions::new();
    options.create(true).append(true).read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Whether what follows begins on a line of its own; the last writer may have been cut off.
fn ends_a_line(file: &mut File, size: u64) -> io::Result<bool> {
    if size == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

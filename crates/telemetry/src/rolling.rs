//! A log file that stays small: `stem.log`, and those put aside as `stem.1.log`, `stem.2.log`...
//!
//! `tracing-appender` rolls by the clock only, which does not bound the size of a file.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::files::{append, numbered, private_dir};
use crate::settings::Rotation;

/// An open log. Each `write` takes a whole number of lines and stays in one file.
#[derive(Debug)]
pub(crate) struct RollingFile {
    dir: PathBuf,
    stem: String,
    rotation: Rotation,
    current: Option<Current>,
}

/// The file being written.
#[derive(Debug)]
struct Current {
    file: File,
    size: u64,
    begun: SystemTime,
}

impl RollingFile {
    /// Opens or creates a log and deletes what is too old.
    pub(crate) fn open(dir: &Path, stem: &str, rotation: Rotation) -> io::Result<Self> {
        private_dir(dir)?;
        let mut log = Self {
            dir: dir.to_owned(),
            stem: stem.to_owned(),
            rotation,
            current: None,
        };
        log.current()?;
        log.delete_old()?;
        Ok(log)
    }

    fn current(&mut self) -> io::Result<&mut Current> {
        let current = match self.current.take() {
            Some(current) => current,
            None => Current::open(&self.path(0))?,
        };
        Ok(self.current.insert(current))
    }

    fn path(&self, number: usize) -> PathBuf {
        numbered(&self.dir, &self.stem, number)
    }

    /// Puts the file aside and all others one number further; the last is deleted.
    fn rotate(&mut self) -> io::Result<()> {
        // Closed first, because Windows does not rename open files.
        self.current = None;
        let last = self.rotation.max_files.max(1) - 1;
        ignore_missing(fs::remove_file(self.path(last)))?;
        for number in (0..last).rev() {
            ignore_missing(fs::rename(self.path(number), self.path(number + 1)))?;
        }
        self.delete_old()
    }

    /// Deletes files put aside whose last line is too old, and those beyond the number kept,
    /// which a smaller setting leaves behind.
    fn delete_old(&self) -> io::Result<()> {
        for number in 1.. {
            let path = self.path(number);
            let Ok(facts) = fs::symlink_metadata(&path) else {
                break;
            };
            let is_old = age(facts.modified()?) > self.rotation.max_age;
            if is_old || number >= self.rotation.max_files {
                ignore_missing(fs::remove_file(path))?;
            }
        }
        Ok(())
    }

    /// Whether a file of this size and age must be put aside before `more` bytes are added.
    fn is_full(&self, size: u64, age: Duration, more: usize) -> bool {
        // A quiet log is put aside before its size asks for it, so that its lines get old enough
        // to be deleted. The share of the age keeps `max_files` files within `max_age`.
        let files = u32::try_from(self.rotation.max_files.max(1)).unwrap_or(u32::MAX);
        let is_old = age > self.rotation.max_age / files;
        size > 0 && (is_old || size.saturating_add(more as u64) > self.rotation.max_file_bytes)
    }
}

impl Write for RollingFile {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let current = self.current()?;
        let (size, age) = (current.size, age(current.begun));
        if self.is_full(size, age, lines.len()) {
            self.rotate()?;
        }
        let current = self.current()?;
        current.file.write_all(lines)?;
        current.size += lines.len() as u64;
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Current {
    fn open(path: &Path) -> io::Result<Self> {
        let file = append(path)?;
        let facts = file.metadata()?;
        Ok(Self {
            size: facts.len(),
            begun: begun(&facts),
            file,
        })
    }
}

/// Not every file system knows when a file was created; the last line is the next best.
fn begun(facts: &Metadata) -> SystemTime {
    facts
        .created()
        .or_else(|_| facts.modified())
        .unwrap_or_else(|_| SystemTime::now())
}

/// A time in the future means that the clock was set back: no age.
fn age(time: SystemTime) -> Duration {
    time.elapsed().unwrap_or_default()
}

fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn rotation(max_file_bytes: u64, max_files: usize) -> Rotation {
        Rotation {
            max_file_bytes,
            max_files,
            max_age: 10 * DAY,
        }
    }

    fn read(dir: &Path, number: usize) -> Option<String> {
        fs::read_to_string(numbered(dir, "a", number)).ok()
    }

    #[test]
    fn full_files_are_put_aside_and_the_oldest_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = RollingFile::open(dir.path(), "a", rotation(8, 3)).unwrap();
        for n in 0..9 {
            writeln!(log, "{n}xx").unwrap();
        }
        assert_eq!(read(dir.path(), 0).unwrap(), "8xx\n");
        assert_eq!(read(dir.path(), 1).unwrap(), "6xx\n7xx\n");
        assert_eq!(read(dir.path(), 2).unwrap(), "4xx\n5xx\n");
        assert_eq!(read(dir.path(), 3), None);
    }

    #[test]
    fn a_line_is_never_split_even_if_it_is_too_long() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = RollingFile::open(dir.path(), "a", rotation(8, 3)).unwrap();
        log.write_all(b"short\n").unwrap();
        log.write_all(b"much too long\n").unwrap();
        log.write_all(b"short\n").unwrap();
        assert_eq!(read(dir.path(), 1).unwrap(), "much too long\n");
        assert_eq!(read(dir.path(), 2).unwrap(), "short\n");
    }

    #[test]
    fn one_file_only_begins_anew() {
        let dir = tempfile::tempdir().unwrap();
        for max_files in [0, 1] {
            let mut log = RollingFile::open(dir.path(), "a", rotation(8, max_files)).unwrap();
            log.write_all(b"12345678").unwrap();
            log.write_all(b"9").unwrap();
            assert_eq!(read(dir.path(), 0).unwrap(), "9");
            assert_eq!(read(dir.path(), 1), None);
        }
    }

    #[test]
    fn an_existing_file_is_continued() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(numbered(dir.path(), "a", 0), "old\n").unwrap();
        let mut log = RollingFile::open(dir.path(), "a", rotation(8, 3)).unwrap();
        log.write_all(b"new\n").unwrap();
        assert_eq!(read(dir.path(), 0).unwrap(), "old\nnew\n");
        log.write_all(b"more\n").unwrap();
        assert_eq!(read(dir.path(), 1).unwrap(), "old\nnew\n");
    }

    #[test]
    fn old_and_surplus_files_are_deleted_on_opening() {
        let dir = tempfile::tempdir().unwrap();
        for (number, days) in [(1, 9), (2, 11), (3, 1)] {
            let file = File::create(numbered(dir.path(), "a", number)).unwrap();
            file.set_modified(SystemTime::now() - days * DAY).unwrap();
        }
        RollingFile::open(dir.path(), "a", rotation(8, 3)).unwrap();
        assert_eq!(
            [1, 2, 3].map(|number| read(dir.path(), number).is_some()),
            [true, false, false]
        );
    }

    #[test]
    fn fullness_is_a_matter_of_size_and_age() {
        let dir = tempfile::tempdir().unwrap();
        let log = RollingFile::open(dir.path(), "a", rotation(100, 5)).unwrap();
        assert!(!log.is_full(90, DAY, 10));
        assert!(log.is_full(90, DAY, 11));
        assert!(log.is_full(1, 3 * DAY, 1), "a fifth of ten days is over");
        assert!(
            !log.is_full(0, 30 * DAY, 1_000),
            "an empty file is as good as a new one"
        );
    }

    #[test]
    fn a_lost_directory_is_an_error_until_it_is_back() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("logs");
        let mut log = RollingFile::open(&dir, "a", rotation(4, 2)).unwrap();
        log.write_all(b"1234").unwrap();
        fs::remove_dir_all(&dir).unwrap();
        assert!(log.write_all(b"5678").is_err());
        fs::create_dir(&dir).unwrap();
        log.write_all(b"9").unwrap();
        assert_eq!(read(&dir, 0).unwrap(), "9");
    }
}

//! The last lines of a log.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::files::{numbered, server_stem};

/// Most lines that are read at once.
const MAX_LINES: usize = 10_000;

/// Most bytes that are read of one file; lines before are left out.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// How much is read first; enough for some hundred lines of usual length.
const FIRST_READ: u64 = 64 * 1024;

/// The last lines of a server's log, oldest first, at most 10,000 and at most 4 MiB of each file.
///
/// Blocks on files. Lines come as they were recorded, each with its time and source. A server
/// that never logged has none. Fails with [`io::ErrorKind::InvalidInput`] for a slug that is not
/// one.
pub fn tail(dir: &Path, slug: &str, lines: usize) -> io::Result<Vec<String>> {
    tail_of(dir, &server_stem(slug)?, lines)
}

/// The same for the log with this stem.
pub(crate) fn tail_of(dir: &Path, stem: &str, lines: usize) -> io::Result<Vec<String>> {
    let lines = lines.min(MAX_LINES);
    let mut newest_first: Vec<String> = Vec::new();
    for number in 0.. {
        let missing = lines - newest_first.len();
        if missing == 0 {
            break;
        }
        let Some(text) = read_end(&numbered(dir, stem, number), missing)? else {
            break;
        };
        newest_first.extend(text.lines().rev().take(missing).map(str::to_owned));
    }
    newest_first.reverse();
    Ok(newest_first)
}

/// The end of a file with at least `lines` lines, if it has as many; none if there is no file.
fn read_end(path: &Path, lines: usize) -> io::Result<Option<String>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let size = file.metadata()?.len();
    let mut length = FIRST_READ;
    loop {
        let start = size.saturating_sub(length);
        let text = read_from(&mut file, start, size - start)?;
        let is_enough = text.lines().count() >= lines;
        if is_enough || start == 0 || length >= MAX_BYTES {
            return Ok(Some(text));
        }
        length *= 4;
    }
}

/// Whole lines only: unless it begins at the start, the first piece of a line is left out.
fn read_from(file: &mut File, start: u64, length: u64) -> io::Result<String> {
    // One byte earlier tells whether a line begins exactly at `start`.
    let from = start.saturating_sub(1);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(length + (start - from)).read_to_end(&mut bytes)?;
    let skip = match start {
        0 => 0,
        _ => bytes
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(bytes.len(), |at| at + 1),
    };
    Ok(String::from_utf8_lossy(&bytes[skip..]).into_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn write(dir: &Path, number: usize, text: &str) {
        fs::write(numbered(dir, "server-a", number), text).unwrap();
    }

    #[test]
    fn the_last_lines_come_oldest_first() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), 0, "one\ntwo\nthree\n");
        assert_eq!(tail(dir.path(), "a", 2).unwrap(), ["two", "three"]);
        assert_eq!(tail(dir.path(), "a", 9).unwrap(), ["one", "two", "three"]);
        assert_eq!(tail(dir.path(), "a", 0).unwrap(), [""; 0]);
    }

    #[test]
    fn older_files_complete_the_answer() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), 2, "1\n2\n");
        write(dir.path(), 1, "3\n");
        write(dir.path(), 0, "4\n5\n");
        assert_eq!(tail(dir.path(), "a", 4).unwrap(), ["2", "3", "4", "5"]);
        assert_eq!(tail(dir.path(), "a", usize::MAX).unwrap().len(), 5);
    }

    #[test]
    fn long_files_are_read_from_their_end() {
        let dir = tempfile::tempdir().unwrap();
        let lines: Vec<String> = (0..200_000).map(|n| format!("{n:039}")).collect();
        write(dir.path(), 0, &(lines.join("\n") + "\n"));
        for count in [1, 1_638, 1_639, 5_000, 10_000] {
            let read = tail(dir.path(), "a", count).unwrap();
            assert!(read == lines[lines.len() - count..], "{count} lines");
        }
        assert_eq!(tail(dir.path(), "a", 20_000).unwrap().len(), MAX_LINES);
    }

    #[test]
    fn a_file_without_any_line_end_does_no_harm() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), 0, &"x".repeat(9_000_000));
        assert_eq!(tail(dir.path(), "a", 5).unwrap(), [""; 0]);
    }

    #[test]
    fn no_log_has_no_lines_and_no_path_is_a_log() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(tail(dir.path(), "a", 5).unwrap(), [""; 0]);
        assert!(tail(dir.path(), "../a", 5).is_err());
    }
}

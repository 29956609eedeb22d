//! Entries back from the disk.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use serde::de::DeserializeOwned;

use super::{Files, MAX_LINE};

/// Shows every entry, the oldest first.
pub(super) fn visit<T: DeserializeOwned>(files: &Files, mut each: impl FnMut(T)) -> io::Result<()> {
    let [before, current] = open(files)?;
    for file in [before, current].into_iter().flatten() {
        entries(file, &mut each)?;
    }
    Ok(())
}

/// The entries of the last `bytes`, the oldest first.
pub(super) fn tail<T: DeserializeOwned>(files: &Files, bytes: u64) -> io::Result<Vec<T>> {
    let [before, current] = open(files)?;
    let mut found = Vec::new();
    let size = |file: &Option<File>| -> io::Result<u64> {
        file.as_ref()
            .map_or(Ok(0), |file| Ok(file.metadata()?.len()))
    };
    let of_current = size(&current)?.min(bytes);
    let of_before = size(&before)?.min(bytes - of_current);
    for (file, wanted) in [(before, of_before), (current, of_current)] {
        if let Some(mut file) = file {
            let start = file.metadata()?.len().saturating_sub(wanted);
            // What is left of a line that began before is not understood, and so passed over.
            file.seek(SeekFrom::Start(start))?;
            entries(file, &mut |entry| found.push(entry))?;
        }
    }
    Ok(found)
}

/// Both files as they are at one moment, the older one first.
fn open(files: &Files) -> io::Result<[Option<File>; 2]> {
    let _turn = files.turn();
    let open = |path: &Path| match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    Ok([open(&files.before)?, open(&files.current)?])
}

fn entries<T: DeserializeOwned>(file: File, each: &mut impl FnMut(T)) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut reader)
            .take(MAX_LINE as u64 + 1)
            .read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        if let Ok(entry) = serde_json::from_slice(&line) {
            each(entry);
        }
    }
}

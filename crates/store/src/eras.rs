//! What was learned about each server's protocol era, so that a start need not probe again.
//!
//! A verdict is a hint: it expires, and losing it costs one probe. So a damaged file is set
//! aside, never an error.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use wire::Era;

use crate::atomic;

/// After this time a server is probed again: it may have been updated.
const MAX_AGE_MILLIS: u64 = 30 * 24 * 60 * 60 * 1000;

/// More servers than anybody configures; beyond it the oldest verdicts go.
const MAX_ENTRIES: usize = 1_000;

/// What a start of a server taught.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The era that the server speaks.
    pub era: Era,
    /// Whether the server ends when it is asked in the modern way first.
    pub exits_on_probe: bool,
    /// When this was learned, in milliseconds since the Unix epoch.
    pub learned_at: u64,
}

impl Verdict {
    fn is_fresh(&self, now: u64) -> bool {
        now.saturating_sub(self.learned_at) <= MAX_AGE_MILLIS
    }
}

/// The verdicts of earlier starts, in one small JSON file.
///
/// Keys are fingerprints of how a server is launched: whoever changes the command or the URL
/// gets a new probe. Calls block for one small file write at most.
#[derive(Debug)]
pub struct EraMemory {
    path: PathBuf,
    verdicts: Mutex<BTreeMap<String, Verdict>>,
}

impl EraMemory {
    /// Reads `path`, if it exists; creates its directory, readable by the user only.
    ///
    /// A file that cannot be understood is moved to `<path>.damaged` and reported as a warning.
    pub fn open(path: &Path) -> io::Result<Self> {
        if let Some(dir) = path.parent() {
            atomic::private_dir(dir)?;
        }
        let mut verdicts = read(path)?;
        forget(&mut verdicts, model::now_millis());
        Ok(Self {
            path: path.to_owned(),
            verdicts: Mutex::new(verdicts),
        })
    }

    /// What is known about the server with this fingerprint, unless it is older than 30 days.
    pub fn get(&self, fingerprint: &str) -> Option<Verdict> {
        let verdict = *self.verdicts().get(fingerprint)?;
        verdict.is_fresh(model::now_millis()).then_some(verdict)
    }

    /// Remembers a verdict, durably when it returns.
    ///
    /// On an error it is still remembered until the process ends.
    pub fn put(&self, fingerprint: &str, verdict: Verdict) -> io::Result<()> {
        let mut verdicts = self.verdicts();
        verdicts.insert(fingerprint.to_owned(), verdict);
        forget(&mut verdicts, model::now_millis());
        // Written under the lock, so that an older state cannot overwrite a newer one.
        atomic::write(&self.path, &[&serde_json::to_vec_pretty(&*verdicts)?])
    }

    /// No method leaves the map half changed, so it is usable even after a panic elsewhere.
    fn verdicts(&self) -> MutexGuard<'_, BTreeMap<String, Verdict>> {
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(path: &Path) -> io::Result<BTreeMap<String, Verdict>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    match serde_json::from_slice(&bytes) {
        Ok(verdicts) => Ok(verdicts),
        Err(error) => {
            set_aside(path, &error)?;
            Ok(BTreeMap::new())
        }
    }
}

fn set_aside(path: &Path, error: &serde_json::Error) -> io::Result<()> {
    let aside = atomic::set_aside(path)?;
    tracing::warn!(
        file = %path.display(),
        moved_to = %aside.display(),
        %error,
        "the memory of server eras cannot be read and was moved aside; servers are probed again"
    );
    Ok(())
}

/// Drops what is too old, then the oldest beyond [`MAX_ENTRIES`].
fn forget(verdicts: &mut BTreeMap<String, Verdict>, now: u64) {
    verdicts.retain(|_, verdict| verdict.is_fresh(now));
    let excess = verdicts.len().saturating_sub(MAX_ENTRIES);
    if excess == 0 {
        return;
    }
    let mut by_age: Vec<(u64, String)> = verdicts
        .iter()
        .map(|(key, verdict)| (verdict.learned_at, key.clone()))
        .collect();
    by_age.sort_unstable();
    for (_, key) in by_age.drain(..excess) {
        verdicts.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60 * 1000;

    fn learned(days_ago: u64) -> Verdict {
        Verdict {
            era: Era::Legacy,
            exits_on_probe: true,
            learned_at: model::now_millis() - days_ago * DAY,
        }
    }

    #[test]
    fn remembers_across_restarts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state").join("eras.json");
        let verdict = learned(1);
        let modern = Verdict {
            era: Era::Modern,
            exits_on_probe: false,
            ..verdict
        };
        let memory = EraMemory::open(&path).unwrap();
        memory.put("a", verdict).unwrap();
        memory.put("b", modern).unwrap();
        memory.put("b", modern).unwrap();

        let again = EraMemory::open(&path).unwrap();
        assert_eq!(again.get("a"), Some(verdict));
        assert_eq!(again.get("b"), Some(modern));
        assert_eq!(again.get("c"), None);
    }

    #[test]
    fn forgets_after_thirty_days() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("eras.json");
        let old = BTreeMap::from([("old", learned(31)), ("young", learned(29))]);
        fs::write(&path, serde_json::to_vec(&old).unwrap()).unwrap();
        let memory = EraMemory::open(&path).unwrap();
        assert_eq!(memory.get("old"), None);
        assert!(memory.get("young").is_some());

        memory.put("new", learned(0)).unwrap();
        assert!(!fs::read_to_string(&path).unwrap().contains("\"old\""));
    }

    #[test]
    fn a_clock_that_went_back_does_not_forget() {
        let dir = tempfile::tempdir().unwrap();
        let memory = EraMemory::open(&dir.path().join("eras.json")).unwrap();
        let future = Verdict {
            learned_at: model::now_millis() + DAY,
            ..learned(0)
        };
        memory.put("a", future).unwrap();
        assert_eq!(memory.get("a"), Some(future));
    }

    #[test]
    fn a_damaged_file_is_kept_aside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("eras.json");
        for damage in [
            "",
            "{\"a\": {\"era\": \"mod",
            "[]",
            "{\"a\": {\"era\": \"stone\"}}",
        ] {
            fs::write(&path, damage).unwrap();
            let memory = EraMemory::open(&path).unwrap();
            assert_eq!(memory.get("a"), None);
            let aside = fs::read_to_string(dir.path().join("eras.json.damaged")).unwrap();
            assert_eq!(aside, damage);
            memory.put("a", learned(0)).unwrap();
            assert!(EraMemory::open(&path).unwrap().get("a").is_some());
        }
    }

    #[test]
    fn an_unreadable_place_is_an_error_not_an_empty_memory() {
        let dir = tempfile::tempdir().unwrap();
        assert!(EraMemory::open(dir.path()).is_err());
    }

    #[test]
    fn a_failed_write_is_reported_and_still_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        let memory = EraMemory::open(&state.join("eras.json")).unwrap();
        fs::remove_dir_all(&state).unwrap();
        assert!(memory.put("a", learned(0)).is_err());
        assert!(memory.get("a").is_some());
    }

    #[test]
    fn keeps_the_youngest_thousand() {
        let now = model::now_millis();
        let mut verdicts: BTreeMap<String, Verdict> = (0..1_010_u64)
            .map(|n| {
                (
                    format!("{n:04}"),
                    Verdict {
                        learned_at: now - n,
                        ..learned(0)
                    },
                )
            })
            .collect();
        forget(&mut verdicts, now);
        assert_eq!(verdicts.len(), MAX_ENTRIES);
        assert!(verdicts.contains_key("0000") && verdicts.contains_key("0999"));
        assert!(!verdicts.contains_key("1000"));
    }
}

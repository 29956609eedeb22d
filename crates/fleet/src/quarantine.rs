//! The quarantine: what a person has let in, per server. Everything that a model reads of a server
//! is pinned by its hash; what is new or other than approved stays out until a person decides.
//!
//! One file per server keeps what was decided. It is written before anything that follows from it
//! can be seen, and a file that cannot be read lets nothing in.

mod decisions;
mod judge;
mod record;
mod review;
mod sift;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use config::ServerConfig;
use model::{HoldReason, Standing, TrustMode, TrustStatus, Verdict};
use sha2::{Digest as _, Sha256};
use store::{Facts, Found};

use crate::place::Place;
use decisions::Undoable;
use record::Record;

pub use decisions::DecisionError;
pub(crate) use sift::{Listed, Sifted};

/// What was decided about all servers.
pub(crate) struct Quarantine {
    folder: Option<PathBuf>,
    /// Set where whoever started the gateway answers for its configuration.
    vouched: Option<TrustMode>,
    shelf: Mutex<BTreeMap<String, Entry>>,
    /// Changes are made one after the other, each on the disk before it counts.
    turn: Mutex<()>,
    undo: Mutex<Vec<Undoable>>,
    /// Counts decisions, for their ids.
    decided: AtomicU64,
    /// By which version of its record each server is shown.
    shown: Mutex<BTreeMap<String, u64>>,
}

/// One server's record and where it is kept.
#[derive(Clone)]
struct Entry {
    record: Arc<Record>,
    /// Counts changes.
    version: u64,
    facts: Option<Arc<Facts<Record>>>,
}

impl Quarantine {
    pub(crate) fn open(place: &Place) -> Self {
        Self {
            folder: place.state.as_ref().map(|state| state.join("approvals")),
            vouched: place.vouched,
            shelf: Mutex::default(),
            turn: Mutex::default(),
            undo: Mutex::default(),
            decided: AtomicU64::new(0),
            shown: Mutex::default(),
        }
    }

    /// Whether a server may be started or reached as it is configured; reads a file at most once.
    pub(crate) fn may_start(&self, config: &ServerConfig) -> bool {
        self.vouched.is_some() || {
            let record = self.record(config.name.as_str());
            let allowed = record.allowed.as_ref();
            allowed.is_some_and(|allowed| allowed.launch == config.fingerprint())
        }
    }

    /// How a server stands.
    pub(crate) fn status(&self, config: &ServerConfig) -> TrustStatus {
        let record = self.record(config.name.as_str());
        let mode = self.mode(&record, config);
        let mut status = TrustStatus {
            mode,
            may_start: self.may_start(config),
            ..TrustStatus::default()
        };
        status.wanted = config.trust.clone().filter(|trust| trust != mode.as_str());
        for kept in record.definitions.values().filter(|kept| kept.listed) {
            match kept.standing() {
                Standing::Approved => status.approved += 1,
                Standing::Pending => status.pending += 1,
                Standing::Changed => status.changed += 1,
                Standing::Blocked => status.blocked += 1,
            }
            status.flagged += usize::from(kept.waits() && kept.verdict != Verdict::Clean);
        }
        status.hold = hold(&record, config, &status);
        status
    }

    /// How new definitions of a server come in: as its entry says, but no more loosely than a
    /// person has accepted.
    fn mode(&self, record: &Record, config: &ServerConfig) -> TrustMode {
        match (self.vouched, config.trust_mode()) {
            (Some(vouched), wanted) => wanted.unwrap_or(vouched),
            (None, Some(wanted)) => wanted.min(record.mode),
            (None, None) => record.mode,
        }
    }

    /// What is known of a server.
    fn record(&self, server: &str) -> Arc<Record> {
        Arc::clone(&self.entry(server).record)
    }

    /// Whether anything of a server is let in.
    fn opens(&self, record: &Record, config: &ServerConfig) -> bool {
        record.has_approved() || self.mode(record, config) == TrustMode::Auto
    }

    /// What is known of a server, and which version of it that is.
    fn record_and_version(&self, server: &str) -> (Arc<Record>, u64) {
        let entry = self.entry(server);
        (entry.record, entry.version)
    }

    /// Counts the changes of what is known of a server.
    pub(crate) fn version(&self, server: &str) -> u64 {
        self.entry(server).version
    }

    fn entry(&self, server: &str) -> Entry {
        let mut entries = self.shelf();
        if let Some(entry) = entries.get(server) {
            return entry.clone();
        }
        let (entry, is_final) = self.read(server);
        // A file that could not be opened for the moment is tried again.
        if is_final {
            entries.insert(server.to_owned(), entry.clone());
        }
        entry
    }

    /// Reads a server's file; and whether it was all that there is to read.
    fn read(&self, server: &str) -> (Entry, bool) {
        let path = self.folder.as_ref().map(|folder| {
            let name = model::hex(&Sha256::digest(server.as_bytes())[..12]);
            folder.join(format!("{name}.json"))
        });
        let opened = path.map(|path| Facts::open(&path));
        let (facts, found, is_final) = match opened {
            None => (None, Found::Nothing, true),
            Some(Ok((facts, found))) => (Some(Arc::new(facts)), found, true),
            Some(Err(error)) => {
                tracing::error!(server, %error, "what was approved cannot be read, so nothing is");
                (None, Found::Damaged, false)
            }
        };
        let record = match found {
            Found::Value(record) => record,
            Found::Nothing | Found::Damaged => Record::of(server),
        };
        let entry = Entry {
            record: Arc::new(record),
            version: 0,
            facts,
        };
        (entry, is_final)
    }

    /// Changes what is known of a server; blocks while it is written. What could not be written
    /// does not count.
    fn change<T>(
        &self,
        server: &str,
        work: impl FnOnce(&mut Record) -> T,
    ) -> std::io::Result<(T, Change)> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = self.entry(server);
        let mut record = (*entry.record).clone();
        let came = work(&mut record);
        let change = Change {
            before: entry.record,
            changed: record != *self.record(server),
        };
        if change.changed {
            match (&entry.facts, &self.folder) {
                (Some(facts), _) => facts.put(&record)?,
                (None, None) => {}
                (None, Some(_)) => {
                    return Err(std::io::Error::other("its file cannot be opened"));
                }
            }
            let entry = Entry {
                record: Arc::new(record),
                version: entry.version + 1,
                facts: entry.facts,
            };
            self.shelf().insert(server.to_owned(), entry);
        }
        Ok((came, change))
    }

    /// An id that no other decision of this process has.
    fn next_decision(&self) -> String {
        let number = self.decided.fetch_add(1, Ordering::Relaxed) + 1;
        format!("decision-{}-{number}", model::now_millis())
    }

    /// Takes note that clients are shown a server by this version of its record.
    pub(crate) fn note_shown(&self, server: &str, version: u64) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.insert(server.to_owned(), version);
    }

    /// Whether clients are shown a server by its record as it is now.
    fn is_shown(&self, server: &str) -> bool {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let last = shown.get(server).copied();
        last.is_none_or(|last| last >= self.version(server))
    }

    fn shelf(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a change did.
struct Change {
    before: Arc<Record>,
    changed: bool,
}

/// Why a server waits for a person; one that is off does not.
fn hold(record: &Record, config: &ServerConfig, status: &TrustStatus) -> Option<HoldReason> {
    if !config.enabled {
        return None;
    }
    match status {
        TrustStatus {
            may_start: false, ..
        } if record.allowed.is_some() => Some(HoldReason::LaunchChanged),
        TrustStatus {
            may_start: false, ..
        } => Some(HoldReason::NewServer),
        TrustStatus { changed: 1.., .. } => Some(HoldReason::ChangedDefinitions),
        TrustStatus { pending: 1.., .. } if record.has_approved() => {
            Some(HoldReason::AddedDefinitions)
        }
        TrustStatus { pending: 1.., .. } => Some(HoldReason::NewDefinitions),
        _ => None,
    }
}

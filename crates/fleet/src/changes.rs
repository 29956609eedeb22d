//! Who changed which server, and back again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use config::{Edit, EditError, EntryChange, Loaded};
use model::{ActivityKind, Author, AuthorKind, Change, ChangeKind, now_millis};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Journal;

use crate::place::Place;
use crate::{Fleet, Inner};

/// Changes that are remembered.
const KEPT: usize = 200;
/// Each of the journal's two files.
const JOURNAL_BYTES: u64 = 1024 * 1024;
/// An entry of more bytes is not remembered, and its change cannot be reverted.
const MAX_ENTRY: usize = 64 * 1024;

/// Why a change cannot be reverted; nothing was changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RevertError {
    /// No such change is remembered.
    #[error("no change {0} is remembered")]
    Unknown(u64),
    /// The server was changed again since.
    #[error("`{0}` was changed again since")]
    ChangedSince(String),
    /// The entry before was too large to be remembered.
    #[error("the entry of `{0}` was too large to be remembered")]
    TooLarge(String),
    /// The configuration cannot be written so.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl Fleet {
    /// Changes of one server or of all, the newest first, at most 200.
    pub fn changes(&self, server: Option<&str>) -> Vec<Change> {
        let changes = self.0.changes.all();
        let of_server = |change: &&Arc<Kept>| server.is_none_or(|name| change.server == name);
        changes
            .iter()
            .rev()
            .filter(of_server)
            .map(|kept| kept.shown())
            .collect()
    }

    /// Puts a server's entry back to what it was before a change. Returns the server's name, the
    /// configuration as written, and whether more than a switch was put back; `None` if the server
    /// is gone again.
    pub async fn revert(
        &self,
        id: u64,
    ) -> Result<Option<(String, Arc<Loaded>, bool)>, RevertError> {
        let change = self.0.changes.get(id).ok_or(RevertError::Unknown(id))?;
        let latest = self.0.changes.latest(&change.server);
        if latest.is_some_and(|latest| latest.id != id) {
            return Err(RevertError::ChangedSince(change.server.clone()));
        }
        let edit = change.undone()?;
        let is_gone = matches!(edit, Edit::Remove { .. });
        let is_launch = matches!(change.kind, ChangeKind::Replaced | ChangeKind::Removed);
        let written = self.config().edit(edit).await?;
        Ok((!is_gone).then(|| (change.server.clone(), written, is_launch)))
    }
}

/// A change as it is kept: in a file that only the user can read, because entries may hold
/// secrets.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) id: u64,
    pub(crate) at: u64,
    pub(crate) by: Author,
    pub(crate) server: String,
    pub(crate) kind: ChangeKind,
    before: Option<Value>,
    pub(crate) after: Option<Value>,
    /// Whether an entry was too large to be kept.
    #[serde(default)]
    cut: bool,
}

impl Kept {
    fn new(change: EntryChange) -> Self {
        let EntryChange {
            by,
            server,
            kind,
            before,
            after,
        } = change;
        let fits = |entry: &Value| entry.to_string().len() <= MAX_ENTRY;
        let cut = [&before, &after]
            .into_iter()
            .flatten()
            .any(|entry| !fits(entry));
        Self {
            id: 0,
            at: now_millis(),
            by,
            server,
            kind,
            before: before.filter(|_| !cut),
            after: after.filter(|_| !cut),
            cut,
        }
    }

    fn shown(&self) -> Change {
        let masked = |entry: &Option<Value>| masked(&self.server, entry.as_ref()?);
        Change {
            id: self.id,
            at: self.at,
            by: self.by.clone(),
            server: self.server.clone(),
            kind: self.kind,
            before: masked(&self.before),
            after: masked(&self.after),
        }
    }

    /// The edit that undoes it.
    fn undone(&self) -> Result<Edit, RevertError> {
        let name = self.server.clone();
        let entry = || {
            let too_large = || RevertError::TooLarge(self.server.clone());
            self.before.clone().ok_or_else(too_large)
        };
        Ok(match self.kind {
            ChangeKind::Added => Edit::Remove { name },
            ChangeKind::Removed => Edit::Add {
                name,
                entry: entry()?,
            },
            ChangeKind::Replaced => Edit::Replace {
                name,
                entry: entry()?,
            },
            ChangeKind::Enabled | ChangeKind::Disabled => Edit::SetEnabled {
                name,
                enabled: self.kind == ChangeKind::Disabled,
            },
        })
    }
}

/// An entry for people; `None` where it cannot be read, because then nobody knows what in it is
/// secret.
fn masked(server: &str, entry: &Value) -> Option<Value> {
    let config = config::read_entry(server, entry).ok()?;
    Some(config.masked_entry())
}

/// The changes of all servers.
pub(crate) struct ChangeLog {
    recent: Mutex<Recent>,
    journal: Option<Journal<Kept>>,
}

struct Recent {
    last_id: u64,
    /// The oldest first.
    items: VecDeque<Arc<Kept>>,
}

impl ChangeLog {
    pub(crate) fn open(place: &Place) -> Self {
        let (journal, recalled) = place.journal::<Kept>("changes.jsonl", JOURNAL_BYTES, KEPT);
        let last_id = recalled.iter().map(|kept| kept.id).max();
        Self {
            recent: Mutex::new(Recent {
                last_id: last_id.unwrap_or(0),
                items: recalled.into_iter().map(Arc::new).collect(),
            }),
            journal,
        }
    }

    /// All that are remembered, the oldest first.
    pub(crate) fn all(&self) -> Vec<Arc<Kept>> {
        self.recent().items.iter().cloned().collect()
    }

    pub(crate) fn get(&self, id: u64) -> Option<Arc<Kept>> {
        let recent = self.recent();
        recent.items.iter().find(|kept| kept.id == id).cloned()
    }

    /// The last change of a server.
    pub(crate) fn latest(&self, server: &str) -> Option<Arc<Kept>> {
        let recent = self.recent();
        let mut newest_first = recent.items.iter().rev();
        newest_first.find(|kept| kept.server == server).cloned()
    }

    fn add(&self, mut kept: Kept) {
        let mut recent = self.recent();
        recent.last_id += 1;
        kept.id = recent.last_id;
        if let Some(journal) = &self.journal {
            journal.append(&kept);
        }
        if recent.items.len() >= KEPT {
            recent.items.pop_front();
        }
        recent.items.push_back(Arc::new(kept));
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Records every change of the configuration from now on.
pub(crate) fn follow(inner: &Arc<Inner>) {
    let fleet: Weak<Inner> = Arc::downgrade(inner);
    inner.config.on_change(move |change| {
        if let Some(inner) = fleet.upgrade() {
            record(&inner, change);
        }
    });
}

fn record(inner: &Inner, change: EntryChange) {
    let (name, kind) = (author(&change.by), word(change.kind));
    let text = match change.by.kind {
        AuthorKind::File => format!("{kind} in the file"),
        AuthorKind::Person | AuthorKind::Agent => kind.to_owned(),
    };
    inner.note(ActivityKind::Change, &change.server, name.as_deref(), text);
    inner.changes.add(Kept::new(change));
    inner.changed.notify_one();
}

fn author(by: &Author) -> Option<String> {
    by.name.clone().filter(|_| by.kind == AuthorKind::Agent)
}

fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Replaced => "replaced",
        ChangeKind::Removed => "removed",
        ChangeKind::Enabled => "enabled",
        ChangeKind::Disabled => "disabled",
    }
}

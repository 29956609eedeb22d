//! What waits for a person: servers that somebody proposes, and servers that an agent has written
//! into the configuration, where they stay off until a person has looked.

mod waiting;

use std::sync::Arc;

use config::{Edit, EditError, Loaded};
use model::{AuthorKind, ChangeKind, ReviewItem, ReviewSource, now_millis};
use serde_json::Value;

use crate::changes::Kept;
use crate::{Fleet, Inner};

pub(crate) use waiting::ReviewList;

/// Ids of what an agent has written begin with this, and end with the number of its change. So an
/// id stands for one entry: whoever writes another gets another id.
const OF_CHANGE: &str = "change-";

/// A server that somebody proposes.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Where it comes from.
    pub source: ReviewSource,
    /// Who proposes it, as that program names itself.
    pub by: Option<String>,
    /// The name it would have.
    pub name: String,
    /// Its entry, in any shape that the file accepts.
    pub entry: Value,
}

/// Why a review cannot go on; nothing was changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReviewError {
    /// Nothing of this id waits, or no longer.
    #[error("nothing waits for a review under `{0}`")]
    Unknown(String),
    /// Too much waits already.
    #[error("{} servers wait for a review already", waiting::MOST)]
    Full,
    /// It could not be kept.
    #[error("it cannot be kept: {0}")]
    NotKept(String),
    /// The configuration cannot be written so.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl Fleet {
    /// Has a person asked about these servers, durably when it returns. What waits already is not
    /// asked about twice.
    pub async fn propose(&self, proposals: Vec<Proposal>) -> Result<Vec<ReviewItem>, ReviewError> {
        self.reviewing(move |inner| inner.review.add(&proposals, now_millis()))
            .await
    }

    /// Adds a server that was proposed, or enables one that an agent has written, and returns its
    /// name and the configuration as written with it. What runs is what was shown under this id, or what the person made of it: `entry` may
    /// hold masked values. One that is in the configuration keeps its name.
    pub async fn accept(
        &self,
        id: &str,
        name: Option<String>,
        entry: Option<Value>,
    ) -> Result<(String, Arc<Loaded>), ReviewError> {
        if let Some(change) = self.0.written_by_agent(id) {
            let after = change.after.as_ref();
            let after = after.ok_or_else(|| ReviewError::Unknown(id.to_owned()))?;
            let entry = meant(&change.server, after, entry.as_ref())?;
            let name = change.server.clone();
            let edit = Edit::Replace {
                name: name.clone(),
                entry,
            };
            let written = self.config().edit(edit).await?;
            return Ok((name, written));
        }
        let proposal = self.0.review.get(id);
        let proposal = proposal.ok_or_else(|| ReviewError::Unknown(id.to_owned()))?;
        let entry = meant(&proposal.name, &proposal.entry, entry.as_ref())?;
        let name = name.unwrap_or(proposal.name);
        let edit = Edit::Add {
            name: name.clone(),
            entry,
        };
        let written = self.config().edit(edit).await?;
        let id = id.to_owned();
        // The server is there; a proposal that could not be struck out asks once more at worst.
        let _ = self.reviewing(move |inner| inner.review.remove(&id)).await;
        Ok((name, written))
    }

    /// Drops a proposal, or stops asking about a server that an agent has written; that one stays
    /// off.
    pub async fn dismiss(&self, id: &str) -> Result<(), ReviewError> {
        let change = self.0.written_by_agent(id);
        let id = id.to_owned();
        self.reviewing(move |inner| match change {
            Some(change) => inner.review.settle(change.id),
            None => inner.review.remove(&id),
        })
        .await
    }

    /// Works on the list off the async threads, and shows what came of it.
    async fn reviewing<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, ReviewError> + Send + 'static,
    ) -> Result<T, ReviewError> {
        let inner = Arc::clone(&self.0);
        let worked = tokio::task::spawn_blocking(move || {
            let came = work(&inner);
            inner.changed.notify_one();
            came
        });
        let worked = worked.await;
        worked.unwrap_or_else(|error| Err(ReviewError::NotKept(error.to_string())))
    }
}

impl Inner {
    /// Everything that waits, the oldest first.
    pub(crate) fn to_review(&self) -> Vec<ReviewItem> {
        let mut items = self.review.items();
        let written = self.all_written_by_agents();
        items.extend(
            written
                .iter()
                .filter_map(|change| self.written_item(change)),
        );
        items.sort_by_key(|item| item.at);
        items
    }

    /// The last changes of servers whose last change was an agent's and that no person has
    /// settled.
    fn all_written_by_agents(&self) -> Vec<Arc<Kept>> {
        let changes = self.changes.all();
        let mut seen = std::collections::BTreeSet::new();
        let newest_first = changes.into_iter().rev();
        newest_first
            .filter(|change| seen.insert(change.server.clone()))
            .filter(|change| {
                change.by.kind == AuthorKind::Agent
                    && matches!(change.kind, ChangeKind::Added | ChangeKind::Replaced)
                    && !self.review.is_settled(change.id)
            })
            .collect()
    }

    /// The change behind an id of [`OF_CHANGE`], if it still waits.
    fn written_by_agent(&self, id: &str) -> Option<Arc<Kept>> {
        let number: u64 = id.strip_prefix(OF_CHANGE)?.parse().ok()?;
        let written = self.all_written_by_agents();
        let change = written.into_iter().find(|change| change.id == number)?;
        self.written_item(&change).map(|_| change)
    }

    /// What is shown of a server that an agent has written, for as long as it is off.
    fn written_item(&self, change: &Kept) -> Option<ReviewItem> {
        let loaded = self.config.current();
        let config = loaded.settings.servers.get(change.server.as_str())?;
        // What was too large to be remembered could not be enabled as it was reviewed.
        (!config.enabled && change.after.is_some()).then(|| ReviewItem {
            id: format!("{OF_CHANGE}{}", change.id),
            source: ReviewSource::Agent,
            by: change.by.name.clone(),
            at: change.at,
            name: change.server.clone(),
            entry: config.masked_entry(),
            evidence: config::evidence(config),
            configured: true,
        })
    }
}

/// The entry that is to run: the one reviewed, or what the person made of it, switched on.
fn meant(name: &str, reviewed: &Value, wanted: Option<&Value>) -> Result<Value, EditError> {
    let mut entry = match wanted {
        Some(wanted) => config::unmask(reviewed, &config::read_entry(name, reviewed)?, wanted)?,
        None => reviewed.clone(),
    };
    if let Some(entry) = entry.as_object_mut() {
        entry.retain(|key, _| key != "disabled" && key != "enabled");
    }
    Ok(entry)
}

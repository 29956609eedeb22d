//! The proposals that wait, and what of agents a person has settled; in one small file.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{ReviewItem, ReviewSource};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Facts, Found};

use super::{Proposal, ReviewError};
use crate::place::Place;

/// Proposals that may wait.
pub(super) const MOST: usize = 100;
/// Changes that are remembered as settled: more than changes are remembered at all.
const MOST_SETTLED: usize = 400;

/// The list.
pub(crate) struct ReviewList {
    list: Mutex<List>,
    facts: Option<Facts<List>>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct List {
    /// The number of the proposal before; ids are never used again.
    last: u64,
    proposals: Vec<Waiting>,
    /// Numbers of changes that are asked about no more.
    settled: BTreeSet<u64>,
}

/// A proposal as it is kept. Its entry may hold secrets; the file is the user's alone.
#[derive(Clone, Serialize, Deserialize)]
struct Waiting {
    id: String,
    source: ReviewSource,
    by: Option<String>,
    at: u64,
    name: String,
    entry: Value,
    /// What is shown of it.
    #[serde(skip)]
    item: Option<ReviewItem>,
}

impl ReviewList {
    pub(crate) fn open(place: &Place) -> Self {
        let (facts, found) = place.facts::<List>("review.json");
        let mut list = match found {
            Found::Value(list) => list,
            Found::Nothing | Found::Damaged => List::default(),
        };
        // An entry that an older version could read, and this one cannot, is of no use.
        list.proposals.retain_mut(|waiting| {
            waiting.item = waiting.shown().ok();
            waiting.item.is_some()
        });
        Self {
            list: Mutex::new(list),
            facts,
        }
    }

    /// What is shown of each proposal.
    pub(super) fn items(&self) -> Vec<ReviewItem> {
        let list = self.list();
        let items = list
            .proposals
            .iter()
            .filter_map(|waiting| waiting.item.clone());
        items.collect()
    }

    pub(super) fn get(&self, id: &str) -> Option<Proposal> {
        let list = self.list();
        let waiting = list.proposals.iter().find(|waiting| waiting.id == id)?;
        Some(Proposal {
            source: waiting.source,
            by: waiting.by.clone(),
            name: waiting.name.clone(),
            entry: waiting.entry.clone(),
        })
    }

    /// Adds all of them or none; blocks for a small write.
    pub(super) fn add(
        &self,
        proposals: &[Proposal],
        now: u64,
    ) -> Result<Vec<ReviewItem>, ReviewError> {
        self.edit(|list| {
            let added = proposals.iter().map(|proposal| list.add(proposal, now));
            added.collect()
        })
    }

    pub(super) fn remove(&self, id: &str) -> Result<(), ReviewError> {
        self.edit(|list| {
            let before = list.proposals.len();
            list.proposals.retain(|waiting| waiting.id != id);
            if list.proposals.len() == before {
                return Err(ReviewError::Unknown(id.to_owned()));
            }
            Ok(())
        })
    }

    /// Asks no more about a change.
    pub(super) fn settle(&self, change: u64) -> Result<(), ReviewError> {
        self.edit(|list| {
            list.settled.insert(change);
            if list.settled.len() > MOST_SETTLED {
                list.settled.pop_first();
            }
            Ok(())
        })
    }

    pub(super) fn is_settled(&self, change: u64) -> bool {
        self.list().settled.contains(&change)
    }

    /// Edits the list if it can be kept so, else not at all.
    fn edit<T>(
        &self,
        edit: impl FnOnce(&mut List) -> Result<T, ReviewError>,
    ) -> Result<T, ReviewError> {
        let mut list = self.list();
        let mut next = list.clone();
        let came = edit(&mut next)?;
        if let Some(facts) = &self.facts {
            let kept = facts.put(&next);
            kept.map_err(|error| ReviewError::NotKept(error.to_string()))?;
        }
        *list = next;
        Ok(came)
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    fn add(&mut self, proposal: &Proposal, now: u64) -> Result<ReviewItem, ReviewError> {
        let same =
            |waiting: &&Waiting| waiting.name == proposal.name && waiting.entry == proposal.entry;
        if let Some(known) = self.proposals.iter().find(same) {
            return Ok(known.shown()?);
        }
        if self.proposals.len() >= MOST {
            return Err(ReviewError::Full);
        }
        self.last += 1;
        let mut waiting = Waiting {
            id: format!("proposal-{}", self.last),
            source: proposal.source,
            by: proposal.by.clone(),
            at: now,
            name: proposal.name.clone(),
            entry: proposal.entry.clone(),
            item: None,
        };
        let item = waiting.shown()?;
        waiting.item = Some(item.clone());
        self.proposals.push(waiting);
        Ok(item)
    }
}

impl Waiting {
    fn shown(&self) -> Result<ReviewItem, config::EditError> {
        let config = config::read_entry(&self.name, &self.entry)?;
        Ok(ReviewItem {
            id: self.id.clone(),
            source: self.source,
            by: self.by.clone(),
            at: self.at,
            name: self.name.clone(),
            entry: config.masked_entry(),
            evidence: config::evidence(&config),
            configured: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn proposal(name: &str) -> Proposal {
        Proposal {
            source: ReviewSource::Link,
            by: None,
            name: name.to_owned(),
            entry: json!({ "command": "x", "env": { "KEY": "hunter2" } }),
        }
    }

    fn names(list: &ReviewList) -> Vec<String> {
        list.items().into_iter().map(|item| item.name).collect()
    }

    #[test]
    fn proposals_survive_and_ids_are_never_used_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place {
            state: Some(folder.path().to_owned()),
            ..Place::default()
        };
        let list = ReviewList::open(&place);
        let added = list.add(&[proposal("a"), proposal("b")], 5).expect("added");
        assert!(!json!(added).to_string().contains("hunter2"));
        list.remove(&added[1].id).expect("removed");
        list.settle(7).expect("settled");

        let again = ReviewList::open(&place);
        assert_eq!(names(&again), ["a"]);
        assert_eq!(again.get(&added[0].id), Some(proposal("a")));
        assert!(again.is_settled(7) && !again.is_settled(8));
        let next = again.add(&[proposal("c")], 6).expect("added");
        assert!(added.iter().all(|item| item.id != next[0].id));
    }

    #[test]
    fn the_same_is_not_asked_twice() {
        let list = ReviewList::open(&Place::default());
        let first = list.add(&[proposal("a")], 5).expect("added");
        assert_eq!(list.add(&[proposal("a")], 9).expect("known"), first);
        assert_eq!(names(&list), ["a"]);
    }

    #[test]
    fn all_are_added_or_none() {
        let list = ReviewList::open(&Place::default());
        let mut unusable = proposal("b");
        unusable.entry = json!({ "command": 7 });
        assert!(list.add(&[proposal("a"), unusable], 5).is_err());
        assert!(names(&list).is_empty());
        let many: Vec<Proposal> = (0..=MOST).map(|n| proposal(&format!("s{n}"))).collect();
        assert_eq!(list.add(&many, 5), Err(ReviewError::Full));
        assert!(names(&list).is_empty());
        assert_eq!(list.remove("x"), Err(ReviewError::Unknown("x".to_owned())));
    }
}

//! What happened, page by page.

use std::collections::VecDeque;
use std::sync::Arc;

use model::{Activity, ActivityDetail, ActivityKind, ActivityPage, CallOutcome};

use super::ActivityLog;
use crate::Fleet;

/// Which activities are wanted; what is absent does not matter.
#[derive(Clone, Debug, Default)]
pub struct ActivityFilter {
    /// Of this sort.
    pub kind: Option<ActivityKind>,
    /// Caused by this client.
    pub client: Option<String>,
    /// Of this server.
    pub server: Option<String>,
    /// Of this tool.
    pub tool: Option<String>,
    /// Calls that ended so.
    pub outcome: Option<CallOutcome>,
    /// With this text anywhere, in letters of either case.
    pub text: Option<String>,
    /// Older than the one of this id.
    pub before: Option<u64>,
}

impl Fleet {
    /// One page of what happened, newest first. What is no longer in memory is read from the disk.
    pub async fn activities(&self, filter: ActivityFilter, limit: usize) -> ActivityPage {
        let fleet = self.clone();
        let page = move || fleet.0.activity.page(&filter, limit);
        // It is cancelled only while the process shuts down.
        tokio::task::spawn_blocking(page).await.unwrap_or_default()
    }

    /// Everything known about one thing that happened.
    pub async fn activity(&self, id: u64) -> Option<ActivityDetail> {
        let fleet = self.clone();
        let find = move || fleet.0.activity.find(id);
        tokio::task::spawn_blocking(find).await.ok().flatten()
    }
}

impl ActivityLog {
    /// Blocks where the disk is needed.
    pub(super) fn page(&self, filter: &ActivityFilter, limit: usize) -> ActivityPage {
        let wanted = Wanted::new(filter);
        // One more than asked for tells whether there is a next page.
        let most = limit.saturating_add(1);
        let (in_memory, oldest) = self.in_memory();
        let found = in_memory.iter().rev().map(|item| &item.activity);
        let found = found.filter(|activity| wanted.is(activity));
        let mut items: Vec<Activity> = found.take(most).cloned().collect();
        if items.len() < most {
            let mut older = wanted;
            older.before = Some(older.before.unwrap_or(u64::MAX).min(oldest));
            items.extend(self.on_disk(&older, most - items.len()));
        }
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().map(|item| item.id).filter(|_| more);
        ActivityPage { items, next }
    }

    fn find(&self, id: u64) -> Option<ActivityDetail> {
        let (in_memory, oldest) = self.in_memory();
        let known = in_memory.iter().find(|item| item.activity.id == id);
        if known.is_some() || id >= oldest {
            return known.map(|item| ActivityDetail::clone(item));
        }
        let mut found = None;
        self.visit(|item| {
            if item.activity.id == id {
                found = Some(item);
            }
        });
        found
    }

    /// Everything in memory, and the id of its oldest.
    fn in_memory(&self) -> (Vec<Arc<ActivityDetail>>, u64) {
        let recent = self.recent();
        let oldest = recent.items.front().map(|item| item.activity.id);
        let oldest = oldest.unwrap_or(recent.last_id + 1);
        (recent.items.iter().cloned().collect(), oldest)
    }

    /// The newest of those on the disk, newest first.
    fn on_disk(&self, wanted: &Wanted<'_>, most: usize) -> impl Iterator<Item = Activity> + use<> {
        let mut found = VecDeque::new();
        self.visit(|item| {
            if wanted.is(&item.activity) {
                if found.len() >= most {
                    found.pop_front();
                }
                found.push_back(item.activity);
            }
        });
        found.into_iter().rev()
    }

    fn visit(&self, each: impl FnMut(ActivityDetail)) {
        if let Some(journal) = &self.journal
            && let Err(error) = journal.visit(each)
        {
            tracing::warn!(%error, "older activities cannot be read");
        }
    }
}

/// A filter made ready.
struct Wanted<'a> {
    filter: &'a ActivityFilter,
    text: Option<String>,
    before: Option<u64>,
}

impl<'a> Wanted<'a> {
    fn new(filter: &'a ActivityFilter) -> Self {
        let text = filter.text.as_deref().map(str::trim);
        Self {
            filter,
            text: text.filter(|text| !text.is_empty()).map(str::to_lowercase),
            before: filter.before,
        }
    }

    fn is(&self, activity: &Activity) -> bool {
        let filter = self.filter;
        let same = |wanted: &Option<String>, is: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| is == Some(wanted))
        };
        self.before.is_none_or(|before| activity.id < before)
            && filter.kind.is_none_or(|kind| activity.kind == kind)
            && filter
                .outcome
                .is_none_or(|outcome| activity.outcome == Some(outcome))
            && same(&filter.client, activity.client.as_deref())
            && same(&filter.server, Some(&activity.server))
            && same(&filter.tool, activity.tool.as_deref())
            && self
                .text
                .as_deref()
                .is_none_or(|text| mentions(activity, text))
    }
}

/// Whether a text in lower case occurs anywhere.
fn mentions(activity: &Activity, text: &str) -> bool {
    let texts = [
        activity.client.as_deref(),
        Some(activity.server.as_str()),
        activity.tool.as_deref(),
        activity.text.as_deref(),
    ];
    let has = |part: &str| part.to_lowercase().contains(text);
    texts.into_iter().flatten().any(has)
}

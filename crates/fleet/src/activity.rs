//! What happened: the last of it in memory, more of it in a journal.

mod export;
mod pages;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{
    Activity, ActivityDetail, ActivityKind, ApiError, CallOutcome, CallStep, CallSummary, Event,
    now_millis,
};
use store::Journal;

use crate::place::Place;
use crate::{Fleet, Inner};

pub use export::ExportFormat;
pub use pages::ActivityFilter;

/// Kept in memory.
const RECENT: usize = 1_000;
/// Shown in the snapshot.
const SHOWN: usize = 50;
/// Each of the journal's two files.
const JOURNAL_BYTES: u64 = 4 * 1024 * 1024;

/// One call that has ended.
#[derive(Clone, Debug)]
pub struct CallReport {
    /// Who called, as the client names itself.
    pub client: String,
    /// Whether that is a client, and not a person through the gateway's own interfaces.
    pub by_client: bool,
    /// Which server; empty where no such tool is known.
    pub server: String,
    /// The tool's name at its server.
    pub tool: String,
    /// How it ended.
    pub outcome: CallOutcome,
    /// How long it took.
    pub took: Duration,
    /// Names and types of the arguments, never their values.
    pub arguments: Option<String>,
    /// Size of the arguments.
    pub request_bytes: Option<u64>,
    /// Size of the result as its server sent it.
    pub result_bytes: Option<u64>,
    /// Whether the client got the result in pages.
    pub shortened: bool,
    /// What the gateway did, in order.
    pub steps: Vec<CallStep>,
    /// Why the gateway did not let it through.
    pub refusal: Option<ApiError>,
}

impl Fleet {
    /// Records a call that has ended: in memory, on its way to the disk, and as news.
    pub fn record_call(&self, call: CallReport) {
        let inner = &self.0;
        let millis = u64::try_from(call.took.as_millis()).unwrap_or(u64::MAX);
        let failed = call.outcome != CallOutcome::Ok;
        inner.stats.count_call(millis, failed);
        if call.by_client {
            inner.clients.count_call(&call.client, failed);
        }
        self.report(Event::Call {
            client: call.client.clone(),
            server: call.server.clone(),
            tool: call.tool.clone(),
            millis,
            outcome: call.outcome,
        });
        inner.activity.add(detail_of(call, millis));
        inner.counted.notify_one();
    }
}

impl Inner {
    /// Records what is no call.
    pub(crate) fn note(
        &self,
        kind: ActivityKind,
        server: &str,
        client: Option<&str>,
        text: String,
    ) {
        let activity = Activity {
            client: client.map(str::to_owned),
            text: Some(text),
            ..blank(kind, server)
        };
        self.activity.add(bare(activity));
    }
}

/// The record of what happened.
pub(crate) struct ActivityLog {
    recent: Mutex<Recent>,
    journal: Option<Journal<ActivityDetail>>,
}

struct Recent {
    last_id: u64,
    /// The oldest first.
    items: VecDeque<Arc<ActivityDetail>>,
}

impl ActivityLog {
    pub(crate) fn open(place: &Place) -> Self {
        let (journal, recalled) =
            place.journal::<ActivityDetail>("activity.jsonl", JOURNAL_BYTES, RECENT);
        let last_id = recalled.iter().map(|item| item.activity.id).max();
        Self {
            recent: Mutex::new(Recent {
                last_id: last_id.unwrap_or(0),
                items: recalled.into_iter().map(Arc::new).collect(),
            }),
            journal,
        }
    }

    /// Adds what happened under an id of its own.
    fn add(&self, mut item: ActivityDetail) {
        let mut recent = self.recent();
        recent.last_id += 1;
        item.activity.id = recent.last_id;
        // Under the lock, so that the file has the order of the ids; nothing here waits.
        if let Some(journal) = &self.journal {
            journal.append(&item);
        }
        if recent.items.len() >= RECENT {
            recent.items.pop_front();
        }
        recent.items.push_back(Arc::new(item));
    }

    /// The last calls, newest first.
    pub(crate) fn last_calls(&self) -> Vec<CallSummary> {
        let recent = self.recent();
        let calls = recent.items.iter().rev().filter_map(|item| summary(item));
        calls.take(SHOWN).collect()
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        // Items are pushed whole, so a panic leaves nothing half done.
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn summary(item: &ActivityDetail) -> Option<CallSummary> {
    let Activity { id, at, .. } = item.activity;
    let activity = &item.activity;
    Some(CallSummary {
        id,
        at,
        client: activity.client.clone().unwrap_or_default(),
        server: activity.server.clone(),
        tool: activity.tool.clone()?,
        outcome: activity.outcome?,
        millis: activity.millis.unwrap_or_default(),
    })
}

fn detail_of(call: CallReport, millis: u64) -> ActivityDetail {
    let blank = blank(ActivityKind::Call, &call.server);
    ActivityDetail {
        activity: Activity {
            at: blank.at.saturating_sub(millis),
            client: Some(call.client),
            tool: Some(call.tool),
            outcome: Some(call.outcome),
            millis: Some(millis),
            ..blank
        },
        arguments: call.arguments,
        request_bytes: call.request_bytes,
        result_bytes: call.result_bytes,
        shortened: call.shortened,
        steps: call.steps,
        refusal: call.refusal,
    }
}

fn bare(activity: Activity) -> ActivityDetail {
    ActivityDetail {
        activity,
        arguments: None,
        request_bytes: None,
        result_bytes: None,
        shortened: false,
        steps: Vec::new(),
        refusal: None,
    }
}

fn blank(kind: ActivityKind, server: &str) -> Activity {
    Activity {
        id: 0,
        at: now_millis(),
        kind,
        client: None,
        server: server.to_owned(),
        tool: None,
        outcome: None,
        millis: None,
        text: None,
    }
}

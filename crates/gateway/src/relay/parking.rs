//! Calls of modern clients that a legacy server has interrupted with a question.
//!
//! Such a client cannot be asked in the middle of a call: its call ends with the question, and it
//! calls again with the answer. Meanwhile the call at the server waits here.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fleet::Exchange;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use upstream::ServerRequest;

/// A call waits so long for its client to come back with the answer.
const PATIENCE: Duration = Duration::from_mins(10);
/// So many wait at most; beyond that the oldest are given up.
const MAX_PARKED: usize = 1_000;

/// A call that waits, and the questions that it waits for, by the keys that the client was given.
pub(crate) struct Parked {
    pub(crate) exchange: Exchange,
    pub(crate) questions: BTreeMap<String, ServerRequest>,
}

/// All calls that wait; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Parking(Arc<Mutex<Places>>);

#[derive(Default)]
struct Places {
    next: u64,
    /// With what ends the wait for each when it is taken out.
    parked: HashMap<u64, (Parked, DropGuard)>,
}

impl Parking {
    /// Lets a call wait, and returns the number to ask for it by. Given up, it is cancelled at
    /// its server.
    pub(crate) fn park(&self, parked: Parked, tasks: &TaskTracker) -> u64 {
        let taken = CancellationToken::new();
        let number = {
            let mut places = self.lock();
            if places.parked.len() >= MAX_PARKED
                && let Some(oldest) = places.parked.keys().min().copied()
            {
                places.parked.remove(&oldest);
            }
            let number = places.next;
            places.next += 1;
            let guard = taken.clone().drop_guard();
            places.parked.insert(number, (parked, guard));
            number
        };
        let parking = self.clone();
        tasks.spawn(async move {
            if tokio::time::timeout(PATIENCE, taken.cancelled())
                .await
                .is_err()
            {
                drop(parking.take(number));
            }
        });
        number
    }

    /// Takes a call out again; each can be taken once.
    pub(crate) fn take(&self, number: u64) -> Option<Parked> {
        self.lock().parked.remove(&number).map(|(parked, _)| parked)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

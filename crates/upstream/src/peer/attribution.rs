//! To which call something belongs that a server says in the middle of calls.

use std::sync::atomic::Ordering;

use tokio::sync::mpsc::error::TrySendError;
use wire::RequestId;

use super::{Listening, Shared};
use crate::exchange::Happening;

/// What can be said about the origin of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// No call that anyone listens to is in flight.
    Nobody,
    /// This call, or another one of the same party.
    Call(u64),
    /// Calls of several parties are in flight, and nothing tells which it is.
    Unclear,
}

impl Shared {
    /// The call that a message belongs to: the one on whose stream it came, else the only party
    /// with calls in flight. Never a guess among several.
    pub(super) fn cause(&self, during: Option<&RequestId>) -> Cause {
        let waiting = self.waiting();
        let named = during.and_then(RequestId::as_number);
        if let Some(id) = named
            && waiting
                .get(&id)
                .is_some_and(|entry| entry.listener.is_some())
        {
            return Cause::Call(id);
        }
        let mut cause = Cause::Nobody;
        let mut only = None;
        for (id, entry) in waiting.iter() {
            let listener = entry.listener.as_ref();
            let Some(listener) = listener.filter(|listener| !listener.paused) else {
                continue;
            };
            if only.is_some_and(|party| party != listener.party) {
                return Cause::Unclear;
            }
            only = Some(listener.party);
            cause = Cause::Call(*id);
        }
        cause
    }

    /// Tells a call what happens to it; gives it back if nobody listens or can take more.
    pub(super) fn tell(&self, call: u64, happening: Happening) -> Result<(), Happening> {
        let waiting = self.waiting();
        let listener = waiting.get(&call).and_then(|entry| entry.listener.as_ref());
        let Some(listener) = listener else {
            return Err(happening);
        };
        listener
            .happenings
            .try_send(happening)
            .map_err(|error| match error {
                TrySendError::Full(happening) | TrySendError::Closed(happening) => happening,
            })
    }

    /// Remembers that a call has led to a question or to lines of the log.
    pub(super) fn note_speech(&self, call: u64) {
        self.with_listener(call, |listener| listener.spoke = true);
    }

    pub(super) fn set_paused(&self, call: u64, paused: bool) {
        self.with_listener(call, |listener| listener.paused = paused);
        self.settled.notify_one();
    }

    fn with_listener(&self, call: u64, change: impl FnOnce(&mut Listening)) {
        let mut waiting = self.waiting();
        if let Some(listener) = waiting
            .get_mut(&call)
            .and_then(|entry| entry.listener.as_mut())
        {
            change(listener);
        }
    }

    pub(super) fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }
}

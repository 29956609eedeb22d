//! Turns at a server that asks its client something in the middle of calls, over a connection
//! that does not tell during which: then only one party at a time has calls in flight.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::exchange::PartyId;

/// Hands out turns; cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Default)]
struct State {
    /// Whose turn it is, and how many calls of theirs are in flight.
    party: Option<PartyId>,
    active: usize,
    /// Who waits, in order.
    queue: VecDeque<u64>,
    next_ticket: u64,
}

/// One call's part in its party's turn.
pub(super) struct Turn(Turns);

impl Turns {
    /// Waits until it is the party's turn. A party whose turn it is goes on only while nobody
    /// else waits, so that a busy one cannot keep the others out.
    pub(super) async fn take(&self, party: PartyId) -> Turn {
        let ticket = Ticket::draw(self);
        loop {
            let freed = self.0.freed.notified();
            if self.try_take(party, ticket.number) {
                return Turn(self.clone());
            }
            freed.await;
        }
    }

    fn try_take(&self, party: PartyId, ticket: u64) -> bool {
        let mut state = self.state();
        let may = state.active == 0 || state.party == Some(party);
        if state.queue.front() != Some(&ticket) || !may {
            return false;
        }
        state.party = Some(party);
        state.active += 1;
        true
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.state().active -= 1;
        self.0.0.freed.notify_waiters();
    }
}

/// A place in the queue, given up when the turn has come or nobody waits for it any more.
struct Ticket<'a> {
    turns: &'a Turns,
    number: u64,
}

impl<'a> Ticket<'a> {
    fn draw(turns: &'a Turns) -> Self {
        let mut state = turns.state();
        let number = state.next_ticket;
        state.next_ticket += 1;
        state.queue.push_back(number);
        Self { turns, number }
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.turns
            .state()
            .queue
            .retain(|number| *number != self.number);
        self.turns.0.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::exchange::Party;

    #[tokio::test]
    async fn one_party_at_a_time_and_none_is_kept_out() {
        let (turns, one, two) = (Turns::default(), Party::fresh().id(), Party::fresh().id());
        let first = turns.take(one).await;
        let second = turns.take(one).await;
        let mut other = std::pin::pin!(turns.take(two));
        assert!(other.as_mut().now_or_never().is_none());
        let mut late = std::pin::pin!(turns.take(one));
        assert!(late.as_mut().now_or_never().is_none(), "another waits");
        drop((first, second));
        let turn = other.await;
        assert!(late.as_mut().now_or_never().is_none());
        drop(turn);
        late.await;
    }

    #[tokio::test]
    async fn who_gives_up_holds_nobody_back() {
        let (turns, one, two) = (Turns::default(), Party::fresh().id(), Party::fresh().id());
        let _first = turns.take(one).await;
        assert!(turns.take(two).now_or_never().is_none());
        assert!(turns.take(one).now_or_never().is_some());
    }
}

//! One request that was sent.

use tokio::sync::{mpsc, oneshot};
use wire::{Message, RawObject, RequestId};

use super::habits::what;
use super::turns::Turn;
use super::{Entry, HAPPENINGS, Listener, Listening, Peer, Reply, Shared};
use crate::exchange::{Happening, PartyId};
use crate::link::CallError;

/// A request that was sent. Dropping it before its answer tells the server that nobody waits.
pub(crate) struct InFlight {
    peer: Peer,
    id: u64,
    /// What happens before the answer; `None` where nobody listens.
    happenings: Option<mpsc::Receiver<Happening>>,
    reply: oneshot::Receiver<Reply>,
    /// The answer, while what was said before it is still being told.
    answer: Option<Reply>,
    /// Whether the server may still be working on it.
    open: bool,
    /// The party's turn, while the server may have something to say.
    turn: Option<Turn>,
    party: Option<PartyId>,
}

impl InFlight {
    /// Sends a request.
    pub(super) async fn send(
        peer: &Peer,
        method: &str,
        mut params: RawObject,
        listener: Option<Listener>,
    ) -> Result<Self, CallError> {
        let shared = &peer.shared;
        let what = what(method, &params);
        let turn = match listener {
            Some(listener) if listener.needs_turn && shared.habits.may_ask(&what) => {
                Some(shared.turns.take(listener.party).await)
            }
            _ => None,
        };
        let mut sent = Self::expect(peer, listener, what, turn);
        if let Some(listener) = listener {
            set_progress_token(&mut params, listener.progress.then_some(sent.id));
        }
        let id = RequestId::number(sent.id);
        let request = Message::request(id, method, Some(params.to_raw()));
        // What closes after this settles the request; what closed before is seen here.
        if shared.is_closed() || shared.outgoing.send(request).await.is_err() {
            return Err(CallError::NotDelivered(shared.closing_problem()));
        }
        sent.open = true;
        Ok(sent)
    }

    fn expect(peer: &Peer, listener: Option<Listener>, what: String, turn: Option<Turn>) -> Self {
        let id = peer.shared.next_id();
        let (sender, reply) = oneshot::channel();
        let (listening, happenings) = listener
            .map(|Listener { party, .. }| {
                let (happenings, receiver) = mpsc::channel(HAPPENINGS);
                let listening = Listening {
                    party,
                    what,
                    spoke: false,
                    paused: false,
                    happenings,
                };
                (listening, receiver)
            })
            .unzip();
        let entry = Entry {
            reply: sender,
            listener: listening,
        };
        peer.shared.waiting().insert(id, entry);
        peer.shared.settled.notify_one();
        Self {
            peer: peer.clone(),
            id,
            happenings,
            reply,
            answer: None,
            open: false,
            turn,
            party: listener.map(|listener| listener.party),
        }
    }

    /// Waits for what happens next, in the order in which the server said it.
    pub(crate) async fn next(&mut self) -> Happening {
        if self.answer.is_none()
            && let Some(heard) = self.hear().await
        {
            return heard;
        }
        // What came in the moment between two looks was still said before the answer.
        if let Some(Ok(heard)) = self.happenings.as_mut().map(mpsc::Receiver::try_recv) {
            return heard;
        }
        self.open = false;
        self.turn = None;
        let answer = self.answer.take();
        Happening::Reply(answer.unwrap_or_else(|| Err(lost(&self.peer.shared))))
    }

    /// Waits for what is said before the answer; `None` once the answer is there.
    async fn hear(&mut self) -> Option<Happening> {
        let heard = async {
            match &mut self.happenings {
                Some(happenings) => happenings.recv().await,
                None => None,
            }
        };
        tokio::select! {
            biased;
            Some(heard) = heard => Some(heard),
            reply = &mut self.reply => {
                let lost = || Err(lost(&self.peer.shared));
                self.answer = Some(reply.unwrap_or_else(|_| lost()));
                None
            }
        }
    }

    /// The server waits for an answer that will be long in coming: meanwhile it is others' turn,
    /// and what it says is not taken for this call's.
    pub(crate) fn pause(&mut self) {
        self.turn = None;
        self.peer.shared.set_paused(self.id, true);
    }

    /// The answer is about to be given: waits until it is the party's turn again.
    pub(crate) async fn resume(&mut self) {
        if let Some(party) = self.party {
            self.turn = Some(self.peer.shared.turns.take(party).await);
        }
        self.peer.shared.set_paused(self.id, false);
    }

    /// Waits for the answer.
    pub(super) async fn reply(&mut self) -> Reply {
        loop {
            if let Happening::Reply(reply) = self.next().await {
                return reply;
            }
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.peer.shared.forget(self.id);
        if self.open && self.answer.is_none() {
            let id = RequestId::number(self.id);
            let cancelled = Message::cancelling(&id, "the client no longer waits");
            // A full queue means that the server does not read; then it does not stop either.
            let _ = self.peer.shared.outgoing.try_send(cancelled);
        }
    }
}

fn lost(shared: &Shared) -> CallError {
    CallError::Lost(shared.closing_problem())
}

/// Asks for progress under our own id, which is unique among all clients of the server, or not.
fn set_progress_token(params: &mut RawObject, token: Option<u64>) {
    params.edit_meta(|meta| match token {
        Some(token) => meta.set("progressToken", wire::raw(&token)),
        None => drop(meta.remove("progressToken")),
    });
}

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
        if self.answer.is_none() {
            let heard = match &mut self.happenings {
                Some(happenings) => tokio::select! {
                    biased;
                    Some(heard) = happenings.recv() => Some(heard),
                    reply = &mut self.reply => {
                        self.answer = Some(received(&self.peer.shared, reply));
                        None
                    }
                },
                None => {
                    let reply = (&mut self.reply).await;
                    self.answer = Some(received(&self.peer.shared, reply));
                    None
                }
            };
            if let Some(heard) = heard {
                return heard;
            }
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
            let mut params = RawObject::default();
            params.set("requestId", wire::raw(&RequestId::number(self.id)));
            params.set("reason", wire::raw_str("the client no longer waits"));
            let cancelled = Message::notification("notifications/cancelled", Some(params.to_raw()));
            // A full queue means that the server does not read; then it does not stop either.
            let _ = self.peer.shared.outgoing.try_send(cancelled);
        }
    }
}

fn received(shared: &Shared, reply: Result<Reply, oneshot::error::RecvError>) -> Reply {
    reply.unwrap_or_else(|_| Err(lost(shared)))
}

fn lost(shared: &Shared) -> CallError {
    CallError::Lost(shared.closing_problem())
}

/// Asks for progress under our own id, which is unique among all clients of the server, or not.
fn set_progress_token(params: &mut RawObject, token: Option<u64>) {
    let mut meta = params.object("_meta").unwrap_or_default();
    match token {
        Some(token) => meta.set("progressToken", wire::raw(&token)),
        None => drop(meta.remove("progressToken")),
    }
    if meta.is_empty() {
        params.remove("_meta");
    } else {
        params.set("_meta", meta.to_raw());
    }
}

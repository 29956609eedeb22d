//! A second, legacy connection to a server that speaks both eras.
//!
//! What the eras share they share in different words, and servers offer some of it in one era
//! only (questions in the middle of calls, experimental tasks). A client is therefore met in its
//! own era wherever the server speaks it, and translated for only where it does not. Over HTTP
//! the second connection costs one handshake, made when the first legacy client comes.

use tokio::sync::Mutex;

use super::{Caller, Session, Terms, remote};
use crate::http::Target;
use crate::link::CallError;

/// The way to the second connection.
pub(crate) struct Beside {
    target: Target,
    terms: Terms,
    state: Mutex<State>,
}

enum State {
    Unopened,
    Open(Box<Session>),
    /// The server does not speak the older era.
    Refused,
}

impl Beside {
    pub(super) fn new(target: Target, mut terms: Terms) -> Self {
        terms.news.repeats = true;
        Self {
            target,
            terms,
            state: Mutex::new(State::Unopened),
        }
    }

    /// The second connection, opened if need be; `None` where there is none to be had.
    pub(super) async fn caller(&self) -> Option<Caller> {
        let mut state = self.state.lock().await;
        match &*state {
            State::Refused => return None,
            State::Open(session) if !session.caller.is_closed() => {
                return Some(session.caller.clone());
            }
            State::Open(_) | State::Unopened => {}
        }
        match remote::open_legacy_beside(&self.target, self.terms.clone()).await {
            Ok(session) => {
                let caller = session.caller.clone();
                *state = State::Open(Box::new(session));
                Some(caller)
            }
            Err(CallError::Rpc(_) | CallError::Http { .. }) => {
                *state = State::Refused;
                None
            }
            Err(_) => {
                *state = State::Unopened;
                None
            }
        }
    }

    /// Ends the second connection in order.
    pub(super) async fn stop(&self) {
        let mut state = self.state.lock().await;
        if let State::Open(session) = std::mem::replace(&mut *state, State::Refused) {
            Box::pin(session.stop()).await;
        }
    }
}

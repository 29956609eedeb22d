//! Sessions of single clients with a legacy server, beside the connection that all share.
//!
//! A legacy session belongs to the client that opened it: the server knows that client's
//! capabilities, asks it outside of calls, and keeps state for it. Over HTTP a session costs one
//! handshake, so each legacy client gets its own when it first needs one; also from servers that
//! prefer the modern era, because there is nothing to translate then. A process has one
//! connection only, which its clients must share.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::{Caller, Session, Terms, remote};
use crate::exchange::{Behalf, PartyId};
use crate::http::Target;
use crate::link::CallError;

/// Sessions at once; further clients share the common connection.
const MAX_SESSIONS: usize = 256;

/// The way to the sessions of single clients.
pub(crate) struct Beside {
    target: Target,
    terms: Terms,
    places: std::sync::Mutex<HashMap<PartyId, Arc<Mutex<Place>>>>,
    /// Wait for clients to be gone, to end their sessions.
    watchers: std::sync::Mutex<JoinSet<()>>,
}

enum Place {
    Unopened,
    Open(Box<Session>),
    /// The server does not speak the older era, or the client is gone.
    Closed,
}

impl Beside {
    pub(super) fn new(target: Target, terms: Terms) -> Arc<Self> {
        Arc::new(Self {
            target,
            terms,
            places: std::sync::Mutex::default(),
            watchers: std::sync::Mutex::default(),
        })
    }

    /// The client's own session, opened if need be; `None` where there is none to be had.
    pub(super) async fn caller(self: &Arc<Self>, behalf: &Behalf) -> Option<Caller> {
        let place = self.place(behalf)?;
        let mut place = place.lock().await;
        match &*place {
            Place::Closed => return None,
            Place::Open(session) if !session.caller.is_closed() => {
                return Some(session.caller.clone());
            }
            Place::Open(_) | Place::Unopened => {}
        }
        let mut terms = self.terms.clone();
        terms.news.audience = Some(behalf.party.id());
        match remote::open_for(&self.target, terms, behalf).await {
            Ok(session) => {
                let caller = session.caller.clone();
                *place = Place::Open(Box::new(session));
                Some(caller)
            }
            Err(CallError::Rpc(_)) => {
                *place = Place::Closed;
                None
            }
            Err(_) => None,
        }
    }

    /// The client's place, with somebody to close it when the client is gone.
    fn place(self: &Arc<Self>, behalf: &Behalf) -> Option<Arc<Mutex<Place>>> {
        let id = behalf.party.id();
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = places.get(&id) {
            return Some(Arc::clone(place));
        }
        if places.len() >= MAX_SESSIONS {
            return None;
        }
        let place = Arc::new(Mutex::new(Place::Unopened));
        places.insert(id, Arc::clone(&place));
        let (gone, beside) = (behalf.party.gone(), Arc::downgrade(self));
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        while watchers.try_join_next().is_some() {}
        watchers.spawn(async move {
            gone.cancelled().await;
            if let Some(beside) = beside.upgrade() {
                beside.close(id).await;
            }
        });
        Some(place)
    }

    /// Ends all sessions in order.
    pub(super) async fn stop(&self) {
        let ids: Vec<PartyId> = {
            let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            places.keys().copied().collect()
        };
        futures_util::future::join_all(ids.into_iter().map(|id| self.close(id))).await;
    }

    async fn close(&self, id: PartyId) {
        let place = {
            let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            places.remove(&id)
        };
        let Some(place) = place else { return };
        let place = std::mem::replace(&mut *place.lock().await, Place::Closed);
        if let Place::Open(session) = place {
            Box::pin(session.stop()).await;
        }
    }
}

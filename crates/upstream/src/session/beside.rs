//! Sessions of single clients with a legacy server, beside the connection that all share.
//!
//! A legacy session belongs to the client that opened it: the server knows that client's
//! capabilities, asks it outside of calls, and keeps state for it. Over HTTP a session costs one
//! handshake, so each legacy client gets its own when it first needs one; also from servers that
//! prefer the modern era, because there is nothing to translate then. A process has one
//! connection only, which its clients must share.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError};

use tokio::sync::Mutex;
use tokio::task::JoinSet;
use wire::{Notification, RawObject};

use super::informed::remind;
use super::{Caller, Session, Terms, remote};
use crate::exchange::{Behalf, PartyId};
use crate::http::Target;
use crate::link::CallError;
use crate::news::NewsDesk;

/// Sessions at once; further clients share the common connection.
const MAX_SESSIONS: usize = 256;

/// Resources of one client that are remembered.
const MAX_WATCHED: usize = 1_000;

/// The way to the sessions of single clients.
pub(crate) struct Beside {
    target: Target,
    terms: Terms,
    places: std::sync::Mutex<HashMap<PartyId, Arc<Mutex<Place>>>>,
    /// Wait for clients to be gone, to end their sessions.
    watchers: std::sync::Mutex<JoinSet<()>>,
}

struct Place {
    state: State,
    watched: Arc<Watched>,
}

enum State {
    Unopened,
    Open(Box<Session>),
    /// The server does not speak the older era, or the client is gone.
    Closed,
}

/// The resources that one client has subscribed to; a new session must be told of them again.
#[derive(Default)]
pub(super) struct Watched(std::sync::Mutex<BTreeSet<String>>);

impl Watched {
    /// Takes note of a request, if it is about following a resource.
    pub(super) fn note(&self, method: &str, params: &RawObject) {
        let Some(uri) = params.get_as::<String>("uri") else {
            return;
        };
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match method {
            "resources/subscribe" if watched.len() < MAX_WATCHED => drop(watched.insert(uri)),
            "resources/unsubscribe" => drop(watched.remove(&uri)),
            _ => {}
        }
    }

    fn all(&self) -> BTreeSet<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Beside {
    pub(crate) fn new(target: Target, terms: Terms) -> Arc<Self> {
        Arc::new(Self {
            target,
            terms,
            places: std::sync::Mutex::default(),
            watchers: std::sync::Mutex::default(),
        })
    }

    /// The client's own session, opened if need be; `None` where there is none to be had.
    pub(crate) async fn caller(self: &Arc<Self>, behalf: &Behalf) -> Option<Caller> {
        let place = self.place(behalf)?;
        let mut place = place.lock().await;
        match &place.state {
            State::Closed => return None,
            State::Open(session) if !session.caller.is_closed() => {
                return Some(session.caller.clone());
            }
            State::Open(_) | State::Unopened => {}
        }
        let mut terms = self.terms.clone();
        terms.news = terms.news.of(behalf.party.id());
        match remote::open_for(&self.target, terms, behalf).await {
            Ok(mut session) => {
                session.caller.own = Some(Arc::clone(&place.watched));
                let caller = session.caller.clone();
                place.state = State::Open(Box::new(session));
                let watched = place.watched.all();
                let followed = remind(&caller, behalf.log_level, &watched).await;
                suspect_changes(followed, &self.terms.news.of(behalf.party.id()));
                Some(caller)
            }
            Err(CallError::Rpc(_)) => {
                place.state = State::Closed;
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
        let place = Arc::new(Mutex::new(Place {
            state: State::Unopened,
            watched: Arc::default(),
        }));
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
        let state = std::mem::replace(&mut place.lock().await.state, State::Closed);
        if let State::Open(session) = state {
            Box::pin(session.stop()).await;
        }
    }
}

/// A session took the place of one that died: of what the client follows, it is told that it may
/// have changed meanwhile.
fn suspect_changes(followed: Vec<&String>, desk: &NewsDesk) {
    for uri in followed {
        let mut params = RawObject::default();
        params.set("uri", wire::raw(uri));
        desk.publish(Notification {
            method: "notifications/resources/updated".to_owned(),
            params: Some(params.to_raw()),
        });
    }
}

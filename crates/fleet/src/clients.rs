//! Which programs use the gateway.
//!
//! A client is told from another by the name that it gives itself, which is good enough to show
//! and never a ground for trust.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use model::{ClientStatus, now_millis};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::Fleet;

/// Clients that are remembered; beyond that, the one not heard of for longest goes.
const MOST: usize = 64;
/// A session over plain requests tells nobody when it ends. It counts as open for so long after
/// its last request.
const LINGER: u64 = 5 * 60 * 1000;

impl Fleet {
    /// A client has opened a connection or session, which is open until the result is dropped,
    /// [`Presence::end`] is called, or what let the client in is over.
    pub fn client_present(
        &self,
        name: &str,
        kind: PresenceKind,
        over: &CancellationToken,
    ) -> Arc<Presence> {
        self.0.clients.present(name, kind, over)
    }
}

/// How it is known that a connection or session is still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresenceKind {
    /// It is open until it ends.
    Connection,
    /// Its end may never be told: it is open while it is used or held.
    Session,
}

/// One connection or session of a client.
#[derive(Debug)]
pub struct Presence {
    kind: PresenceKind,
    known: Arc<Known>,
    used: AtomicU64,
    held: AtomicUsize,
    over: CancellationToken,
    changed: Arc<Notify>,
}

impl Presence {
    /// One of nobody who is shown.
    pub fn unseen() -> Arc<Self> {
        let over = CancellationToken::new();
        Clients::new(Arc::default()).present("", PresenceKind::Connection, &over)
    }

    /// It was used just now.
    pub fn touch(&self) {
        let now = now_millis();
        self.used.store(now, Ordering::Relaxed);
        self.known.last_seen.store(now, Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// It is open for as long as the result lives, whether it is used or not.
    #[must_use]
    pub fn hold(self: &Arc<Self>) -> Held {
        self.held.fetch_add(1, Ordering::Relaxed);
        self.touch();
        Held(Arc::clone(self))
    }

    /// It is over, although parts of it may live on.
    pub fn end(&self) {
        self.over.cancel();
        self.touch();
    }

    /// Whether it is open, and until when if nothing else happens.
    fn open(&self, now: u64) -> (bool, Option<u64>) {
        if self.over.is_cancelled() {
            return (false, None);
        }
        if self.kind == PresenceKind::Connection || self.held.load(Ordering::Relaxed) > 0 {
            return (true, None);
        }
        let until = self.used.load(Ordering::Relaxed) + LINGER;
        (now < until, (now < until).then_some(until))
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.changed.notify_one();
    }
}

/// Keeps a [`Presence`] open.
#[derive(Debug)]
pub struct Held(Arc<Presence>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::Relaxed);
        self.0.touch();
    }
}

/// All clients.
pub(crate) struct Clients {
    known: Mutex<HashMap<String, Arc<Known>>>,
    /// Rung when something that is shown has changed.
    changed: Arc<Notify>,
}

/// What is known of one client.
#[derive(Debug, Default)]
struct Known {
    last_seen: AtomicU64,
    last_call: AtomicU64,
    calls: AtomicU64,
    failures: AtomicU64,
    presences: Mutex<Vec<Weak<Presence>>>,
}

impl Clients {
    pub(crate) fn new(changed: Arc<Notify>) -> Self {
        Self {
            known: Mutex::default(),
            changed,
        }
    }

    fn present(&self, name: &str, kind: PresenceKind, over: &CancellationToken) -> Arc<Presence> {
        let presence = Arc::new(Presence {
            kind,
            known: self.get(name),
            used: AtomicU64::new(0),
            held: AtomicUsize::new(0),
            over: over.child_token(),
            changed: Arc::clone(&self.changed),
        });
        presence.touch();
        let mut presences = lock(&presence.known.presences);
        presences.retain(|other| other.strong_count() > 0);
        presences.push(Arc::downgrade(&presence));
        drop(presences);
        presence
    }

    /// A client has called a tool.
    pub(crate) fn count_call(&self, name: &str, failed: bool) {
        let (known, now) = (self.get(name), now_millis());
        known.last_seen.store(now, Ordering::Relaxed);
        known.last_call.store(now, Ordering::Relaxed);
        known.calls.fetch_add(1, Ordering::Relaxed);
        known
            .failures
            .fetch_add(u64::from(failed), Ordering::Relaxed);
    }

    /// All clients, the one heard of last first; and when the next of their sessions is no longer
    /// taken for open.
    pub(crate) fn status(&self, now: u64) -> (Vec<ClientStatus>, Option<u64>) {
        let all: Vec<(String, Arc<Known>)> = {
            let known = lock(&self.known);
            let pairs = known.iter();
            pairs
                .map(|(name, known)| (name.clone(), Arc::clone(known)))
                .collect()
        };
        let mut next = None;
        let mut clients: Vec<ClientStatus> = Vec::with_capacity(all.len());
        for (name, known) in all {
            let (open, until) = known.open(now);
            next = next.into_iter().chain(until).min();
            clients.push(known.status(name, open));
        }
        clients.sort_by(|a, b| b.last_seen.cmp(&a.last_seen).then(a.name.cmp(&b.name)));
        (clients, next)
    }

    fn get(&self, name: &str) -> Arc<Known> {
        let mut known = lock(&self.known);
        if let Some(known) = known.get(name) {
            return Arc::clone(known);
        }
        if known.len() >= MOST {
            forget_one(&mut known);
        }
        Arc::clone(known.entry(name.to_owned()).or_default())
    }
}

impl Known {
    /// How many connections and sessions are open, and when the first of them lapses.
    fn open(&self, now: u64) -> (usize, Option<u64>) {
        let presences = lock(&self.presences);
        let living = presences.iter().filter_map(Weak::upgrade);
        let open = living.map(|presence| presence.open(now));
        open.filter(|(open, _)| *open)
            .fold((0, None), |(count, first), (_, until)| {
                let first: Option<u64> = first;
                (count + 1, first.into_iter().chain(until).min())
            })
    }

    fn status(&self, name: String, open: usize) -> ClientStatus {
        let last_call = self.last_call.load(Ordering::Relaxed);
        ClientStatus {
            name,
            open,
            last_seen: self.last_seen.load(Ordering::Relaxed),
            last_call: (last_call > 0).then_some(last_call),
            calls: self.calls.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
        }
    }
}

/// Forgets the client not heard of for longest; one that is connected is heard of now.
fn forget_one(known: &mut HashMap<String, Arc<Known>>) {
    let now = now_millis();
    let rank = |known: &Known| {
        let is_open = known.open(now).0 > 0;
        (is_open, known.last_seen.load(Ordering::Relaxed))
    };
    let oldest = known.iter().min_by_key(|(_, known)| rank(known));
    if let Some(name) = oldest.map(|(name, _)| name.clone()) {
        known.remove(&name);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients() -> Clients {
        Clients::new(Arc::new(Notify::new()))
    }

    fn present(clients: &Clients, name: &str, kind: PresenceKind) -> Arc<Presence> {
        clients.present(name, kind, &CancellationToken::new())
    }

    fn only(clients: &Clients, now: u64) -> (usize, Option<u64>) {
        let (status, next) = clients.status(now);
        assert_eq!(status.len(), 1, "{status:?}");
        (status[0].open, next)
    }

    #[test]
    fn a_connection_is_open_until_it_is_dropped() {
        let clients = clients();
        let one = present(&clients, "a", PresenceKind::Connection);
        let two = present(&clients, "a", PresenceKind::Connection);
        assert_eq!(only(&clients, u64::MAX), (2, None));
        drop(one);
        assert_eq!(only(&clients, u64::MAX), (1, None));
        two.end();
        assert_eq!(only(&clients, 0), (0, None));
    }

    #[test]
    fn nobody_stays_once_what_let_them_in_is_over() {
        let clients = clients();
        let over = CancellationToken::new();
        let one = clients.present("a", PresenceKind::Session, &over);
        let two = clients.present("a", PresenceKind::Connection, &over);
        let (now, _held) = (now_millis(), one.hold());
        assert_eq!(only(&clients, now).0, 2);
        two.end();
        assert_eq!(only(&clients, now).0, 1);
        over.cancel();
        assert_eq!(only(&clients, now).0, 0);
    }

    #[test]
    fn a_session_lapses_unless_it_is_held_or_used() {
        let clients = clients();
        let session = present(&clients, "a", PresenceKind::Session);
        let now = now_millis();
        let (open, until) = only(&clients, now);
        let until = until.expect("it lapses");
        assert_eq!(open, 1);
        assert!(until >= now + LINGER, "{until}");
        assert_eq!(only(&clients, until), (0, None));
        let held = session.hold();
        assert_eq!(only(&clients, until), (1, None));
        drop(held);
        assert_eq!(only(&clients, now).0, 1);
        session.end();
        assert_eq!(only(&clients, now), (0, None));
    }

    #[test]
    fn calls_are_counted_and_the_latest_come_first() {
        let clients = clients();
        clients.count_call("a", false);
        clients.count_call("a", true);
        clients.get("a").last_seen.store(5, Ordering::Relaxed);
        present(&clients, "b", PresenceKind::Session);
        let (status, _) = clients.status(now_millis());
        let names: Vec<&str> = status.iter().map(|client| client.name.as_str()).collect();
        assert_eq!(names, ["b", "a"]);
        assert_eq!((status[1].calls, status[1].failures), (2, 1));
        assert!(status[1].last_call.is_some() && status[0].last_call.is_none());
    }

    #[test]
    fn the_number_of_clients_is_bounded_and_connected_ones_stay() {
        let clients = clients();
        let _connected = present(&clients, "connected", PresenceKind::Connection);
        clients
            .get("connected")
            .last_seen
            .store(1, Ordering::Relaxed);
        for number in 0..200 {
            clients.count_call(&format!("c{number}"), false);
        }
        let (status, _) = clients.status(now_millis());
        assert_eq!(status.len(), MOST);
        assert!(status.iter().any(|client| client.name == "connected"));
    }
}

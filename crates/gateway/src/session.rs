//! Who is calling: legacy sessions, and the clients behind all requests.

mod follows;
mod listening;
mod streams;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fleet::{Held, Pass, Presence};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use upstream::Party;
use wire::{Era, LogLevel, Message, Raw, RawObject, RequestId};

use crate::requester::{Asks, Back, Requester};
pub(crate) use follows::{Follows, Watch};
pub(crate) use listening::Listening;
pub(crate) use streams::{Reader, Streams};

/// Sessions kept at most; beyond that, the one idle longest goes.
const MAX_SESSIONS: usize = 10_000;
/// Requests of one session that may be in flight, whether or not its client still listens.
const MAX_IN_FLIGHT: usize = 1_024;

/// A session that was not used for so long is forgotten.
const MAX_IDLE: Duration = Duration::from_hours(24);

/// The program at the other end, as it names itself. Never a ground for trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its name and version.
    pub name: String,
}

impl Client {
    /// A client by the name it gave, made fit for logs.
    pub fn new(name: &str) -> Self {
        let clean: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
        Self {
            name: if clean.is_empty() {
                "unknown".to_owned()
            } else {
                clean
            },
        }
    }

    /// The same under the name of the token that it came with, which a person gave.
    #[must_use]
    pub(crate) fn with_token(self, token: Option<&str>) -> Self {
        match token {
            None => self,
            Some(token) if self.name == "unknown" || self.name == token => Self {
                name: token.to_owned(),
            },
            Some(token) => Self {
                name: format!("{token} ({})", self.name),
            },
        }
    }

    /// Reads the implementation object that clients send of themselves.
    pub(crate) fn from_info(info: Option<&RawObject>) -> Self {
        let part = |key| {
            info.and_then(|info| info.get_as::<String>(key))
                .unwrap_or_default()
        };
        Self::new(format!("{} {}", part("name"), part("version")).trim())
    }
}

/// What a client said of itself when it opened a session.
#[derive(Debug)]
pub(crate) struct Introduced {
    pub(crate) client: Client,
    /// Its name and version as it sent them.
    pub(crate) info: Option<Raw>,
    /// Its capabilities as it sent them.
    pub(crate) capabilities: RawObject,
    /// The revision agreed on.
    pub(crate) revision: &'static str,
    /// Whoever opened it; nobody else can use it.
    pub(crate) pass: Arc<Pass>,
    /// Shows that it is there.
    pub(crate) presence: Arc<Presence>,
}

/// One legacy session.
pub(crate) struct Session {
    pub(crate) introduced: Introduced,
    pub(crate) party: Party,
    /// Our questions to the client.
    pub(crate) asks: Asks,
    /// Streams that the client may take up again.
    pub(crate) streams: Streams,
    /// What the client follows: resources, tasks, sign-ins by URL.
    pub(crate) follows: Follows,
    /// Where the client hears of what belongs to no request.
    pub(crate) listening: Listening,
    /// Cancelled when the session is over.
    pub(crate) ended: CancellationToken,
    level: Mutex<Option<LogLevel>>,
    in_flight: Mutex<InFlight>,
    /// The ways to the client that its requests in flight have opened.
    outlets: Mutex<Vec<mpsc::WeakSender<Message>>>,
}

/// The requests that are being worked on, by numbers of ours: not every client takes a new id for
/// each.
#[derive(Default)]
struct InFlight {
    next: u64,
    requests: HashMap<u64, (RequestId, CancellationToken)>,
}

impl Session {
    pub(crate) fn new(introduced: Introduced) -> Self {
        Self {
            ended: introduced.pass.over().child_token(),
            introduced,
            party: Party::fresh(),
            asks: Asks::default(),
            streams: Streams::default(),
            follows: Follows::default(),
            listening: Listening::default(),
            level: Mutex::default(),
            in_flight: Mutex::default(),
            outlets: Mutex::default(),
        }
    }

    /// Nothing more happens in the session.
    pub(crate) fn end(&self) {
        self.ended.cancel();
        self.introduced.presence.end();
    }

    /// Sends a message to the client by whichever way is open; false if none is.
    pub(crate) async fn send(&self, message: &Message) -> bool {
        let outlets = lock(&self.outlets).clone();
        // The newest first: it is the likeliest to stay open.
        for outlet in outlets.iter().rev() {
            if let Some(outlet) = outlet.upgrade()
                && outlet.send(message.clone()).await.is_ok()
            {
                return true;
            }
        }
        false
    }

    fn register(&self, outlet: &mpsc::Sender<Message>) {
        let mut outlets = lock(&self.outlets);
        outlets.retain(|outlet| outlet.strong_count() > 0);
        outlets.push(outlet.downgrade());
    }

    /// The origin of a request of this session.
    pub(crate) fn requester(self: &Arc<Self>, outlet: Option<mpsc::Sender<Message>>) -> Requester {
        let Introduced {
            client,
            info,
            capabilities,
            revision,
            pass,
            presence,
        } = &self.introduced;
        if let Some(outlet) = &outlet {
            self.register(outlet);
        }
        Requester {
            client: client.clone(),
            era: Era::Legacy,
            revision,
            capabilities: capabilities.clone(),
            info: info.clone(),
            log_level: self.level(),
            party: self.party.clone(),
            pass: Arc::clone(pass),
            is_person: false,
            presence: Arc::clone(presence),
            back: Back::new(outlet, Some(Arc::clone(self))),
        }
    }

    /// From which level on the client wants to see logs; `None` until it says so.
    pub(crate) fn level(&self) -> Option<LogLevel> {
        *lock(&self.level)
    }

    pub(crate) fn set_level(&self, level: LogLevel) {
        *lock(&self.level) = Some(level);
    }

    /// Notes that a request is being worked on, until the guard is dropped; `None` where too many
    /// are already.
    pub(crate) fn begin(self: &Arc<Self>, id: &RequestId) -> Option<Working> {
        let cancelled = self.ended.child_token();
        let mut in_flight = lock(&self.in_flight);
        if in_flight.requests.len() >= MAX_IN_FLIGHT {
            return None;
        }
        let number = in_flight.next;
        in_flight.next += 1;
        let request = (id.clone(), cancelled.clone());
        in_flight.requests.insert(number, request);
        Some(Working {
            session: Arc::clone(self),
            number,
            cancelled,
            _held: self.introduced.presence.hold(),
        })
    }

    /// The client no longer wants the answer to a request.
    pub(crate) fn cancel(&self, id: &RequestId) {
        for (known, cancelled) in lock(&self.in_flight).requests.values() {
            if known == id {
                cancelled.cancel();
            }
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.introduced.fmt(f)
    }
}

/// A request that is being worked on.
pub(crate) struct Working {
    session: Arc<Session>,
    number: u64,
    /// Cancelled when the client no longer wants the answer.
    pub(crate) cancelled: CancellationToken,
    _held: Held,
}

impl Drop for Working {
    fn drop(&mut self) {
        lock(&self.session.in_flight).requests.remove(&self.number);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All legacy sessions.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Entry>>);

struct Entry {
    session: Arc<Session>,
    used: Instant,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.session.end();
    }
}

impl Sessions {
    /// Opens a session under a fresh random id of 128 bits.
    pub(crate) fn open(
        &self,
        introduced: Introduced,
    ) -> Result<(String, Arc<Session>), getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        let id = model::hex(&bytes);
        let mut sessions = self.lock();
        make_room(&mut sessions);
        let session = Arc::new(Session::new(introduced));
        let entry = Entry {
            session: Arc::clone(&session),
            used: Instant::now(),
        };
        sessions.insert(id.clone(), entry);
        Ok((id, session))
    }

    /// The session of this id; `None` if it was never opened, has ended or was forgotten.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Session>> {
        let mut sessions = self.lock();
        let entry = sessions.get_mut(id)?;
        if entry.session.ended.is_cancelled() {
            sessions.remove(id);
            return None;
        }
        entry.used = Instant::now();
        entry.session.introduced.presence.touch();
        Some(Arc::clone(&entry.session))
    }

    /// Ends a session; tells whether there was one.
    pub(crate) fn close(&self, id: &str) -> bool {
        self.lock().remove(id).is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets idle sessions, once there are many; and the oldest, once there are too many.
fn make_room(sessions: &mut HashMap<String, Entry>) {
    if sessions.len() < MAX_SESSIONS / 10 {
        return;
    }
    sessions.retain(|_, entry| entry.used.elapsed() < MAX_IDLE);
    if sessions.len() >= MAX_SESSIONS {
        let oldest = sessions.iter().min_by_key(|(_, entry)| entry.used);
        if let Some(id) = oldest.map(|(id, _)| id.clone()) {
            sessions.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(name: &str) -> Introduced {
        Introduced {
            client: Client::new(name),
            info: None,
            capabilities: RawObject::default(),
            revision: wire::NEWEST_LEGACY,
            pass: Arc::new(Pass::unnamed("test")),
            presence: Presence::unseen(),
        }
    }

    #[test]
    fn ids_are_long_random_and_good_until_closed() {
        let sessions = Sessions::default();
        let (one, first) = sessions.open(session("a")).expect("random");
        let (two, _) = sessions.open(session("b")).expect("random");
        assert_eq!(one.len(), 32);
        assert_ne!(one, two);
        assert_eq!(
            sessions.get(&two).expect("open").introduced.client.name,
            "b"
        );
        assert!(sessions.close(&one));
        assert!(first.ended.is_cancelled());
        assert!(sessions.get(&one).is_none());
        assert!(!sessions.close(&one));
    }

    #[test]
    fn a_session_ends_with_the_pass_that_opened_it() {
        let sessions = Sessions::default();
        let (id, opened) = sessions.open(session("a")).expect("random");
        opened.introduced.pass.over().cancel();
        assert!(opened.ended.is_cancelled());
        assert!(sessions.get(&id).is_none());
        assert!(sessions.lock().is_empty());
    }

    #[test]
    fn the_number_of_sessions_is_bounded() {
        let sessions = Sessions::default();
        let (first, _) = sessions.open(session("first")).expect("random");
        for _ in 0..MAX_SESSIONS {
            sessions.open(session("x")).expect("random");
        }
        assert!(sessions.get(&first).is_none());
        assert_eq!(sessions.lock().len(), MAX_SESSIONS);
    }

    #[test]
    fn requests_are_cancelled_by_their_ids_even_if_two_have_the_same() {
        let session = Arc::new(Session::new(session("x")));
        let (id, other) = (RequestId::number(1), RequestId::number(2));
        let first = session.begin(&id).expect("room");
        let second = session.begin(&id).expect("room");
        let apart = session.begin(&other).expect("room");
        drop(first);
        session.cancel(&id);
        assert!(second.cancelled.is_cancelled());
        assert!(!apart.cancelled.is_cancelled());
    }

    #[test]
    fn the_number_of_requests_in_flight_is_bounded() {
        let session = Arc::new(Session::new(session("x")));
        let id = RequestId::number(1);
        let mut all: Vec<_> = (0..MAX_IN_FLIGHT)
            .map(|_| session.begin(&id).expect("room"))
            .collect();
        assert!(session.begin(&id).is_none());
        all.pop();
        assert!(session.begin(&id).is_some());
    }

    #[test]
    fn names_are_fit_for_logs() {
        assert_eq!(Client::new("a\u{1b}[31m\nb").name, "a[31mb");
        assert_eq!(Client::from_info(None).name, "unknown");
        let named = |name: &str| Client::new(name).with_token(Some("VS Code")).name;
        assert_eq!(named("code 1.99"), "VS Code (code 1.99)");
        assert_eq!([named(""), named("VS Code")], ["VS Code", "VS Code"]);
        assert_eq!(Client::new(&"x".repeat(500)).name.len(), 80);
    }
}

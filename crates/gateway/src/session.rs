//! Who is calling: legacy sessions, and the clients behind all requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use wire::RawObject;

/// Sessions kept at most; beyond that, the one idle longest goes.
const MAX_SESSIONS: usize = 10_000;
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

    /// Reads the implementation object that clients send of themselves.
    pub(crate) fn from_info(info: Option<&RawObject>) -> Self {
        let part = |key| {
            info.and_then(|info| info.get_as::<String>(key))
                .unwrap_or_default()
        };
        Self::new(format!("{} {}", part("name"), part("version")).trim())
    }
}

/// One legacy session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
}

/// All legacy sessions.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Entry>>);

struct Entry {
    session: Arc<Session>,
    used: Instant,
}

impl Sessions {
    /// Opens a session under a fresh random id of 128 bits.
    pub(crate) fn open(&self, session: Session) -> Result<String, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        let id = model::hex(&bytes);
        let mut sessions = self.lock();
        make_room(&mut sessions);
        let entry = Entry {
            session: Arc::new(session),
            used: Instant::now(),
        };
        sessions.insert(id.clone(), entry);
        Ok(id)
    }

    /// The session of this id; `None` if it was never opened, has ended or was forgotten.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Session>> {
        let mut sessions = self.lock();
        let entry = sessions.get_mut(id)?;
        entry.used = Instant::now();
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

    fn session(name: &str) -> Session {
        Session {
            client: Client::new(name),
        }
    }

    #[test]
    fn ids_are_long_random_and_good_until_closed() {
        let sessions = Sessions::default();
        let one = sessions.open(session("a")).expect("random");
        let two = sessions.open(session("b")).expect("random");
        assert_eq!(one.len(), 32);
        assert_ne!(one, two);
        assert_eq!(sessions.get(&two).expect("open").client.name, "b");
        assert!(sessions.close(&one));
        assert!(sessions.get(&one).is_none());
        assert!(!sessions.close(&one));
    }

    #[test]
    fn the_number_of_sessions_is_bounded() {
        let sessions = Sessions::default();
        let first = sessions.open(session("first")).expect("random");
        for _ in 0..MAX_SESSIONS {
            sessions.open(session("x")).expect("random");
        }
        assert!(sessions.get(&first).is_none());
        assert_eq!(sessions.lock().len(), MAX_SESSIONS);
    }

    #[test]
    fn names_are_fit_for_logs() {
        assert_eq!(Client::new("a\u{1b}[31m\nb").name, "a[31mb");
        assert_eq!(Client::from_info(None).name, "unknown");
        assert_eq!(Client::new(&"x".repeat(500)).name.len(), 80);
    }
}

//! The connections on which the client of a session listens for what belongs to no request.
//!
//! A client may have several at once, for example while the end of a broken one is not yet known.
//! Each message is to be sent on one of them only (MCP 2025-11-25, basic/transports, "Multiple
//! Connections"), and the newest is the one that is surely heard.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// All connections of one session that listen, by numbers that grow.
#[derive(Clone, Default)]
pub(crate) struct Listening(Arc<Mutex<Open>>);

#[derive(Default)]
struct Open {
    next: u64,
    listeners: BTreeSet<u64>,
}

/// One connection that listens, until it is dropped.
pub(crate) struct Listens {
    all: Listening,
    number: u64,
}

impl Listening {
    /// Adds a connection.
    pub(crate) fn begin(&self) -> Listens {
        let mut open = self.lock();
        let number = open.next;
        open.next += 1;
        open.listeners.insert(number);
        let all = self.clone();
        Listens { all, number }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listens {
    /// Whether this is the newest connection that there still is.
    pub(crate) fn is_newest(&self) -> bool {
        self.all.lock().listeners.last() == Some(&self.number)
    }
}

impl Drop for Listens {
    fn drop(&mut self) {
        self.all.lock().listeners.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_that_is_left_is_told() {
        let listening = Listening::default();
        let (old, new) = (listening.begin(), listening.begin());
        assert!(!old.is_newest() && new.is_newest());
        drop(new);
        assert!(old.is_newest());
    }
}

//! What one client follows beyond its requests.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use model::ServerName;
use upstream::{Interests, Watchable};

/// Most resources that one client watches at once.
const MAX_WATCHED: usize = 1_000;
/// Most tasks and sign-ins that are remembered for one client.
const MAX_REMEMBERED: usize = 1_000;

/// The things that one client is told about.
#[derive(Default)]
pub(crate) struct Follows(Mutex<Known>);

#[derive(Default)]
struct Known {
    watched: BTreeMap<(ServerName, String), Watch>,
    /// Ids that servers gave to what this client began: tasks, and sign-ins by URL.
    begun: BTreeSet<(ServerName, String)>,
    order: VecDeque<(ServerName, String)>,
}

/// How a server comes to tell of a resource.
pub(crate) enum Watch {
    /// The client's own session with the server is subscribed.
    Own,
    /// The common connection is, for all who watch.
    Shared(Counted),
}

/// Counts one who watches something, until it is dropped.
pub(crate) struct Counted {
    interests: Interests,
    kind: Watchable,
    id: String,
    open: bool,
}

impl Watch {
    /// Counts one more; `None` if too much is watched at the server already.
    pub(crate) fn shared(interests: Interests, kind: Watchable, id: &str) -> Option<Self> {
        let counted = interests.watch(kind, id).then(|| Counted {
            interests,
            kind,
            id: id.to_owned(),
            open: true,
        });
        counted.map(Self::Shared)
    }

    /// Stops watching; true if nobody is left who does.
    pub(crate) fn close(self) -> bool {
        match self {
            Self::Own => true,
            Self::Shared(mut counted) => {
                counted.open = false;
                counted.interests.leave(counted.kind, &counted.id)
            }
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if self.open {
            self.interests.leave(self.kind, &self.id);
        }
    }
}

impl Follows {
    /// Watches a resource; false if this client watches too many already.
    pub(crate) fn watch(&self, server: &ServerName, uri: &str, watch: Watch) -> bool {
        let mut known = self.lock();
        let room = known.watched.len() < MAX_WATCHED;
        if room {
            known
                .watched
                .insert((server.clone(), uri.to_owned()), watch);
        }
        room
    }

    /// Stops watching a resource, and returns what counted it.
    pub(crate) fn leave(&self, server: &ServerName, uri: &str) -> Option<Watch> {
        let key = (server.clone(), uri.to_owned());
        self.lock().watched.remove(&key)
    }

    /// Whether the client watches a resource, by its own session with the server or by the one
    /// that all share.
    pub(crate) fn watches(&self, server: &ServerName, uri: &str, own: bool) -> bool {
        let key = (server.clone(), uri.to_owned());
        let watch = self
            .lock()
            .watched
            .get(&key)
            .map(|watch| matches!(watch, Watch::Own));
        watch == Some(own)
    }

    /// Remembers that this client began something of this id.
    pub(crate) fn began(&self, server: &ServerName, id: &str) {
        let mut known = self.lock();
        let key = (server.clone(), id.to_owned());
        if known.begun.insert(key.clone()) {
            known.order.push_back(key);
        }
        if known.order.len() > MAX_REMEMBERED
            && let Some(oldest) = known.order.pop_front()
        {
            known.begun.remove(&oldest);
        }
    }

    /// Whether this client began what has this id.
    pub(crate) fn has_begun(&self, server: &ServerName, id: &str) -> bool {
        let key = (server.clone(), id.to_owned());
        self.lock().begun.contains(&key)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_watches_is_counted_once() {
        let (follows, interests) = (Follows::default(), Interests::default());
        let server = ServerName::new("s").expect("a name");
        for _ in 0..2 {
            let watch = Watch::shared(interests.clone(), Watchable::Resource, "a:1").expect("room");
            assert!(follows.watch(&server, "a:1", watch));
        }
        assert!(follows.watches(&server, "a:1", false));
        let watch = follows.leave(&server, "a:1").expect("watched");
        assert!(watch.close(), "the only one");
        assert!(!follows.watches(&server, "a:1", false));
    }

    #[test]
    fn what_was_begun_is_remembered_within_bounds() {
        let (follows, server) = (Follows::default(), ServerName::new("s").expect("a name"));
        for id in 0..=MAX_REMEMBERED {
            follows.began(&server, &id.to_string());
        }
        assert!(!follows.has_begun(&server, "0"));
        assert!(follows.has_begun(&server, "1"));
    }
}

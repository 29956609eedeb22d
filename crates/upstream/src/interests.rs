//! What clients want to hear of from one server.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;
use wire::LogLevel;

/// Most things of one kind that are watched at once at one server.
const MAX_WATCHED: usize = 10_000;

/// What can be watched one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Watchable {
    /// A resource, by its URI.
    Resource,
    /// A task of the modern era's extension, by its id.
    Task,
}

/// The interests of all clients in one server. They outlive its connections: each new connection
/// is told of them. Cheap to clone.
#[derive(Clone, Default)]
pub struct Interests(Arc<watch::Sender<Wanted>>);

/// What is wanted at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// By URI, how many clients watch the resource.
    pub(crate) resources: BTreeMap<String, usize>,
    /// By id, how many clients watch the task.
    pub(crate) tasks: BTreeMap<String, usize>,
    /// The most talkative level that any client asked for.
    pub(crate) level: Option<LogLevel>,
}

impl Wanted {
    fn of_kind(&mut self, kind: Watchable) -> &mut BTreeMap<String, usize> {
        match kind {
            Watchable::Resource => &mut self.resources,
            Watchable::Task => &mut self.tasks,
        }
    }
}

impl Interests {
    /// Counts one more who watches something; false if there is too much already.
    pub fn watch(&self, kind: Watchable, id: &str) -> bool {
        self.0.send_if_modified(|wanted| {
            let watched = wanted.of_kind(kind);
            if let Some(count) = watched.get_mut(id) {
                *count += 1;
                return true;
            }
            let room = watched.len() < MAX_WATCHED;
            if room {
                watched.insert(id.to_owned(), 1);
            }
            room
        })
    }

    /// Counts one less; true if nobody is left who watches it.
    pub fn leave(&self, kind: Watchable, id: &str) -> bool {
        let mut last = false;
        self.0.send_if_modified(|wanted| {
            let watched = wanted.of_kind(kind);
            let Some(count) = watched.get_mut(id) else {
                return false;
            };
            *count -= 1;
            last = *count == 0;
            if last {
                watched.remove(id);
            }
            true
        });
        last
    }

    /// Asks for the log from a level on; true if that is more than was asked for before.
    pub fn want_level(&self, level: LogLevel) -> bool {
        self.0.send_if_modified(|wanted| {
            let more = wanted.level.is_none_or(|known| level < known);
            if more {
                wanted.level = Some(level);
            }
            more
        })
    }

    /// Follows what is wanted.
    pub(crate) fn follow(&self) -> watch::Receiver<Wanted> {
        self.0.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_watched_until_the_last_one_leaves() {
        let interests = Interests::default();
        let watch = |uri| interests.watch(Watchable::Resource, uri);
        assert!(watch("a:1") && watch("a:1"));
        assert!(!interests.leave(Watchable::Resource, "a:1"));
        assert!(interests.leave(Watchable::Resource, "a:1"));
        assert!(
            !interests.leave(Watchable::Resource, "a:1"),
            "it was left already"
        );
        assert_eq!(*interests.follow().borrow(), Wanted::default());
    }

    #[test]
    fn the_most_talkative_level_counts() {
        let interests = Interests::default();
        assert!(interests.want_level(LogLevel::Warning));
        assert!(!interests.want_level(LogLevel::Error));
        assert!(interests.want_level(LogLevel::Debug));
        assert_eq!(interests.follow().borrow().level, Some(LogLevel::Debug));
    }
}

//! What clients want to hear of from one server.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;
use wire::LogLevel;

/// Most resources of one server that are watched at once.
const MAX_RESOURCES: usize = 10_000;

/// The interests of all clients in one server. They outlive its connections: each new connection
/// is told of them. Cheap to clone.
#[derive(Clone, Default)]
pub struct Interests(Arc<watch::Sender<Wanted>>);

/// What is wanted at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// By URI, how many clients watch the resource.
    pub(crate) resources: BTreeMap<String, usize>,
    /// The most talkative level that any client asked for.
    pub(crate) level: Option<LogLevel>,
}

impl Interests {
    /// Counts one more who watches a resource; false if there are too many already.
    pub fn watch_resource(&self, uri: &str) -> bool {
        self.0.send_if_modified(|wanted| {
            if let Some(count) = wanted.resources.get_mut(uri) {
                *count += 1;
                return true;
            }
            let room = wanted.resources.len() < MAX_RESOURCES;
            if room {
                wanted.resources.insert(uri.to_owned(), 1);
            }
            room
        })
    }

    /// Counts one less; true if nobody is left who watches the resource.
    pub fn leave_resource(&self, uri: &str) -> bool {
        let mut last = false;
        self.0.send_if_modified(|wanted| {
            let Some(count) = wanted.resources.get_mut(uri) else {
                return false;
            };
            *count -= 1;
            last = *count == 0;
            if last {
                wanted.resources.remove(uri);
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
        assert!(interests.watch_resource("a:1") && interests.watch_resource("a:1"));
        assert!(!interests.leave_resource("a:1"));
        assert!(interests.leave_resource("a:1"));
        assert!(!interests.leave_resource("a:1"), "it was left already");
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

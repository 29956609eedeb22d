//! Who hears of changes: listening requests of the modern era, sessions of the older one.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::RoleServer;
use rmcp::model::{LoggingLevel, ResourceUpdatedNotificationParam};
use rmcp::service::{Peer, SubscriptionSendError, SubscriptionSink};

use super::catalogue::List;

/// The listening requests of all clients.
#[derive(Clone, Default)]
pub(super) struct Listeners(Arc<Mutex<Vec<SubscriptionSink>>>);

/// What one session of the older era asked for.
#[derive(Clone)]
pub(super) struct Session {
    listeners: Listeners,
    asked: Arc<Mutex<Asked>>,
}

struct Asked {
    /// URIs of resources that the client subscribed to.
    resources: BTreeSet<String>,
    /// The least grave message that the client wants.
    level: LoggingLevel,
}

impl Listeners {
    /// A session that has asked for nothing yet.
    pub(super) fn session(&self) -> Session {
        let asked = Asked {
            resources: BTreeSet::new(),
            level: LoggingLevel::Debug,
        };
        Session {
            listeners: self.clone(),
            asked: Arc::new(Mutex::new(asked)),
        }
    }

    /// Adds a listening request.
    pub(super) fn add(&self, sink: SubscriptionSink) {
        locked(&self.0).push(sink);
    }

    /// Tells every listener, and forgets those that are gone.
    async fn tell<F>(&self, tell: impl Fn(SubscriptionSink) -> F)
    where
        F: Future<Output = Result<(), SubscriptionSendError>>,
    {
        let sinks = std::mem::take(&mut *locked(&self.0));
        for sink in sinks {
            let told = tell(sink.clone()).await;
            let is_gone = matches!(
                told,
                Err(SubscriptionSendError::SubscriptionClosed | SubscriptionSendError::Service(_))
            );
            if !is_gone {
                self.add(sink);
            }
        }
    }
}

impl Session {
    /// Subscribes to a resource.
    pub(super) fn subscribe(&self, uri: String) {
        locked(&self.asked).resources.insert(uri);
    }

    /// Ends the subscription to a resource.
    pub(super) fn unsubscribe(&self, uri: &str) {
        locked(&self.asked).resources.remove(uri);
    }

    /// Sets the least grave message to send.
    pub(super) fn set_level(&self, level: LoggingLevel) {
        locked(&self.asked).level = level;
    }

    /// The least grave message to send.
    pub(super) fn level(&self) -> LoggingLevel {
        locked(&self.asked).level
    }

    /// Tells listeners, and the session that `peer` belongs to, that a list changed.
    ///
    /// A client that left is told nothing, so what cannot be sent is no failure.
    pub(super) async fn changed(&self, list: List, peer: &Peer<RoleServer>) {
        let tell = |sink: SubscriptionSink| async move {
            match list {
                List::Tools => sink.notify_tool_list_changed().await,
                List::Prompts => sink.notify_prompt_list_changed().await,
                List::Resources => sink.notify_resource_list_changed().await,
            }
        };
        self.listeners.tell(tell).await;
        if peer.peer_info().is_some() {
            let _ = match list {
                List::Tools => peer.notify_tool_list_changed().await,
                List::Prompts => peer.notify_prompt_list_changed().await,
                List::Resources => peer.notify_resource_list_changed().await,
            };
        }
    }

    /// Tells subscribers that a resource changed.
    pub(super) async fn updated(&self, uri: &str, peer: &Peer<RoleServer>) {
        self.listeners
            .tell(|sink| async move { sink.notify_resource_updated(uri).await })
            .await;
        if locked(&self.asked).resources.contains(uri) {
            let update = ResourceUpdatedNotificationParam::new(uri);
            let _ = peer.notify_resource_updated(update).await;
        }
    }
}

/// What a panic elsewhere left is still a list of listeners.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

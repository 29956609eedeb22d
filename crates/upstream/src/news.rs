//! What servers say outside of any call.

use std::sync::Arc;

use telemetry::ServerLog;
use tokio::sync::broadcast;
use wire::{Notification, RawObject};

use crate::exchange::PartyId;

/// News that a slow listener may lag behind; it then assumes that anything may have changed.
pub(crate) const NEWS_QUEUE: usize = 1024;

/// One piece of news.
#[derive(Clone, Debug)]
pub struct News {
    /// The slug of the server.
    pub server: Arc<str>,
    /// The only party that it concerns; `None` if it may concern anybody.
    pub audience: Option<PartyId>,
    /// What it said.
    pub notification: Arc<Notification>,
}

/// Where one connection's news goes.
#[derive(Clone)]
pub(crate) struct NewsDesk {
    pub(crate) server: Arc<str>,
    pub(crate) sender: broadcast::Sender<News>,
    pub(crate) log: Option<ServerLog>,
    /// The party that the connection belongs to; `None` for the one that all share.
    pub(crate) audience: Option<PartyId>,
}

impl NewsDesk {
    /// The desk of a server's first connection.
    pub(crate) fn new(
        server: &Arc<str>,
        sender: &broadcast::Sender<News>,
        log: &ServerLog,
    ) -> Self {
        Self {
            server: Arc::clone(server),
            sender: sender.clone(),
            log: Some(log.clone()),
            audience: None,
        }
    }

    /// A desk that nobody listens to.
    #[cfg(test)]
    pub(crate) fn idle() -> Self {
        Self {
            server: Arc::from("s"),
            sender: broadcast::Sender::new(16),
            log: None,
            audience: None,
        }
    }

    /// The desk of a connection that belongs to one party.
    pub(crate) fn of(&self, party: PartyId) -> Self {
        Self {
            audience: Some(party),
            ..self.clone()
        }
    }

    /// Passes a notification on to all who listen.
    pub(crate) fn publish(&self, notification: Notification) {
        // The shared connection says the same of the server's lists.
        if self.audience.is_some() && notification.method.ends_with("/list_changed") {
            return;
        }
        // Nobody listening is fine.
        let _ = self.sender.send(News {
            server: Arc::clone(&self.server),
            audience: self.audience,
            notification: Arc::new(notification),
        });
    }

    /// Writes a line that the server logged by the protocol into its log.
    pub(crate) fn log(&self, params: &RawObject) {
        let Some(log) = &self.log else { return };
        let level: String = params.get_as("level").unwrap_or_default();
        let data = params.get("data").map_or("", |data| data.get());
        let text: String = serde_json::from_str(data).unwrap_or_else(|_| data.to_owned());
        log.stderr_line(format!("[{level}] {text}").as_bytes());
    }
}

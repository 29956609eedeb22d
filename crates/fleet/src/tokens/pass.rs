//! Whoever was let in at a door.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::ClientToken;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::Scope;

/// Streams of news and by WebSocket that may be open under one pass at the same time. One program
/// has a few; one that opens many more must not use up the connections that all clients share.
const MOST_STREAMS: usize = 400;

/// Whoever was let in, and for how long.
pub struct Pass {
    /// What is opened under one principal is of no use to another.
    pub principal: Arc<str>,
    /// The client's name, as the person who made its token calls it; `None` without a token.
    pub name: Option<String>,
    /// What it is good for.
    pub scope: Arc<Scope>,
    /// In Unix milliseconds; 0 for never.
    last_used: AtomicU64,
    over: CancellationToken,
    streams: Arc<Semaphore>,
}

impl Pass {
    /// Somebody without a token, who may see everything.
    pub fn unnamed(principal: &str) -> Self {
        Self {
            principal: Arc::from(principal),
            name: None,
            scope: Arc::default(),
            last_used: AtomicU64::new(0),
            over: CancellationToken::new(),
            streams: Arc::new(Semaphore::new(MOST_STREAMS)),
        }
    }

    /// Whoever shows this token.
    pub(super) fn of(token: &ClientToken) -> Self {
        Self {
            name: Some(token.name.clone()),
            scope: Arc::new(Scope::new(token.servers.clone(), token.tools.clone())),
            last_used: AtomicU64::new(token.last_used.unwrap_or(0)),
            ..Self::unnamed(&format!("token {}", token.id))
        }
    }

    /// Cancelled when it is no longer good; whatever was opened by it ends then.
    pub fn over(&self) -> &CancellationToken {
        &self.over
    }

    /// Room for one more stream of news or WebSocket, for as long as the result lives; `None` if there is none.
    pub fn stream(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.streams).try_acquire_owned().ok()
    }

    pub(super) fn touch(&self, now: u64) {
        self.last_used.store(now, Ordering::Relaxed);
    }

    pub(super) fn last_used(&self) -> Option<u64> {
        let at = self.last_used.load(Ordering::Relaxed);
        (at > 0).then_some(at)
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pass({})", self.principal)
    }
}

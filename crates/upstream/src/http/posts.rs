//! Requests that are posted side by side.

use std::collections::HashMap;

use tokio::task::{AbortHandle, JoinSet};
use wire::{Message, RequestId};

/// The posts of requests that have no answer yet; they end with this value.
#[derive(Default)]
pub(super) struct Posts {
    tasks: JoinSet<RequestId>,
    in_flight: HashMap<RequestId, AbortHandle>,
}

impl Posts {
    /// Starts the post of a request.
    pub(super) fn start(&mut self, id: RequestId, post: impl Future<Output = ()> + Send + 'static) {
        let key = id.clone();
        let task = self.tasks.spawn(async move {
            post.await;
            id
        });
        self.in_flight.insert(key, task);
    }

    /// Waits for a post to end; for ever, if there is none.
    pub(super) async fn settle(&mut self) {
        match self.tasks.join_next().await {
            Some(Ok(id)) => {
                self.in_flight.remove(&id);
            }
            // It was aborted, and is forgotten already.
            Some(Err(_)) => {}
            None => std::future::pending().await,
        }
    }

    /// Takes out the post whose request a message cancels.
    pub(super) fn cancelled_by(&mut self, message: &Message) -> Option<AbortHandle> {
        let Message::Notification(notification) = message else {
            return None;
        };
        self.in_flight.remove(&notification.cancelled_request()?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wire::raw;

    use super::*;

    fn cancels(id: u64) -> Message {
        Message::cancelling(&RequestId::number(id), "enough")
    }

    #[tokio::test]
    async fn a_post_is_cancelled_by_its_own_message_only() {
        let mut posts = Posts::default();
        posts.start(RequestId::number(1), std::future::pending());
        posts.start(RequestId::number(2), async {});
        assert!(posts.cancelled_by(&cancels(3)).is_none());
        let other = Message::notification("notifications/progress", Some(raw(&json!({}))));
        assert!(posts.cancelled_by(&other).is_none());
        posts.settle().await;
        assert!(posts.cancelled_by(&cancels(2)).is_none(), "it has ended");
        posts.cancelled_by(&cancels(1)).expect("in flight").abort();
        posts.settle().await;
        assert!(posts.tasks.is_empty() && posts.in_flight.is_empty());
    }
}

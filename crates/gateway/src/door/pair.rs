//! HTTP+SSE of revision 2024-11-05: a GET opens the stream, whose first event names the URL that
//! messages are posted to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{StatusCode, Uri};
use axum::response::sse::Event as SseEvent;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::Visit;
use super::conversation::Conversation;
use super::http_answer::{event, events};
use crate::requester::QUEUE;

/// Connections at once.
const MAX_PAIRS: usize = 1_000;

/// Messages that were posted and not yet taken; who posts more waits.
const INBOX: usize = 4;

/// The key in the query of the URL that messages are posted to.
pub(super) const QUERY_KEY: &str = "pair";

/// All open pairs, by id.
#[derive(Clone, Default)]
pub(crate) struct Pairs(Arc<Mutex<HashMap<String, Open>>>);

#[derive(Clone)]
struct Open {
    inbox: mpsc::Sender<Bytes>,
    /// Whoever opened it.
    principal: Arc<str>,
}

/// Takes a pair off the list when its stream is closed.
struct Registered {
    pairs: Pairs,
    id: String,
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.pairs.lock().remove(&self.id);
    }
}

impl Pairs {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register(&self, open: Open) -> Option<Registered> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).ok()?;
        let id = model::hex(&bytes);
        let mut pairs = self.lock();
        if pairs.len() >= MAX_PAIRS {
            return None;
        }
        pairs.insert(id.clone(), open);
        let pairs = self.clone();
        Some(Registered { pairs, id })
    }
}

/// Opens the stream.
pub(super) fn open(visit: Visit, uri: &Uri) -> Response {
    let (outlet, said) = mpsc::channel(QUEUE);
    let (inbox, received) = mpsc::channel::<Bytes>(INBOX);
    let gateway = visit.gateway.clone();
    let principal = Arc::clone(&visit.pass.principal);
    let Some(registered) = gateway.0.pairs.register(Open { inbox, principal }) else {
        let message = "too many connections of this kind are open";
        return (StatusCode::SERVICE_UNAVAILABLE, message).into_response();
    };
    let endpoint = format!("{}?{QUERY_KEY}={}", uri.path(), registered.id);
    gateway.0.tasks.spawn(async move {
        let conversation = Conversation::new(visit, outlet.clone());
        tokio::select! {
            () = conversation.run(ReceiverStream::new(received)) => {}
            () = outlet.closed() => {}
        }
    });
    let first = SseEvent::default().event("endpoint").data(endpoint);
    let messages = ReceiverStream::new(said).map(move |message| {
        // The stream owns the registration: closing it closes the pair.
        let _ = &registered;
        event(&message)
    });
    events(stream::iter([first]).chain(messages))
}

/// Takes a message for an open pair; its answer comes on the stream.
pub(super) async fn take(visit: &Visit, id: &str, body: Bytes) -> Response {
    let open = visit.gateway.0.pairs.lock().get(id).cloned();
    let Some(open) = open.filter(|open| open.principal == visit.pass.principal) else {
        let message = "this connection is closed; open the stream again";
        return (StatusCode::NOT_FOUND, message).into_response();
    };
    match open.inbox.send(body).await {
        Ok(()) => (StatusCode::ACCEPTED, "Accepted").into_response(),
        Err(_) => (StatusCode::NOT_FOUND, "this connection is closed").into_response(),
    }
}

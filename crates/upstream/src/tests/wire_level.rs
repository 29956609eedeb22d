//! A Streamable HTTP link by itself, without the peer and supervisor above it.

use std::collections::HashMap;

use model::SafeUrl;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use wire::{Era, Message, RequestId, raw};

use super::PATIENCE;
use super::origin::Origin;
use crate::http::{Farewell, Shared, Target, connect_streamable, header_map, new_client};
use crate::link::{CallError, Incoming, Link};

/// A link to an origin; it ends with this value.
pub(super) struct Wire {
    link: Link,
    pub(super) shared: Shared,
    _tasks: JoinSet<()>,
}

/// Where an origin is.
pub(super) fn target(origin: &Origin) -> Target {
    let headers = HashMap::from([("Authorization", "Bearer secret")]);
    let headers: Vec<_> = headers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), model::Secret::new(value)))
        .collect();
    Target {
        client: new_client().expect("a client"),
        url: SafeUrl::new(origin.url("/mcp").parse().expect("a URL")),
        headers: header_map(&headers).expect("valid"),
        bearer: None,
    }
}

impl Wire {
    /// A link as after the handshake of a legacy session.
    pub(super) fn in_session(origin: &Origin) -> Self {
        let wire = Self::new(origin);
        wire.shared.update(|agreed| {
            agreed.session = Some("s-1".to_owned());
            agreed.revision = Some("2025-11-25".to_owned());
            agreed.era = Some(Era::Legacy);
        });
        wire
    }

    pub(super) fn new(origin: &Origin) -> Self {
        let (shared, mut tasks) = (Shared::default(), JoinSet::new());
        let farewell = Farewell::default();
        let link = connect_streamable(target(origin), shared.clone(), farewell, &mut tasks);
        Self {
            link,
            shared,
            _tasks: tasks,
        }
    }

    pub(super) async fn call(&self, id: u64, params: &Value) {
        self.request(id, "tools/call", params).await;
    }

    pub(super) async fn request(&self, id: u64, method: &str, params: &Value) {
        let message = Message::request(RequestId::number(id), method, Some(raw(params)));
        self.send(message).await;
    }

    pub(super) async fn notify(&self, method: &str, params: &Value) {
        self.send(Message::notification(method, Some(raw(params))))
            .await;
    }

    pub(super) async fn send(&self, message: Message) {
        self.link.outgoing.send(message).await.expect("taken");
    }

    pub(super) async fn next(&mut self) -> Incoming {
        let next = tokio::time::timeout(PATIENCE, self.link.incoming.recv()).await;
        next.expect("something comes").expect("the link lives")
    }

    /// The next message, and the request during which it came.
    pub(super) async fn message(&mut self) -> (Value, Option<u64>) {
        match self.next().await {
            Incoming::Message { message, during } => {
                let message = serde_json::from_str(&message.to_json()).expect("JSON");
                (message, during.and_then(|id| id.as_number()))
            }
            other => panic!("{other:?}"),
        }
    }

    /// Why the request has failed that is the next to end.
    pub(super) async fn failure(&mut self) -> CallError {
        match self.next().await {
            Incoming::Failed { error, .. } => error,
            other => panic!("{other:?}"),
        }
    }
}

/// Parameters of a modern request.
pub(super) fn modern(mut params: Value) -> Value {
    params["_meta"] = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" });
    params
}

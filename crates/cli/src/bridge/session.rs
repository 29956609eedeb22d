//! The session of the legacy era: opened by the client's `initialize`, opened again on a gateway
//! that does not know it, closed when the client leaves.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::value::RawValue;
use tokio::time::timeout;
use wire::{HEADER_SESSION, Message, RawObject, Request, Response};

use super::exchange::{Failed, Shared};
use super::headers::session_headers;

/// How long the goodbye to the gateway may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// What goes with every message of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    /// `Mcp-Session-Id`, if the gateway gave one.
    pub(super) id: Option<HeaderValue>,
    /// The revision that was negotiated, for `MCP-Protocol-Version`.
    pub(super) version: Option<HeaderValue>,
}

/// A session, and what it takes to open it again.
pub(super) struct Session {
    /// What goes with its messages.
    tag: Tag,
    /// The client's `initialize`, as it was.
    initialize: Request,
    /// Whether the client has sent `notifications/initialized`.
    pub(super) initialized: bool,
}

impl Shared {
    /// Opens a session for the client; whether there is one now.
    pub(super) async fn initialize(&self, request: Request) -> bool {
        let opened = self.open_session(&request).await;
        let (answer, tag) = match opened {
            Ok(opened) => opened,
            Err(failed) => (Response::new(request.id.clone(), Err(failed.into())), None),
        };
        let is_open = tag.is_some();
        *self.session.lock().await = tag.map(|tag| Session {
            tag,
            initialize: request,
            initialized: false,
        });
        self.out.send(&Message::Response(answer)).await;
        is_open
    }

    /// What goes with the messages of the session that is open now.
    pub(super) async fn tag(&self) -> Option<Tag> {
        self.session
            .lock()
            .await
            .as_ref()
            .map(|session| session.tag.clone())
    }

    /// Opens the client's session again on a gateway that does not know `stale`. Of several
    /// tasks that notice, the first does it and the others find it done.
    pub(super) async fn renew(&self, stale: &Tag) -> Option<Tag> {
        let mut place = self.session.lock().await;
        let session = place.as_mut()?;
        if session.tag != *stale {
            return Some(session.tag.clone());
        }
        let (_, tag) = self.open_session(&session.initialize).await.ok()?;
        session.tag = tag?;
        if session.initialized {
            let initialized = Message::notification("notifications/initialized", None);
            let headers = session_headers(&session.tag);
            self.post(headers, initialized.to_json()).await.ok()?;
        }
        // What the client knows about tools comes from the gateway before.
        let changed = Message::notification("notifications/tools/list_changed", None);
        self.out.send(&changed).await;
        Some(session.tag.clone())
    }

    /// Tells the gateway that the session is over, if there is one and the gateway runs.
    pub(super) async fn close_session(&self) {
        let Some(session) = self.session.lock().await.take() else {
            return;
        };
        if session.tag.id.is_none() {
            return;
        }
        let goodbye = async {
            let mut link = self.door.open_if_running().await.ok()?;
            let request = self.request(Method::DELETE, session_headers(&session.tag), Bytes::new());
            link.send(request).await.ok()
        };
        let _ = timeout(GOODBYE, goodbye).await;
    }

    /// Posts `initialize`; gives the answer, and the session if the gateway agreed to one.
    async fn open_session(&self, initialize: &Request) -> Result<(Response, Option<Tag>), Failed> {
        let text = Message::Request(initialize.clone()).to_json();
        let reply = self.post(HeaderMap::new(), text).await?;
        let id = reply.response.headers().get(HEADER_SESSION).cloned();
        let answer = self.relay(reply, &initialize.id).await?;
        let version = answer
            .outcome
            .as_ref()
            .ok()
            .map(|result| negotiated(result));
        Ok((answer, version.map(|version| Tag { id, version })))
    }
}

/// The revision in the result of `initialize`.
fn negotiated(result: &RawValue) -> Option<HeaderValue> {
    let version: String = RawObject::parse(result)?.get_as("protocolVersion")?;
    HeaderValue::from_str(&version).ok()
}

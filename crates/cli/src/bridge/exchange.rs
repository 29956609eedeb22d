//! One message to the gateway and everything that comes back for it.

use api_client::{ClientError, Link, SendError, SseStream, read_body};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::sync::Mutex;
use wire::{ErrorObject, Message, Request, RequestId, Response, code};

use super::door::{Closed, Door};
use super::headers::{is_event_stream, modern_headers, session_headers};
use super::lines::Output;
use super::session::Session;

/// How often a message that was not sent is tried again on a new connection.
const TRIES: usize = 3;

/// What a client is told whose request was lost with its gateway.
const LOST: &str = "the gateway restarted while this call was running; it may or may not have run";

/// What all tasks of one bridge share.
pub(super) struct Shared {
    pub(super) door: Door,
    pub(super) out: Output,
    path: String,
    pub(super) session: Mutex<Option<Session>>,
}

/// An answer's head, and the connection on which its body comes.
pub(super) struct Reply {
    pub(super) response: http::Response<Incoming>,
    pub(super) link: Link,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failed {
    /// Nothing was sent.
    NotSent(Closed),
    /// It may or may not have run.
    Lost,
}

impl From<Failed> for ErrorObject {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::NotSent(closed) => Self::new(code::UPSTREAM, closed.to_string()),
            Failed::Lost => Self::new(code::UPSTREAM, LOST),
        }
    }
}

impl Shared {
    pub(super) fn new(door: Door, path: String, out: Output) -> Self {
        Self {
            door,
            out,
            path,
            session: Mutex::new(None),
        }
    }

    /// Sends a request and writes whatever comes back for it, at last exactly one answer.
    pub(super) async fn ask(&self, request: Request) {
        let id = request.id.clone();
        let message = Message::Request(request);
        let outcome = match self.deliver(&message).await {
            Ok(reply) => self.relay(reply, &id).await,
            Err(failed) => Err(failed),
        };
        let answer = outcome.unwrap_or_else(|failed| Response::new(id, Err(failed.into())));
        self.out.send(&Message::Response(answer)).await;
    }

    /// Sends a notification or an answer of the client, which is not answered itself.
    pub(super) async fn tell(&self, message: &Message) {
        if let Message::Notification(notification) = message
            && notification.method == "notifications/initialized"
            && let Some(session) = &mut *self.session.lock().await
        {
            session.initialized = true;
        }
        // There is nobody to tell that it failed: what it was about has failed as well.
        let _ = self.deliver(message).await;
    }

    /// A request to the face that this bridge serves.
    pub(super) fn request(
        &self,
        method: Method,
        headers: HeaderMap,
        body: Bytes,
    ) -> http::Request<Full<Bytes>> {
        let mut request = http::Request::new(Full::new(body));
        *request.method_mut() = method;
        // The path was checked when the command line was read.
        *request.uri_mut() = self.path.parse().unwrap_or_default();
        *request.headers_mut() = headers;
        let fixed = [
            (header::ACCEPT, "application/json, text/event-stream"),
            (header::CONTENT_TYPE, "application/json"),
            (HeaderName::from_static("x-toolgate-client"), "bridge"),
        ];
        for (name, value) in fixed {
            request
                .headers_mut()
                .entry(name)
                .or_insert(HeaderValue::from_static(value));
        }
        request
    }

    /// Posts a message with the headers of its era. A session that the gateway no longer knows
    /// is opened again first: 404 means that the message has not run.
    async fn deliver(&self, message: &Message) -> Result<Reply, Failed> {
        let text = message.to_json();
        if let Some(headers) = modern_headers(message) {
            return self.post(headers, text).await;
        }
        let Some(tag) = self.tag().await else {
            return self.post(HeaderMap::new(), text).await;
        };
        let reply = self.post(session_headers(&tag), text.clone()).await?;
        if reply.response.status() != StatusCode::NOT_FOUND || tag.id.is_none() {
            return Ok(reply);
        }
        match self.renew(&tag).await {
            Some(tag) => self.post(session_headers(&tag), text).await,
            None => Ok(reply),
        }
    }

    /// Posts a text; starts the gateway if need be and tries again what was not sent.
    pub(super) async fn post(&self, headers: HeaderMap, text: String) -> Result<Reply, Failed> {
        let mut request = self.request(Method::POST, headers, text.into());
        for _ in 0..TRIES {
            let mut link = self.door.open().await.map_err(Failed::NotSent)?;
            match link.send(request).await {
                Ok(response) => return Ok(Reply { response, link }),
                Err(SendError::NotSent(again)) => request = *again,
                Err(SendError::Broken(_)) => return Err(Failed::Lost),
            }
        }
        Err(Failed::NotSent(Closed::refused()))
    }

    /// Writes what comes before the answer to `id`, and returns the answer.
    pub(super) async fn relay(&self, reply: Reply, id: &RequestId) -> Result<Response, Failed> {
        let Reply { response, link } = reply;
        if is_event_stream(response.headers()) {
            return self
                .relay_stream(SseStream::new(response.into_body(), link), id)
                .await;
        }
        let status = response.status();
        let body = read_body(response.into_body())
            .await
            .map_err(|_| Failed::Lost)?;
        Ok(match Message::parse(&body) {
            Ok(Message::Response(answer)) => Response {
                id: Some(id.clone()),
                ..answer
            },
            _ => Response::new(id.clone(), Err(foreign_answer(status, &body))),
        })
    }

    async fn relay_stream(
        &self,
        mut stream: SseStream,
        id: &RequestId,
    ) -> Result<Response, Failed> {
        while let Some(event) = stream.next().await {
            let event = match event {
                Ok(event) => event,
                Err(ClientError::Protocol(what)) => {
                    let error = ErrorObject::new(code::INTERNAL, what);
                    return Ok(Response::new(id.clone(), Err(error)));
                }
                Err(_) => return Err(Failed::Lost),
            };
            match Message::parse(event.data.as_bytes()) {
                Ok(Message::Response(answer)) if answer.id.as_ref() == Some(id) => {
                    return Ok(answer);
                }
                Ok(message) => self.out.send(&message).await,
                // The first event of a stream may carry nothing but an id to resume after.
                Err(_) => {}
            }
        }
        Err(Failed::Lost)
    }
}

/// The error for an answer that is no JSON-RPC, such as a refusal by the door itself.
fn foreign_answer(status: StatusCode, body: &[u8]) -> ErrorObject {
    let text = String::from_utf8_lossy(body);
    let text: String = text.trim().chars().take(200).collect();
    let gap = if text.is_empty() { "" } else { ": " };
    ErrorObject::new(
        code::UPSTREAM,
        format!("the gateway answered HTTP {status}{gap}{text}"),
    )
}

//! Streamable HTTP (MCP basic/transports/streamable-http): every message is a POST of its own.

use std::collections::HashMap;
use std::time::Duration;

use model::{Problem, ProblemCode};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use wire::{
    Era, HEADER_METHOD, HEADER_NAME, HEADER_PROTOCOL_VERSION, HEADER_SESSION, MODERN_REVISION,
    Message, Notification, Raw, RawObject, RequestId, encode_value, name_of_request,
};

use super::authorization::{authorized, with_token};
use super::reply::{Body, Refusal, read_events, read_json, sort};
use super::{Farewell, Shared, Target};
use crate::link::{CallError, Incoming, Link, LinkEnd, link};
use crate::peer::TOOLS_CHANGED;

/// After the notification stream broke, it is opened again after this long, doubling.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_mins(1);

/// A message that is no request is given up after this long: those behind it must not wait for a
/// server that hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens a link; nothing is sent before the first message.
pub(crate) fn connect(
    target: Target,
    shared: Shared,
    farewell: Farewell,
    tasks: &mut JoinSet<()>,
) -> Link {
    let (link, LinkEnd { outgoing, incoming }) = link();
    let sender = Sender {
        target,
        shared,
        incoming,
    };
    tasks.spawn(run(sender, outgoing, farewell));
    link
}

/// Keeps a legacy session's stream for the server's own notifications open, until the server says
/// that it has none. What changed while it was closed is asked for again.
pub(crate) async fn listen(target: Target, shared: Shared, incoming: mpsc::Sender<Incoming>) {
    let mut wait = FIRST_RETRY;
    let mut reopened = false;
    loop {
        let request = target.client.get(target.url.expose().clone());
        let request = request
            .headers(target.headers.clone())
            .headers(agreed_headers(&shared))
            .header(ACCEPT, "text/event-stream");
        let sorted = match authorized(&target, request).await {
            Ok(response) => Some(sort(response, &target.url).await),
            Err(error @ CallError::Http { .. }) => Some(Err(Refusal::Error(error))),
            Err(_) => None,
        };
        match sorted {
            Some(Ok(Body::Events(response))) => {
                if reopened {
                    let changed = Message::notification(TOOLS_CHANGED, None);
                    let _ = incoming.send(Incoming::loose(changed)).await;
                }
                (wait, reopened) = (FIRST_RETRY, true);
                let read = read_events(response, &target.url, None, &incoming).await;
                if matches!(read, Ok(true)) {
                    return;
                }
            }
            Some(Err(Refusal::Error(CallError::Http { status, .. }))) if status >= 500 => {}
            None => {}
            // No such stream here, or a session that is over.
            Some(_) => return,
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_RETRY);
    }
}

#[derive(Clone)]
struct Sender {
    target: Target,
    shared: Shared,
    incoming: mpsc::Sender<Incoming>,
}

/// Posts what comes, requests side by side and notifications one after the other, so that
/// `notifications/initialized` cannot be overtaken.
async fn run(sender: Sender, mut outgoing: mpsc::Receiver<Message>, farewell: Farewell) {
    // Dropped, and so said, however this ends.
    let _gone = farewell.gone.drop_guard();
    let mut posts = JoinSet::new();
    let mut in_flight: HashMap<RequestId, AbortHandle> = HashMap::new();
    loop {
        let message = tokio::select! {
            message = outgoing.recv() => message,
            () = farewell.wanted.cancelled() => None,
            Some(ended) = posts.join_next(), if !posts.is_empty() => {
                if let Ok(id) = ended {
                    in_flight.remove(&id);
                }
                continue;
            }
        };
        match message {
            None => return sender.end_session().await,
            Some(Message::Request(request)) => {
                let (id, sender) = (request.id.clone(), sender.clone());
                let key = id.clone();
                let post = async move {
                    sender.post_request(Message::Request(request), &id).await;
                    id
                };
                in_flight.insert(key, posts.spawn(post));
            }
            Some(Message::Notification(notification)) => {
                let cancelled = cancelled(&notification, &mut in_flight);
                // In the modern era, closing the response stream is the cancellation.
                if cancelled.is_none() || sender.shared.get().era != Some(Era::Modern) {
                    sender
                        .post_briefly(&Message::Notification(notification))
                        .await;
                }
                if let Some(handle) = cancelled {
                    handle.abort();
                }
            }
            Some(response) => sender.post_briefly(&response).await,
        }
    }
}

fn cancelled(
    notification: &Notification,
    in_flight: &mut HashMap<RequestId, AbortHandle>,
) -> Option<AbortHandle> {
    if notification.method != "notifications/cancelled" {
        return None;
    }
    let params = RawObject::parse(notification.params.as_deref()?)?;
    let id: u64 = params.get_as("requestId")?;
    in_flight.remove(&RequestId::number(id))
}

impl Sender {
    async fn post_request(&self, message: Message, id: &RequestId) {
        let arrived = match self.post(&message).await {
            Ok(Body::Json(response)) => read_json(response, &self.target.url)
                .await
                .map(|message| Some(Incoming::loose(adopt(message, id)))),
            Ok(Body::Events(response)) => {
                match read_events(response, &self.target.url, Some(id), &self.incoming).await {
                    Ok(true) => Ok(None),
                    Ok(false) => Err(CallError::Lost(unanswered(&self.target))),
                    Err(error) => Err(error),
                }
            }
            Ok(Body::Empty) => Err(CallError::Lost(unanswered(&self.target))),
            Err(Refusal::Message(message)) => Ok(Some(Incoming::loose(adopt(message, id)))),
            Err(Refusal::Error(error)) => Err(error),
        };
        let incoming = match arrived {
            Ok(None) => return,
            Ok(Some(incoming)) => incoming,
            Err(error) => self.failed(id, error),
        };
        let _ = self.incoming.send(incoming).await;
    }

    async fn post_briefly(&self, message: &Message) {
        if tokio::time::timeout(PATIENCE, self.post(message))
            .await
            .is_err()
        {
            tracing::debug!(url = %self.target.url, "a message was given up");
        }
    }

    /// A failed request; one that found its session gone takes the whole link down, so that the
    /// handshake is made again.
    fn failed(&self, id: &RequestId, error: CallError) -> Incoming {
        let gone = matches!(error, CallError::Http { status: 404, .. });
        if gone && self.shared.get().session.is_some() {
            self.shared.update(|agreed| agreed.session = None);
            let problem = Problem::new(
                ProblemCode::SessionExpired,
                format!("{} has forgotten our session.", self.target.url),
                "Nothing to do; a new session is opened.",
            );
            // The server looked the session up and refused: nothing ran.
            let error = CallError::NotDelivered(problem);
            return Incoming::Failed {
                id: id.clone(),
                error,
            };
        }
        Incoming::Failed {
            id: id.clone(),
            error,
        }
    }

    async fn post(&self, message: &Message) -> Result<Body, Refusal> {
        let mut headers = self.target.headers.clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("application/json, text/event-stream"),
        );
        headers.extend(agreed_headers(&self.shared));
        if let Message::Request(request) = message {
            headers.extend(modern_headers(&request.method, request.params.as_ref()));
        }
        let request = self.target.client.post(self.target.url.expose().clone());
        let request = request.headers(headers).body(message.to_json());
        let response = authorized(&self.target, request).await;
        let response = response.map_err(Refusal::Error)?;
        if let Some(session) = response.headers().get(HEADER_SESSION) {
            let session = session.to_str().ok().map(str::to_owned);
            self.shared.update(|agreed| agreed.session = session);
        }
        sort(response, &self.target.url).await
    }

    /// Tells the server that the session is over; it need not care.
    async fn end_session(&self) {
        if self.shared.get().session.is_none() {
            return;
        }
        let request = self.target.client.delete(self.target.url.expose().clone());
        let request = request
            .headers(self.target.headers.clone())
            .headers(agreed_headers(&self.shared));
        let request = with_token(&self.target, request).await;
        let _ = request.timeout(Duration::from_secs(2)).send().await;
    }
}

/// Session and revision, once agreed.
fn agreed_headers(shared: &Shared) -> HeaderMap {
    let agreed = shared.get();
    let mut headers = HeaderMap::new();
    let pairs = [
        (HEADER_SESSION, agreed.session),
        (HEADER_PROTOCOL_VERSION, agreed.revision),
    ];
    for (name, value) in pairs {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    }
    headers
}

/// What a request of the modern era repeats in its headers.
fn modern_headers(method: &str, params: Option<&Raw>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(params) = params.and_then(|params| RawObject::parse(params)) else {
        return headers;
    };
    if wire::request_revision(&params).as_deref() != Some(MODERN_REVISION) {
        return headers;
    }
    let name = name_of_request(method, &params);
    let pairs = [
        (HEADER_PROTOCOL_VERSION, Some(MODERN_REVISION.to_owned())),
        (HEADER_METHOD, Some(method.to_owned())),
        (HEADER_NAME, name),
    ];
    for (header, value) in pairs {
        if let Some(value) = value.and_then(|v| HeaderValue::try_from(encode_value(&v)).ok()) {
            headers.insert(header, value);
        }
    }
    headers
}

/// An error message with an id of its own (often `null`) answers the request that was posted.
fn adopt(message: Message, id: &RequestId) -> Message {
    match message {
        Message::Response(mut response) => {
            response.id = Some(id.clone());
            Message::Response(response)
        }
        other => other,
    }
}

fn unanswered(target: &Target) -> Problem {
    Problem::new(
        ProblemCode::NotMcp,
        format!("{} ended its answer without a result.", target.url),
        "See the server's own log.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &str) -> Raw {
        serde_json::from_str(text).expect("JSON")
    }

    #[test]
    fn modern_requests_repeat_themselves_in_headers() {
        let modern = params(
            r#"{"name":"日本","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#,
        );
        let headers = modern_headers("tools/call", Some(&modern));
        assert_eq!(headers[HEADER_METHOD], "tools/call");
        assert_eq!(headers[HEADER_NAME], "=?base64?5pel5pys?=");
        assert_eq!(headers[HEADER_PROTOCOL_VERSION], MODERN_REVISION);
        assert!(modern_headers("tools/call", Some(&params(r#"{"name":"x"}"#))).is_empty());
    }

    #[test]
    fn agreed_values_become_headers() {
        let shared = Shared::default();
        assert!(agreed_headers(&shared).is_empty());
        shared.update(|agreed| agreed.session = Some("s-1".to_owned()));
        assert_eq!(agreed_headers(&shared)[HEADER_SESSION], "s-1");
    }
}

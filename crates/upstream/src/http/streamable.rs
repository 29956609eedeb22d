//! Streamable HTTP (MCP basic/transports/streamable-http): every message is a POST of its own.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use wire::{Era, HEADER_SESSION, Message, Request, RequestId};

use super::answer::follow;
use super::authorization::{authorized, with_token};
use super::headers::{agreed_headers, is_modern, modern_headers};
use super::posts::Posts;
use super::refusal::{Refusal, session_expired};
use super::reply::{Body, Failure, read_json, sort, unanswered};
use super::{Agreed, Farewell, Shared, Target};
use crate::link::{CallError, Incoming, Link, LinkEnd, link};

/// A message that is no request is given up after this long: those behind it must not wait for a
/// server that hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server has this long to take note that the session is over; it need not care.
const GOODBYE: Duration = Duration::from_secs(2);

/// The greeting after the handshake. It cannot meet a session that was forgotten meanwhile.
const INITIALIZED: &str = "notifications/initialized";

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

/// Sends messages and brings back what comes of them.
#[derive(Clone)]
pub(super) struct Sender {
    pub(super) target: Target,
    pub(super) shared: Shared,
    pub(super) incoming: mpsc::Sender<Incoming>,
}

/// Posts what comes, requests side by side and other messages one after the other, so that
/// `notifications/initialized` cannot be overtaken.
async fn run(sender: Sender, mut outgoing: mpsc::Receiver<Message>, farewell: Farewell) {
    // Dropped, and so said, however this ends.
    let _gone = farewell.gone.drop_guard();
    let mut posts = Posts::default();
    loop {
        let message = tokio::select! {
            message = outgoing.recv() => message,
            () = farewell.wanted.cancelled() => None,
            () = posts.settle() => continue,
        };
        let Some(message) = message else {
            return sender.end_session().await;
        };
        let message = match message {
            Message::Request(request) => {
                let (id, sender) = (request.id.clone(), sender.clone());
                posts.start(id, async move { sender.post_request(request).await });
                continue;
            }
            message => message,
        };
        let cancelled = posts.cancelled_by(&message);
        // In the modern era, closing the response stream is the cancellation.
        if cancelled.is_none() || sender.shared.get().era != Some(Era::Modern) {
            sender.post_briefly(message).await;
        }
        if let Some(post) = cancelled {
            post.abort();
        }
    }
}

/// A request while its answer is awaited.
struct Asked {
    id: RequestId,
    /// Whether it stands alone, without session.
    modern: bool,
    /// Whether it opens a session.
    opens: bool,
}

impl Sender {
    async fn post_request(&self, request: Request) {
        let asked = Asked {
            id: request.id.clone(),
            modern: is_modern(&request),
            opens: request.method == "initialize",
        };
        let url = &self.target.url;
        let (agreed, outcome) = self.post(&Message::Request(request)).await;
        let arrived = match outcome {
            Ok(Body::Json(response)) => match read_json(response, url).await {
                Ok(message) => adopt(message, &asked.id).ok_or_else(|| unanswered(url)),
                Err(problem) => Err(problem),
            }
            .map_err(CallError::Lost),
            // What follows comes by the stream.
            Ok(Body::Events(stream)) => {
                match follow(self, stream, &asked.id, !asked.modern).await {
                    Ok(()) => return,
                    Err(error) => Err(error),
                }
            }
            Ok(Body::Empty) => Err(CallError::Lost(unanswered(url))),
            Err(Failure::Error(error)) => Err(error),
            Err(Failure::Refused(refusal)) => self.judge(refusal, &agreed, &asked),
        };
        let id = asked.id;
        let incoming = arrived.unwrap_or_else(|error| Incoming::Failed { id, error });
        let _ = self.incoming.send(incoming).await;
    }

    /// What a refusal means: a session that is gone, an answer of the protocol, or an error.
    fn judge(
        &self,
        refusal: Refusal,
        agreed: &Agreed,
        asked: &Asked,
    ) -> Result<Incoming, CallError> {
        if agreed.session.is_some() && !asked.modern && refusal.forgets_session() {
            self.shared.update(|agreed| agreed.session = None);
            let problem = session_expired(&self.target.url);
            // The server looked the session up and refused: nothing ran.
            return Err(CallError::NotDelivered(problem));
        }
        // Where even the handshake is not found, another transport may be; only the status says so.
        if asked.opens && refusal.is_not_found() {
            return Err(refusal.into_error());
        }
        let answer = refusal.message();
        let answer = answer.and_then(|message| adopt(message, &asked.id));
        answer.ok_or_else(|| refusal.into_error())
    }

    /// Posts a message that has no answer. Failing is of no consequence, unless it shows that the
    /// session is gone: then the link ends, so that the handshake is made again.
    async fn post_briefly(&self, message: Message) {
        let first = matches!(&message, Message::Notification(n) if n.method == INITIALIZED);
        let Ok((agreed, outcome)) = tokio::time::timeout(PATIENCE, self.post(&message)).await
        else {
            tracing::debug!(url = %self.target.url, "a message was given up");
            return;
        };
        if let Err(Failure::Refused(refusal)) = outcome
            && agreed.session.is_some()
            && !first
            && refusal.forgets_session()
        {
            self.expire().await;
        }
    }

    /// Ends the link because the session is gone.
    pub(super) async fn expire(&self) {
        self.shared.update(|agreed| agreed.session = None);
        let closed = Incoming::Closed(session_expired(&self.target.url));
        let _ = self.incoming.send(closed).await;
    }

    /// Posts a message; also returns what was agreed when it was sent.
    async fn post(&self, message: &Message) -> (Agreed, Result<Body, Failure>) {
        let agreed = self.shared.get();
        let mut headers = self.headers(&agreed);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("application/json, text/event-stream"),
        );
        let mut takes_session = true;
        if let Message::Request(request) = message {
            headers.extend(modern_headers(request, &agreed));
            takes_session = !is_modern(request);
        }
        let request = self.target.client.post(self.target.url.expose().clone());
        let request = request.headers(headers).body(message.to_json());
        let response = match authorized(&self.target, request).await {
            Ok(response) => response,
            Err(error) => return (agreed, Err(Failure::Error(error))),
        };
        let session = response.headers().get(HEADER_SESSION);
        // In the modern era there are no sessions, whatever a server of both eras says.
        if let (Some(session), true) = (session.and_then(|s| s.to_str().ok()), takes_session) {
            let session = session.to_owned();
            self.shared.update(|agreed| agreed.session = Some(session));
        }
        (agreed, sort(response, &self.target.url).await)
    }

    /// Asks for a stream: the one that goes on after this event, or that of the server's news.
    pub(super) async fn get(&self, after: Option<&HeaderValue>) -> (Agreed, Result<Body, Failure>) {
        let agreed = self.shared.get();
        let mut headers = self.headers(&agreed);
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Some(id) = after {
            headers.insert("last-event-id", id.clone());
        }
        let request = self.target.client.get(self.target.url.expose().clone());
        let opened = match authorized(&self.target, request.headers(headers)).await {
            Ok(response) => sort(response, &self.target.url).await,
            Err(error) => Err(Failure::Error(error)),
        };
        (agreed, opened)
    }

    /// The configured headers and the agreed ones.
    fn headers(&self, agreed: &Agreed) -> HeaderMap {
        let mut headers = self.target.headers.clone();
        headers.extend(agreed_headers(agreed));
        headers
    }

    /// Tells the server that the session is over; it need not care.
    async fn end_session(&self) {
        let agreed = self.shared.get();
        if agreed.session.is_none() {
            return;
        }
        let request = self.target.client.delete(self.target.url.expose().clone());
        let request = request.headers(self.headers(&agreed)).timeout(GOODBYE);
        let _ = with_token(&self.target, request).await.send().await;
    }
}

/// The answer to the request that was posted. Errors often have no id of their own, or `null`.
fn adopt(message: Message, id: &RequestId) -> Option<Incoming> {
    let Message::Response(mut response) = message else {
        return None;
    };
    response.id = Some(id.clone());
    Some(Incoming::loose(Message::Response(response)))
}

//! Requests and their answers over a link.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use model::Problem;
use tokio::sync::{mpsc, oneshot, watch};
use wire::{ErrorObject, Message, Raw, RawObject, Request, RequestId, Response, code};

use crate::link::{CallError, Incoming, Link};

/// Says that a server's tools are others now.
pub(crate) const TOOLS_CHANGED: &str = "notifications/tools/list_changed";

type Reply = Result<Raw, CallError>;

/// One end of a conversation with a server; cheap to clone.
#[derive(Clone)]
pub(crate) struct Peer {
    shared: Arc<Shared>,
}

struct Shared {
    outgoing: mpsc::Sender<Message>,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Reply>>>,
    next_id: AtomicU64,
    started: Instant,
    /// When the server was last heard, in milliseconds after `started`.
    heard: AtomicU64,
    closed: watch::Sender<Option<Problem>>,
    tools_changed: mpsc::Sender<()>,
}

/// Reads a link until it closes.
pub(crate) struct Dispatch {
    shared: Arc<Shared>,
    incoming: mpsc::Receiver<Incoming>,
}

impl Peer {
    /// A peer over `link`, and news of changed tools. The [`Dispatch`] must be run for anything to
    /// arrive.
    pub(crate) fn new(link: Link) -> (Self, Dispatch, mpsc::Receiver<()>) {
        let (tools_changed, changes) = mpsc::channel(1);
        let shared = Arc::new(Shared {
            outgoing: link.outgoing,
            waiting: Mutex::default(),
            next_id: AtomicU64::new(1),
            started: Instant::now(),
            heard: AtomicU64::new(0),
            closed: watch::Sender::new(None),
            tools_changed,
        });
        let dispatch = Dispatch {
            shared: Arc::clone(&shared),
            incoming: link.incoming,
        };
        (Self { shared }, dispatch, changes)
    }

    /// Sends a request and waits for its answer.
    ///
    /// Dropping the future tells the server that nobody waits any more.
    pub(crate) async fn request(
        &self,
        method: &str,
        params: &RawObject,
        deadline: Duration,
    ) -> Reply {
        let (id, reply) = self.expect_reply();
        let mut waiting = Waiting {
            peer: self,
            id,
            sent: false,
        };
        let request = Message::request(RequestId::number(id), method, Some(params.to_raw()));
        let exchange = async {
            // What closes after this settles the request; what closed before is seen here.
            if self.is_closed() || self.shared.outgoing.send(request).await.is_err() {
                return Err(CallError::NotDelivered(self.closing_problem()));
            }
            waiting.sent = true;
            let reply = reply
                .await
                .unwrap_or_else(|_| Err(CallError::Lost(self.closing_problem())));
            waiting.sent = false;
            reply
        };
        // The deadline covers the sending too: a server that no longer reads blocks the queue.
        let answered = tokio::time::timeout(deadline, exchange).await;
        answered.unwrap_or(Err(CallError::Timeout(deadline)))
    }

    /// Sends a notification; one that cannot be sent any more is of no use either.
    pub(crate) async fn notify(&self, method: &str, params: Option<Raw>) {
        let _ = self
            .shared
            .outgoing
            .send(Message::notification(method, params))
            .await;
    }

    /// Waits until the link is closed, and says why.
    pub(crate) async fn closed(&self) -> Problem {
        let mut closed = self.shared.closed.subscribe();
        // The sender lives as long as `self`.
        let _ = closed.wait_for(Option::is_some).await;
        self.closing_problem()
    }

    /// Has the tools listed anew, because news of them may have been missed.
    pub(crate) fn suspect_changes(&self) {
        let _ = self.shared.tools_changed.try_send(());
    }

    /// Whether the link is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.shared.closed.borrow().is_some()
    }

    /// Whether the server is working on a request.
    pub(crate) fn is_busy(&self) -> bool {
        !self.shared.waiting().is_empty()
    }

    /// How long the server has been silent.
    pub(crate) fn silence(&self) -> Duration {
        let heard = Duration::from_millis(self.shared.heard.load(Ordering::Relaxed));
        self.shared.started.elapsed().saturating_sub(heard)
    }

    fn expect_reply(&self) -> (u64, oneshot::Receiver<Reply>) {
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        self.shared.waiting().insert(id, sender);
        (id, receiver)
    }

    fn closing_problem(&self) -> Problem {
        self.shared
            .closed
            .borrow()
            .clone()
            .unwrap_or_else(closed_by_itself)
    }
}

fn closed_by_itself() -> Problem {
    Problem::new(
        model::ProblemCode::Exited,
        "The connection to the server was closed.",
        "Try again; the gateway reconnects by itself.",
    )
}

/// Clears up after a request, however it ends.
struct Waiting<'a> {
    peer: &'a Peer,
    id: u64,
    /// Whether the server may still be working on it.
    sent: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.peer.shared.waiting().remove(&self.id);
        if self.sent {
            let mut params = RawObject::default();
            params.set("requestId", wire::raw(&RequestId::number(self.id)));
            params.set("reason", wire::raw_str("the client no longer waits"));
            let cancelled = Message::notification("notifications/cancelled", Some(params.to_raw()));
            // A full queue means that the server does not read; then it does not stop either.
            let _ = self.peer.shared.outgoing.try_send(cancelled);
        }
    }
}

impl Shared {
    fn waiting(&self) -> std::sync::MutexGuard<'_, HashMap<u64, oneshot::Sender<Reply>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle(&self, id: Option<&RequestId>, reply: Reply) {
        let sender = id
            .and_then(RequestId::as_number)
            .and_then(|id| self.waiting().remove(&id));
        // The caller may have gone in this very moment; then nobody waits either.
        if sender.is_none_or(|sender| sender.send(reply).is_err()) {
            tracing::debug!("an answer that nobody waits for was dropped");
        }
    }

    fn close(&self, problem: &Problem) {
        self.closed.send_replace(Some(problem.clone()));
        let waiting = std::mem::take(&mut *self.waiting());
        for sender in waiting.into_values() {
            drop(sender.send(Err(CallError::Lost(problem.clone()))));
        }
    }
}

impl Dispatch {
    /// Routes what arrives until the link closes.
    pub(crate) async fn run(mut self) {
        while let Some(incoming) = self.incoming.recv().await {
            let problem = match incoming {
                Incoming::Message { message, .. } => {
                    self.take(message);
                    continue;
                }
                Incoming::Failed { id, error } => {
                    let fatal = error.ends_connection();
                    self.shared.settle(Some(&id), Err(error));
                    match fatal {
                        Some(problem) => problem,
                        None => continue,
                    }
                }
                Incoming::Closed(problem) => problem,
            };
            return self.shared.close(&problem);
        }
        self.shared.close(&closed_by_itself());
    }

    fn take(&self, message: Message) {
        let now = self.shared.started.elapsed().as_millis();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        self.shared.heard.store(now, Ordering::Relaxed);
        match message {
            Message::Response(Response { id, outcome }) => {
                self.shared
                    .settle(id.as_ref(), outcome.map_err(CallError::Rpc));
            }
            Message::Notification(notice) if notice.method == TOOLS_CHANGED => {
                // One that waits already says the same.
                let _ = self.shared.tools_changed.try_send(());
            }
            Message::Notification(notice) => {
                tracing::debug!(
                    method = notice.method,
                    "a notification that nobody asked for"
                );
            }
            Message::Request(request) => self.answer(request),
        }
    }

    /// Answers a request of the server. None but `ping` is expected, because the gateway declares
    /// no client capabilities.
    fn answer(&self, request: Request) {
        let outcome = if request.method == "ping" {
            Ok(RawObject::default().to_raw())
        } else {
            let message = format!("this client does not offer `{}`", request.method);
            Err(ErrorObject::new(code::METHOD_NOT_FOUND, message))
        };
        let response = Message::Response(Response::new(request.id, outcome));
        if self.shared.outgoing.try_send(response).is_err() {
            tracing::debug!("a request of the server was not answered: its queue is full");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{LinkEnd, link};

    const SOON: Duration = Duration::from_secs(5);

    fn start() -> (Peer, LinkEnd, mpsc::Receiver<()>) {
        let (link, end) = link();
        let (peer, dispatch, changes) = Peer::new(link);
        #[expect(clippy::disallowed_methods, reason = "the test ends with its runtime")]
        tokio::spawn(dispatch.run());
        (peer, end, changes)
    }

    fn respond(text: &str) -> Incoming {
        Incoming::loose(Message::parse(text.as_bytes()).expect("a message"))
    }

    fn problem() -> Problem {
        Problem::new(model::ProblemCode::Exited, "It ended.", "Look.")
    }

    #[tokio::test]
    async fn answers_find_their_requests_in_any_order() {
        let (peer, mut end, _notices) = start();
        let params = RawObject::default();
        let server = async {
            for _ in 0..2 {
                end.outgoing.recv().await.expect("a request");
            }
            for id in [2, 1, 99] {
                let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"id":{id}}}}}"#);
                end.incoming.send(respond(&text)).await.expect("taken");
            }
        };
        let (one, two, ()) = tokio::join!(
            peer.request("a", &params, SOON),
            peer.request("b", &params, SOON),
            server
        );
        assert_eq!(one.expect("a result").get(), r#"{"id":1}"#);
        assert_eq!(two.expect("a result").get(), r#"{"id":2}"#);
    }

    #[tokio::test]
    async fn a_dropped_request_is_cancelled_at_the_server() {
        let (peer, mut end, _notices) = start();
        let params = RawObject::default();
        tokio::select! {
            _ = peer.request("tools/call", &params, SOON) => unreachable!("nobody answers"),
            sent = end.outgoing.recv() => assert!(sent.is_some()),
        }
        let Some(Message::Notification(cancelled)) = end.outgoing.recv().await else {
            unreachable!("a notification follows")
        };
        assert_eq!(cancelled.method, "notifications/cancelled");
        assert!(
            cancelled
                .params
                .expect("params")
                .get()
                .contains(r#""requestId":1"#)
        );
    }

    #[tokio::test]
    async fn a_lost_link_fails_what_waits_and_what_comes() {
        let (peer, mut end, _notices) = start();
        let params = RawObject::default();
        let server = async {
            end.outgoing.recv().await.expect("a request");
            end.incoming
                .send(Incoming::Closed(problem()))
                .await
                .expect("taken");
        };
        let (waiting, ()) = tokio::join!(peer.request("a", &params, SOON), server);
        assert!(matches!(waiting, Err(CallError::Lost(lost)) if lost == problem()));
        assert_eq!(peer.closed().await, problem());
        drop(end);
        let late = peer.request("b", &params, SOON).await.expect_err("closed");
        assert!(late.never_ran());
    }

    #[tokio::test]
    async fn the_server_may_ping_but_not_ask_for_what_is_not_offered() {
        let (_peer, mut end, _notices) = start();
        for (method, expected) in [("ping", "\"result\":{}"), ("roots/list", "-32601")] {
            let text = format!(r#"{{"jsonrpc":"2.0","id":"s1","method":"{method}"}}"#);
            end.incoming.send(respond(&text)).await.expect("taken");
            let answer = end.outgoing.recv().await.expect("an answer").to_json();
            assert!(
                answer.contains(expected) && answer.contains("\"s1\""),
                "{answer}"
            );
        }
    }

    #[tokio::test]
    async fn any_number_of_changes_is_one_piece_of_news() {
        let (peer, end, mut changes) = start();
        let text = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
        let log = r#"{"jsonrpc":"2.0","method":"notifications/message"}"#;
        for text in [text, log, text, text] {
            end.incoming.send(respond(text)).await.expect("taken");
        }
        end.incoming
            .send(Incoming::Closed(problem()))
            .await
            .expect("taken");
        peer.closed().await;
        assert!(changes.recv().await.is_some());
        assert!(changes.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_server_that_is_gone_ends_the_connection() {
        let (peer, end, _changes) = start();
        let (id, error) = (RequestId::number(9), CallError::NotDelivered(problem()));
        end.incoming
            .send(Incoming::Failed { id, error })
            .await
            .expect("taken");
        assert_eq!(peer.closed().await, problem());
    }
}

//! What arrives from a server, and where it goes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use wire::{
    ErrorObject, META_SUBSCRIPTION, Message, Notification, RawObject, Request, RequestId, Response,
    code,
};

use super::attribution::Cause;
use super::{Shared, TOOLS_CHANGED, closed_by_itself};
use crate::exchange::{Happening, ServerRequest};
use crate::link::{CallError, Incoming};

/// A request of the server whose origin is unclear waits so long for the other calls to end.
const HOLD: Duration = Duration::from_mins(1);
/// So many wait at most.
const MAX_HELD: usize = 64;
/// What news of changed lists ends with.
const LIST_CHANGED: &str = "/list_changed";

/// Reads a link until it closes.
pub(crate) struct Dispatch {
    shared: Arc<Shared>,
    incoming: mpsc::Receiver<Incoming>,
    /// Requests of the server that could be any of several clients' affair.
    held: VecDeque<(Instant, Request)>,
}

impl Dispatch {
    pub(super) fn new(shared: Arc<Shared>, incoming: mpsc::Receiver<Incoming>) -> Self {
        Self {
            shared,
            incoming,
            held: VecDeque::new(),
        }
    }

    /// Routes what arrives until the link closes.
    pub(crate) async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        loop {
            let overdue = self.held.front().map_or_else(Instant::now, |(due, _)| *due);
            let incoming = tokio::select! {
                incoming = self.incoming.recv() => incoming,
                () = shared.settled.notified(), if !self.held.is_empty() => {
                    self.look_again();
                    continue;
                }
                () = tokio::time::sleep_until(overdue), if !self.held.is_empty() => {
                    if let Some((_, request)) = self.held.pop_front() {
                        self.refuse(request, "it is unclear which client this is for");
                    }
                    continue;
                }
            };
            let problem = match incoming {
                Some(Incoming::Message { message, during }) => {
                    self.take(message, during.as_ref());
                    continue;
                }
                Some(Incoming::Failed { id, error }) => {
                    let fatal = error.ends_connection();
                    self.shared.settle(Some(&id), Err(error));
                    match fatal {
                        Some(problem) => problem,
                        None => continue,
                    }
                }
                Some(Incoming::Closed(problem)) => problem,
                None => closed_by_itself(),
            };
            return self.shared.close(&problem);
        }
    }

    fn take(&mut self, message: Message, during: Option<&RequestId>) {
        let now = self.shared.started.elapsed().as_millis();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        self.shared.heard.store(now, Ordering::Relaxed);
        match message {
            Message::Response(Response { id, outcome }) => {
                self.shared
                    .settle(id.as_ref(), outcome.map_err(CallError::Rpc));
            }
            Message::Notification(notice) => self.notice(notice, during),
            Message::Request(request) if request.method == "ping" => {
                self.answer(request.id, Ok(RawObject::default().to_raw()));
            }
            Message::Request(request) => self.ask(request, during),
        }
    }

    fn notice(&mut self, notice: Notification, during: Option<&RequestId>) {
        match notice.method.as_str() {
            TOOLS_CHANGED => {
                // One that waits already says the same.
                let _ = self.shared.tools_changed.try_send(());
            }
            "notifications/progress" => self.progress(notice),
            "notifications/cancelled" => self.withdraw(notice),
            "notifications/message" => self.log(notice, during),
            "notifications/subscriptions/acknowledged" => {}
            method if is_news(method) => {
                if method.ends_with(LIST_CHANGED) {
                    let _ = self.shared.offers_changed.try_send(());
                }
                self.shared.news.publish(without_subscription(notice));
            }
            _ => match self.shared.cause(during) {
                Cause::Call(call) if during.is_some() => self.tell(call, notice),
                _ => self.shared.news.publish(notice),
            },
        }
    }

    /// Progress carries the id of our request as its token.
    fn progress(&self, notice: Notification) {
        let params = notice.params.as_deref().and_then(RawObject::parse);
        let token = params.and_then(|params| params.get_as::<u64>("progressToken"));
        if let Some(call) = token {
            self.tell(call, notice);
        } else {
            tracing::debug!("progress of no request of ours was dropped");
        }
    }

    /// The server no longer wants an answer to a request of its own.
    fn withdraw(&mut self, notice: Notification) {
        let Some(id) = notice.cancelled_request() else {
            return;
        };
        self.held.retain(|(_, request)| request.id != id);
        let call = self.shared.asked().remove(&id);
        if let Some(call) = call {
            self.tell(call, notice);
        }
    }

    /// A line of the log goes to the call that it belongs to; outside of calls it is news. With
    /// calls of several parties in flight it is nobody's, lest one reads of another's affairs.
    fn log(&self, notice: Notification, during: Option<&RequestId>) {
        if let Some(params) = notice.params.as_deref().and_then(RawObject::parse) {
            self.shared.news.log(&params);
        }
        match self.shared.cause(during) {
            Cause::Call(call) => {
                self.shared.note_speech(call);
                self.tell(call, notice);
            }
            Cause::Nobody => self.shared.news.publish(notice),
            Cause::Unclear => {}
        }
    }

    fn tell(&self, call: u64, notice: Notification) {
        if self
            .shared
            .tell(call, Happening::Notification(notice))
            .is_err()
        {
            tracing::debug!("a notification was dropped: nobody listens, or not fast enough");
        }
    }

    /// Routes a request of the server to the call that caused it. While that is unclear it waits
    /// until other calls have ended, or until the connection's only client has a call in flight.
    fn ask(&mut self, request: Request, during: Option<&RequestId>) {
        let own = self.shared.news.audience.is_some();
        match self.shared.cause(during) {
            Cause::Call(call) => self.pass(request, call, during.is_none()),
            Cause::Nobody if !own => self.refuse(request, "no client has a call in flight"),
            Cause::Nobody | Cause::Unclear if self.held.len() < MAX_HELD => {
                self.held.push_back((Instant::now() + HOLD, request));
            }
            Cause::Nobody | Cause::Unclear => {
                self.refuse(request, "too many requests wait for a client");
            }
        }
    }

    /// Other calls are in flight than before; what waits may no longer be unclear.
    fn look_again(&mut self) {
        for (due, request) in std::mem::take(&mut self.held) {
            match self.shared.cause(None) {
                Cause::Call(call) => self.pass(request, call, true),
                Cause::Nobody | Cause::Unclear => self.held.push_back((due, request)),
            }
        }
    }

    fn pass(&self, request: Request, call: u64, loose: bool) {
        let Ok(params) = request.params_object() else {
            return self.refuse(request, "its parameters are no object");
        };
        self.shared.note_speech(call);
        let Request { id, method, .. } = request;
        self.shared.asked().insert(id.clone(), call);
        let asked = ServerRequest {
            method,
            params,
            id,
            loose,
            answers: Some(self.shared.outgoing.clone()),
        };
        // Dropped, it is refused.
        let _ = self.shared.tell(call, Happening::Request(asked));
    }

    fn refuse(&self, request: Request, why: &str) {
        let message = format!("`{}` cannot be answered: {why}", request.method);
        self.answer(request.id, Err(ErrorObject::new(code::INTERNAL, message)));
    }

    fn answer(&self, id: RequestId, outcome: Result<wire::Raw, ErrorObject>) {
        let response = Message::Response(Response::new(id, outcome));
        if self.shared.outgoing.try_send(response).is_err() {
            tracing::debug!("a request of the server was not answered: its queue is full");
        }
    }
}

impl Drop for Dispatch {
    /// A connection that is given up answers nothing any more; nobody must go on waiting for it.
    fn drop(&mut self) {
        if !self.shared.is_closed() {
            self.shared.close(&closed_by_itself());
        }
    }
}

/// Whether a notification concerns the server as a whole, whichever stream it came on.
fn is_news(method: &str) -> bool {
    method.ends_with(LIST_CHANGED)
        || matches!(
            method,
            "notifications/resources/updated"
                | "notifications/tasks"
                | "notifications/tasks/status"
                | "notifications/elicitation/complete"
        )
}

/// The same without the mark of the stream that it came on, which is ours alone.
fn without_subscription(mut notice: Notification) -> Notification {
    let Some(mut params) = notice.params.as_deref().and_then(RawObject::parse) else {
        return notice;
    };
    if params.edit_meta(|meta| meta.remove(META_SUBSCRIPTION).is_some()) {
        notice.params = Some(params.to_raw());
    }
    notice
}

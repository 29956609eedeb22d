//! Conversations over one connection that carries messages both ways: WebSocket, and the HTTP+SSE
//! pair. Both eras may use it at any time, as on standard input and output; what is under way
//! ends with the connection.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fleet::PresenceKind;
use futures_util::{Stream, StreamExt as _};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, Id, JoinSet};
use wire::{
    ErrorObject, Message, Notification, ParseError, RawObject, Request, RequestId, Response, code,
    request_revision,
};

use super::answering::Answering;
use super::{Visit, batch, legacy, listen, modern};
use crate::news::{Listener, follow};
use crate::requester::QUEUE;
use crate::session::Session;

/// Requests of one connection that may be in flight.
const MAX_IN_FLIGHT: usize = 1_024;

/// Once the gateway closes, subscriptions have this long to say so.
const FAREWELL: Duration = Duration::from_secs(1);

/// One client's connection.
pub(super) struct Conversation {
    visit: Visit,
    outlet: mpsc::Sender<Message>,
    /// Since `initialize`.
    session: Option<Arc<Session>>,
    tasks: JoinSet<()>,
    /// The same for subscriptions, which end by themselves when the gateway does.
    subscriptions: JoinSet<()>,
    /// Requests of the modern era, which are cancelled by their ids.
    modern: HashMap<RequestId, (Id, AbortHandle)>,
}

impl Conversation {
    /// A conversation whose messages to the client go to `outlet`.
    pub(super) fn new(visit: Visit, outlet: mpsc::Sender<Message>) -> Self {
        Self {
            visit,
            outlet,
            session: None,
            tasks: JoinSet::new(),
            subscriptions: JoinSet::new(),
            modern: HashMap::new(),
        }
    }

    /// Takes what the client sends until that, the pass or the gateway comes to its end.
    pub(super) async fn run(mut self, texts: impl Stream<Item = Bytes>) {
        let closing = self.visit.gateway.0.closing.clone();
        let over = self.visit.pass.over().clone();
        let taking = async {
            let mut texts = std::pin::pin!(texts);
            while let Some(text) = texts.next().await {
                self.take(&text).await;
            }
        };
        tokio::select! {
            () = taking => return,
            // Whoever is no longer let in is told nothing more.
            () = over.cancelled() => return,
            () = closing.cancelled() => {}
        }
        let farewell = async { while self.subscriptions.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(FAREWELL, farewell).await;
    }

    async fn take(&mut self, text: &[u8]) {
        self.forget_finished();
        if wire::nests_deeper_than(text, super::MAX_DEPTH) {
            let error = ErrorObject::new(code::PARSE, "this is nested too deeply");
            return self.say(unreadable(error)).await;
        }
        match Message::parse(text) {
            Err(ParseError::Batch) => match batch::read(self.session.as_deref(), text) {
                Ok(messages) => {
                    for message in messages {
                        self.act(Message::parse(message.get().as_bytes())).await;
                    }
                }
                Err(error) => self.say(unreadable(error)).await,
            },
            message => self.act(message).await,
        }
    }

    async fn act(&mut self, message: Result<Message, ParseError>) {
        match message {
            Err(error) => self.say(unreadable(error.to_error())).await,
            Ok(Message::Response(response)) => {
                if let Some(session) = &self.session {
                    session.asks.settle(response);
                }
            }
            Ok(Message::Notification(notification)) => self.notice(&notification).await,
            Ok(Message::Request(request)) => self.start(request).await,
        }
    }

    async fn start(&mut self, request: Request) {
        let params = request.params_object().unwrap_or_default();
        let modern = request_revision(&params).is_some();
        if self.tasks.len() + self.subscriptions.len() >= MAX_IN_FLIGHT {
            let error = ErrorObject::new(code::UPSTREAM, "too many requests are in flight; wait");
            self.refuse(&request, error).await;
        } else if modern {
            self.start_modern(request, params).await;
        } else if request.method == "initialize" {
            self.initialize(&request, &params).await;
        } else if let Some(session) = &self.session {
            match legacy::begin(&self.visit, session, request, true) {
                Ok(answering) => drop(self.tasks.spawn(write(answering, self.outlet.clone()))),
                Err(refused) => self.say(Message::Response(refused)).await,
            }
        } else {
            let message = "this connection has no session; send `initialize` first";
            let error = ErrorObject::new(code::INVALID_REQUEST, message);
            self.refuse(&request, error).await;
        }
    }

    async fn start_modern(&mut self, request: Request, params: RawObject) {
        if let Err(error) = modern::check(&request, &params) {
            return self.refuse(&request, error).await;
        }
        let id = request.id.clone();
        let handle = if request.method == "subscriptions/listen" {
            let (visit, outlet) = (self.visit.clone(), self.outlet.clone());
            self.subscriptions.spawn(async move {
                let messages = listen::messages(&visit, request, &params).await;
                let mut messages = std::pin::pin!(messages);
                while let Some(message) = messages.next().await {
                    if outlet.send(message).await.is_err() {
                        return;
                    }
                }
            })
        } else {
            let (outlet, said) = mpsc::channel(QUEUE);
            let who = modern::requester(&self.visit, &params, Some(outlet));
            let answering = Answering::new(self.visit.asking(who), request, said, None);
            self.tasks.spawn(write(answering, self.outlet.clone()))
        };
        self.modern.insert(id, (handle.id(), handle));
    }

    /// Opens a session in place of the one that there was.
    async fn initialize(&mut self, request: &Request, params: &RawObject) {
        let session = Arc::new(Session::new(legacy::introduced(
            &self.visit,
            params,
            PresenceKind::Connection,
        )));
        let result = legacy::introduction(&self.visit, &session, params).await;
        if let Some(before) = self.session.replace(Arc::clone(&session)) {
            before.end();
        }
        let response = Response::new(request.id.clone(), Ok(result));
        self.say(Message::Response(response)).await;
        let listener = Listener::Session(Arc::clone(&session));
        let news = follow(&self.visit, listener);
        let news = news.take_until(session.ended.clone().cancelled_owned());
        let outlet = self.outlet.clone();
        self.tasks.spawn(async move {
            let mut news = std::pin::pin!(news);
            while let Some(notification) = news.next().await {
                if outlet
                    .send(Message::Notification(notification))
                    .await
                    .is_err()
                {
                    return;
                }
            }
        });
    }

    async fn notice(&mut self, notification: &Notification) {
        let Some(id) = notification.cancelled_request() else {
            return super::take_notice(&self.visit, self.session.as_ref(), notification).await;
        };
        if let Some((_, handle)) = self.modern.remove(&id) {
            handle.abort();
        } else if let Some(session) = &self.session {
            session.cancel(&id);
        }
    }

    async fn refuse(&self, request: &Request, error: ErrorObject) {
        let response = Response::new(request.id.clone(), Err(error));
        self.say(Message::Response(response)).await;
    }

    /// A client that is gone hears nothing, which its connection's end shows soon.
    async fn say(&self, message: Message) {
        let _ = self.outlet.send(message).await;
    }

    fn forget_finished(&mut self) {
        while self.tasks.try_join_next().is_some() {}
        while self.subscriptions.try_join_next().is_some() {}
        self.modern.retain(|_, (_, handle)| !handle.is_finished());
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        if let Some(session) = &self.session {
            session.end();
        }
    }
}

async fn write(mut answering: Answering, outlet: mpsc::Sender<Message>) {
    while let Some(message) = answering.next().await {
        if outlet.send(message).await.is_err() {
            return;
        }
    }
}

/// The answer to what could not be read; its id is unknown (JSON-RPC 2.0, section 5).
fn unreadable(error: ErrorObject) -> Message {
    Message::Response(Response {
        id: None,
        outcome: Err(error),
    })
}

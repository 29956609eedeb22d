//! `toolgate bridge`: a stdio MCP server for clients that cannot speak HTTP.
//!
//! Every line from the client is posted to the gateway's MCP face over the local socket, every
//! message of the answers is written back as a line. Both protocol eras may use the one pipe at
//! any time: a request that names its revision in `_meta` stands alone, everything else belongs
//! to the session that `initialize` opened. The gateway may come and go meanwhile; what was not
//! sent is sent to the next one, what may have run is reported and never sent again.

mod door;
mod exchange;
mod headers;
mod lines;
mod listen;
mod session;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::{AbortHandle, Id, JoinSet};
use tokio::time::timeout;
use wire::{ErrorObject, Message, Notification, Request, RequestId, Response, code};

pub(crate) use door::{Door, Starter};
use exchange::Shared;
use lines::{Line, LineReader};

/// How long requests in flight may go on after the client has closed its end.
const DRAIN: Duration = Duration::from_secs(5);

/// More requests than this at once are refused.
const MAX_IN_FLIGHT: usize = 256;

/// A request of the modern era that lasts as long as the client wants news.
const LISTEN: &str = "subscriptions/listen";

/// Serves one client until it closes its end or nothing can be written to it any more.
pub(crate) async fn run(
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Unpin + Send + 'static,
    door: Door,
    path: String,
) {
    let (out, mut writer) = lines::writer(output);
    let mut bridge = Bridge {
        shared: Arc::new(Shared::new(door, path, out)),
        requests: JoinSet::new(),
        in_flight: HashMap::new(),
        listener: JoinSet::new(),
    };
    let mut lines = LineReader::new(input);
    loop {
        tokio::select! {
            line = lines.next() => match line {
                Some(line) => bridge.take_line(line).await,
                None => break,
            },
            Some(done) = bridge.requests.join_next_with_id() => bridge.forget(&done),
            _ = writer.join_next() => return,
        }
    }
    bridge.finish().await;
    drop(bridge);
    // The last sender is gone now: the writer ends when all is written.
    let _ = timeout(DRAIN, writer.join_next()).await;
}

/// What belongs to the one client.
struct Bridge {
    shared: Arc<Shared>,
    requests: JoinSet<()>,
    in_flight: HashMap<Id, InFlight>,
    /// Carries the session's own messages from the gateway; at most one task.
    listener: JoinSet<()>,
}

/// A request that has not been answered yet.
struct InFlight {
    id: RequestId,
    modern: bool,
    /// Whether the end of the client's input should wait for it.
    awaited: bool,
    abort: AbortHandle,
}

impl Bridge {
    async fn take_line(&mut self, line: Line) {
        let message = match line {
            Line::Text(text) => Message::parse(&text).map_err(wire::ParseError::to_error),
            Line::TooLong => Err(ErrorObject::new(
                code::INVALID_REQUEST,
                "this message is longer than 64 MiB",
            )),
        };
        match message {
            Ok(Message::Request(request)) if request.method == "initialize" => {
                self.initialize(request).await;
            }
            Ok(Message::Request(request)) => self.start(request).await,
            Ok(Message::Notification(notification)) => self.notify(notification).await,
            Ok(answer @ Message::Response(_)) => self.shared.tell(&answer).await,
            Err(error) => self.shared.out.send(&unreadable(error)).await,
        }
    }

    /// Opens the session before the next line is read, since later lines may belong to it.
    async fn initialize(&mut self, request: Request) {
        self.listener.abort_all();
        self.shared.close_session().await;
        if self.shared.initialize(request).await {
            self.listener.spawn(listen::run(Arc::clone(&self.shared)));
        }
    }

    async fn start(&mut self, request: Request) {
        if self.in_flight.len() >= MAX_IN_FLIGHT {
            let error = ErrorObject::new(code::UPSTREAM, "too many requests are in flight; wait");
            self.shared.out.send(&answer(request.id, error)).await;
            return;
        }
        let (id, modern) = (
            request.id.clone(),
            headers::is_modern(request.params.as_deref()),
        );
        let awaited = request.method != LISTEN;
        let shared = Arc::clone(&self.shared);
        let abort = self
            .requests
            .spawn(async move { shared.ask(request).await });
        self.in_flight.insert(
            abort.id(),
            InFlight {
                id,
                modern,
                awaited,
                abort,
            },
        );
    }

    /// Passes a notification on, in the order in which it came. Over HTTP, a request of the
    /// modern era is cancelled by closing its answer, which is translated here.
    async fn notify(&mut self, notification: Notification) {
        if let Some(id) = notification.cancelled_request()
            && let Some(request) = self.in_flight.values().find(|r| r.modern && r.id == id)
        {
            request.abort.abort();
            return;
        }
        self.shared.tell(&Message::Notification(notification)).await;
    }

    fn forget(&mut self, done: &Result<(Id, ()), tokio::task::JoinError>) {
        let id = match done {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        self.in_flight.remove(&id);
    }

    /// Lets what is in flight come to its end, then says goodbye to the gateway.
    async fn finish(&mut self) {
        self.listener.abort_all();
        for request in self.in_flight.values().filter(|request| !request.awaited) {
            request.abort.abort();
        }
        let all_done = async { while self.requests.join_next().await.is_some() {} };
        let _ = timeout(DRAIN, all_done).await;
        self.requests.shutdown().await;
        self.listener.shutdown().await;
        self.shared.close_session().await;
    }
}

/// An answer that says why there is no result.
fn answer(id: RequestId, error: ErrorObject) -> Message {
    Message::Response(Response::new(id, Err(error)))
}

/// The answer to what could not be read; its id is unknown (JSON-RPC 2.0, section 5).
fn unreadable(error: ErrorObject) -> Message {
    Message::Response(Response {
        id: None,
        outcome: Err(error),
    })
}

//! Streams of server-sent events.

use std::collections::VecDeque;
use std::path::Path;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use http::{Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use model::{Event, Snapshot};
use serde::de::DeserializeOwned;
use wire::{SseEvent, SseParser};

use crate::{ClientError, Link, MAX_BODY, SendError, read_body};

/// What the gateway tells about itself as it happens.
#[derive(Clone, Debug)]
pub enum ApiEvent {
    /// The full state; what came before is out of date.
    Snapshot(Box<Snapshot>),
    /// Something happened; the state after it comes as a snapshot.
    News(Event),
}

/// The full state and the news; ends when the gateway closes it or after the first error.
pub type EventStream = BoxStream<'static, Result<ApiEvent, ClientError>>;

/// Lines of a log; ends when the gateway closes it or after the first error.
pub type LineStream = BoxStream<'static, Result<String, ClientError>>;

/// The server-sent events of one answer.
pub struct SseStream {
    body: Incoming,
    parser: SseParser,
    ready: VecDeque<SseEvent>,
    /// The connection lives as long as its answer is being read.
    _link: Link,
}

impl SseStream {
    /// Reads `body`, which came over `link`, as server-sent events.
    pub fn new(body: Incoming, link: Link) -> Self {
        Self {
            body,
            parser: SseParser::new(MAX_BODY),
            ready: VecDeque::new(),
            _link: link,
        }
    }

    /// Asks for `path` of the local API on a connection of its own.
    pub(crate) async fn open(socket: &Path, path: String) -> Result<Self, ClientError> {
        let request = Request::get(path)
            .header(header::ACCEPT, "text/event-stream")
            .body(Full::new(Bytes::new()))
            .map_err(|error| ClientError::Protocol(error.to_string()))?;
        let mut link = Link::open(socket).await?;
        let response = link.send(request).await.map_err(|failed| match failed {
            SendError::NotSent(_) => ClientError::NotRunning {
                socket: socket.to_owned(),
            },
            SendError::Broken(error) => ClientError::Broken(error),
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(Self::new(response.into_body(), link));
        }
        let body = read_body(response.into_body()).await?;
        Err(ClientError::from_reply(status.as_u16(), &body))
    }

    /// The next event; `None` at the end of the answer. Safe to cancel.
    pub async fn next(&mut self) -> Option<Result<SseEvent, ClientError>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            match self.body.frame().await? {
                Ok(frame) => match self
                    .parser
                    .feed(frame.data_ref().map_or(&[], Bytes::as_ref))
                {
                    Ok(events) => self.ready.extend(events),
                    Err(large) => return Some(Err(ClientError::Protocol(large.to_string()))),
                },
                Err(error) => return Some(Err(ClientError::Broken(error))),
            }
        }
    }
}

/// Reads snapshots and news; events of other kinds belong to a later version and are skipped.
pub(crate) fn events(stream: SseStream) -> EventStream {
    decoded(stream, |event| match event.event.as_str() {
        "snapshot" => {
            Some(decode(&event.data).map(|snapshot| ApiEvent::Snapshot(Box::new(snapshot))))
        }
        // A kind of news that this version does not know is no reason to stop.
        "news" => decode(&event.data)
            .ok()
            .map(|news| Ok(ApiEvent::News(news))),
        _ => None,
    })
}

/// Reads log lines.
pub(crate) fn lines(stream: SseStream) -> LineStream {
    decoded(stream, |event| {
        (event.event == "line").then_some(Ok(event.data))
    })
}

fn decoded<T: Send + 'static>(
    stream: SseStream,
    decode: impl Fn(SseEvent) -> Option<Result<T, ClientError>> + Send + Copy + 'static,
) -> BoxStream<'static, Result<T, ClientError>> {
    Box::pin(stream::unfold(Some(stream), move |stream| async move {
        let mut stream = stream?;
        loop {
            match stream.next().await? {
                Err(error) => return Some((Err(error), None)),
                Ok(event) => {
                    if let Some(item) = decode(event) {
                        return Some((item, Some(stream)));
                    }
                }
            }
        }
    }))
}

fn decode<T: DeserializeOwned>(data: &str) -> Result<T, ClientError> {
    serde_json::from_str(data).map_err(|error| ClientError::Protocol(error.to_string()))
}

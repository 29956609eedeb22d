//! A small HTTP client: one connection per request, over TCP or the local socket.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Longer than anything that a test waits for on purpose.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where a server listens.
#[derive(Clone, Debug)]
pub enum Door {
    /// An address such as `127.0.0.1:8665`.
    Tcp(String),
    /// A Unix socket or named pipe.
    Socket(PathBuf),
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; bytes that are no UTF-8 are replaced.
    pub body: String,
}

/// An answer that is still being sent; the connection closes when this is dropped.
pub struct Streaming {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The id of the last event that had one.
    pub last_event_id: Option<String>,
    body: Incoming,
    buffer: Vec<u8>,
    _connection: JoinSet<()>,
}

/// One server-sent event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SseEvent {
    /// Its name; `message` when it has none.
    pub event: String,
    /// Its data, lines joined by line feeds.
    pub data: String,
    /// Its id; empty when it has none.
    pub id: String,
}

trait Pipe: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Pipe for T {}

impl Door {
    /// The door and the path that an `http` URL names.
    pub fn of_url(url: &str) -> anyhow::Result<(Self, String)> {
        let rest = url.strip_prefix("http://").context("not an http URL")?;
        let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
        Ok((Self::Tcp(address.to_owned()), format!("/{path}")))
    }

    async fn connect(&self) -> anyhow::Result<Box<dyn Pipe>> {
        Ok(match self {
            Self::Tcp(address) => Box::new(TcpStream::connect(address).await?),
            Self::Socket(path) => Box::new(local_socket::connect(path).await?),
        })
    }

    /// Sends a request and takes the whole answer.
    pub async fn send(&self, request: Request<String>) -> anyhow::Result<Answer> {
        let whole = async {
            let streaming = self.open(request).await?;
            let (status, headers) = (streaming.status, streaming.headers.clone());
            let body = streaming.body.collect().await?.to_bytes();
            let body = String::from_utf8_lossy(&body).into_owned();
            anyhow::Ok(Answer {
                status,
                headers,
                body,
            })
        };
        tokio::time::timeout(PATIENCE, whole)
            .await
            .context("no answer in 60 s")?
    }

    /// Sends a request and returns as soon as the answer begins.
    pub async fn open(&self, request: Request<String>) -> anyhow::Result<Streaming> {
        let pipe = self.connect().await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(pipe)).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            // What goes wrong here shows in the answer, too.
            let _ = connection.await;
        });
        let request = self.complete(request)?;
        let response: Response<Incoming> = sender.send_request(request).await?;
        let (parts, body) = response.into_parts();
        Ok(Streaming {
            status: parts.status.as_u16(),
            headers: parts.headers,
            last_event_id: None,
            body,
            buffer: Vec::new(),
            _connection: tasks,
        })
    }

    /// Adds the `Host` header that every request needs.
    fn complete(&self, request: Request<String>) -> anyhow::Result<Request<Full<Bytes>>> {
        let host = match self {
            Self::Tcp(address) => address.as_str(),
            Self::Socket(_) => "localhost",
        };
        let mut request = request.map(|body| Full::new(Bytes::from(body)));
        let host = host.parse()?;
        request
            .headers_mut()
            .entry(hyper::header::HOST)
            .or_insert(host);
        Ok(request)
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_str(&self.body).with_context(|| {
            format!(
                "status {} with a body that is no JSON: {}",
                self.status, self.body
            )
        })
    }

    /// A header's text; empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The messages of the answer, whether it is JSON or a stream of events.
    pub fn messages(&self) -> Vec<String> {
        if self.header("content-type").starts_with("text/event-stream") {
            let events = self.body.split("\n\n").map(parse_event);
            return events
                .map(|event| event.data)
                .filter(|data| !data.is_empty())
                .collect();
        }
        vec![self.body.clone()]
    }
}

impl Streaming {
    /// The next event; `None` when the stream has ended.
    pub async fn next_event(&mut self) -> anyhow::Result<Option<SseEvent>> {
        loop {
            if let Some(event) = self.take_event() {
                return Ok(Some(event));
            }
            match self.frame().await? {
                Some(data) => self.buffer.extend_from_slice(&data),
                None => return Ok(None),
            }
        }
    }

    /// The next message, whether the answer is JSON or a stream of events; `None` at its end.
    pub async fn next_message(&mut self) -> anyhow::Result<Option<String>> {
        if self.is_event_stream() {
            return Ok(self.next_event().await?.map(|event| event.data));
        }
        while let Some(frame) = self.frame().await? {
            self.buffer.extend_from_slice(&frame);
        }
        let body = std::mem::take(&mut self.buffer);
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok((!body.is_empty()).then_some(body))
    }

    /// Whether the answer is a stream of events.
    pub fn is_event_stream(&self) -> bool {
        let content_type = self.headers.get("content-type");
        content_type.is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"))
    }

    /// More of the body; `None` at its end.
    async fn frame(&mut self) -> anyhow::Result<Option<Bytes>> {
        let frame = tokio::time::timeout(PATIENCE, self.body.frame());
        let Some(frame) = frame.await.context("no more of the answer in 60 s")? else {
            return Ok(None);
        };
        Ok(Some(frame?.into_data().unwrap_or_default()))
    }

    /// Takes a complete event with data from what has arrived.
    fn take_event(&mut self) -> Option<SseEvent> {
        loop {
            let end = self.buffer.windows(2).position(|pair| pair == b"\n\n")?;
            let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
            let event = parse_event(&String::from_utf8_lossy(&block));
            if !event.id.is_empty() {
                self.last_event_id = Some(event.id.clone());
            }
            if !event.data.is_empty() {
                return Some(event);
            }
        }
    }
}

/// A GET request without a body.
pub fn get(path: &str) -> anyhow::Result<Request<String>> {
    Ok(Request::get(path).body(String::new())?)
}

fn parse_event(block: &str) -> SseEvent {
    let field = |name: &str| {
        let values = block
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        values
            .map(|value| value.strip_prefix(' ').unwrap_or(value))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let event = field("event");
    let event = if event.is_empty() {
        "message".to_owned()
    } else {
        event
    };
    SseEvent {
        event,
        data: field("data"),
        id: field("id"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_split_into_door_and_path() {
        let (door, path) = Door::of_url("http://127.0.0.1:99/mcp/all").expect("a URL");
        assert!(matches!(door, Door::Tcp(address) if address == "127.0.0.1:99"));
        assert_eq!(path, "/mcp/all");
        assert!(Door::of_url("https://x/").is_err());
    }

    #[test]
    fn events_have_a_name_and_joined_data() {
        let event = parse_event("event: line\nid: 7\ndata: a\ndata: b\n");
        assert_eq!(
            event,
            SseEvent {
                event: "line".to_owned(),
                data: "a\nb".to_owned(),
                id: "7".to_owned()
            }
        );
        assert_eq!(parse_event("data:x").event, "message");
    }

    #[test]
    fn messages_come_from_either_kind_of_body() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "content-type",
            "text/event-stream".parse().expect("a value"),
        );
        let body = ": hello\n\ndata: {\"a\":1}\n\ndata: {\"b\":2}\n\n".to_owned();
        let streamed = Answer {
            status: 200,
            headers,
            body,
        };
        assert_eq!(streamed.messages(), [r#"{"a":1}"#, r#"{"b":2}"#]);
        let plain = Answer {
            status: 200,
            headers: HeaderMap::new(),
            body: "{}".to_owned(),
        };
        assert_eq!(plain.messages(), ["{}"]);
    }
}

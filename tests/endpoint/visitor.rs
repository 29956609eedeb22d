//! Requests as bytes, and what comes back of them.

use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(40);

/// The most that is read of an answer.
const MOST: u64 = 4 << 20;

/// A request that may be as wrong as it likes.
#[derive(Clone, Debug)]
pub(super) struct Request {
    line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// Everything before the body, as it came.
    pub(super) head: String,
    pub(super) body: String,
}

impl Request {
    pub(super) fn new(method: &str, target: &str) -> Self {
        Self {
            line: format!("{method} {target} HTTP/1.1"),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Adds a header, also where there is one of that name.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Removes all headers of a name.
    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// Puts one header in place of all of its name.
    pub(super) fn with(self, name: &str, value: &str) -> Self {
        self.without(name).header(name, value)
    }

    /// Asks for something else.
    pub(super) fn target(mut self, method: &str, target: &str) -> Self {
        self.line = format!("{method} {target} HTTP/1.1");
        self
    }

    pub(super) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The bytes; the length of the body is said unless something of it is.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut lines = vec![self.line.clone()];
        let names = |name: &str| {
            let mut headers = self.headers.iter();
            headers.any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        for (name, value) in &self.headers {
            lines.push(format!("{name}: {value}"));
        }
        if !names("content-length") && !names("transfer-encoding") && !self.body.is_empty() {
            lines.push(format!("Content-Length: {}", self.body.len()));
        }
        let head = lines.join("\r\n") + "\r\n\r\n";
        [head.into_bytes(), self.body.clone()].concat()
    }

    /// Sends it on a connection of its own, and reads the answer to its end.
    pub(super) async fn send(&self, address: &str) -> anyhow::Result<Reply> {
        let mut stream = TcpStream::connect(address).await?;
        let bytes = self.clone().with("Connection", "close").bytes();
        // An answer may come, and the connection close, before all is sent.
        let _ = timeout(PATIENCE, stream.write_all(&bytes)).await?;
        Reply::read(stream).await
    }
}

impl Reply {
    /// Reads a whole answer from a connection that is closed after it.
    pub(super) async fn read(mut stream: TcpStream) -> anyhow::Result<Self> {
        let mut bytes = Vec::new();
        let mut limited = (&mut stream).take(MOST);
        let read = timeout(PATIENCE, limited.read_to_end(&mut bytes)).await;
        let read = read.context("the answer has no end")?;
        // A connection that is reset once the answer was sent is as good as closed.
        if bytes.is_empty() {
            read.context("no answer")?;
        }
        Self::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").context("half an answer")?;
        let status = head.split(' ').nth(1).context("no status")?;
        Ok(Self {
            status: status.parse()?,
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        })
    }
}

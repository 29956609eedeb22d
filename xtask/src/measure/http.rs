//! As much HTTP/1.1 as measuring needs: requests one after the other on one connection.
//!
//! Written on the standard library, so that the tasks build in seconds and the client adds next
//! to nothing to what is measured.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result};

/// How long an answer may take before the measurement is given up.
const PATIENCE: Duration = Duration::from_mins(1);

/// A connection that is kept open.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    host: SocketAddr,
}

/// What is asked.
#[derive(Clone, Copy, Default)]
pub(crate) struct Request<'a> {
    /// `GET` where there is no body, else `POST`.
    pub(crate) body: Option<&'a str>,
    pub(crate) path: &'a str,
    /// Added to `Host`, `Accept` and those of the body.
    pub(crate) headers: &'a [(&'a str, &'a str)],
}

/// What is answered.
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) fn open(host: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream: BufReader::new(stream),
            host,
        })
    }

    /// Sends a request and waits for the whole answer.
    pub(crate) fn send(&mut self, request: Request<'_>) -> Result<Response> {
        let text = head(request, self.host) + request.body.unwrap_or_default();
        self.stream.get_mut().write_all(text.as_bytes())?;
        read(&mut self.stream)
    }
}

impl Response {
    /// The value of a header, whatever the case of its name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

fn head(request: Request<'_>, host: SocketAddr) -> String {
    let method = if request.body.is_some() {
        "POST"
    } else {
        "GET"
    };
    let mut text = format!(
        "{method} {} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json, text/event-stream\r\n",
        request.path
    );
    for (name, value) in request.headers {
        text += &header(name, value);
    }
    if let Some(body) = request.body {
        text += &header("Content-Type", "application/json");
        text += &header("Content-Length", &body.len().to_string());
    }
    text + "\r\n"
}

fn header(name: &str, value: &str) -> String {
    format!("{name}: {value}\r\n")
}

fn read(stream: &mut impl BufRead) -> Result<Response> {
    let status = line(stream)?;
    let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
    let mut response = Response {
        status: status.context("the answer is not HTTP")?,
        headers: Vec::new(),
        body: Vec::new(),
    };
    loop {
        let line = line(stream)?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        response
            .headers
            .push((name.to_owned(), value.trim().to_owned()));
    }
    response.body = body(stream, &response)?;
    Ok(response)
}

/// The body by its length or its chunks; answers that end with the connection are not expected.
fn body(stream: &mut impl BufRead, response: &Response) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    if response.header("Transfer-Encoding") == Some("chunked") {
        while let size @ 1.. = usize::from_str_radix(&line(stream)?, 16)? {
            take(stream, size, &mut body)?;
            line(stream)?;
        }
        line(stream)?;
    } else if let Some(size) = response.header("Content-Length") {
        take(stream, size.parse()?, &mut body)?;
    }
    Ok(body)
}

fn take(stream: &mut impl BufRead, size: usize, body: &mut Vec<u8>) -> Result<()> {
    let start = body.len();
    body.resize(start + size, 0);
    Ok(stream.read_exact(&mut body[start..])?)
}

/// One line without its end.
fn line(stream: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    stream.take(64 * 1024).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Result<Response> {
        read(&mut text.as_bytes())
    }

    #[test]
    fn reads_an_answer_with_a_length() {
        let text = "HTTP/1.1 200 OK\r\nMcp-Session-Id: abc\r\ncontent-length: 2\r\n\r\n{}rest";
        let response = answer(text).expect("valid");
        assert_eq!(
            (response.status, response.body.as_slice()),
            (200, b"{}".as_slice())
        );
        assert_eq!(response.header("mcp-session-id"), Some("abc"));
    }

    #[test]
    fn reads_an_answer_in_chunks() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let response = answer(&format!("{head}3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n"));
        assert_eq!(response.expect("valid").body, b"abc0123456789");
    }

    #[test]
    fn an_answer_may_have_no_body() {
        let response = answer("HTTP/1.1 202 Accepted\r\n\r\n").expect("valid");
        assert_eq!((response.status, response.body.len()), (202, 0));
    }

    #[test]
    fn what_is_not_http_or_breaks_off_is_an_error() {
        assert!(answer("hello").is_err());
        assert!(answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab").is_err());
    }

    #[test]
    fn a_body_makes_it_a_post() {
        let host = SocketAddr::from(([127, 0, 0, 1], 80));
        let get = head(
            Request {
                path: "/readyz",
                ..Request::default()
            },
            host,
        );
        assert!(
            get.starts_with("GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:80\r\n"),
            "{get}"
        );
        let headers = [("X", "y")];
        let post = Request {
            path: "/mcp",
            body: Some("{}"),
            headers: &headers,
        };
        let post = head(post, host);
        assert!(post.starts_with("POST /mcp HTTP/1.1\r\n"), "{post}");
        assert!(
            post.ends_with("X: y\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n")
        );
    }
}

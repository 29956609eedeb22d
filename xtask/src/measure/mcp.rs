//! One MCP session with the gateway, as a client of revision 2025-06-18 would hold it.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use crate::measure::http::{Connection, Request, Response};

/// The revision that is asked for; any that has sessions would do.
const REVISION: &str = "2025-06-18";

/// A session on a connection that is kept open.
pub(super) struct Session {
    connection: Connection,
    id: String,
    requests: u64,
}

impl Session {
    /// Shakes hands.
    pub(super) fn open(address: SocketAddr) -> Result<Self> {
        let mut connection = Connection::open(address)?;
        let params = json!({
            "protocolVersion": REVISION,
            "capabilities": {},
            "clientInfo": {"name": "measure", "version": "1"},
        });
        let response = post(&mut connection, &request(0, "initialize", &params), &[])?;
        let id = response
            .header("Mcp-Session-Id")
            .context("the gateway opened no session")?;
        let mut session = Self {
            id: id.to_owned(),
            connection,
            requests: 0,
        };
        session.post(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))?;
        Ok(session)
    }

    /// Sends a request and returns its result as sent, and how many bytes the answer had.
    pub(super) fn request(&mut self, method: &str, params: &Value) -> Result<(Value, usize)> {
        self.requests += 1;
        let response = self.post(&request(self.requests, method, params))?;
        let mut answer: Value = serde_json::from_slice(&response.body)?;
        if let Some(error) = answer.get("error") {
            bail!("{method} was refused: {error}");
        }
        Ok((answer["result"].take(), response.body.len()))
    }

    fn post(&mut self, message: &Value) -> Result<Response> {
        let headers = [
            ("Mcp-Session-Id", self.id.as_str()),
            ("MCP-Protocol-Version", REVISION),
        ];
        post(&mut self.connection, message, &headers)
    }
}

fn request(id: u64, method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

fn post(
    connection: &mut Connection,
    message: &Value,
    headers: &[(&str, &str)],
) -> Result<Response> {
    let body = message.to_string();
    let response = connection.send(Request {
        path: "/mcp",
        body: Some(&body),
        headers,
    })?;
    let status = response.status;
    ensure!(
        (200..300).contains(&status),
        "{} was answered with {status}",
        message["method"]
    );
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Write as _};
    use std::net::TcpListener;
    use std::thread::{self, JoinHandle};

    use super::*;

    /// Answers one request after the other on one connection; returns the bodies received.
    fn server(answers: &'static [&'static str]) -> (SocketAddr, JoinHandle<Vec<Value>>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let received = thread::spawn(move || {
            let (stream, _) = listener.accept().expect("a client");
            let mut stream = BufReader::new(stream);
            let answer = |answer: &&str| {
                let body = receive(&mut stream);
                stream
                    .get_mut()
                    .write_all(answer.as_bytes())
                    .expect("the client reads");
                body
            };
            answers.iter().map(answer).collect()
        });
        (address, received)
    }

    fn receive(stream: &mut impl std::io::BufRead) -> Value {
        let mut size = 0;
        let mut line = String::new();
        while stream.read_line(&mut line).expect("text") > "\r\n".len() {
            if let Some(length) = line.strip_prefix("Content-Length: ") {
                size = length.trim().parse().expect("a number");
            }
            line.clear();
        }
        let mut body = vec![0; size];
        stream.read_exact(&mut body).expect("a body");
        serde_json::from_slice(&body).expect("JSON")
    }

    const WELCOME: &str = "HTTP/1.1 200 OK\r\nMcp-Session-Id: s1\r\nContent-Length: 2\r\n\r\n{}";
    const ACCEPTED: &str = "HTTP/1.1 202 Accepted\r\n\r\n";

    #[test]
    fn a_session_shakes_hands_and_asks() {
        let (address, received) = server(&[
            WELCOME,
            ACCEPTED,
            "HTTP/1.1 200 OK\r\nContent-Length: 23\r\n\r\n{\"result\":{\"tools\":[]}}",
        ]);
        let mut session = Session::open(address).expect("the handshake works");
        let (result, bytes) = session.request("tools/list", &json!({})).expect("answered");
        assert_eq!((result, bytes), (json!({"tools": []}), 23));
        let methods: Vec<_> = received.join().expect("served").into_iter().collect();
        let methods: Vec<_> = methods.iter().map(|body| &body["method"]).collect();
        assert_eq!(
            methods,
            ["initialize", "notifications/initialized", "tools/list"]
        );
    }

    #[test]
    fn a_gateway_without_sessions_is_not_measured() {
        let (address, _received) = server(&["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"]);
        let error = Session::open(address).err().expect("no session");
        assert_eq!(error.to_string(), "the gateway opened no session");
    }

    #[test]
    fn a_refusal_is_an_error() {
        let (address, _received) = server(&[
            WELCOME,
            ACCEPTED,
            "HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{\"error\":{\"code\":-1}}\r\n",
        ]);
        let mut session = Session::open(address).expect("the handshake works");
        let error = session
            .request("tools/list", &json!({}))
            .expect_err("refused");
        assert_eq!(error.to_string(), "tools/list was refused: {\"code\":-1}");
    }
}

//! A stand at a fair: an HTTP server that says whatever a test wants, and remembers who came.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What is answered: a status, headers, each with its line's end, and a body.
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) headers: String,
    pub(super) body: String,
}

/// What came: the first line, and the body.
#[derive(Clone, Debug)]
pub(super) struct Came {
    pub(super) line: String,
    pub(super) body: String,
}

type Answer = dyn Fn(&Came) -> Said + Send + Sync;

/// One that listens as long as it lives.
pub(super) struct Stand {
    port: u16,
    came: Arc<Mutex<Vec<String>>>,
    _serving: JoinSet<()>,
}

impl Said {
    pub(super) fn json(value: &Value) -> Self {
        let headers = "Content-Type: application/json\r\n".to_owned();
        let body = value.to_string();
        Self {
            status: 200,
            headers,
            body,
        }
    }

    pub(super) fn status(status: u16) -> Self {
        Self {
            status,
            headers: String::new(),
            body: String::new(),
        }
    }

    pub(super) fn redirect(to: &str) -> Self {
        Self {
            headers: format!("Location: {to}\r\n"),
            ..Self::status(302)
        }
    }
}

impl Stand {
    pub(super) async fn open(
        answer: impl Fn(&Came) -> Said + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let came: Arc<Mutex<Vec<String>>> = Arc::default();
        let (seen, answer): (_, Arc<Answer>) = (Arc::clone(&came), Arc::new(answer));
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                open.spawn(async move {
                    // It ends when the other side closes the connection.
                    let _ = serve(stream, &seen, &*answer).await;
                });
            }
        });
        Ok(Self {
            port,
            came,
            _serving: serving,
        })
    }

    /// A server of the protocol that offers these tools, whose calls return their arguments.
    pub(super) async fn server(tools: Value, about: Value) -> anyhow::Result<Self> {
        Self::open(move |came| {
            let message: Value = serde_json::from_str(&came.body).unwrap_or_default();
            let result = match message["method"].as_str().unwrap_or_default() {
                "initialize" => json!({
                    "protocolVersion": "2025-11-25", "capabilities": { "tools": {} },
                    "serverInfo": about, "instructions": about["title"],
                }),
                "tools/list" => json!({ "tools": tools }),
                "tools/call" => {
                    let text = message["params"]["arguments"].to_string();
                    json!({ "content": [{ "type": "text", "text": text }] })
                }
                _ if message["id"].is_null() => return Said::status(202),
                _ => {
                    let error = json!({ "code": -32601, "message": "Method not found" });
                    return Said::json(
                        &json!({ "jsonrpc": "2.0", "id": message["id"], "error": error }),
                    );
                }
            };
            Said::json(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }))
        })
        .await
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The first lines of all requests, in their order.
    pub(super) fn visits(&self) -> Vec<String> {
        self.came
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn serve(
    stream: TcpStream,
    seen: &Mutex<Vec<String>>,
    answer: &Answer,
) -> anyhow::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(came) = request(&mut stream).await? {
        let line = came.line.clone();
        seen.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
        let Said {
            status,
            headers,
            body,
        } = answer(&came);
        let length = body.len();
        let head = format!("HTTP/1.1 {status} Said\r\n{headers}Content-Length: {length}\r\n\r\n");
        stream.write_all((head + &body).as_bytes()).await?;
    }
    Ok(())
}

async fn request(stream: &mut BufReader<TcpStream>) -> anyhow::Result<Option<Came>> {
    let mut first = String::new();
    if stream.read_line(&mut first).await? == 0 {
        return Ok(None);
    }
    let (mut length, mut line) = (0, String::new());
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        let header = line.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(Came {
        line: first.trim().to_owned(),
        body,
    }))
}

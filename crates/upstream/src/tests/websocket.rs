//! Servers behind a WebSocket.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{SinkExt as _, StreamExt as _};
use model::{ProblemCode, ServerState};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::origin::{Origin, Seen, status_of, tool};
use super::{Bench, PATIENCE, call, tool_names, until, until_down, until_ready};
use crate::{CallError, Status};

/// What a server does about a message; `None` hangs up.
type Behaviour = fn(&Value) -> Option<Vec<Frame>>;

/// A server that remembers what it was told; it ends with this value.
struct Socket {
    url: String,
    /// What arrives, a frame each, and the headers of each opening as `(name, value)` pairs.
    frames: mpsc::Receiver<Frame>,
    openings: mpsc::Receiver<HeaderMap>,
    count: Arc<AtomicUsize>,
    _serving: JoinSet<()>,
}

impl Socket {
    async fn new(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("ws://{}/mcp", listener.local_addr().expect("an address"));
        let (told, frames) = mpsc::channel(1000);
        let (opened, openings) = mpsc::channel(100);
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let (told, opened) = (told.clone(), opened.clone());
                connections.spawn(serve(stream, behaviour, told, opened));
            }
        });
        Self {
            url,
            frames,
            openings,
            count,
            _serving: serving,
        }
    }

    fn entry(&self) -> Value {
        json!({ "url": self.url, "headers": { "Authorization": "Bearer secret" } })
    }

    /// Waits for the first frame that is wanted.
    async fn frame(&mut self, wanted: impl Fn(&Frame) -> bool) -> Frame {
        let search = async {
            loop {
                let frame = self.frames.recv().await.expect("it serves");
                if wanted(&frame) {
                    return frame;
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, search).await;
        found.expect("it comes")
    }
}

async fn serve(
    stream: TcpStream,
    behaviour: Behaviour,
    told: mpsc::Sender<Frame>,
    opened: mpsc::Sender<HeaderMap>,
) {
    #[expect(
        clippy::result_large_err,
        reason = "the signature is the library's own"
    )]
    let accept = |request: &Request, mut response: Response| {
        let _ = opened.try_send(request.headers().clone());
        let subprotocol = HeaderValue::from_static("mcp");
        let headers = response.headers_mut();
        headers.insert("sec-websocket-protocol", subprotocol);
        Ok(response)
    };
    let Ok(mut socket) = accept_hdr_async(stream, accept).await else {
        return;
    };
    while let Some(Ok(frame)) = socket.next().await {
        told.try_send(frame.clone()).expect("room");
        let Frame::Text(text) = frame else { continue };
        let message: Value = serde_json::from_str(&text).expect("JSON");
        let Some(frames) = behaviour(&message) else {
            return hang_up(socket).await;
        };
        for frame in frames {
            socket.send(frame).await.expect("taken");
        }
    }
}

async fn hang_up(mut socket: WebSocketStream<TcpStream>) {
    let frame = CloseFrame {
        code: CloseCode::Policy,
        reason: "not\u{7} this".into(),
    };
    let _ = socket.close(Some(frame)).await;
    while let Some(Ok(_)) = socket.next().await {}
}

fn text(message: &Value) -> Vec<Frame> {
    vec![Frame::text(message.to_string())]
}

fn result(message: &Value, result: &Value) -> Vec<Frame> {
    text(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }))
}

fn modern(message: &Value) -> Option<Vec<Frame>> {
    Some(match message["method"].as_str()? {
        "server/discover" => result(
            message,
            &json!({ "supportedVersions": ["2026-07-28"], "capabilities": {} }),
        ),
        "tools/list" => result(message, &json!({ "tools": [tool("t")] })),
        "tools/call" => result(message, &json!({ "content": [] })),
        _ => Vec::new(),
    })
}

fn legacy(message: &Value) -> Option<Vec<Frame>> {
    let error = json!({ "code": -32601, "message": "what?" });
    match message["method"].as_str() {
        Some("server/discover") => Some(text(
            &json!({ "jsonrpc": "2.0", "id": message["id"], "error": error }),
        )),
        Some("initialize") => Some(result(
            message,
            &json!({ "protocolVersion": "2025-06-18", "capabilities": {} }),
        )),
        _ => modern(message),
    }
}

#[tokio::test]
async fn both_eras_are_spoken_over_one_connection() {
    let behaviours: [(Behaviour, &str); 2] = [(modern, "2026-07-28"), (legacy, "2025-06-18")];
    for (behaviour, revision) in behaviours {
        let mut socket = Socket::new(behaviour).await;
        let upstream = Bench::new().start(&socket.entry());
        let status = until_ready(&upstream).await;
        assert_eq!(status.protocol.as_deref(), Some(revision));
        assert_eq!(tool_names(&status), ["t"]);
        call(&upstream.line(), "t").await.expect("a result");
        let opening = socket.openings.recv().await.expect("opened");
        assert_eq!(opening["authorization"], "Bearer secret");
        assert_eq!(opening["sec-websocket-protocol"], "mcp");
        upstream.stop().await;
        let closing = socket.frame(Frame::is_close).await;
        assert!(closing.is_close(), "the end is announced");
        assert_eq!(socket.count.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test]
async fn every_message_is_one_frame_without_line_breaks() {
    let mut socket = Socket::new(modern).await;
    let upstream = Bench::new().start(&socket.entry());
    let line = upstream.line();
    call(&line, "a\nb").await.expect("a result");
    let frame = socket
        .frame(|frame| matches!(frame, Frame::Text(text) if text.contains("tools/call")))
        .await;
    assert!(!frame.to_text().expect("text").contains('\n'));
    upstream.stop().await;
}

#[tokio::test]
async fn what_is_no_message_is_passed_over_and_bytes_are_as_good_as_text() {
    let socket = Socket::new(|message| {
        let answer = modern(message)?;
        let bytes = answer
            .into_iter()
            .map(|frame| Frame::Binary(frame.into_data()));
        let noise = [Frame::text("hello"), Frame::Ping("x".into())];
        Some(noise.into_iter().chain(bytes).collect())
    })
    .await;
    let upstream = Bench::new().start(&socket.entry());
    call(&upstream.line(), "t").await.expect("a result");
    upstream.stop().await;
}

#[tokio::test]
async fn a_ping_is_answered() {
    let mut socket = Socket::new(|message| {
        let mut frames = modern(message)?;
        frames.push(Frame::Ping("there?".into()));
        Some(frames)
    })
    .await;
    let upstream = Bench::new().start(&socket.entry());
    let pong = socket.frame(Frame::is_pong).await;
    assert_eq!(pong.into_data(), "there?".as_bytes());
    upstream.stop().await;
}

#[tokio::test]
async fn a_server_that_hangs_up_on_the_probe_is_greeted_the_old_way() {
    let socket = Socket::new(|message| {
        let probe = message["method"] == "server/discover";
        if probe { None } else { legacy(message) }
    })
    .await;
    let upstream = Bench::new().start(&socket.entry());
    let status = until_ready(&upstream).await;
    assert_eq!(status.protocol.as_deref(), Some("2025-06-18"));
    assert_eq!(socket.count.load(Ordering::Relaxed), 2);
    upstream.stop().await;
}

#[tokio::test]
async fn a_connection_that_is_closed_is_opened_again() {
    let socket = Socket::new(|message| {
        let poison = message["params"]["name"] == "poison";
        if poison { None } else { modern(message) }
    })
    .await;
    let upstream = Bench::new().start(&socket.entry());
    until_ready(&upstream).await;
    let error = call(&upstream.line(), "poison").await.expect_err("closed");
    assert!(matches!(error, CallError::Lost(_)), "{error:?}");
    assert!(
        error.to_string().contains("(code 1008: not this)"),
        "{error}"
    );
    let again = |status: &Status| status.starts == 2 && status.state == ServerState::Ready;
    until(&upstream, again).await;
    call(&upstream.line(), "t").await.expect("a result");
    upstream.stop().await;
}

#[tokio::test]
async fn a_message_over_the_limit_ends_the_connection() {
    let socket = Socket::new(|message| match message["method"].as_str() {
        Some("tools/call") => Some(vec![Frame::text("x".repeat(crate::link::MAX_MESSAGE + 1))]),
        _ => modern(message),
    })
    .await;
    let upstream = Bench::new().start(&socket.entry());
    let error = call(&upstream.line(), "t").await.expect_err("too long");
    assert!(error.to_string().contains("over the limit"), "{error}");
    upstream.stop().await;
}

#[tokio::test]
async fn a_server_that_opens_no_socket_is_told_by_its_answer() {
    for (status, code) in [
        (200, ProblemCode::NotMcp),
        (401, ProblemCode::SignInRequired),
        (404, ProblemCode::HttpError),
    ] {
        let origin =
            Origin::new(move |_| axum::response::IntoResponse::into_response(status_of(status)))
                .await;
        let url = origin.url("/mcp").replace("http:", "ws:");
        let upstream = Bench::new().start(&json!({ "url": url }));
        let down = until_down(&upstream).await;
        let problem = down.state.problem().expect("a problem");
        assert_eq!(problem.code, code, "{problem}");
        upstream.stop().await;
    }
}

#[tokio::test]
async fn the_configured_headers_do_not_go_to_another_origin() {
    let other = Origin::new(Seen::modern).await;
    let target = other.url("/mcp");
    let origin = Origin::new(move |_| {
        let to = [("location", target.clone())];
        axum::response::IntoResponse::into_response((status_of(307), to))
    })
    .await;
    let url = origin.url("/mcp").replace("http:", "ws:");
    let entry = json!({ "url": url, "headers": { "Authorization": "Bearer secret" } });
    let upstream = Bench::new().start(&entry);
    until_down(&upstream).await;
    assert!(other.methods().is_empty());
    upstream.stop().await;
}

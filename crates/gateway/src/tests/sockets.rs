//! Conversations by WebSocket, through a listener on a loopback address.

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use model::IssuedToken;
use serde_json::{Value, json};
use testkit::seen::Seen;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{Request, StatusCode};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::events::{accepted, full, initialize};
use super::streams::grow;
use super::{Bench, PATIENCE, message};
use crate::{Doorkeeper, router};

/// A listener in front of a gateway.
struct Served {
    address: SocketAddr,
    token: IssuedToken,
    _serving: JoinSet<()>,
}

impl Served {
    async fn new(bench: &Bench) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let door = router(bench.gateway.clone(), Doorkeeper::Loopback(address));
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, door).await.expect("served") });
        Self {
            address,
            token: bench.token("a client"),
            _serving: serving,
        }
    }

    fn request(&self, path: &str) -> Request<()> {
        let url = format!("ws://{}{path}", self.address);
        let mut request = url.into_client_request().expect("a request");
        let credential = format!("Bearer {}", self.token.token);
        let credential = credential.parse().expect("a value");
        request.headers_mut().insert("authorization", credential);
        request
    }

    /// Opens a connection, or returns the status of the refusal.
    async fn try_open(&self, request: Request<()>) -> Result<(Socket, String), StatusCode> {
        let stream = TcpStream::connect(self.address).await.expect("connected");
        match client_async(request, stream).await {
            Ok((socket, response)) => {
                let protocol = response.headers().get("sec-websocket-protocol");
                let protocol = protocol.map_or("", |value| value.to_str().expect("text"));
                Ok((Socket(socket), protocol.to_owned()))
            }
            Err(Error::Http(response)) => Err(response.status()),
            Err(other) => panic!("{other}"),
        }
    }

    async fn open(&self, path: &str) -> Socket {
        self.try_open(self.request(path)).await.expect("opened").0
    }

    /// Opens a connection with a session.
    async fn session(&self, path: &str) -> Socket {
        let mut socket = self.open(path).await;
        let opened = socket.ask("initialize", &initialize("2025-11-25")).await;
        assert_eq!(opened["result"]["protocolVersion"], "2025-11-25");
        socket
    }
}

struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    async fn say(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.0.send(Message::text(text)).await.expect("sent");
    }

    /// The next frame; `None` at the end.
    async fn frame(&mut self) -> Option<Message> {
        let frame = tokio::time::timeout(PATIENCE, self.0.next()).await;
        frame.expect("in time")?.ok()
    }

    async fn hear(&mut self) -> Value {
        let frame = self.frame().await.expect("a frame");
        serde_json::from_str(frame.to_text().expect("text")).expect("JSON")
    }

    async fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.say(message(method, params)).await;
        self.hear().await
    }

    /// Reads to the end, and returns the code that the gateway closed with.
    async fn closed(mut self) -> Option<CloseCode> {
        let mut code = None;
        while let Some(frame) = self.frame().await {
            if let Message::Close(close) = frame {
                code = close.map(|close| close.code);
            }
        }
        code
    }
}

fn stamped(mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    params
}

fn cancel(id: u64) -> String {
    let params = json!({ "requestId": id });
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }).to_string()
}

/// A request with an id of its own.
fn request(id: u64, method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

async fn dropped(seen: &Seen, count: usize) {
    let enough = |seen: &Seen| (seen.of("dropped", "tools/call").len() == count).then_some(());
    seen.wait("the cancellation", enough).await.expect("seen");
}

#[tokio::test]
async fn every_face_is_open_to_both_eras() {
    let (bench, _) = full().await;
    let served = Served::new(&bench).await;
    for (path, tool) in [
        ("/ws", "retrieve_tools"),
        ("/ws/all", "a__count"),
        ("/ws/server/a", "count"),
    ] {
        let mut socket = served.session(path).await;
        for params in [json!({}), stamped(json!({}))] {
            let listed = socket.ask("tools/list", &params).await;
            let tools = listed["result"]["tools"].as_array().expect("tools");
            assert!(tools.iter().any(|known| known["name"] == tool), "{path}");
        }
        let unknown = socket.ask("tools/fly", &stamped(json!({}))).await;
        assert_eq!(unknown["error"]["code"], -32601);
        let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" });
        let bare = socket.ask("tools/list", &json!({ "_meta": meta })).await;
        assert_eq!(bare["error"]["code"], -32602);
    }
    let unknown = served.try_open(served.request("/ws/server/none")).await;
    assert_eq!(unknown.err(), Some(StatusCode::NOT_FOUND));
    bench.stop().await;
}

#[tokio::test]
async fn questions_and_progress_go_both_ways() {
    let (bench, _) = full().await;
    let mut socket = Served::new(&bench).await.session("/ws/server/a").await;
    let call = json!({ "name": "ask", "arguments": {} });
    let question = socket.ask("tools/call", &call).await;
    assert_eq!(question["method"], "elicitation/create");
    // Other requests do not wait for a person.
    let ping = socket.ask("ping", &json!({})).await;
    assert_eq!(ping["result"], json!({}));
    socket.say(accepted(&question).to_string()).await;
    assert!(socket.hear().await["result"].to_string().contains("yes"));
    let count = json!({
        "name": "count", "arguments": { "to": 1 }, "_meta": { "progressToken": "p" },
    });
    let progress = socket.ask("tools/call", &count).await;
    assert_eq!(progress["params"]["progressToken"], "p");
    assert!(socket.hear().await["result"].is_object());
    bench.stop().await;
}

#[tokio::test]
async fn requests_of_both_eras_are_cancelled_by_notifications() {
    let (bench, seen) = full().await;
    let mut socket = Served::new(&bench).await.session("/ws/server/a").await;
    let wait = json!({ "name": "wait", "arguments": { "ms": 600_000 } });
    for (count, params) in [(1, wait.clone()), (2, stamped(wait))] {
        socket.say(request(20, "tools/call", &params)).await;
        let called = |seen: &Seen| (seen.requests("tools/call").len() == count).then_some(());
        seen.wait("the call", called).await.expect("seen");
        socket.say(cancel(99)).await;
        socket.say(cancel(20)).await;
        dropped(&seen, count).await;
        let next = socket.ask("tools/list", &json!({})).await;
        assert_eq!(next["id"], 7, "a cancelled request has no answer");
    }
    bench.stop().await;
}

#[tokio::test]
async fn a_subscription_lives_until_it_is_cancelled_or_the_gateway_closes() {
    let bench = Bench::new(json!({ "a": super::fake(&[]) })).await;
    let served = Served::new(&bench).await;
    let mut socket = served.open("/ws/all").await;
    let wanted = stamped(json!({ "notifications": { "toolsListChanged": true } }));
    let tag = "io.modelcontextprotocol/subscriptionId";
    for id in [11, 12] {
        socket
            .say(request(id, "subscriptions/listen", &wanted))
            .await;
        let acknowledged = socket.hear().await;
        assert_eq!(acknowledged["params"]["_meta"][tag], id);
    }
    grow(&bench).await;
    let mut told = [socket.hear().await, socket.hear().await]
        .map(|news| news["params"]["_meta"][tag].as_u64().expect("an id"));
    told.sort_unstable();
    assert_eq!(told, [11, 12]);
    socket.say(cancel(11)).await;
    socket.ask("tools/list", &stamped(json!({}))).await;
    grow(&bench).await;
    assert_eq!(socket.hear().await["params"]["_meta"][tag], 12);
    bench.closing.cancel();
    let end = socket.hear().await;
    assert_eq!(
        (&end["id"], &end["result"]["_meta"][tag]),
        (&json!(12), &json!(12))
    );
    assert_eq!(socket.closed().await, Some(CloseCode::Away));
    bench.stop().await;
}

#[tokio::test]
async fn a_session_and_its_calls_end_with_the_connection() {
    let (bench, seen) = full().await;
    let served = Served::new(&bench).await;
    for (count, closes) in [(1, true), (2, false)] {
        let mut socket = served.session("/ws/server/a").await;
        let wait = json!({ "name": "wait", "arguments": { "ms": 600_000 } });
        socket.say(request(20, "tools/call", &wait)).await;
        let called = |seen: &Seen| (seen.requests("tools/call").len() == count).then_some(());
        seen.wait("the call", called).await.expect("seen");
        if closes {
            socket.0.close(None).await.expect("sent");
            socket.closed().await;
        } else {
            drop(socket);
        }
        dropped(&seen, count).await;
    }
    bench.stop().await;
}

#[tokio::test]
async fn who_sends_faster_than_they_read_is_answered_all_the_same() {
    let bench = Bench::new(json!({})).await;
    let mut socket = Served::new(&bench).await.session("/ws").await;
    for _ in 0..5_000 {
        socket.say("rubbish").await;
    }
    for _ in 0..5_000 {
        assert_eq!(socket.hear().await["error"]["code"], -32700);
    }
    assert_eq!(socket.ask("ping", &json!({})).await["result"], json!({}));
    bench.stop().await;
}

#[tokio::test]
async fn frames_are_text_or_bytes_of_limited_size() {
    let bench = Bench::new(json!({})).await;
    let served = Served::new(&bench).await;
    let mut socket = served.session("/ws").await;
    let ping = message("ping", &json!({}));
    let bytes = Message::binary(ping.into_bytes());
    socket.0.send(bytes).await.expect("sent");
    assert_eq!(socket.hear().await["result"], json!({}));
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    socket.say(deep).await;
    assert_eq!(socket.hear().await["error"]["code"], -32700);
    // What is too large is not read to its end, so it may not even be sent.
    let large = Message::text("x".repeat(10 * 1024 * 1024 + 1));
    let _ = socket.0.send(large).await;
    socket.closed().await;
    served.session("/ws").await;
    bench.stop().await;
}

#[tokio::test]
async fn no_web_page_opens_a_socket() {
    let bench = Bench::new(json!({})).await;
    let served = Served::new(&bench).await;
    let own = format!("http://{}", served.address);
    for (name, value, status) in [
        ("origin", own.as_str(), None),
        (
            "origin",
            "https://evil.example",
            Some(StatusCode::FORBIDDEN),
        ),
        ("origin", "null", Some(StatusCode::FORBIDDEN)),
        ("host", "evil.example", Some(StatusCode::FORBIDDEN)),
        ("sec-fetch-site", "cross-site", Some(StatusCode::FORBIDDEN)),
    ] {
        let mut request = served.request("/ws/all");
        let value = value.parse().expect("a value");
        request.headers_mut().insert(name, value);
        let opened = served.try_open(request).await;
        assert_eq!(opened.err(), status, "{name}");
    }
    bench.stop().await;
}

#[tokio::test]
async fn the_subprotocol_is_named_to_who_asks_for_it() {
    let bench = Bench::new(json!({})).await;
    let served = Served::new(&bench).await;
    for (wanted, given) in [("mcp", "mcp"), ("chat, mcp", "mcp")] {
        let mut request = served.request("/ws");
        let wanted = wanted.parse().expect("a value");
        request
            .headers_mut()
            .insert("sec-websocket-protocol", wanted);
        let (_, protocol) = served.try_open(request).await.expect("opened");
        assert_eq!(protocol, given);
    }
    let (_, protocol) = served
        .try_open(served.request("/ws"))
        .await
        .expect("opened");
    assert_eq!(protocol, "");
    bench.stop().await;
}

#[tokio::test]
async fn a_socket_needs_a_token_and_closes_with_it() {
    let bench = Bench::new(json!({})).await;
    let served = Served::new(&bench).await;
    let mut without = served.request("/ws");
    without.headers_mut().remove("authorization");
    let refused = served.try_open(without).await;
    assert_eq!(refused.err(), Some(StatusCode::UNAUTHORIZED));
    let sockets = [served.open("/ws").await, served.session("/ws/all").await];
    let id = &served.token.client.id;
    bench.gateway.fleet().revoke_token(id).expect("revoked");
    for socket in sockets {
        assert_eq!(socket.closed().await, Some(CloseCode::Policy));
    }
    let refused = served.try_open(served.request("/ws")).await;
    assert_eq!(refused.err(), Some(StatusCode::UNAUTHORIZED));
    bench.stop().await;
}

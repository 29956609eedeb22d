//! E17: a server that means harm, behind the gateway.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::gateway::Gateway;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{Fort, peak_memory};

/// A server over HTTP that answers each tool's call with another kind of harm. It ends with this
/// value.
struct Hostile {
    url: String,
    _serving: JoinSet<()>,
}

impl Hostile {
    /// One that lists tools without end, if so wanted.
    async fn start(endless_list: bool) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/mcp", listener.local_addr()?);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(async move {
                    // It ends when the gateway closes the connection.
                    let _ = serve(stream, endless_list).await;
                });
            }
        });
        Ok(Self {
            url,
            _serving: serving,
        })
    }
}

/// Answers the requests of one connection.
async fn serve(stream: TcpStream, endless_list: bool) -> anyhow::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let Some((method, message)) = request(&mut stream).await? else {
            return Ok(());
        };
        if method != "POST" {
            let refusal = b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(refusal).await?;
            continue;
        }
        let (id, name) = (&message["id"], &message["params"]["name"]);
        match message["method"].as_str().unwrap_or_default() {
            "initialize" => {
                let result = json!({
                    "protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                    "serverInfo": {"name": "hostile", "version": "1"},
                });
                reply(
                    &mut stream,
                    &json!({"jsonrpc": "2.0", "id": id, "result": result}),
                )
                .await?;
            }
            "tools/list" => {
                let result = list(&message["params"]["cursor"], endless_list);
                reply(
                    &mut stream,
                    &json!({"jsonrpc": "2.0", "id": id, "result": result}),
                )
                .await?;
            }
            "tools/call" => return harm(&mut stream, name.as_str().unwrap_or_default(), id).await,
            _ if id.is_null() => {
                let accepted = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
                stream.write_all(accepted).await?;
            }
            _ => {
                let error = json!({"code": -32601, "message": "Method not found"});
                reply(
                    &mut stream,
                    &json!({"jsonrpc": "2.0", "id": id, "error": error}),
                )
                .await?;
            }
        }
    }
}

/// Reads one request: its method, and the message in its body.
async fn request(stream: &mut BufReader<TcpStream>) -> anyhow::Result<Option<(String, Value)>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let method = line.split(' ').next().unwrap_or_default().to_owned();
    let mut length = 0;
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
    Ok(Some((
        method,
        serde_json::from_slice(&body).unwrap_or_default(),
    )))
}

async fn reply(stream: &mut BufReader<TcpStream>, message: &Value) -> anyhow::Result<()> {
    let body = message.to_string();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all((head + &body).as_bytes()).await?;
    Ok(())
}

/// A page of tools; with a cursor to the next, of which there is always one, if it is endless.
fn list(cursor: &Value, endless: bool) -> Value {
    let tool = |name: &str| json!({"name": name, "inputSchema": {"type": "object"}});
    if !endless {
        let tools = ["gigabyte", "endless", "strange", "noisy", "fine"].map(tool);
        return json!({"tools": tools});
    }
    let page: u64 = cursor
        .as_str()
        .and_then(|page| page.parse().ok())
        .unwrap_or(0);
    let tools: Vec<Value> = (0..100).map(|n| tool(&format!("t{page}_{n}"))).collect();
    json!({"tools": tools, "nextCursor": (page + 1).to_string()})
}

/// Does what the tool's name says, until the gateway has had enough.
async fn harm(stream: &mut BufReader<TcpStream>, name: &str, id: &Value) -> anyhow::Result<()> {
    let result = json!({"content": [{"type": "text", "text": "fine"}]});
    let fine = json!({"jsonrpc": "2.0", "id": id, "result": result});
    if name == "fine" {
        return reply(stream, &fine).await;
    }
    if name == "gigabyte" {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n";
        stream.write_all(head.as_bytes()).await?;
        stream
            .write_all(br#"{"jsonrpc":"2.0","id":1,"result":{"content":""#)
            .await?;
        let megabyte = vec![b'x'; 1 << 20];
        for _ in 0..1024 {
            stream.write_all(&megabyte).await?;
        }
        return Ok(());
    }
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    let event = |message: &Value| format!("data: {message}\n\n");
    match name {
        "strange" => {
            for number in 0..1_000 {
                let other =
                    json!({"jsonrpc": "2.0", "id": format!("never {number}"), "result": {}});
                stream.write_all(event(&other).as_bytes()).await?;
            }
            stream.write_all(event(&fine).as_bytes()).await?;
        }
        "noisy" => {
            let notice = json!({"jsonrpc": "2.0", "method": "notifications/x", "params": {}});
            let thousand = event(&notice).repeat(1_000);
            for _ in 0..1_000 {
                stream.write_all(thousand.as_bytes()).await?;
            }
        }
        _ => loop {
            stream.write_all(b": still there\n\n").await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        },
    }
    Ok(())
}

#[tokio::test]
async fn e17_a_hostile_server_is_bounded_and_others_are_unaffected() -> anyhow::Result<()> {
    let (hostile, endless) = (Hostile::start(false).await?, Hostile::start(true).await?);
    let builder = Gateway::builder()
        .server("bad", json!({"url": hostile.url, "callTimeout": 3}))
        .server("many", json!({"url": endless.url}));
    let fort = Fort::of(builder).await?;
    let ready = |server: &model::ServerStatus| server.state.is_ready();
    fort.gateway
        .wait_server("bad", "it is ready", ready)
        .await?;
    let many = fort
        .gateway
        .wait_server("many", "it is ready", ready)
        .await?;
    assert!(many.tools <= 5_100, "{} tools", many.tools);
    assert!(
        !many.rejected_tools.is_empty(),
        "and it is said that there were more"
    );

    let client = fort.client(&fort.token, "/mcp/server/bad").await?;
    let mut harms = JoinSet::new();
    let client = std::sync::Arc::new(client);
    for name in ["gigabyte", "endless", "noisy"] {
        let client = std::sync::Arc::clone(&client);
        harms.spawn(async move { (name, client.call(name, json!({})).await) });
    }
    // Meanwhile another server is called as if nothing were.
    for _ in 0..20 {
        let reply = fort.send(&fort.call()).await?;
        assert!(reply.status == 200 && reply.body.contains('3'), "{reply:?}");
    }
    while let Some(done) = harms.join_next().await {
        let (name, called) = done?;
        let called = called?;
        assert_eq!(called["isError"], true, "{name}: {called}");
        let text = called.to_string();
        let code = match name {
            "endless" => "timed-out",
            _ => "server-lost",
        };
        assert!(text.contains(code), "{name}: {text}");
        if name == "noisy" {
            assert!(
                text.contains("instead of an answer"),
                "it was heard out: {text}"
            );
        }
    }
    for name in ["strange", "fine"] {
        assert_eq!(client.call_text(name, json!({})).await?, "fine", "{name}");
    }
    let peak = peak_memory(fort.gateway.pid()?)?;
    assert!(peak < 300 << 10, "{peak} kB at the peak");
    Ok(())
}

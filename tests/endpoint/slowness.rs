//! E14: clients that take their time.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::Fort;

/// Connections that hang in their headers, and as many that hang in their bodies.
const HANGING: usize = 150;
/// Streams that one client opens and never reads.
const UNREAD: usize = 450;

/// Opens connections that begin with these bytes and say nothing more.
async fn hang(fort: &Fort, bytes: &[u8]) -> anyhow::Result<Vec<TcpStream>> {
    let mut all = Vec::new();
    for _ in 0..HANGING {
        let mut stream = TcpStream::connect(fort.address()).await?;
        stream.write_all(bytes).await?;
        all.push(stream);
    }
    Ok(all)
}

#[tokio::test]
async fn e14_slow_clients_are_closed_and_hold_up_nobody() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    let headers = hang(&fort, b"POST /mcp HTTP/1.1\r\nHost: x\r\nX-A: ").await?;
    let body = fort.call().body([]).header("Content-Length", "100");
    let bodies = hang(&fort, &body.bytes()).await?;
    for _ in 0..20 {
        assert_eq!(fort.send(&fort.call()).await?.status, 200);
    }
    let mut closing = JoinSet::new();
    for mut stream in headers {
        closing.spawn(async move {
            // A byte now and then makes no difference: it is the whole that must be there.
            let _ = stream.write_all(b"a").await;
            let mut rest = Vec::new();
            // Closed or reset, with an answer or without.
            let _ = stream.read_to_end(&mut rest).await;
        });
    }
    closing.join_all().await;
    assert_eq!(fort.send(&fort.call()).await?.status, 200);
    drop(bodies);
    Ok(())
}

#[tokio::test]
async fn e14_one_client_cannot_open_streams_without_end() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    let (greedy, _) = fort.token(json!({"name": "greedy"})).await?;
    let stream = fort
        .call()
        .body([])
        .target("GET", "/mcp")
        .without("MCP-Protocol-Version")
        .with("Accept", "text/event-stream")
        .with("Authorization", &format!("Bearer {greedy}"));
    let mut open = Vec::new();
    let mut refused = 0;
    for _ in 0..UNREAD {
        let mut connection = TcpStream::connect(fort.address()).await?;
        connection.write_all(&stream.bytes()).await?;
        let mut start = [0; 12];
        connection.read_exact(&mut start).await?;
        match &start {
            b"HTTP/1.1 200" => open.push(connection),
            b"HTTP/1.1 429" => refused += 1,
            other => anyhow::bail!("{}", String::from_utf8_lossy(other)),
        }
    }
    assert!(
        refused > 0 && open.len() < UNREAD,
        "{} are open",
        open.len()
    );
    let other = fort.client(&fort.token, "/mcp/all").await?;
    assert_eq!(other.listen().await?.status, 200, "others have their own");
    drop(open);
    Ok(())
}

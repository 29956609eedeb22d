//! E4, E11 to E13 and E15: bodies that are not what they should be.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::visitor::Reply;
use super::{Fort, peak_memory};

/// The largest request, in bytes.
const LIMIT: usize = 10 << 20;

#[tokio::test]
async fn e04_what_a_form_can_post_is_not_taken() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    for kind in [
        Some("text/plain"),
        Some("text/plain; charset=application/json"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/jsonp"),
        None,
    ] {
        let call = fort.call().without("Content-Type");
        let call = match kind {
            Some(kind) => call.header("Content-Type", kind),
            None => call,
        };
        let reply = fort.send(&call).await?;
        assert_eq!(reply.status, 415, "{kind:?}: {reply:?}");
    }
    fort.stands().await
}

#[tokio::test]
async fn e11_a_body_over_the_limit_is_not_read() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    let announced = fort.call().body([]);
    let announced = announced.header("Content-Length", &(LIMIT + 1).to_string());
    // Nothing of the body is ever sent, and still there is an answer.
    assert_eq!(fort.send(&announced).await?.status, 413);

    let mut stream = TcpStream::connect(fort.address()).await?;
    let chunked = fort.call().body([]).header("Transfer-Encoding", "chunked");
    stream
        .write_all(&chunked.with("Connection", "close").bytes())
        .await?;
    let chunk = [&b"100000\r\n"[..], &vec![b' '; 1 << 20], b"\r\n"].concat();
    let mut sent = 0;
    // It is cut off long before it comes to its end, of which there is none.
    while sent < 200 && stream.write_all(&chunk).await.is_ok() {
        sent += 1;
    }
    assert!(sent < 200, "two hundred megabytes were taken");
    // The answer itself may be lost with the connection.
    let _ = stream.read(&mut [0; 16]).await;

    // A packed body would unfold to a thousand times its size.
    for encoding in ["gzip", "deflate", "br", "identity, gzip"] {
        let packed = fort.call().header("Content-Encoding", encoding);
        assert_eq!(fort.send(&packed).await?.status, 415, "{encoding}");
    }
    let peak = peak_memory(fort.gateway.pid()?)?;
    assert!(peak < 200 << 10, "{peak} kB at the peak");
    fort.stands().await
}

/// Sends a body, and returns the answer, which must be an error of the protocol.
async fn unreadable(fort: &Fort, body: &[u8]) -> anyhow::Result<Reply> {
    let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
    let request = fort.call().body(body);
    let reply = fort.send(&request).await?;
    assert_eq!(reply.status, 400, "{shown}: {reply:?}");
    assert!(reply.body.contains("\"error\""), "{shown}: {reply:?}");
    Ok(reply)
}

#[tokio::test]
async fn e12_json_that_is_a_bomb_or_ambiguous_is_refused() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    let nested = |open: &str, close: &str| open.repeat(100_000) + &close.repeat(100_000);
    let million = |item: &str| vec![item; 1_000_000].join(",");
    let keys: Vec<String> = (0..700_000).map(|n| format!("\"{n}\":1")).collect();
    for body in [
        nested("[", "]"),
        nested("{\"a\":", "1}").replacen("1}", "}", 1),
        format!("[{}]", million("1")),
        format!("{{{}}}", keys.join(",")),
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"\ud800"}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1e999x,"method":"ping"}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"ping"} {}"#.to_owned(),
        String::new(),
    ] {
        unreadable(&fort, body.as_bytes()).await?;
    }
    unreadable(
        &fort,
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\xfe\"}",
    )
    .await?;
    // A number that no machine can hold is a number all the same: it is passed on, not counted.
    let body = super::modern(
        "tools/call",
        serde_json::json!({
            "name": "call_tool_read",
            "arguments": {"name": "good__add", "arguments": {"a": 1, "b": 2}},
        }),
    );
    let huge = fort.call().body(body.replace("\"a\":1", "\"a\":1e999"));
    let reply = fort.send(&huge).await?;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(!reply.body.contains("panic"), "{reply:?}");
    let reply = fort.send(&fort.call()).await?;
    assert_eq!(reply.status, 200, "{reply:?}");
    Ok(())
}

#[tokio::test]
async fn e13_a_batch_is_refused() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    let one = super::modern("tools/call", serde_json::json!({"name": "good__add"}));
    for batch in [
        format!("[{one},{one}]"),
        format!("[{one}]"),
        "[]".to_owned(),
    ] {
        unreadable(&fort, batch.as_bytes()).await?;
    }
    fort.stands().await
}

#[tokio::test]
async fn e15_headers_that_say_something_else_than_the_body_are_refused() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    for (header, value) in [
        ("MCP-Protocol-Version", "2025-11-25"),
        ("MCP-Protocol-Version", "2027-01-01"),
        ("Mcp-Method", "tools/list"),
        ("Mcp-Method", "TOOLS/CALL"),
        ("Mcp-Name", "call_tool_write"),
        ("Mcp-Name", "=?base64?Y2FsbF90b29s?="),
        ("Mcp-Name", ""),
    ] {
        let reply = fort.send(&fort.call().with(header, value)).await?;
        assert_eq!(reply.status, 400, "{header}: {value}: {reply:?}");
    }
    for header in ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"] {
        let reply = fort.send(&fort.call().without(header)).await?;
        assert_eq!(reply.status, 400, "without {header}: {reply:?}");
        let twice = fort.call().header(header, "tools/call");
        assert_eq!(fort.send(&twice).await?.status, 400, "two of {header}");
    }
    fort.stands().await
}

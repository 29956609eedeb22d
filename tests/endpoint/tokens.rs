//! E7 to E10: who is let in, and what one client can learn of another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::ensure;
use serde_json::json;
use testkit::client::McpClient;
use testkit::gateway::Gateway;
use testkit::http::{Door, get};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::Fort;
use super::visitor::Request;

/// Wrong tokens that are tried.
const WRONG: usize = 10_000;
/// Of which so many are on the way at once.
const AT_ONCE: usize = 250;

/// Now, in Unix milliseconds.
fn now() -> u64 {
    model::now_millis()
}

#[tokio::test]
async fn e07_only_a_good_token_lets_in() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    let bearer = format!("Bearer {}", fort.token);
    let nobody = fort.call().without("Authorization");
    let mut wrong = fort.token.clone();
    wrong.replace_range(10..11, if wrong[10..11] == *"0" { "1" } else { "0" });
    let local = std::fs::read_to_string(fort.gateway.data_dir().join("local-token"))?;
    for credential in [
        None,
        Some("Bearer"),
        Some("Bearer tg_"),
        Some(&*format!("Bearer {wrong}")),
        Some(&*format!("Basic {}", fort.token)),
        Some(fort.token.as_str()),
        // The key to the management opens no other door.
        Some(&*format!("Bearer {}", local.trim())),
    ] {
        let request = match credential {
            Some(credential) => nobody.clone().header("Authorization", credential),
            None => nobody.clone(),
        };
        let reply = fort.send(&request).await?;
        assert_eq!(reply.status, 401, "{credential:?}: {reply:?}");
        assert!(reply.head.contains("www-authenticate: bearer"), "{reply:?}");
        assert!(!reply.head.contains("resource_metadata"), "{reply:?}");
    }
    for path in [
        "/mcp?token=",
        "/mcp?access_token=",
        "/mcp?authorization=Bearer%20",
    ] {
        let target = format!("{path}{}", fort.token);
        let reply = fort.send(&nobody.clone().target("POST", &target)).await?;
        assert_eq!(reply.status, 401, "{path}: {reply:?}");
    }
    let twice = fort.call().header("Authorization", &bearer);
    assert_eq!(fort.send(&twice).await?.status, 400);
    // Nor does a client's token open the management, whichever way it is sent.
    for path in ["/api/v1/status", "/api/v1/tokens", "/api/v1/events"] {
        let reply = fort.send(&fort.call().body([]).target("GET", path)).await?;
        assert_eq!(reply.status, 401, "{path}: {reply:?}");
    }
    let (other, _) = fort
        .token(json!({"name": "limited", "tools": ["other__*"]}))
        .await?;
    let face = fort
        .call()
        .with("Authorization", &format!("Bearer {other}"));
    let known = face.clone().target("POST", "/mcp/server/good");
    let unknown = face.target("POST", "/mcp/server/none");
    let (known, unknown) = (fort.send(&known).await?, fort.send(&unknown).await?);
    assert_eq!((known.status, &known.body), (403, &unknown.body));
    fort.stands().await
}

#[tokio::test]
async fn e07_a_token_that_ends_takes_everything_with_it() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    let (revoked, id) = fort.token(json!({"name": "revoked"})).await?;
    let soon = now() + 3_000;
    let (expiring, _) = fort
        .token(json!({"name": "expiring", "expires_at": soon}))
        .await?;
    let mut streams = Vec::new();
    for token in [&revoked, &expiring] {
        let client = fort.client(token, "/mcp/all").await?;
        let stream = client.listen().await?;
        assert_eq!(stream.status, 200);
        streams.push((client, stream));
        let bearer = format!("Bearer {token}");
        let mut request = get("/mcp")?;
        let headers = request.headers_mut();
        headers.insert("accept", "text/event-stream".parse()?);
        headers.insert("authorization", bearer.parse()?);
        let pair = Door::Tcp(fort.address().to_owned()).open(request).await?;
        assert_eq!(pair.status, 200);
        streams.push((fort.client(token, "/mcp").await?, pair));
    }
    let answer = fort
        .gateway
        .api("DELETE", &format!("/tokens/{id}"), "")
        .await?;
    assert_eq!(answer.status, 204, "{answer:?}");
    for (client, mut stream) in streams {
        // What was said before it ended may still be there.
        while stream.next_event().await?.is_some() {}
        let refused = client.result("tools/list", json!({})).await;
        ensure!(refused.is_err(), "it is still let in");
    }
    let ended = |snapshot: &model::Snapshot| {
        let of_tokens = |name: &str| name.starts_with("revoked") || name.starts_with("expiring");
        let mut clients = snapshot.clients.iter();
        clients.all(|client| client.open == 0 || !of_tokens(&client.name))
    };
    fort.gateway.wait_until("nothing is open", ended).await?;
    fort.stands().await
}

/// Sends wrong tokens one after the other on one connection, and counts the answers by status.
async fn guess(address: String, first: usize) -> anyhow::Result<BTreeMap<u16, usize>> {
    let mut told = BTreeMap::new();
    let (reader, mut writer) = TcpStream::connect(&address).await?.into_split();
    let mut reader = BufReader::new(reader);
    for start in (first..first + WRONG / 4).step_by(AT_ONCE) {
        let mut all = Vec::new();
        for number in start..start + AT_ONCE {
            let request = Request::new("POST", "/mcp")
                .header("Host", &address)
                .header("Authorization", &format!("Bearer tg_{number:064x}"))
                .header("Content-Type", "application/json")
                .body("{}");
            all.extend(request.bytes());
        }
        writer.write_all(&all).await?;
        for _ in 0..AT_ONCE {
            *told.entry(status(&mut reader).await?).or_default() += 1;
        }
    }
    Ok(told)
}

/// Reads one answer of several on a connection.
async fn status(reader: &mut BufReader<tokio::net::tcp::OwnedReadHalf>) -> anyhow::Result<u16> {
    let (mut status, mut length) = (0, 0);
    loop {
        let mut line = String::new();
        ensure!(reader.read_line(&mut line).await? > 0, "closed");
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest[..3].parse()?;
        } else if let Some(rest) = line.strip_prefix("content-length: ") {
            length = rest.parse()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await?;
    Ok(status)
}

#[tokio::test]
async fn e08_who_guesses_is_slowed_down_and_others_are_not() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    let began = std::time::Instant::now();
    let mut guessing = JoinSet::new();
    for connection in 0..4 {
        guessing.spawn(guess(fort.address().to_owned(), connection * WRONG));
    }
    // A client with a token is served meanwhile.
    let mut served = 0;
    while !guessing.is_empty() {
        let reply = fort.send(&fort.call()).await?;
        assert_eq!(reply.status, 200, "{reply:?}");
        served += 1;
        while let Some(done) = guessing.try_join_next() {
            let told = done??;
            let all: usize = told.values().sum();
            let guessed = told.get(&401).copied().unwrap_or_default();
            assert_eq!(all, WRONG / 4, "{told:?}");
            assert!(told.contains_key(&429), "{told:?}");
            let seconds = usize::try_from(began.elapsed().as_secs())? + 2;
            assert!(guessed <= 20 * seconds, "{told:?} in {seconds} s");
            assert!(
                told.keys().all(|status| [401, 429].contains(status)),
                "{told:?}"
            );
        }
    }
    assert!(served > 0);
    Ok(())
}

#[tokio::test]
async fn e09_a_session_can_be_neither_guessed_nor_fixed_nor_shared() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    let opening = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"},
    }});
    let chosen = "0".repeat(32);
    let opening = fort
        .post(opening.to_string())
        .header("Mcp-Session-Id", &chosen);
    let mut ids = Vec::new();
    for _ in 0..500 {
        let reply = fort.send(&opening).await?;
        let mut lines = reply.head.lines();
        let id = lines.find_map(|line| line.strip_prefix("mcp-session-id: "));
        ids.push(id.unwrap_or_default().trim().to_owned());
    }
    assert!(
        ids.iter().all(|id| id.len() >= 32 && *id != chosen),
        "128 bits"
    );
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert!(!ids.is_sorted(), "they have no order");
    let position = |place: usize| {
        let digits: BTreeSet<_> = ids.iter().map(|id| id.as_bytes()[place]).collect();
        digits.len()
    };
    assert!(
        (0..32).all(|place| position(place) > 8),
        "no digit is fixed"
    );

    let ping = fort.post(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#);
    let in_session = |id: &str| ping.clone().header("Mcp-Session-Id", id);
    assert_eq!(fort.send(&in_session(&ids[0])).await?.status, 200);
    for unknown in [
        chosen.as_str(),
        "",
        "x",
        &ids[0][..31],
        &ids[0].to_uppercase().replace('0', "1"),
    ] {
        let reply = fort.send(&in_session(unknown)).await?;
        assert_eq!(reply.status, 404, "{unknown}: {reply:?}");
    }
    // Without an id there is no falling back on a session that happens to be open.
    assert_eq!(fort.send(&ping).await?.status, 400);
    let (other, _) = fort.token(json!({"name": "another client"})).await?;
    let stolen = in_session(&ids[0]).with("Authorization", &format!("Bearer {other}"));
    assert_eq!(fort.send(&stolen).await?.status, 404);
    for method in ["GET", "DELETE"] {
        let stolen = stolen.clone().body([]).target(method, "/mcp");
        assert_eq!(fort.send(&stolen).await?.status, 404, "{method}");
    }
    assert_eq!(
        fort.send(&in_session(&ids[0])).await?.status,
        200,
        "it is still open"
    );
    Ok(())
}

#[tokio::test]
async fn e09_a_state_that_a_client_carries_is_nobody_elses() -> anyhow::Result<()> {
    let fort = Fort::of(Gateway::builder().fake("full", &["--full"])?).await?;
    fort.gateway.wait_ready().await?;
    let (other, _) = fort.token(json!({"name": "another client"})).await?;
    let client = |token: &str| {
        let builder = McpClient::builder(&fort.gateway.url("/mcp/server/full"))?;
        let bearer = format!("Bearer {token}");
        let builder = builder.capabilities(&json!({"elicitation": {"form": {}}}));
        anyhow::Ok(builder.header("authorization", &bearer).modern())
    };
    let (one, other) = (client(&fort.token)?, client(&other)?);
    let mut params = json!({"name": "ask", "arguments": {"message": "Why?"}});
    let asked = one.result("tools/call", params.clone()).await?;
    let requests = asked["inputRequests"].as_object();
    let key = requests.and_then(|all| all.keys().next()).cloned();
    let answer = json!({"action": "accept", "content": {"answer": "because"}});
    params["inputResponses"] = json!({key.unwrap_or_default(): answer});
    params["requestState"] = asked["requestState"].clone();
    assert!(params["requestState"].is_string(), "{asked}");
    let stolen = other.result("tools/call", params.clone()).await;
    let refused = stolen
        .as_ref()
        .map_or(true, |result| result["isError"] == true);
    assert!(refused, "{stolen:?}");
    let own = one.result("tools/call", params).await?;
    assert!(own.to_string().contains("because"), "{own}");
    Ok(())
}

/// Calls with the same ids as the other client, and checks that what comes back is its own.
async fn echoes(client: Arc<McpClient>, name: &'static str) -> anyhow::Result<()> {
    let mut calls = JoinSet::new();
    for number in 0..500 {
        let client = Arc::clone(&client);
        calls.spawn(async move {
            let mark = format!("{name} {number}");
            let arguments = json!({"name": "good__slow", "arguments": {"ms": 1, "steps": 1, "mark": mark}});
            let params = json!({"name": "call_tool_write", "arguments": arguments, "_meta": {"progressToken": mark}});
            let answered = client.exchange("tools/call", &params).await?;
            let text = answered.text()?;
            ensure!(text == "waited 1 ms", "{mark} got {text}");
            for progress in answered.notifications("notifications/progress") {
                ensure!(progress["progressToken"] == mark, "{mark} heard {progress}");
            }
            let echo = json!({"name": "good__echo", "arguments": {"mark": mark}});
            let echoed = client.call_text("call_tool_write", echo).await?;
            ensure!(echoed.contains(&format!("\"{mark}\"")), "{mark} got {echoed}");
            Ok(())
        });
        if calls.len() >= 50
            && let Some(done) = calls.join_next().await
        {
            done??;
        }
    }
    while let Some(done) = calls.join_next().await {
        done??;
    }
    Ok(())
}

#[tokio::test]
async fn e10_replies_and_progress_never_cross() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    let (other, _) = fort.token(json!({"name": "another client"})).await?;
    let one = Arc::new(fort.client(&fort.token, "/mcp").await?);
    let other = Arc::new(fort.client(&other, "/mcp").await?);
    tokio::try_join!(echoes(one, "ann"), echoes(other, "bo"))?;
    // In the activity each goes by the name that a person gave it.
    let named = |snapshot: &model::Snapshot, name: &str| {
        let mut clients = snapshot.clients.iter();
        clients.any(|client| client.name.starts_with(name) && client.calls == 1_000)
    };
    let both = |snapshot: &model::Snapshot| {
        named(snapshot, "tests (") && named(snapshot, "another client (")
    };
    fort.gateway
        .wait_until("all calls are counted", both)
        .await?;
    Ok(())
}

//! The bridge: a stdio face for clients that speak nothing else.

use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use testkit::gateway::Gateway;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

/// How long an answer may take, the start of a gateway included.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running bridge and both ends of its pipe.
struct Bridge {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Bridge {
    fn start(gateway: &Gateway, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut command = gateway.command(&[&["bridge"], arguments].concat())?;
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.kill_on_drop(true).spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().context("stdout is piped")?).lines();
        Ok(Self {
            child,
            input,
            output,
        })
    }

    async fn send(&mut self, message: &Value) -> anyhow::Result<()> {
        let input = self.input.as_mut().context("the pipe is closed")?;
        Ok(input.write_all(format!("{message}\n").as_bytes()).await?)
    }

    /// The next message; every line must be one.
    async fn next(&mut self) -> anyhow::Result<Value> {
        let line = tokio::time::timeout(PATIENCE, self.output.next_line()).await;
        let line = line
            .context("no answer in time")??
            .context("the bridge has ended")?;
        serde_json::from_str(&line).with_context(|| format!("no message but {line:?}"))
    }

    /// Waits for the answer to a request, whatever else comes before it.
    async fn answer(&mut self, id: &str) -> anyhow::Result<Value> {
        loop {
            let message = self.next().await?;
            if message["id"] == id {
                return Ok(message);
            }
        }
    }

    async fn ask(&mut self, id: &str, method: &str, params: Value) -> anyhow::Result<Value> {
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.send(&request).await?;
        self.answer(id).await
    }

    async fn initialize(&mut self) -> anyhow::Result<Value> {
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {},
                            "clientInfo": {"name": "test", "version": "1"}});
        let answer = self.ask("initialize", "initialize", params).await?;
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        self.send(&initialized).await?;
        Ok(answer)
    }

    /// Closes the pipe and returns the exit code.
    async fn close(mut self) -> anyhow::Result<Option<i32>> {
        drop(self.input.take());
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        Ok(ended.context("it does not end")??.code())
    }
}

fn modern(mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {}
    });
    params
}

fn add(a: u32) -> Value {
    json!({"name": "call_tool_read", "arguments": {"name": "fake__add", "arguments": {"a": a, "b": 0}}})
}

fn call_of(tool: &str) -> Value {
    json!({"name": "call_tool_read", "arguments": {"name": tool}})
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_default()
}

async fn gateway() -> anyhow::Result<Gateway> {
    Gateway::builder().fake("fake", &[])?.start_ready().await
}

/// Lets the server start in gateways that the bridge starts, too.
async fn let_in(gateway: &Gateway) -> anyhow::Result<()> {
    for arguments in [["review", "start", "fake"], ["review", "trust", "fake"]] {
        let arguments = [
            &arguments[..],
            &["auto"][..usize::from(arguments[1] == "trust")],
        ];
        let output = gateway.cli(&arguments.concat()).await?;
        anyhow::ensure!(output.status.success(), "{output:?}");
    }
    Ok(())
}

#[tokio::test]
async fn both_eras_share_one_pipe_in_any_order() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let mut bridge = Bridge::start(&gateway, &[])?;
    // A client that probes, then opens a session all the same, as one well-known client does.
    let discovered = bridge
        .ask("probe", "server/discover", modern(json!({})))
        .await?;
    assert!(
        discovered["result"]["supportedVersions"].is_array(),
        "{discovered}"
    );
    let initialized = bridge.initialize().await?;
    assert_eq!(initialized["result"]["protocolVersion"], "2025-11-25");
    for round in 0..3 {
        let legacy = bridge
            .ask(&format!("l{round}"), "tools/call", add(round))
            .await?;
        assert_eq!(text(&legacy), round.to_string());
        let stateless = bridge
            .ask(&format!("m{round}"), "tools/call", modern(add(round)))
            .await?;
        assert_eq!(text(&stateless), round.to_string());
        assert_eq!(stateless["result"]["resultType"], "complete");
        assert!(legacy["result"].get("resultType").is_none());
    }
    assert_eq!(bridge.close().await?, Some(0));
    Ok(())
}

#[tokio::test]
async fn requests_run_side_by_side() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let mut bridge = Bridge::start(&gateway, &[])?;
    bridge.initialize().await?;
    let slow = json!({"name": "fake__slow", "arguments": {"ms": 2_000}});
    let slow = json!({"name": "call_tool_write", "arguments": slow});
    let request = json!({"jsonrpc": "2.0", "id": "slow", "method": "tools/call", "params": slow});
    bridge.send(&request).await?;
    let request = json!({"jsonrpc": "2.0", "id": "fast", "method": "tools/call", "params": add(1)});
    bridge.send(&request).await?;
    assert_eq!(bridge.next().await?["id"], "fast");
    assert_eq!(text(&bridge.answer("slow").await?), "waited 2000 ms");
    Ok(())
}

#[tokio::test]
async fn another_face_can_be_chosen() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let mut bridge = Bridge::start(&gateway, &["--face", "server/fake"])?;
    bridge.initialize().await?;
    let answer = bridge.ask(
        "1",
        "tools/call",
        json!({"name": "add", "arguments": {"a": 1, "b": 2}}),
    );
    assert_eq!(text(&answer.await?), "3");
    Ok(())
}

#[tokio::test]
async fn news_of_the_gateway_reaches_the_client() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let mut bridge = Bridge::start(&gateway, &["--face", "all"])?;
    bridge.initialize().await?;
    // The stream of news opens beside the first requests; one answer more makes sure it has.
    bridge.ask("ping", "ping", json!({})).await?;
    for round in 0..20 {
        let grow = json!({"name": "fake__grow"});
        let grown = bridge
            .ask(&format!("grow {round}"), "tools/call", grow)
            .await?;
        assert!(grown["error"].is_null(), "{grown}");
        let news = tokio::time::timeout(Duration::from_millis(500), bridge.next()).await;
        if let Ok(news) = news {
            assert_eq!(news?["method"], "notifications/tools/list_changed");
            return Ok(());
        }
    }
    anyhow::bail!("no news came")
}

#[tokio::test]
async fn a_gateway_is_started_when_none_runs() -> anyhow::Result<()> {
    let gateway = Gateway::builder().fake("fake", &[])?.prepare()?;
    let mut bridge = Bridge::start(&gateway, &[])?;
    let initialized = bridge.initialize().await?;
    assert_eq!(initialized["result"]["protocolVersion"], "2025-11-25");
    let_in(&gateway).await?;
    gateway.wait_ready().await?;
    assert_eq!(text(&bridge.ask("1", "tools/call", add(5)).await?), "5");
    assert_eq!(bridge.close().await?, Some(0));
    // The gateway serves other clients as well, so it stays.
    gateway.snapshot().await?;
    Ok(())
}

#[tokio::test]
async fn a_restart_of_the_gateway_goes_unnoticed() -> anyhow::Result<()> {
    let mut gateway = gateway().await?;
    let mut bridge = Bridge::start(&gateway, &[])?;
    bridge.initialize().await?;
    assert_eq!(text(&bridge.ask("1", "tools/call", add(1)).await?), "1");
    gateway.stop().await?;
    gateway.launch().await?;
    gateway.wait_ready().await?;
    assert_eq!(text(&bridge.ask("2", "tools/call", add(2)).await?), "2");
    assert_eq!(
        text(&bridge.ask("3", "tools/call", modern(add(3))).await?),
        "3"
    );
    assert_eq!(bridge.close().await?, Some(0));
    Ok(())
}

#[tokio::test]
async fn a_call_in_flight_when_the_gateway_dies_is_reported_and_not_repeated() -> anyhow::Result<()>
{
    let mut gateway = gateway().await?;
    let_in(&gateway).await?;
    let mut bridge = Bridge::start(&gateway, &[])?;
    bridge.initialize().await?;
    let slow = json!({"name": "fake__slow", "arguments": {"ms": 60_000}});
    let slow = json!({"name": "call_tool_write", "arguments": slow});
    let request = json!({"jsonrpc": "2.0", "id": "slow", "method": "tools/call", "params": slow});
    bridge.send(&request).await?;
    let counts = call_of("fake__calls");
    while !text(&bridge.ask("before", "tools/call", counts.clone()).await?).contains("begun\":1") {}
    gateway.kill9().await?;
    let answer = bridge.answer("slow").await?;
    assert_eq!(answer["error"]["code"], -32000, "{answer}");
    assert!(
        answer["error"]["message"]
            .to_string()
            .contains("may or may not"),
        "{answer}"
    );
    // The next request finds nobody and starts a gateway, whose server knows of no call.
    let mut after = bridge.ask("calls", "tools/call", counts.clone()).await?;
    while text(&after).contains("server-not-ready") {
        tokio::time::sleep(Duration::from_millis(50)).await;
        after = bridge.ask("calls", "tools/call", counts.clone()).await?;
    }
    assert_eq!(text(&after), r#"{"begun":0,"cancelled":0}"#);
    Ok(())
}

#[tokio::test]
async fn what_is_no_message_gets_an_error_and_the_rest_an_answer() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let mut bridge = Bridge::start(&gateway, &[])?;
    let input = bridge.input.as_mut().context("the pipe is open")?;
    input
        .write_all(b"not json\n\n{\"jsonrpc\":\"2.0\",\"id\":\n")
        .await?;
    bridge.initialize().await?;
    assert_eq!(text(&bridge.ask("1", "tools/call", add(7)).await?), "7");
    Ok(())
}

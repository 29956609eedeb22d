//! The endpoint under attack. Each test is named after the case that docs/security.md lists; all
//! but a few of them speak through raw sockets, because no client library would.

mod addresses;
mod bodies;
mod calls;
mod slowness;
mod tokens;
mod upstreams;
mod visitor;

use anyhow::Context as _;
use serde_json::{Value, json};
use testkit::client::McpClient;
use testkit::gateway::{Builder, Gateway};

use visitor::{Reply, Request};

/// A gateway as it is unless told otherwise, in front of a server whose calls are counted.
struct Fort {
    gateway: Gateway,
    /// Good for everything.
    token: String,
}

impl Fort {
    async fn start() -> anyhow::Result<Self> {
        Self::of(Gateway::builder()).await
    }

    /// The same with more servers.
    async fn of(builder: Builder) -> anyhow::Result<Self> {
        let builder = builder.fake("good", &[])?.guarded();
        let gateway = builder.start().await?;
        gateway
            .wait_server("good", "it is ready", |good| good.state.is_ready())
            .await?;
        let issued = gateway.token(&json!({"name": "tests"})).await?;
        Ok(Self {
            token: issued.token,
            gateway,
        })
    }

    /// `127.0.0.1:PORT`.
    fn address(&self) -> &str {
        let endpoint = self.gateway.endpoint();
        endpoint
            .trim_start_matches("http://")
            .trim_end_matches("/mcp")
    }

    fn port(&self) -> &str {
        let (_, port) = self.address().split_once(':').unwrap_or_default();
        port
    }

    /// A POST of this body that lacks nothing.
    fn post(&self, body: impl Into<Vec<u8>>) -> Request {
        Request::new("POST", "/mcp")
            .header("Host", self.address())
            .header("Authorization", &format!("Bearer {}", self.token))
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream")
            .body(body)
    }

    /// A call of a tool that lacks nothing either.
    fn call(&self) -> Request {
        let body = modern(
            "tools/call",
            json!({
                "name": "call_tool_read",
                "arguments": {"name": "good__add", "arguments": {"a": 1, "b": 2}},
            }),
        );
        self.post(body)
            .header("MCP-Protocol-Version", "2026-07-28")
            .header("Mcp-Method", "tools/call")
            .header("Mcp-Name", "call_tool_read")
    }

    async fn send(&self, request: &Request) -> anyhow::Result<Reply> {
        request.send(self.address()).await
    }

    /// Calls that the server has seen.
    async fn calls(&self) -> anyhow::Result<u64> {
        Ok(self.gateway.server("good").await?.calls)
    }

    /// Checks that a request that should have no effect had none, and that a good one has.
    async fn stands(&self) -> anyhow::Result<()> {
        assert_eq!(self.calls().await?, 0, "a call came through");
        let reply = self.send(&self.call()).await?;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert!(reply.body.contains('3'), "{reply:?}");
        Ok(())
    }

    /// A client with this token.
    async fn client(&self, token: &str, path: &str) -> anyhow::Result<McpClient> {
        let builder = McpClient::builder(&self.gateway.url(path))?;
        let builder = builder.header("authorization", &format!("Bearer {token}"));
        builder.legacy("2025-11-25").await
    }

    /// Another token; `wanted` is the body of `POST /tokens`.
    async fn token(&self, wanted: Value) -> anyhow::Result<(String, String)> {
        let issued = self.gateway.token(&wanted).await?;
        Ok((issued.token, issued.client.id))
    }
}

/// The body of a request of the modern era.
fn modern(method: &str, mut params: Value) -> String {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()
}

/// The most memory that a process has held, in kB.
fn peak_memory(pid: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.context("no peak")?.parse()?)
}

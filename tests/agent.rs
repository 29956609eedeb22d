//! What an agent does on the default face: find tools and call them through the menu.

use anyhow::Context as _;
use serde_json::{Value, json};
use testkit::client::McpClient;
use testkit::gateway::Gateway;

/// A client of the default face.
pub(crate) struct Agent {
    /// The client itself, for what has no function here.
    pub(crate) client: McpClient,
}

impl Agent {
    /// An agent with a session.
    pub(crate) async fn of(gateway: &Gateway) -> anyhow::Result<Self> {
        Ok(Self {
            client: gateway.mcp_client().await?,
        })
    }

    /// An agent whose client speaks the stateless era.
    pub(crate) fn modern(gateway: &Gateway) -> anyhow::Result<Self> {
        Ok(Self {
            client: McpClient::modern(gateway.endpoint())?,
        })
    }

    /// Calls a tool of the menu and returns the JSON in its text.
    pub(crate) async fn ask(&self, tool: &str, arguments: Value) -> anyhow::Result<Value> {
        let text = self.client.call_text(tool, arguments).await?;
        serde_json::from_str(&text).with_context(|| format!("{tool} returned no JSON: {text}"))
    }

    /// The names of the tools that a search finds, best first.
    pub(crate) async fn find(&self, query: &str) -> anyhow::Result<Vec<String>> {
        let found = self.ask("retrieve_tools", json!({"query": query})).await?;
        let tools = found["tools"]
            .as_array()
            .with_context(|| format!("no tools in {found}"))?;
        Ok(tools
            .iter()
            .filter_map(|tool| Some(tool["name"].as_str()?.to_owned()))
            .collect())
    }

    /// Calls an upstream tool and returns the whole result.
    pub(crate) async fn run(
        &self,
        with: &str,
        tool: &str,
        arguments: Value,
    ) -> anyhow::Result<Value> {
        self.client
            .call(with, json!({"name": tool, "arguments": arguments}))
            .await
    }

    /// Calls an upstream tool that only reads and returns its text.
    pub(crate) async fn read(&self, tool: &str, arguments: Value) -> anyhow::Result<String> {
        self.run("call_tool_read", tool, arguments)
            .await
            .map(|result| text(&result).to_owned())
    }

    /// Calls an upstream tool that changes something and returns its text.
    pub(crate) async fn write(&self, tool: &str, arguments: Value) -> anyhow::Result<String> {
        self.run("call_tool_write", tool, arguments)
            .await
            .map(|result| text(&result).to_owned())
    }
}

/// The text of a result's first content item.
pub(crate) fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_default()
}

/// Whether a result says that it is an error and names this code.
pub(crate) fn is_refusal(result: &Value, code: &str) -> bool {
    result["isError"] == true && result.to_string().contains(code)
}

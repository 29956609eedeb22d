//! A small MCP client on raw JSON, for both eras.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, bail, ensure};
use hyper::Request;
use hyper::http::request::Builder;
use serde_json::{Value, json};

use crate::http::{Answer, Door, Streaming};

/// The revision that the stateless requests are of.
const MODERN: &str = "2026-07-28";

/// A client of one face of the gateway, or of any MCP server over HTTP.
pub struct McpClient {
    door: Door,
    path: String,
    era: Era,
    next_id: AtomicU64,
    initialized: Value,
}

enum Era {
    /// A session, opened with `initialize`, and its revision.
    Legacy { session: String, version: String },
    /// Every request stands by itself.
    Modern,
}

impl McpClient {
    /// Opens a session with the newest of the revisions that have sessions.
    pub async fn legacy(url: &str) -> anyhow::Result<Self> {
        Self::legacy_version(url, "2025-11-25").await
    }

    /// Opens a session with the given revision.
    pub async fn legacy_version(url: &str, version: &str) -> anyhow::Result<Self> {
        let (door, path) = Door::of_url(url)?;
        let body = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": version,
            "capabilities": {},
            "clientInfo": {"name": "testkit", "version": "1.0"}
        }});
        let answer = door.send(post(&path).body(body.to_string())?).await?;
        ensure!(
            answer.status == 200,
            "initialize got {}: {}",
            answer.status,
            answer.body
        );
        let session = answer.header("mcp-session-id").to_owned();
        let initialized = pick(&answer, 0)?["result"].take();
        let version = initialized["protocolVersion"]
            .as_str()
            .unwrap_or(version)
            .to_owned();
        let era = Era::Legacy { session, version };
        let client = Self {
            door,
            path,
            era,
            next_id: AtomicU64::new(1),
            initialized,
        };
        client
            .notify("notifications/initialized", json!({}))
            .await?;
        Ok(client)
    }

    /// A client that sends stateless requests.
    pub fn modern(url: &str) -> anyhow::Result<Self> {
        let (door, path) = Door::of_url(url)?;
        let next_id = AtomicU64::new(1);
        Ok(Self {
            door,
            path,
            era: Era::Modern,
            next_id,
            initialized: Value::Null,
        })
    }

    /// What the server answered to `initialize`; null for a stateless client.
    pub fn initialized(&self) -> &Value {
        &self.initialized
    }

    /// The session's id; empty for a stateless client.
    pub fn session(&self) -> &str {
        match &self.era {
            Era::Legacy { session, .. } => session,
            Era::Modern => "",
        }
    }

    /// Sends a request and returns the HTTP answer as it is.
    pub async fn send(&self, method: &str, params: Value) -> anyhow::Result<Answer> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        self.door
            .send(self.request_with_id(Some(id), method, params)?)
            .await
    }

    /// Sends a request and returns its message: the one with `result` or `error`.
    pub async fn request(&self, method: &str, params: Value) -> anyhow::Result<Value> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let answer = self
            .door
            .send(self.request_with_id(Some(id), method, params)?)
            .await?;
        pick(&answer, id)
    }

    /// Sends a request and returns its result; an error is an error.
    pub async fn result(&self, method: &str, params: Value) -> anyhow::Result<Value> {
        let mut message = self.request(method, params).await?;
        if !message["error"].is_null() {
            bail!("{method} failed: {}", message["error"]);
        }
        Ok(message["result"].take())
    }

    /// Sends a notification.
    pub async fn notify(&self, method: &str, params: Value) -> anyhow::Result<()> {
        let answer = self
            .door
            .send(self.request_with_id(None, method, params)?)
            .await?;
        ensure!(
            answer.status == 202,
            "{method} got {}: {}",
            answer.status,
            answer.body
        );
        Ok(())
    }

    /// Sends a request whose answer is read event by event.
    pub async fn stream(&self, method: &str, params: Value) -> anyhow::Result<Streaming> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        self.door
            .open(self.request_with_id(Some(id), method, params)?)
            .await
    }

    /// Opens the stream on which a session's server speaks by itself.
    pub async fn listen(&self) -> anyhow::Result<Streaming> {
        let request = self.era_headers(Request::get(&self.path));
        self.door
            .open(
                request
                    .header("accept", "text/event-stream")
                    .body(String::new())?,
            )
            .await
    }

    /// Ends the session and returns the HTTP status.
    pub async fn close(&self) -> anyhow::Result<u16> {
        let request = self
            .era_headers(Request::delete(&self.path))
            .body(String::new())?;
        Ok(self.door.send(request).await?.status)
    }

    /// The tools of all pages, as the server defined them.
    pub async fn tools(&self) -> anyhow::Result<Vec<Value>> {
        let mut tools = Vec::new();
        let mut params = json!({});
        loop {
            let mut result = self.result("tools/list", params).await?;
            let page = result["tools"].take();
            tools.extend(
                page.as_array()
                    .context("tools/list without tools")?
                    .iter()
                    .cloned(),
            );
            match result.get("nextCursor") {
                Some(cursor) => params = json!({"cursor": cursor}),
                None => return Ok(tools),
            }
        }
    }

    /// The names of the tools, sorted.
    pub async fn tool_names(&self) -> anyhow::Result<Vec<String>> {
        let tools = self.tools().await?;
        let mut names: Vec<_> = tools
            .iter()
            .filter_map(|tool| Some(tool["name"].as_str()?.to_owned()))
            .collect();
        names.sort();
        Ok(names)
    }

    /// Calls a tool of this face and returns the call's result.
    pub async fn call(&self, tool: &str, arguments: Value) -> anyhow::Result<Value> {
        self.result("tools/call", json!({"name": tool, "arguments": arguments}))
            .await
    }

    /// Calls a tool and returns the text of its first content item.
    pub async fn call_text(&self, tool: &str, arguments: Value) -> anyhow::Result<String> {
        let result = self.call(tool, arguments).await?;
        let text = result["content"][0]["text"].as_str();
        Ok(text
            .with_context(|| format!("{tool} returned no text: {result}"))?
            .to_owned())
    }

    fn request_with_id(
        &self,
        id: Option<u64>,
        method: &str,
        mut params: Value,
    ) -> anyhow::Result<Request<String>> {
        let mut request = self.era_headers(post(&self.path));
        if matches!(self.era, Era::Modern) {
            let meta = &mut params["_meta"];
            meta["io.modelcontextprotocol/protocolVersion"] = MODERN.into();
            meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
            meta["io.modelcontextprotocol/clientInfo"] = json!({"name": "testkit", "version": "1"});
            request = request.header("mcp-method", method);
            if let Some(name) = params["name"].as_str().or_else(|| params["uri"].as_str()) {
                request = request.header("mcp-name", name);
            }
        }
        let mut body = json!({"jsonrpc": "2.0", "method": method, "params": params});
        if let Some(id) = id {
            body["id"] = id.into();
        }
        Ok(request.body(body.to_string())?)
    }

    fn era_headers(&self, request: Builder) -> Builder {
        match &self.era {
            Era::Legacy { session, version } => {
                let request = request.header("mcp-protocol-version", version);
                if session.is_empty() {
                    request
                } else {
                    request.header("mcp-session-id", session)
                }
            }
            Era::Modern => request.header("mcp-protocol-version", MODERN),
        }
    }
}

/// A POST with the headers that every MCP message needs.
pub fn post(path: &str) -> Builder {
    Request::post(path)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
}

/// The message that answers the request of this id.
fn pick(answer: &Answer, id: u64) -> anyhow::Result<Value> {
    for message in answer.messages() {
        let message: Value = serde_json::from_str(&message)
            .with_context(|| format!("status {}: {message}", answer.status))?;
        if message["id"] == id {
            return Ok(message);
        }
    }
    bail!(
        "no answer to request {id} in status {}: {}",
        answer.status,
        answer.body
    )
}

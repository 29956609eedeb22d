//! A small MCP client on raw JSON, for both eras.

mod builder;
mod exchange;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, bail, ensure};
use hyper::Request;
use hyper::http::request::Builder as RequestBuilder;
use serde_json::{Value, json};

pub use builder::Builder;
pub use exchange::{Answered, Exchange, Message};

use crate::http::{Answer, Door, Streaming};
use crate::json;

/// The revision that the stateless requests are of.
const MODERN: &str = "2026-07-28";

/// The newest of the revisions that have sessions.
const LEGACY: &str = "2025-11-25";

/// A client of one face of the gateway, or of any MCP server over HTTP.
pub struct McpClient {
    door: Door,
    path: String,
    era: Era,
    next_id: AtomicU64,
    initialized: Value,
    /// What every stateless request says in `_meta`.
    meta: Vec<(&'static str, String)>,
    answerer: Option<Arc<builder::Answerer>>,
    /// Sent with every message.
    headers: Vec<(String, String)>,
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
        Self::legacy_version(url, LEGACY).await
    }

    /// Opens a session with the given revision.
    pub async fn legacy_version(url: &str, version: &str) -> anyhow::Result<Self> {
        Self::builder(url)?.legacy(version).await
    }

    /// A client that sends stateless requests.
    pub fn modern(url: &str) -> anyhow::Result<Self> {
        Ok(Self::builder(url)?.modern())
    }

    /// Settings for a client of this URL.
    pub fn builder(url: &str) -> anyhow::Result<Builder> {
        let (door, path) = Door::of_url(url)?;
        Ok(Self::at(door, &path))
    }

    /// Settings for a client of this path behind any door, for example the local socket.
    pub fn at(door: Door, path: &str) -> Builder {
        Builder::new(door, path.to_owned())
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
        let id = self.fresh_id();
        let request = self.request_text(Some(&id), method, &params.to_string())?;
        self.door.send(request).await
    }

    /// Sends a request and returns its message: the one with `result` or `error`.
    pub async fn request(&self, method: &str, params: Value) -> anyhow::Result<Value> {
        let id = self.fresh_id();
        let request = self.request_text(Some(&id), method, &params.to_string())?;
        let answer = self.door.send(request).await?;
        Ok(serde_json::from_str(&pick(&answer, &id)?)?)
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
        self.notify_text(method, &params.to_string()).await
    }

    /// The same, with parameters as JSON text.
    pub async fn notify_text(&self, method: &str, params: &str) -> anyhow::Result<()> {
        let request = self.request_text(None, method, params)?;
        let answer = self.door.send(request).await?;
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
        let id = self.fresh_id();
        let request = self.request_text(Some(&id), method, &params.to_string())?;
        self.door.open(request).await
    }

    /// Opens the stream on which a session's server speaks by itself.
    pub async fn listen(&self) -> anyhow::Result<Streaming> {
        self.listen_after(None).await
    }

    /// The same, taking up a stream after the event of this id.
    pub async fn listen_after(&self, last: Option<&str>) -> anyhow::Result<Streaming> {
        let mut request = self
            .era_headers(Request::get(&self.path))
            .header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        self.door.open(request.body(String::new())?).await
    }

    /// Sends any body with the headers of this client's messages.
    pub async fn send_text(&self, body: &str) -> anyhow::Result<Answer> {
        self.door.send(self.era_post().body(body.to_owned())?).await
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
        self.all("tools/list", "tools").await
    }

    /// The entries of all pages of a list; `member` is their name in the result.
    pub async fn all(&self, method: &str, member: &str) -> anyhow::Result<Vec<Value>> {
        let mut entries = Vec::new();
        let mut params = json!({});
        loop {
            let mut result = self.result(method, params).await?;
            let page = result[member].take();
            let page = page.as_array().cloned();
            entries.extend(page.with_context(|| format!("{method} without {member}"))?);
            match result.get("nextCursor") {
                Some(cursor) => params = json!({"cursor": cursor}),
                None => return Ok(entries),
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

    fn fresh_id(&self) -> String {
        self.next_id.fetch_add(1, Ordering::Relaxed).to_string()
    }

    /// A message with parameters as JSON text; a notification without an id.
    fn request_text(
        &self,
        id: Option<&str>,
        method: &str,
        params: &str,
    ) -> anyhow::Result<Request<String>> {
        let mut request = self.era_headers(post(&self.path));
        let mut params = params.to_owned();
        if matches!(self.era, Era::Modern) {
            params = builder::with_meta(&params, &self.meta);
            request = request.header("mcp-method", method);
            let member = match method {
                task if task.starts_with("tasks/") => "taskId",
                "tools/call" | "prompts/get" => "name",
                _ => "uri",
            };
            let name: Option<Value> = json::at(&params, &[member])
                .map(serde_json::from_str)
                .transpose()?;
            if let Some(name) = name.as_ref().and_then(Value::as_str) {
                request = request.header("mcp-name", name);
            }
        }
        let id = id.map_or(String::new(), |id| format!(r#""id":{id},"#));
        let method = Value::from(method);
        let body = format!(r#"{{"jsonrpc":"2.0",{id}"method":{method},"params":{params}}}"#);
        Ok(request.body(body)?)
    }

    /// A POST with the headers of this client's messages.
    fn era_post(&self) -> RequestBuilder {
        self.era_headers(post(&self.path))
    }

    fn era_headers(&self, mut request: RequestBuilder) -> RequestBuilder {
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
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
pub fn post(path: &str) -> RequestBuilder {
    Request::post(path)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
}

/// The message that answers the request of this id, which is JSON text.
fn pick(answer: &Answer, id: &str) -> anyhow::Result<String> {
    let messages = answer.messages();
    let found = messages
        .into_iter()
        .find(|message| json::at(message, &["id"]) == Some(id));
    let Some(found) = found else {
        bail!(
            "no answer to request {id} in status {}: {}",
            answer.status,
            answer.body
        )
    };
    Ok(found)
}

//! How a client introduces itself, and how it answers.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::ensure;
use serde_json::{Value, json};

use super::{Era, McpClient, post};
use crate::http::Door;
use crate::json;

/// Answers a request of the server: its method and its parameters as JSON text, to a result as
/// JSON text.
pub(super) type Answerer = dyn Fn(&str, &str) -> String + Send + Sync;

/// Collects what a client shall be.
pub struct Builder {
    door: Door,
    path: String,
    capabilities: String,
    info: String,
    first_id: u64,
    answerer: Option<Arc<Answerer>>,
    log_level: Option<String>,
    headers: Vec<(String, String)>,
}

impl Builder {
    /// A client that declares nothing, of the endpoint behind this door.
    pub(super) fn new(door: Door, path: String) -> Self {
        Self {
            door,
            path,
            capabilities: "{}".to_owned(),
            info: r#"{"name":"testkit","version":"1.0"}"#.to_owned(),
            first_id: 1,
            answerer: None,
            log_level: None,
            headers: Vec::new(),
        }
    }

    /// Declares capabilities.
    #[must_use]
    pub fn capabilities(self, capabilities: &Value) -> Self {
        self.capabilities_text(&capabilities.to_string())
    }

    /// Declares capabilities by their JSON text.
    #[must_use]
    pub fn capabilities_text(mut self, capabilities: &str) -> Self {
        capabilities.clone_into(&mut self.capabilities);
        self
    }

    /// Declares everything that a server may ask for.
    #[must_use]
    pub fn able(self) -> Self {
        self.capabilities(&json!({
            "elicitation": {"form": {}, "url": {}},
            "sampling": {"tools": {}},
            "roots": {"listChanged": true},
            "extensions": {"io.modelcontextprotocol/tasks": {}}
        }))
    }

    /// Introduces itself by this `clientInfo`, as JSON text.
    #[must_use]
    pub fn info_text(mut self, info: &str) -> Self {
        info.clone_into(&mut self.info);
        self
    }

    /// Introduces itself by this name.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        self.info_text(&json!({"name": name, "version": "1.0"}).to_string())
    }

    /// Numbers its requests from here on.
    #[must_use]
    pub fn first_id(mut self, id: u64) -> Self {
        self.first_id = id;
        self
    }

    /// Answers the server's requests by this function of method and parameters.
    #[must_use]
    pub fn answering(self, answer: impl Fn(&str, &Value) -> Value + Send + Sync + 'static) -> Self {
        self.answering_text(move |method, params| {
            let params = serde_json::from_str(params).unwrap_or_default();
            answer(method, &params).to_string()
        })
    }

    /// The same, with parameters and results as JSON text.
    #[must_use]
    pub fn answering_text(
        mut self,
        answer: impl Fn(&str, &str) -> String + Send + Sync + 'static,
    ) -> Self {
        self.answerer = Some(Arc::new(answer));
        self
    }

    /// Asks for log messages of this level and above: in a session once, else in every request.
    #[must_use]
    pub fn log_level(mut self, level: &str) -> Self {
        self.log_level = Some(level.to_owned());
        self
    }

    /// Sends this header with every message.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A client that sends stateless requests.
    pub fn modern(self) -> McpClient {
        self.build(Era::Modern, Value::Null)
    }

    /// Opens a session with this revision.
    pub async fn legacy(self, version: &str) -> anyhow::Result<McpClient> {
        let (capabilities, info) = (&self.capabilities, &self.info);
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{version}","capabilities":{capabilities},"clientInfo":{info}}}}}"#
        );
        let mut request = post(&self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answer = self.door.send(request.body(body)?).await?;
        ensure!(
            answer.status == 200,
            "initialize got {}: {}",
            answer.status,
            answer.body
        );
        let session = answer.header("mcp-session-id").to_owned();
        let message = super::pick(&answer, "0")?;
        let initialized: Value = serde_json::from_str(&message)?;
        let initialized = initialized["result"].clone();
        let version = initialized["protocolVersion"].as_str().unwrap_or(version);
        let version = version.to_owned();
        let log_level = self.log_level.clone();
        let client = self.build(Era::Legacy { session, version }, initialized);
        client
            .notify("notifications/initialized", json!({}))
            .await?;
        if let Some(level) = log_level {
            client
                .result("logging/setLevel", json!({"level": level}))
                .await?;
        }
        Ok(client)
    }

    fn build(self, era: Era, initialized: Value) -> McpClient {
        let mut meta = vec![
            (
                "io.modelcontextprotocol/protocolVersion",
                json!(super::MODERN).to_string(),
            ),
            (
                "io.modelcontextprotocol/clientCapabilities",
                self.capabilities,
            ),
            ("io.modelcontextprotocol/clientInfo", self.info),
        ];
        if let Some(level) = self.log_level {
            let level = Value::from(level).to_string();
            meta.push(("io.modelcontextprotocol/logLevel", level));
        }
        McpClient {
            door: self.door,
            path: self.path,
            era,
            next_id: AtomicU64::new(self.first_id),
            initialized,
            meta,
            answerer: self.answerer,
            headers: self.headers,
        }
    }
}

/// The parameters with more members in their `_meta`; those that are there stay.
pub(super) fn with_meta(params: &str, more: &[(&str, String)]) -> String {
    let own = json::at(params, &["_meta"]).unwrap_or("{}");
    let meta = json::with(own, more);
    json::with(params, &[("_meta", meta)])
}

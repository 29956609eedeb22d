//! The protocol itself: which answer a message gets, whatever carries it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::exchange::{
    Call, CancellationNotice, Connection, Failure, Reply, members, result_member,
};
use super::options::{Hang, Options};
use super::{calls, tools};

/// The key in `params._meta` by which a request says that it is of the stateless era.
pub(super) const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";

/// The revision of the stateless era (specification 2026-07-28).
const MODERN: &str = "2026-07-28";

/// The revisions that open with `initialize`, newest first.
const LEGACY: &[&str] = &["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// A scripted server's state; shared by all of its connections.
pub struct FakeServer {
    options: Options,
    tools: Mutex<Vec<Value>>,
    changes: broadcast::Sender<()>,
    calls: AtomicU64,
    cancelled: AtomicU64,
}

impl FakeServer {
    /// A server that follows the options.
    pub fn new(options: Options) -> Self {
        let tools = Mutex::new(tools::offered(&options));
        let (changes, _) = broadcast::channel(16);
        Self {
            options,
            tools,
            changes,
            calls: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
        }
    }

    /// The options it follows.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Answers one message.
    pub(super) async fn answer(&self, message: &Value, connection: &Connection) -> Reply {
        let (Some(method), Some(id)) = (message["method"].as_str(), message.get("id")) else {
            return Reply::Nothing;
        };
        let modern = !message["params"]["_meta"][META_VERSION].is_null();
        let head = format!(r#"{{"jsonrpc":"2.0","id":{id},"#);
        match self.result(method, message, connection).await {
            Ok(members) => Reply::Line(format!("{head}{}}}", result_member(&members, modern))),
            Err(Failure::Error {
                code,
                message,
                data,
            }) => {
                let mut error = json!({"code": code, "message": message});
                if let Some(data) = data {
                    error["data"] = data;
                }
                Reply::Line(format!(r#"{head}"error":{error}}}"#))
            }
            Err(Failure::Silence) => std::future::pending().await,
            Err(Failure::Exit(code)) => Reply::Exit(code),
        }
    }

    /// The members of the result, as JSON text without the braces.
    async fn result(
        &self,
        method: &str,
        message: &Value,
        connection: &Connection,
    ) -> Result<String, Failure> {
        let params = &message["params"];
        self.hang(method)?;
        self.admit(method, params, connection)?;
        match method {
            "server/discover" => Ok(self.discover()),
            "initialize" => Ok(Self::initialize(params, connection)),
            "ping" | "logging/setLevel" => Ok(String::new()),
            "tools/list" => self.list(params),
            "tools/call" => self.call(params, connection).await,
            "subscriptions/listen" => self.listen(&message["id"], connection).await,
            other => Err(Failure::error(-32601, format!("Method not found: {other}"))),
        }
    }

    fn hang(&self, method: &str) -> Result<(), Failure> {
        let hangs = match self.options.hang {
            Some(Hang::Initialize) => matches!(method, "initialize" | "server/discover"),
            Some(Hang::List) => method == "tools/list",
            Some(Hang::Call) => method == "tools/call",
            Some(Hang::Stdin) => true,
            None => false,
        };
        if hangs { Err(Failure::Silence) } else { Ok(()) }
    }

    /// Refuses what the era forbids.
    fn admit(&self, method: &str, params: &Value, connection: &Connection) -> Result<(), Failure> {
        let initialized = connection.initialized.load(Ordering::Relaxed);
        if method == "server/discover" && self.options.exit_on_probe && !initialized {
            return Err(Failure::Exit(1));
        }
        let asked = &params["_meta"][META_VERSION];
        if !asked.is_null() {
            return self.admit_modern(method, asked);
        }
        if method == "initialize" {
            return if self.options.is_legacy() {
                Ok(())
            } else {
                Err(unsupported(params))
            };
        }
        if !initialized && method != "ping" {
            return Err(Failure::error(
                -32602,
                "Invalid request parameters".to_owned(),
            ));
        }
        Ok(())
    }

    fn admit_modern(&self, method: &str, asked: &Value) -> Result<(), Failure> {
        if !self.options.is_modern() {
            return Err(Failure::error(
                -32601,
                format!("Method not found: {method}"),
            ));
        }
        if asked != MODERN {
            return Err(unsupported(&json!({"protocolVersion": asked})));
        }
        Ok(())
    }

    fn discover(&self) -> String {
        let mut versions = vec![MODERN];
        if self.options.is_legacy() {
            versions.extend(LEGACY);
        }
        members(&json!({
            "supportedVersions": versions,
            "capabilities": {"tools": {"listChanged": true}},
            "instructions": INSTRUCTIONS,
            "ttlMs": 0,
            "cacheScope": "private",
            "_meta": {"io.modelcontextprotocol/serverInfo": server_info()}
        }))
    }

    fn initialize(params: &Value, connection: &Connection) -> String {
        connection.initialized.store(true, Ordering::Relaxed);
        let asked = params["protocolVersion"].as_str().unwrap_or_default();
        let version = LEGACY
            .iter()
            .find(|known| **known == asked)
            .unwrap_or(&LEGACY[0]);
        members(&json!({
            "protocolVersion": version,
            "capabilities": {"tools": {"listChanged": true}},
            "serverInfo": server_info(),
            "instructions": INSTRUCTIONS
        }))
    }

    fn list(&self, params: &Value) -> Result<String, Failure> {
        let tools = self.tools.lock().unwrap_or_else(PoisonError::into_inner);
        let start = page_start(params, tools.len())?;
        let size = self.options.paged.unwrap_or(tools.len()).max(1);
        let end = tools.len().min(start + size);
        let mut result = json!({"tools": &tools[start..end]});
        if self.options.page_forever {
            result["nextCursor"] = "0".into();
        } else if end < tools.len() {
            result["nextCursor"] = end.to_string().into();
        }
        if !params["_meta"][META_VERSION].is_null() {
            result["ttlMs"] = 0.into();
            result["cacheScope"] = "private".into();
        }
        Ok(members(&result))
    }

    async fn call(&self, params: &Value, connection: &Connection) -> Result<String, Failure> {
        let call = Call {
            tool: params["name"].as_str().unwrap_or_default(),
            arguments: params["arguments"].as_object().cloned().unwrap_or_default(),
            progress_token: params["_meta"].get("progressToken"),
            outbox: &connection.outbox,
        };
        calls::run(self, &call).await
    }

    /// Serves `subscriptions/listen`: acknowledges, then reports changes until it is dropped.
    async fn listen(&self, id: &Value, connection: &Connection) -> Result<String, Failure> {
        let tag = json!({"io.modelcontextprotocol/subscriptionId": id});
        let mut changes = self.changes.subscribe();
        connection
            .notify(
                "notifications/subscriptions/acknowledged",
                &json!({"_meta": &tag, "notifications": {"toolsListChanged": true}}),
            )
            .await;
        while changes.recv().await.is_ok() {
            connection
                .notify("notifications/tools/list_changed", &json!({"_meta": &tag}))
                .await;
        }
        Err(Failure::Silence)
    }

    /// Forwards changes to a legacy connection until the receiver is gone.
    pub(super) async fn report_changes(&self, connection: &Connection) {
        let mut changes = self.changes.subscribe();
        while changes.recv().await.is_ok() {
            if connection.initialized.load(Ordering::Relaxed) {
                connection
                    .notify("notifications/tools/list_changed", &json!({}))
                    .await;
            }
        }
    }

    /// Adds a tool, tells everybody, and returns its name.
    pub(super) fn grow(&self) -> String {
        let mut tools = self.tools.lock().unwrap_or_else(PoisonError::into_inner);
        let name = format!("grown_{}", tools.len());
        tools.push(json!({
            "name": name,
            "description": "Grew after the start.",
            "inputSchema": {"type": "object"}
        }));
        // Nobody listening is fine.
        let _ = self.changes.send(());
        name
    }

    /// Whether a tool of this name is offered.
    pub(super) fn offers(&self, name: &str) -> bool {
        let tools = self.tools.lock().unwrap_or_else(PoisonError::into_inner);
        tools.iter().any(|tool| tool["name"] == name)
    }

    pub(super) fn count_call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn counts(&self) -> Value {
        json!({
            "begun": self.calls.load(Ordering::Relaxed),
            "cancelled": self.cancelled.load(Ordering::Relaxed)
        })
    }

    /// Counts a cancellation unless the returned value is told that the call completed.
    pub(super) fn notice_cancellation(&self) -> CancellationNotice<'_> {
        CancellationNotice {
            cancelled: &self.cancelled,
            completed: false,
        }
    }
}

const INSTRUCTIONS: &str = "A scripted server. Its tools do what their names say.";

fn server_info() -> Value {
    json!({"name": "fake-server", "version": "1.2.3"})
}

fn unsupported(params: &Value) -> Failure {
    Failure::Error {
        code: -32022,
        message: "Unsupported protocol version".to_owned(),
        data: Some(json!({"supported": [MODERN], "requested": params["protocolVersion"]})),
    }
}

fn page_start(params: &Value, total: usize) -> Result<usize, Failure> {
    let Some(cursor) = params.get("cursor") else {
        return Ok(0);
    };
    cursor
        .as_str()
        .and_then(|cursor| cursor.parse().ok())
        .filter(|start| *start <= total)
        .ok_or_else(|| Failure::error(-32602, "Invalid cursor".to_owned()))
}

#[cfg(test)]
mod tests;

//! The protocol itself: which answer a message gets, whatever carries it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio::task::JoinSet;

use super::exchange::{
    Call, CancellationNotice, Connection, Failure, Incoming, META_VERSION, Outcome, Reply, members,
};
use super::flip::Flip;
use super::jobs::Jobs;
use super::journal::Journal;
use super::lists::{Kind, Lists};
use super::news::News;
use super::options::{Hang, Options};
use super::session::Session;
use super::{calls, features};

/// The revision of the stateless era (specification 2026-07-28).
const MODERN: &str = "2026-07-28";

/// The revisions that open with `initialize`, newest first.
const LEGACY: &[&str] = &["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// A scripted server's state; shared by all of its connections.
pub struct FakeServer {
    options: Options,
    pub(super) lists: Lists,
    pub(super) jobs: Jobs,
    pub(super) news: broadcast::Sender<News>,
    pub(super) journal: Journal,
    background: Mutex<JoinSet<()>>,
    flip: Flip,
    sessions: AtomicU64,
    calls: AtomicU64,
    cancelled: AtomicU64,
}

/// Writes down how the work on a request ended.
struct Work<'a> {
    journal: &'a Journal,
    incoming: &'a Incoming,
    answered: bool,
}

impl FakeServer {
    /// A server that follows the options.
    pub fn new(options: Options) -> Self {
        let (news, _) = broadcast::channel(1024);
        Self {
            lists: Lists::new(&options),
            jobs: Jobs::default(),
            news,
            journal: Journal::open(options.events.as_deref()),
            background: Mutex::default(),
            flip: Flip::new(&options),
            sessions: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            options,
        }
    }

    /// The options it follows.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// What a new session, or one stateless request, starts with.
    pub(super) fn session(&self) -> Arc<Session> {
        let number = self.sessions.fetch_add(1, Ordering::Relaxed) + 1;
        Arc::new(Session::new(number, self.options.extras))
    }

    /// Takes a message, with the headers that came with it, and answers it if it is a request.
    pub(super) async fn receive(
        &self,
        incoming: Incoming,
        connection: &Connection,
        headers: &Value,
    ) -> Reply {
        let session = &connection.session;
        self.journal.message(&incoming, session.number, headers);
        let is_response = incoming.message.get("method").is_none();
        if is_response {
            session.settle(incoming);
            return Reply::Nothing;
        }
        if incoming.message.get("id").is_some() {
            return self.answer(&incoming, connection).await;
        }
        if incoming.method() == "notifications/cancelled" {
            session.cancel(incoming.param(&["requestId"]).unwrap_or_default());
        }
        Reply::Nothing
    }

    /// Answers a request, unless the client cancels it.
    pub(super) async fn answer(&self, incoming: &Incoming, connection: &Connection) -> Reply {
        let mut work = Work {
            journal: &self.journal,
            incoming,
            answered: false,
        };
        let running = connection.session.begin(&incoming.id);
        let outcome = tokio::select! {
            outcome = self.outcome(incoming, connection) => outcome,
            () = running.cancelled() => return Reply::Nothing,
        };
        if matches!(outcome, Err(Failure::Silence)) {
            std::future::pending::<()>().await;
        }
        work.answered = true;
        let head = format!(r#"{{"jsonrpc":"2.0","id":{},"#, incoming.id);
        match outcome {
            Ok(outcome) => {
                let result = outcome.result(incoming.is_modern());
                let result = connection.adorned(&result, incoming.method());
                let result = self.flip.turned(incoming.method(), result);
                Reply::Line(format!(r#"{head}"result":{result}}}"#))
            }
            Err(Failure::Error {
                code,
                message,
                data,
            }) => {
                let mut error = json!({"code": code, "message": message});
                if let Some(data) = data {
                    error["data"] = data;
                }
                let error = connection.adorned(&error.to_string(), "error");
                Reply::Line(format!(r#"{head}"error":{error}}}"#))
            }
            Err(Failure::Exit(code)) => Reply::Exit(code),
            Err(Failure::Silence) => Reply::Nothing,
        }
    }

    async fn outcome(
        &self,
        incoming: &Incoming,
        connection: &Connection,
    ) -> Result<Outcome, Failure> {
        let (method, params) = (incoming.method(), incoming.params());
        self.hang(method)?;
        self.admit(method, params, connection)?;
        match method {
            "server/discover" => Ok(self.discover().into()),
            "initialize" => Ok(self.initialize(incoming, connection).into()),
            "ping" => Ok(String::new().into()),
            "logging/setLevel" => set_level(params, connection),
            "tools/list" => self.list(Kind::Tools, params),
            "tools/call" => self.call(incoming, connection).await,
            "subscriptions/listen" => Ok(self.listen(incoming, connection).await?.into()),
            _ if self.options.full => self.full(incoming, connection).await,
            other => Err(unknown(other)),
        }
    }

    /// The methods that only `--full` knows.
    async fn full(&self, incoming: &Incoming, connection: &Connection) -> Result<Outcome, Failure> {
        let params = incoming.params();
        match incoming.method() {
            "prompts/list" => self.list(Kind::Prompts, params),
            "prompts/get" => features::prompt(&self.lists, incoming, connection).await,
            "resources/list" => self.list(Kind::Resources, params),
            "resources/templates/list" => self.list(Kind::Templates, params),
            "resources/read" => features::read(&self.lists, incoming, connection).await,
            "resources/subscribe" | "resources/unsubscribe" if !incoming.is_modern() => {
                let uri = params["uri"].as_str().unwrap_or_default();
                let on = incoming.method() == "resources/subscribe";
                connection.session.watch(uri, on);
                Ok(String::new().into())
            }
            "completion/complete" => Ok(features::complete(params)?.into()),
            task if task.starts_with("tasks/") => Ok(self.task(incoming, connection).await?.into()),
            other => Err(unknown(other)),
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
        let initialized = connection.session.initialized.load(Ordering::Relaxed);
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
            return Err(Failure::error(-32602, "Invalid request parameters"));
        }
        Ok(())
    }

    fn admit_modern(&self, method: &str, asked: &Value) -> Result<(), Failure> {
        if !self.options.is_modern() {
            return Err(unknown(method));
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
            "capabilities": self.capabilities(true),
            "instructions": INSTRUCTIONS,
            "ttlMs": 0,
            "cacheScope": "private",
            "_meta": {"io.modelcontextprotocol/serverInfo": server_info()}
        }))
    }

    fn initialize(&self, incoming: &Incoming, connection: &Connection) -> String {
        connection.session.greet(&incoming.params);
        let asked = incoming.params()["protocolVersion"].as_str();
        let version = LEGACY
            .iter()
            .find(|known| Some(**known) == asked)
            .unwrap_or(&LEGACY[0]);
        members(&json!({
            "protocolVersion": version,
            "capabilities": self.capabilities(false),
            "serverInfo": server_info(),
            "instructions": INSTRUCTIONS
        }))
    }

    fn capabilities(&self, modern: bool) -> Value {
        let mut known = json!({"tools": {"listChanged": true}});
        if !self.options.full {
            return known;
        }
        known["resources"] = json!({"listChanged": true, "subscribe": true});
        known["prompts"] = json!({"listChanged": true});
        known["completions"] = json!({});
        known["logging"] = json!({});
        known["experimental"] = json!({"vendor.example/feature": {"depth": 1.50}});
        if modern {
            known["extensions"] = json!({
                "io.modelcontextprotocol/tasks": {},
                "io.modelcontextprotocol/ui": {"mimeTypes": ["text/html;profile=mcp-app"]}
            });
        } else {
            known["tasks"] = json!({"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}});
        }
        known
    }

    fn list(&self, kind: Kind, params: &Value) -> Result<Outcome, Failure> {
        let mut page = self.lists.page(kind, params, &self.options)?;
        if !params["_meta"][META_VERSION].is_null() {
            page.push_str(r#","ttlMs":0,"cacheScope":"private""#);
        }
        Ok(page.into())
    }

    async fn call(&self, incoming: &Incoming, connection: &Connection) -> Result<Outcome, Failure> {
        if self.flip.note_call() && !self.options.flip_silently {
            for kind in [Kind::Tools, Kind::Prompts, Kind::Resources] {
                self.tell(News::Changed(kind));
            }
        }
        let params = incoming.params();
        let call = Call {
            tool: params["name"].as_str().unwrap_or_default(),
            arguments: params["arguments"].as_object().cloned().unwrap_or_default(),
            incoming,
            connection,
        };
        calls::run(self, &call).await
    }

    /// Adds a tool, tells everybody, and returns its name.
    pub(super) fn grow(&self) -> String {
        let name = self.lists.grow();
        self.tell(News::Changed(Kind::Tools));
        name
    }

    /// Runs something beside the requests; it ends with the server.
    pub(super) fn in_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut background = self
            .background
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        while background.try_join_next().is_some() {}
        background.spawn(work);
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

impl Drop for Work<'_> {
    fn drop(&mut self) {
        let how = if self.answered { "answered" } else { "dropped" };
        self.journal
            .ended(how, self.incoming.method(), &self.incoming.id);
    }
}

const INSTRUCTIONS: &str = "A scripted server. Its tools do what their names say.";

fn server_info() -> Value {
    json!({"name": "fake-server", "version": "1.2.3"})
}

fn set_level(params: &Value, connection: &Connection) -> Result<Outcome, Failure> {
    let level = params["level"].as_str().unwrap_or("debug");
    if connection.session.set_level(level) {
        Ok(String::new().into())
    } else {
        Err(Failure::error(-32602, format!("Unknown level: {level}")))
    }
}

fn unknown(method: &str) -> Failure {
    Failure::error(-32601, format!("Method not found: {method}"))
}

fn unsupported(params: &Value) -> Failure {
    Failure::Error {
        code: -32022,
        message: "Unsupported protocol version".to_owned(),
        data: Some(json!({"supported": [MODERN], "requested": params["protocolVersion"]})),
    }
}

#[cfg(test)]
mod tests;

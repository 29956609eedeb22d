//! What each method answers, by face and era.

mod aggregate;
mod finish;
mod introduction;
mod lists;
mod resources;

use std::sync::Arc;

use fleet::{Catalog, RequestError};
use model::ServerName;
use upstream::CallError;
use wire::{Era, ErrorObject, LogLevel, Notification, Raw, RawObject, Request, code, raw};

use crate::face::Face;
use crate::pipeline::{self, ToolCall};
use crate::relay::Relay;
use crate::requester::Requester;
use crate::{Gateway, menu};

pub(crate) use aggregate::not_here;
pub(crate) use finish::server_info;
use finish::{finish, for_era};

/// A request's origin and the face that it came to.
pub(crate) struct Asking {
    pub(crate) gateway: Gateway,
    pub(crate) face: Face,
    pub(crate) who: Requester,
}

impl Asking {
    /// Answers a request, whatever its era; `initialize` is the session's affair.
    pub(crate) async fn answer(&self, request: Request) -> Result<Raw, ErrorObject> {
        let params = request.params_object()?;
        let method = request.method.as_str();
        let answered = self.route(method, params).await;
        let era = self.who.era;
        match answered {
            Ok(result) => Ok(finish(method, result, era)),
            Err(error) => Err(for_era(method, error, era)),
        }
    }

    async fn route(&self, method: &str, params: RawObject) -> Result<Raw, ErrorObject> {
        match (method, self.who.era) {
            ("server/discover", _) => Ok(self.discover().await),
            ("ping", Era::Legacy) => Ok(RawObject::default().to_raw()),
            ("logging/setLevel", Era::Legacy) => self.set_level(&params).await,
            ("resources/subscribe" | "resources/unsubscribe", _)
                if self.who.pass.scope.names_tools() =>
            {
                Err(aggregate::not_here(method))
            }
            ("resources/subscribe", Era::Legacy) => self.subscribe(params).await,
            ("resources/unsubscribe", Era::Legacy) => self.unsubscribe(params).await,
            ("initialize" | "subscriptions/listen", _) => Err(unknown_method(method)),
            (method, Era::Modern) if LEGACY_ONLY.contains(&method) => Err(unknown_method(method)),
            ("tools/list", _) => lists::tools(self, &params),
            ("tools/call", _) => self.call(params).await,
            // Where a person has named tools, nothing was said of anything else.
            (method, _) if self.who.pass.scope.names_tools() && !is_of_tools(method) => {
                aggregate::nothing_here(method)
            }
            (method, _) => match &self.face {
                Face::Server(server) => self.forward(server, method, params).await,
                Face::Menu | Face::All => self.aggregate(method, params).await,
            },
        }
    }

    /// What of all servers and tools is shown to the client.
    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        self.who.catalog(self.gateway.fleet())
    }

    async fn call(&self, mut params: RawObject) -> Result<Raw, ErrorObject> {
        let name: String = params.get_as("name").ok_or_else(|| {
            ErrorObject::new(
                code::INVALID_PARAMS,
                "`tools/call` needs the `name` of a tool",
            )
        })?;
        let catalog = self.catalog();
        let tool = match &self.face {
            Face::Menu => {
                let answered = menu::run(&self.gateway, &self.who, &name, params).await;
                return answered.unwrap_or_else(|| Err(unknown_tool(&name)));
            }
            Face::All => lists::called(&catalog, None, &name),
            Face::Server(server) => lists::called(&catalog, Some(server), &name),
        };
        let tool = tool.ok_or_else(|| unknown_tool(&name))?;
        let arguments = params.remove("arguments");
        let call = ToolCall {
            who: &self.who,
            face: &self.face,
            tool: &tool,
            arguments: arguments.as_deref(),
            extra: params,
            intent: None,
        };
        pipeline::call(&self.gateway, &call).await
    }

    /// Hands a method to the one server of the face, with nothing rewritten.
    async fn forward(
        &self,
        server: &ServerName,
        method: &str,
        params: RawObject,
    ) -> Result<Raw, ErrorObject> {
        let reply = self.relay(server, "").request(method, params).await;
        reply.map_err(to_error)
    }

    /// The way to one server, as this client sees it.
    fn relay<'a>(&'a self, server: &'a ServerName, slug: &'a str) -> Relay<'a> {
        Relay {
            inner: &self.gateway.0,
            who: &self.who,
            face: &self.face,
            server,
            naming: self.face.naming(slug),
        }
    }

    /// Passes a notification on to every server of the face that has a session with this client,
    /// for example that its roots have changed.
    pub(crate) async fn notify(&self, notification: &Notification) {
        let Notification { method, params } = notification;
        let fleet = self.gateway.fleet();
        let (catalog, client) = (self.catalog(), self.who.behalf(false));
        let mut told = Vec::new();
        for server in catalog.servers() {
            if self.face.shows(&server.name) && server.state.is_ready() {
                let name = server.name.as_str();
                told.push(fleet.notify(name, method, params.clone(), &client));
            }
        }
        futures_util::future::join_all(told).await;
    }

    /// From which level on the client wants logs: kept for the session, and asked of every server
    /// that it may come to speak with.
    async fn set_level(&self, params: &RawObject) -> Result<Raw, ErrorObject> {
        let level: String = params.get_as("level").unwrap_or_default();
        let level: LogLevel = level
            .parse()
            .map_err(|error| ErrorObject::new(code::INVALID_PARAMS, format!("{error}")))?;
        if let Some(session) = self.who.back.session() {
            session.set_level(level);
        }
        let fleet = self.gateway.fleet();
        let catalog = self.catalog();
        let client = self.who.behalf(false);
        let mut told = Vec::new();
        for server in catalog.servers() {
            if self.face.shows(&server.name) {
                told.push(fleet.want_level(server.name.as_str(), level, &client));
            }
        }
        futures_util::future::join_all(told).await;
        Ok(RawObject::default().to_raw())
    }
}

/// Methods that 2026-07-28 has removed.
const LEGACY_ONLY: [&str; 4] = [
    "ping",
    "logging/setLevel",
    "resources/subscribe",
    "resources/unsubscribe",
];

/// Why a request has no result, as an error of the protocol.
fn to_error(error: RequestError) -> ErrorObject {
    match error {
        RequestError::Call(CallError::Rpc(error)) => error,
        other => ErrorObject::new(code::UPSTREAM, other.to_string()),
    }
}

/// Whether a method belongs to the calls of tools: what they began is followed by it.
fn is_of_tools(method: &str) -> bool {
    method.starts_with("tasks/")
}

fn unknown_tool(name: &str) -> ErrorObject {
    ErrorObject::new(
        code::INVALID_PARAMS,
        format!("Unknown tool: {}", printable(name)),
    )
}

fn unknown_method(method: &str) -> ErrorObject {
    let message = format!("Method not found: {}", printable(method));
    ErrorObject::new(code::METHOD_NOT_FOUND, message)
}

/// A client's own words, fit to be said back.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

/// An empty result.
fn nothing() -> Raw {
    raw(&serde_json::json!({}))
}

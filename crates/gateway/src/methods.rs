//! What each method answers, by face and era.

mod lists;

use serde_json::{Value, json};
use wire::{
    Era, ErrorObject, META_SERVER_INFO, MODERN_REVISION, Notification, Raw, RawObject, Request,
    code, negotiate_legacy, raw,
};

use crate::face::Face;
use crate::pipeline::{self, ToolCall};
use crate::session::Client;
use crate::{Gateway, menu};

/// Who asks, and how.
pub(crate) struct Asking<'a> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) face: &'a Face,
    pub(crate) era: Era,
    pub(crate) client: &'a Client,
}

/// The gateway's own name, as clients see it.
pub(crate) fn server_info() -> Value {
    json!({ "name": "toolgate", "title": "Toolgate", "version": env!("CARGO_PKG_VERSION") })
}

impl Asking<'_> {
    /// Answers a request, whatever its era; `initialize` is the session's affair.
    pub(crate) async fn answer(&self, request: Request) -> Result<Raw, ErrorObject> {
        let params = request.params_object()?;
        let result = match (request.method.as_str(), self.era) {
            ("server/discover", _) => self.discover(),
            ("ping", Era::Legacy) => RawObject::default().to_raw(),
            ("tools/list", _) => lists::tools(self, &params)?,
            ("tools/call", _) => self.call(params).await?,
            (method, _) => self.forward(method, params).await?,
        };
        Ok(finish(result, self.era))
    }

    /// The answer to `initialize`.
    pub(crate) fn initialize(&self, params: &RawObject) -> Raw {
        let requested: String = params.get_as("protocolVersion").unwrap_or_default();
        let mut result = RawObject::default();
        result.set("protocolVersion", raw(negotiate_legacy(&requested)));
        result.set("capabilities", self.capabilities());
        result.set("serverInfo", raw(&server_info()));
        if let Some(instructions) = self.instructions() {
            result.set("instructions", raw(&instructions));
        }
        result.to_raw()
    }

    fn discover(&self) -> Raw {
        let mut result = RawObject::default();
        result.set("supportedVersions", raw(&[MODERN_REVISION]));
        result.set("capabilities", self.capabilities());
        if let Some(instructions) = self.instructions() {
            result.set("instructions", raw(&instructions));
        }
        lists::set_cache_hints(&mut result);
        result.to_raw()
    }

    fn capabilities(&self) -> Raw {
        // The menu never changes.
        let changes = *self.face != Face::Menu;
        raw(&json!({ "tools": { "listChanged": changes } }))
    }

    fn instructions(&self) -> Option<String> {
        match self.face {
            Face::Menu => Some(
                "Many tools are behind this server. Find the right one with retrieve_tools, then \
                 call it with the call_tool_* that its answer names."
                    .to_owned(),
            ),
            Face::All => None,
            Face::Server(name) => {
                let catalog = self.gateway.fleet().catalog();
                let server = catalog.servers().iter().find(|server| server.name == *name);
                server.and_then(|server| server.instructions.clone())
            }
        }
    }

    async fn call(&self, mut params: RawObject) -> Result<Raw, ErrorObject> {
        let name: String = params.get_as("name").ok_or_else(|| {
            ErrorObject::new(
                code::INVALID_PARAMS,
                "`tools/call` needs the `name` of a tool",
            )
        })?;
        let tool = match self.face {
            Face::Menu => {
                let answered = menu::run(self.gateway, self.client, &name, params).await;
                return answered.ok_or_else(|| unknown_tool(&name));
            }
            Face::All => lists::called(&self.gateway.fleet().catalog(), None, &name),
            Face::Server(server) => {
                lists::called(&self.gateway.fleet().catalog(), Some(server), &name)
            }
        };
        let tool = tool.ok_or_else(|| unknown_tool(&name))?;
        let arguments = params.remove("arguments");
        let call = ToolCall {
            client: self.client,
            tool: &tool,
            arguments: arguments.as_deref(),
            extra: params,
            intent: None,
        };
        pipeline::call(self.gateway, &call).await
    }

    /// Hands any other method to the one server of the face.
    async fn forward(&self, method: &str, params: RawObject) -> Result<Raw, ErrorObject> {
        let Face::Server(server) = self.face else {
            return Err(unknown_method(method));
        };
        if !FORWARDED.contains(&method) {
            return Err(unknown_method(method));
        }
        let reply = self
            .gateway
            .fleet()
            .request(server.as_str(), method, params)
            .await;
        reply.map_err(|error| match error {
            fleet::RequestError::Call(upstream::CallError::Rpc(error)) => error,
            other => ErrorObject::new(code::UPSTREAM, other.to_string()),
        })
    }
}

/// Methods of a single server that need nothing from us but to be passed on.
const FORWARDED: &[&str] = &[
    "completion/complete",
    "logging/setLevel",
    "prompts/get",
    "prompts/list",
    "resources/list",
    "resources/read",
    "resources/templates/list",
];

/// A notification of a client; none of them needs the gateway to do anything yet.
pub(crate) fn take_notice(notification: &Notification) {
    tracing::debug!(method = notification.method, "a client's notification");
}

/// Adds to a result what the era asks for, and takes out what only the other era knows.
fn finish(result: Raw, era: Era) -> Raw {
    let Some(mut object) = RawObject::parse(&result) else {
        return result;
    };
    match era {
        Era::Modern => {
            if object.get("resultType").is_none() {
                object.set("resultType", raw("complete"));
            }
            let mut meta = object.object("_meta").unwrap_or_default();
            meta.set(META_SERVER_INFO, raw(&server_info()));
            object.set("_meta", meta.to_raw());
        }
        Era::Legacy => {
            for key in ["resultType", "ttlMs", "cacheScope"] {
                object.remove(key);
            }
        }
    }
    object.to_raw()
}

fn unknown_tool(name: &str) -> ErrorObject {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
    ErrorObject::new(code::INVALID_PARAMS, format!("Unknown tool: {shown}"))
}

fn unknown_method(method: &str) -> ErrorObject {
    let shown: String = method
        .chars()
        .filter(|c| !c.is_control())
        .take(100)
        .collect();
    ErrorObject::new(code::METHOD_NOT_FOUND, format!("Method not found: {shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_finished_for_their_era() {
        let result = || raw(&json!({ "content": [], "ttlMs": 5, "resultType": "complete" }));
        assert_eq!(finish(result(), Era::Legacy).get(), r#"{"content":[]}"#);
        let modern = finish(raw(&json!({ "content": [] })), Era::Modern);
        let modern: Value = serde_json::from_str(modern.get()).expect("JSON");
        assert_eq!(modern["resultType"], "complete");
        assert_eq!(modern["_meta"][META_SERVER_INFO]["name"], "toolgate");
    }

    #[test]
    fn another_result_type_is_kept() {
        let asks = raw(&json!({ "resultType": "input_required", "requestState": "x" }));
        assert!(finish(asks, Era::Modern).get().contains("input_required"));
    }
}

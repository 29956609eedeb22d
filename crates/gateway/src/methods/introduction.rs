//! What the gateway says of itself: the answers to `initialize` and `server/discover`.

use std::time::Duration;

use fleet::CatalogServer;
use serde_json::{Value, json};
use upstream::Introduction;
use wire::{Era, MODERN_REVISION, Raw, RawObject, negotiate_legacy, raw};

use super::lists::set_cache_hints;
use super::{Asking, server_info};
use crate::face::Face;
use crate::instructions;

/// A server that is on its way up is waited for so long, because what it can do is said once.
const PATIENCE: Duration = Duration::from_secs(10);

impl Asking {
    /// The answer to `initialize`.
    pub(crate) async fn initialize(&self, params: &RawObject) -> Raw {
        let requested: String = params.get_as("protocolVersion").unwrap_or_default();
        let mut result = RawObject::default();
        result.set("protocolVersion", raw(negotiate_legacy(&requested)));
        self.introduce(&mut result).await;
        result.set("serverInfo", raw(&server_info()));
        result.to_raw()
    }

    pub(super) async fn discover(&self) -> Raw {
        let mut result = RawObject::default();
        result.set("supportedVersions", raw(&[MODERN_REVISION]));
        self.introduce(&mut result).await;
        set_cache_hints(&mut result);
        result.to_raw()
    }

    async fn introduce(&self, result: &mut RawObject) {
        let (capabilities, instructions) = match &self.face {
            Face::Server(name) => {
                let fleet = self.gateway.fleet();
                let client = self.who.behalf(false);
                let introduced = fleet.introduction(name.as_str(), &client);
                let introduced = tokio::time::timeout(PATIENCE, introduced).await;
                match introduced {
                    Ok(Ok(introduction)) if fleet.is_open(name) => {
                        let capabilities = translated(&introduction, self.who.era);
                        let instructions = match introduction.instructions {
                            Some(text) => fleet.let_in_instructions(name, text).await,
                            None => None,
                        };
                        (capabilities, instructions)
                    }
                    // Down or held, it can at least be asked for later.
                    _ => (fallback(), None),
                }
            }
            face => {
                let catalog = self.catalog();
                let text = match face {
                    Face::Menu => instructions::menu(&catalog),
                    Face::All | Face::Server(_) => instructions::all(&catalog),
                };
                let text = Some(text).filter(|text| !text.is_empty());
                (union(catalog.servers(), face, self.who.era), text)
            }
        };
        result.set("capabilities", capabilities);
        if let Some(instructions) = instructions {
            result.set("instructions", raw(&instructions));
        }
    }
}

/// A server's capabilities as sent; without those that only the other era has a form for, where
/// the server is met in the other era.
fn translated(introduction: &Introduction, era: Era) -> Raw {
    let mut capabilities = introduction.capabilities.clone();
    match (introduction.era, era) {
        (Era::Legacy, Era::Modern) => {
            capabilities.remove("tasks");
        }
        (Era::Modern, Era::Legacy) => {
            if let Some(mut extensions) = capabilities.object("extensions") {
                extensions.remove(TASKS_EXTENSION);
                capabilities.set("extensions", extensions.to_raw());
            }
        }
        _ => {}
    }
    capabilities.to_raw()
}

/// Tasks in their form since 2026-07-28.
const TASKS_EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// What any server may turn out to have.
fn fallback() -> Raw {
    raw(&json!({
        "tools": { "listChanged": true },
        "prompts": { "listChanged": true },
        "resources": { "listChanged": true, "subscribe": true },
        "completions": {},
        "logging": {},
    }))
}

/// What all servers together can do.
fn union(servers: &[CatalogServer], face: &Face, era: Era) -> Raw {
    let any = |capability: &str| {
        servers
            .iter()
            .any(|server| server.capabilities.get(capability).is_some())
    };
    // The menu never changes.
    let mut all = json!({ "tools": { "listChanged": *face != Face::Menu } });
    if any("prompts") {
        all["prompts"] = json!({ "listChanged": true });
    }
    if any("resources") {
        all["resources"] = json!({ "listChanged": true, "subscribe": true });
    }
    for capability in ["completions", "logging"] {
        if any(capability) {
            all[capability] = json!({});
        }
    }
    match era {
        Era::Legacy if any("tasks") => all["tasks"] = merged(servers, "tasks"),
        _ => {}
    }
    let mut extensions = merged(servers, "extensions");
    if let (Era::Legacy, Some(known)) = (era, extensions.as_object_mut()) {
        known.remove(TASKS_EXTENSION);
    }
    if extensions
        .as_object()
        .is_some_and(|known| !known.is_empty())
    {
        all["extensions"] = extensions;
    }
    raw(&all)
}

/// One capability of all servers that have it, put together.
fn merged(servers: &[CatalogServer], capability: &str) -> Value {
    let mut all = json!({});
    for server in servers {
        if let Some(one) = server.capabilities.get_as::<Value>(capability) {
            merge(&mut all, one);
        }
    }
    all
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into @ Value::Null, from) => *into = from,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_of_the_other_era_is_left_out() {
        let text = r#"{"tools":{},"tasks":{},"vendor":{"n":1.0},"extensions":{"io.modelcontextprotocol/tasks":{},"x":{}}}"#;
        let of = |server, client| {
            let introduction = Introduction {
                era: server,
                own: false,
                capabilities: serde_json::from_str(text).expect("JSON"),
                instructions: None,
            };
            translated(&introduction, client).get().to_owned()
        };
        assert_eq!(of(Era::Legacy, Era::Legacy), text);
        assert_eq!(of(Era::Modern, Era::Modern), text);
        assert!(!of(Era::Legacy, Era::Modern).contains(r#""tasks":{},"vendor""#));
        assert!(of(Era::Legacy, Era::Modern).contains(r#""n":1.0"#));
        assert!(of(Era::Modern, Era::Legacy).contains(r#""extensions":{"x":{}}"#));
    }

    #[test]
    fn what_servers_have_is_put_together() {
        let mut all = json!({ "a": { "x": 1 } });
        merge(&mut all, json!({ "a": { "y": 2, "x": 3 }, "b": {} }));
        assert_eq!(all, json!({ "a": { "x": 1, "y": 2 }, "b": {} }));
    }
}

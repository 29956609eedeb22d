//! `tools/list` of every face.

use fleet::{Catalog, CatalogServer, Tool};
use model::{ServerName, exposed_tool_name};
use wire::{ErrorObject, Raw, RawObject, code, raw, raw_str};

use super::Asking;
use crate::face::Face;
use crate::naming::Naming;
use crate::{cost, menu};

/// All tools of the face on one page, in an order that does not change.
pub(super) fn tools(asking: &Asking, params: &RawObject) -> Result<Raw, ErrorObject> {
    refuse_cursor(params)?;
    let inner = &asking.gateway.0;
    let catalog = asking.catalog();
    let mut result = RawObject::default();
    let tools: Vec<Raw> = match &asking.face {
        Face::Menu => {
            let menu: Vec<Raw> = menu::tools(inner, &catalog).iter().map(raw).collect();
            inner.fleet.count_listing(cost::spared(&menu, &catalog));
            menu
        }
        Face::All => catalog.tools().map(|tool| shown(tool)).collect(),
        Face::Server(name) => {
            let server = server(&catalog, name)?;
            // What stands beside the tools has no pin.
            if inner.fleet.lets_all_in(name) {
                result = (*server.beside_tools).clone();
            }
            let definitions = server.tools.iter().map(|tool| &tool.definition.definition);
            definitions.cloned().collect()
        }
    };
    result.set("tools", raw(&tools));
    Ok(result.to_raw())
}

/// A list on one page has no successor, so no cursor was ever given out.
pub(super) fn refuse_cursor(params: &RawObject) -> Result<(), ErrorObject> {
    let cursor = params.get("cursor");
    if cursor.is_none_or(|cursor| cursor.get() == "null") {
        return Ok(());
    }
    let message = "this cursor was not given out here";
    Err(ErrorObject::new(code::INVALID_PARAMS, message))
}

/// What is true of every list here: it may change at any time, and is this client's alone.
pub(super) fn set_cache_hints(result: &mut RawObject) {
    result.set("ttlMs", raw(&0));
    result.set("cacheScope", raw("private"));
}

/// A server; an error that says why, while it has nothing to show.
fn server<'a>(catalog: &'a Catalog, name: &ServerName) -> Result<&'a CatalogServer, ErrorObject> {
    let server = catalog.servers().iter().find(|server| server.name == *name);
    let Some(server) = server else {
        return Err(ErrorObject::new(
            code::UPSTREAM,
            format!("`{name}` was removed"),
        ));
    };
    if server.tools.is_empty() && !server.state.is_ready() {
        let (message, fix) = crate::refusal::standing(name.as_str(), &server.state);
        return Err(ErrorObject::new(code::UPSTREAM, format!("{message} {fix}"))
            .with_data(&serde_json::json!({ "state": server.state.label() })));
    }
    Ok(server)
}

/// The id to call a tool by, from its name on the face of all servers or of one. `None` where no
/// such tool can be; one of a server that is down is refused later, with the reason.
pub(super) fn called(catalog: &Catalog, server: Option<&ServerName>, name: &str) -> Option<String> {
    let is_down = |server: &CatalogServer| server.tools.is_empty() && !server.state.is_ready();
    match server {
        None => {
            let slug = name.split_once("__").map_or("", |(slug, _)| slug);
            let down = || {
                catalog
                    .servers()
                    .iter()
                    .any(|s| s.slug == slug && is_down(s))
            };
            (catalog.tool(name).is_some() || down()).then(|| name.to_owned())
        }
        Some(server) => {
            let server = catalog
                .servers()
                .iter()
                .find(|known| known.name == *server)?;
            let known = server
                .tools
                .iter()
                .find(|tool| tool.definition.name == name);
            known
                .map(|tool| tool.id.clone())
                .or_else(|| is_down(server).then(|| exposed_tool_name(&server.slug, name)))
        }
    }
}

/// A tool's definition as it is shown beside those of other servers.
fn shown(tool: &Tool) -> Raw {
    let naming = Naming { slug: &tool.slug };
    let definition = naming.outward_tool(tool.definition.definition.clone());
    renamed(&definition, &tool.id)
}

/// A definition under another name, else as it was sent.
fn renamed(definition: &Raw, name: &str) -> Raw {
    let Some(mut object) = RawObject::parse(definition) else {
        return definition.clone();
    };
    object.set("name", raw_str(name));
    object.to_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_changes() {
        let definition = r#"{"vendor":{"n":1.0},"name":"a","inputSchema":{"type":"object"}}"#;
        let definition: Raw = serde_json::from_str(definition).expect("JSON");
        assert_eq!(
            renamed(&definition, "s__a").get(),
            r#"{"vendor":{"n":1.0},"name":"s__a","inputSchema":{"type":"object"}}"#
        );
    }

    #[test]
    fn hints_promise_nothing() {
        let mut result = RawObject::default();
        set_cache_hints(&mut result);
        let value: serde_json::Value = serde_json::from_str(result.to_raw().get()).expect("JSON");
        assert_eq!(
            value,
            serde_json::json!({ "ttlMs": 0, "cacheScope": "private" })
        );
    }
}

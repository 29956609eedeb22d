//! Arguments that a tool wants repeated in headers (`x-mcp-header`): routers read the header, the
//! tool the argument, so both must say the same.

use axum::http::HeaderMap;
use wire::{ErrorObject, ParamHeaders, Raw, RawObject, Request, code};

use super::Visit;
use crate::face::Face;

/// Checks the headers of a `tools/call` against its arguments. The menu's own tools want none.
pub(super) fn check(
    visit: &Visit,
    request: &Request,
    params: &RawObject,
    headers: &HeaderMap,
) -> Result<(), ErrorObject> {
    if request.method != "tools/call" {
        return Ok(());
    }
    let name: Option<String> = params.get_as("name");
    let Some(definition) = name.and_then(|name| definition(visit, &name)) else {
        return Ok(());
    };
    let schema = RawObject::parse(&definition).and_then(|mut tool| tool.remove("inputSchema"));
    // A client leaves out a tool whose annotations are wrong, so nothing can be asked of it.
    let wanted = schema.and_then(|schema| ParamHeaders::of_schema(&schema).ok());
    let values = |name: &str| {
        let all = headers.get_all(name).iter();
        all.map(axum::http::HeaderValue::as_bytes).collect()
    };
    wanted
        .unwrap_or_default()
        .check(values, params.get("arguments"))
        .map_err(|mismatch| ErrorObject::new(code::HEADER_MISMATCH, mismatch.to_string()))
}

/// The definition of the tool that this face knows by a name, if it wants any header.
fn definition(visit: &Visit, name: &str) -> Option<Raw> {
    let catalog = visit.catalog();
    let tool = match &visit.face {
        Face::Menu => None,
        Face::All => catalog.tool(name),
        Face::Server(server) => {
            let mut servers = catalog.servers().iter();
            let server = servers.find(|known| known.name == *server)?;
            let mut tools = server.tools.iter();
            tools.find(|tool| tool.definition.name == name)
        }
    };
    let definition = &tool?.definition.definition;
    // A look at the text first: few tools have the annotation.
    let wants = definition.get().contains("x-mcp-header");
    wants.then(|| definition.clone())
}

//! `upstream_servers` and `quarantine_security` for a client whose token is limited: it sees the
//! servers that are shown to it, and looks after none.

use serde_json::{Value, json};

use super::servers::describe;
use super::text;
use crate::Inner;
use crate::refusal::Refusal;
use crate::requester::Requester;

pub(super) fn run(
    inner: &Inner,
    who: &Requester,
    tool: &str,
    arguments: &Value,
) -> Result<Value, Refusal> {
    if tool != "upstream_servers" || text(arguments, "operation") != Some("list") {
        return Err(Refusal::new(
            "forbidden",
            "The token of this client is limited, so it looks after no servers.",
            "A person can do it in the window or on the command line.",
        ));
    }
    let (snapshot, catalog) = (inner.fleet.snapshot(), who.catalog(&inner.fleet));
    let shown = snapshot.servers.iter().filter_map(|status| {
        let server = catalog.server(&status.name)?;
        let mut form = describe(status);
        form["tools"] = server.tools.len().into();
        Some(form)
    });
    Ok(json!({ "servers": shown.collect::<Vec<_>>() }))
}

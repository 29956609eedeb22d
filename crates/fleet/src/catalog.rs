//! All tools that can be called, under their exposed names.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{ServerName, ServerState, exposed_tool_name};
use upstream::ToolDefinition;
use wire::RawObject;

/// One tool as clients see it.
#[derive(Clone, Debug)]
pub struct Tool {
    /// The name under which it is called through the gateway.
    pub id: String,
    /// The server it belongs to.
    pub server: ServerName,
    /// That server's name in tool names and paths.
    pub slug: String,
    /// As its server defined it.
    pub definition: ToolDefinition,
}

/// Where one server stands, for answers that name it.
#[derive(Clone, Debug)]
pub struct CatalogServer {
    /// Its configured name.
    pub name: ServerName,
    /// Its name in tool names and paths.
    pub slug: String,
    /// Where it stands.
    pub state: ServerState,
    /// What it wants a model to know.
    pub instructions: Option<String>,
    /// What it said it can do, last time.
    pub capabilities: Arc<RawObject>,
    /// What it says in its list beside the tools.
    pub beside_tools: Arc<RawObject>,
    /// Its tools, in its own order; empty while they cannot be called.
    pub tools: Vec<Arc<Tool>>,
}

/// All servers and tools at one moment.
#[derive(Debug, Default)]
pub struct Catalog {
    servers: Vec<CatalogServer>,
    by_id: BTreeMap<String, Arc<Tool>>,
}

impl Catalog {
    /// Puts a catalogue together from the servers in the order of the configuration.
    pub(crate) fn new(servers: Vec<CatalogServer>) -> Self {
        let mut by_id = BTreeMap::new();
        for tool in servers.iter().flat_map(|server| &server.tools) {
            by_id.insert(tool.id.clone(), Arc::clone(tool));
        }
        Self { servers, by_id }
    }

    /// All servers, in the order of the configuration.
    pub fn servers(&self) -> &[CatalogServer] {
        &self.servers
    }

    /// The tool of this id.
    pub fn tool(&self, id: &str) -> Option<&Arc<Tool>> {
        self.by_id.get(id)
    }

    /// All tools, ordered by id.
    pub fn tools(&self) -> impl Iterator<Item = &Arc<Tool>> {
        self.by_id.values()
    }

    /// How many tools there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is no tool.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

/// Whether the tools of a server in this state are offered. Those of one that is about to come
/// back are, so that a short outage does not change every client's list.
pub(crate) fn offers_tools(state: &ServerState) -> bool {
    match state {
        ServerState::Ready | ServerState::Starting { .. } | ServerState::BackingOff { .. } => true,
        ServerState::Disabled
        | ServerState::CrashLoop { .. }
        | ServerState::NeedsPerson { .. }
        | ServerState::Stopping => false,
    }
}

/// Names a server's tools. Of two that end up with one name, the first keeps it; the name of any
/// that had to be changed carries a hash, so that this takes a collision of hashes.
pub(crate) fn name_tools(
    server: &ServerName,
    slug: &str,
    definitions: &[ToolDefinition],
) -> Vec<Arc<Tool>> {
    let mut tools: Vec<Arc<Tool>> = Vec::with_capacity(definitions.len());
    let mut seen = std::collections::BTreeSet::new();
    for definition in definitions {
        let id = exposed_tool_name(slug, &definition.name);
        if seen.insert(id.clone()) {
            let (server, definition) = (server.clone(), definition.clone());
            tools.push(Arc::new(Tool {
                id,
                server,
                slug: slug.to_owned(),
                definition,
            }));
        } else {
            tracing::warn!(%server, tool = definition.name, "left out: its name is taken");
        }
    }
    tools
}

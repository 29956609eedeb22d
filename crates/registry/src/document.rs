//! The documents of a registry, as far as they are used; what is unknown is passed over.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Servers taken from one answer.
const MOST: usize = 100;

/// An answer of `GET /v0.1/servers`.
#[derive(Deserialize)]
pub(crate) struct Listed {
    #[serde(default)]
    servers: Vec<Value>,
    #[serde(default)]
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default, rename = "nextCursor", alias = "next_cursor")]
    next_cursor: Option<String>,
}

impl Listed {
    /// The servers that can be read and were not withdrawn, and where the next page begins.
    pub(crate) fn into_parts(self) -> (Vec<Server>, Option<String>) {
        let servers = self
            .servers
            .into_iter()
            .take(MOST)
            .filter_map(read)
            .collect();
        let next = self.metadata.and_then(|metadata| metadata.next_cursor);
        (servers, next.filter(|cursor| !cursor.is_empty()))
    }
}

/// The server in an answer of `GET /v0.1/servers/{name}/versions/{version}`; `None` if it was
/// withdrawn, an error if the answer is none.
pub(crate) fn one(body: &[u8]) -> Result<Option<Server>, String> {
    let item: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if !item.is_object() {
        return Err("it is no object".to_owned());
    }
    Ok(read(item))
}

/// One that cannot be read costs only itself.
fn read(mut item: Value) -> Option<Server> {
    let said = &item["_meta"]["io.modelcontextprotocol.registry/official"]["status"];
    let is_withdrawn = matches!(said.as_str(), Some("deleted" | "deprecated"));
    let server = match item.get_mut("server") {
        Some(server) => server.take(),
        None => item,
    };
    if is_withdrawn {
        return None;
    }
    serde_json::from_value(server).ok()
}

/// A `server.json`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Server {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) title: Option<String>,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) version: String,
    #[serde(default)]
    pub(crate) repository: Option<Repository>,
    #[serde(default)]
    pub(crate) packages: Vec<Package>,
    #[serde(default)]
    pub(crate) remotes: Vec<Remote>,
}

#[derive(Deserialize)]
pub(crate) struct Repository {
    #[serde(default)]
    pub(crate) url: String,
}

/// How to get a program.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Package {
    #[serde(default)]
    pub(crate) registry_type: String,
    #[serde(default)]
    pub(crate) identifier: String,
    #[serde(default)]
    pub(crate) version: Option<String>,
    #[serde(default)]
    pub(crate) transport: Option<Remote>,
    #[serde(default)]
    pub(crate) runtime_arguments: Vec<Input>,
    #[serde(default, rename = "packageArguments")]
    pub(crate) arguments: Vec<Input>,
    #[serde(default)]
    pub(crate) environment_variables: Vec<Input>,
}

/// Where a server runs, or how a program is spoken to.
#[derive(Deserialize)]
pub(crate) struct Remote {
    #[serde(default, rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) headers: Vec<Input>,
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, Input>,
}

/// An argument, a variable or a header: fixed, or to be filled in.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Input {
    /// `named` or `positional`, for arguments.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) value_hint: Option<String>,
    pub(crate) description: String,
    pub(crate) value: Option<String>,
    pub(crate) default: Option<String>,
    pub(crate) is_required: bool,
    pub(crate) is_secret: bool,
    /// What stands for the names in braces in `value`.
    pub(crate) variables: BTreeMap<String, Input>,
}

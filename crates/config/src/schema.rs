//! The JSON schema of the file, for editors.
//!
//! The shapes below are never read into: the reader in `parse` works on the syntax tree, because
//! only that knows where each value stands. A test holds both to the same keys.

use std::collections::BTreeMap;

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;

use crate::settings::{ArgumentLogging, CallTools, LogLevel, MarkOutputs};

/// The schema of the file, as JSON Schema 2020-12.
pub fn schema() -> serde_json::Value {
    SchemaGenerator::default()
        .into_root_schema_for::<File>()
        .to_value()
}

/// Configuration of Toolgate: one local endpoint in front of many MCP servers.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Toolgate configuration")]
struct File {
    /// The schema of this file, for editors.
    #[serde(rename = "$schema")]
    schema: Option<String>,
    /// Where clients reach the gateway: a loopback address with a port. Default: "127.0.0.1:8665".
    listen: Option<String>,
    /// Whether clients need a token to call by TCP; "off" lets in every program and every user of
    /// this machine. Default: "required".
    tokens: Option<Tokens>,
    /// Whether tools that may change something are out of reach. Default: false.
    read_only: Option<bool>,
    /// Whether an agent may add servers. Default: true.
    allow_server_add: Option<bool>,
    /// Whether an agent may remove servers. Default: true.
    allow_server_remove: Option<bool>,
    /// Characters of a tool's answer that reach a client at once. Default: 20000.
    #[schemars(range(min = 1_000, max = 10_000_000))]
    tool_response_limit: Option<u64>,
    /// Whether tools are called through one tool each for reading, writing and destroying, or
    /// through a single one. Default: "split".
    call_tools: Option<CallTools>,
    /// Seconds that a server may be silent during a call. Default: 120.
    #[schemars(range(min = 1, max = 86_400))]
    call_timeout: Option<u64>,
    /// Seconds that a server may take to start. Default: 60.
    #[schemars(range(min = 1, max = 86_400))]
    start_timeout: Option<u64>,
    #[expect(
        clippy::doc_markdown,
        reason = "the text goes into the schema, where it is JSON"
    )]
    /// Where servers are looked up by name: the address of a registry, or of several, as a list or
    /// with spaces in between. Default: "https://registry.modelcontextprotocol.io".
    registry: Option<OneOrMore>,
    /// What is done to the results of tools before a model reads them.
    outputs: Option<Outputs>,
    /// What is logged, and how much of it is kept.
    logs: Option<Logs>,
    /// How the desktop behaves towards its user.
    desktop: Option<Desktop>,
    /// The servers by name.
    mcp_servers: Option<BTreeMap<String, Server>>,
    /// The servers by name, as VS Code calls it; the same as "mcpServers".
    servers: Option<BTreeMap<String, Server>>,
}

/// One text or several.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only the shapes go into the schema")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// Whether clients need a token.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the names go into the schema")]
enum Tokens {
    Required,
    Off,
}

/// What is done to the results of tools before a model reads them.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Outputs {
    /// Whether characters that do not show are taken out. Default: true.
    strip_hidden: Option<bool>,
    /// Which results are put between lines that name their origin: none, those that read like
    /// orders to a model, or all. Default: "suspicious".
    mark: Option<MarkOutputs>,
}

/// What is logged, and how much of it is kept.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Logs {
    /// The least severe records that are kept. Default: "info".
    level: Option<LogLevel>,
    /// A file that reaches this size, in megabytes, is closed and a new one begun. Default: 10.
    #[schemars(range(min = 1, max = 1024))]
    max_file_megabytes: Option<u64>,
    /// Files kept of each log, the current one included. Default: 5.
    #[schemars(range(min = 1, max = 100))]
    max_files: Option<u64>,
    /// Days after which a closed file is deleted. Default: 14.
    #[schemars(range(min = 1, max = 3650))]
    max_age_days: Option<u64>,
    /// What is kept of the arguments of calls; their values never are. Default: "shape".
    arguments: Option<ArgumentLogging>,
}

/// How the desktop behaves towards its user.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Desktop {
    /// The language of window and tray; "auto" follows the system. Default: "auto".
    language: Option<Language>,
    /// Whether the window is light or dark; "auto" follows the system. Default: "auto".
    theme: Option<Theme>,
    /// Whether the tray starts when you log in. Default: false.
    start_at_login: Option<bool>,
    /// Whether to look for newer versions. Default: false.
    check_for_updates: Option<bool>,
    /// What to be told of.
    notices: Option<Notices>,
}

/// What to be told of.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Notices {
    /// Something waits for a review. Default: true.
    review: Option<bool>,
    /// A server wants a sign-in. Default: true.
    sign_in: Option<bool>,
    /// A server is broken. Default: true.
    problems: Option<bool>,
}

/// The language of texts.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the names go into the schema")]
enum Language {
    Auto,
    En,
    De,
    Es,
}

/// Light or dark.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the names go into the schema")]
enum Theme {
    Auto,
    Light,
    Dark,
}

/// One server: "command" for one that is started here, "url" for one that runs elsewhere.
///
/// Texts may hold references: ${env:NAME}, ${NAME}, ${NAME:-default}, ${keyring:name}.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_field_names,
    reason = "the fields are named like the keys of the file"
)]
struct Server {
    /// The program to start: a path, or a name that is looked up on PATH.
    command: Option<String>,
    /// What it is started with.
    args: Option<Vec<String>>,
    /// Environment variables set for it.
    env: Option<BTreeMap<String, String>>,
    /// The folder it is started in.
    cwd: Option<String>,
    /// How it is reached. Found out when it is left away.
    #[serde(rename = "type")]
    kind: Option<Transport>,
    /// Its address: http, https, ws or wss.
    url: Option<String>,
    /// Its address, as Windsurf calls it.
    server_url: Option<String>,
    /// Its address over streamable HTTP, as Gemini CLI calls it.
    http_url: Option<String>,
    /// Headers sent with every request.
    headers: Option<BTreeMap<String, String>>,
    /// What is known beforehand about signing in to it; most servers need nothing here.
    oauth: Option<OAuth>,
    /// Whether it is switched off. Default: false.
    disabled: Option<bool>,
    /// Whether it is switched on. Default: true.
    enabled: Option<bool>,
    /// Seconds that the server may be silent during a call.
    #[schemars(range(min = 1, max = 86_400))]
    call_timeout: Option<u64>,
    /// Seconds that it may take to start.
    #[schemars(range(min = 1, max = 86_400))]
    start_timeout: Option<u64>,
    /// How new definitions of this server come in: "manual" (a person approves each), "scan" (those
    /// in which nothing is found pass) or "auto" (all pass). What is looser than a person has accepted
    /// waits until that person does. Default: "manual".
    trust: Option<Trust>,
    /// What fences it in, where it is started here. Default: "default".
    sandbox: Option<SandboxOrProfile>,
    /// A container that it is started in.
    isolation: Option<Isolation>,
}

/// How new definitions come in.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shapes go into the schema")]
enum Trust {
    Manual,
    Scan,
    Auto,
}

/// What fences a server in: a profile alone, or with more.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only the shapes go into the schema")]
enum SandboxOrProfile {
    Profile(Profile),
    Fence(Fence),
}

/// How closely a server is fenced in.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the names go into the schema")]
enum Profile {
    /// It reads the system and its toolchain, and writes caches and what its entry names.
    Default,
    /// It reads everything but Toolgate's own files, and writes as by default.
    Compat,
    /// It does what you may do.
    Off,
}

/// Whether something can be reached.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the names go into the schema")]
enum Reach {
    None,
    Open,
}

/// What fences a server in.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Fence {
    /// How closely. Default: "default".
    profile: Option<Profile>,
    /// Whether it reaches the network, this machine's own addresses included. Default: "open".
    network: Option<Reach>,
    /// Whether it reaches sockets of other programs: the session bus, a container engine, a
    /// display. By default "none" in the profile "default", and "open" in the others.
    sockets: Option<Reach>,
    /// Files and folders that it may read as well; "~" stands for the home directory.
    read: Option<Vec<String>>,
    /// Files and folders that it may read and write as well.
    write: Option<Vec<String>>,
    /// Memory of each of its processes, in MiB.
    #[schemars(range(min = 16, max = 1_048_576))]
    memory: Option<u64>,
}

/// Where a server runs apart.
#[derive(Serialize, JsonSchema)]
struct Isolation {
    /// A container.
    docker: Docker,
}

/// A container that a server is started in.
#[derive(Serialize, JsonSchema)]
struct Docker {
    /// The image, best with its digest.
    image: String,
    /// The engine's command. Default: "docker".
    runtime: Option<Runtime>,
    /// Whether it reaches the network. Default: "open".
    network: Option<Reach>,
    /// Folders that it gets: "host:container" or "host:container:ro".
    mounts: Option<Vec<String>>,
}

/// A container engine.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the names go into the schema")]
enum Runtime {
    Docker,
    Podman,
}

/// What is known beforehand about signing in to a server.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OAuth {
    /// The id of an application that was registered by hand with the server's provider.
    client_id: Option<String>,
    /// That application's secret, best as a reference: ${keyring:name}.
    client_secret: Option<String>,
    /// The HTTPS address of a document that describes the client; it is the client's id wherever
    /// the provider takes such ids.
    client_metadata_url: Option<String>,
    /// Scopes to ask for where the server does not say what it needs, and beside what it says.
    scopes: Option<Scopes>,
}

/// Scopes, in a list or separated by spaces.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only the shapes go into the schema")]
enum Scopes {
    Text(String),
    List(Vec<String>),
}

/// How a server is reached.
#[derive(Serialize, JsonSchema)]
#[expect(
    dead_code,
    reason = "only the names of the variants go into the schema"
)]
enum Transport {
    #[serde(rename = "stdio")]
    Stdio,
    #[serde(rename = "http")]
    Http,
    #[serde(rename = "sse")]
    Sse,
    #[serde(rename = "streamable-http")]
    StreamableHttp,
    #[serde(rename = "streamableHttp")]
    StreamableHttpOfCline,
    #[serde(rename = "streamable_http")]
    StreamableHttpOfGoose,
    #[serde(rename = "local")]
    Local,
    #[serde(rename = "remote")]
    Remote,
    #[serde(rename = "ws")]
    Ws,
    #[serde(rename = "websocket")]
    WebSocket,
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;

    /// Set this variable to write the file anew: `UPDATE_SCHEMA=1 cargo nextest run -p config`.
    const UPDATE: &str = "UPDATE_SCHEMA";

    #[test]
    fn the_checked_in_schema_is_current() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/config.schema.json");
        let current = serde_json::to_string_pretty(&schema()).expect("serialises") + "\n";
        if std::env::var_os(UPDATE).is_some() {
            std::fs::write(&file, &current).expect("writes");
        }
        let stored = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            stored.replace("\r\n", "\n") == current,
            "assets/config.schema.json is stale; run: {UPDATE}=1 cargo nextest run -p config"
        );
    }

    #[test]
    fn the_schema_and_the_reader_agree() {
        let schema = schema();
        let samples = [
            json!({"listen": "127.0.0.1:1", "callTools": "single", "logs": {"level": "trace"}}),
            json!({"mcpServers": {"a": {"command": "x", "args": ["y"], "vendor": 1}}}),
            json!({"servers": {"a": {"type": "streamableHttp", "url": "https://x/"}}}),
            json!({"servers": {"a": {"url": "https://x/", "oauth": {"scopes": "a b"}}}}),
            json!({"servers": {"a": {"url": "https://x/", "oauth": {"scopes": ["a", "b"]}}}}),
            json!({"servers": {"a": {"url": "https://x/", "oauth": {"scopes": 7}}}}),
            json!({"servers": {"a": {"url": "https://x/", "oauth": {"clientId": 7}}}}),
            json!({"mcpServers": {"a": {"command": "x", "sandbox": "compat"}}}),
            json!({"mcpServers": {"a": {"command": "x", "sandbox": {"network": "none"}}}}),
            json!({"mcpServers": {"a": {"command": "x", "sandbox": {"memory": 1}}}}),
            json!({"mcpServers": {"a": {"command": "x", "isolation": {"docker": {"image": "y"}}}}}),
            json!({"mcpServers": {"a": {"command": "x", "isolation": {"docker": {}}}}}),
            json!({"mcpServers": {"a": {"type": "websocket", "url": "wss://x/"}}}),
            json!({"callTimeout": 0}),
            json!({"toolResponseLimit": 5}),
            json!({"logs": {"maxFiles": 101}}),
            json!({"callTools": "both"}),
            json!({"desktop": {"language": "de", "theme": "dark", "notices": {"signIn": false}}}),
            json!({"desktop": {"language": "fr"}}),
            json!({"desktop": {"startAtLogin": "yes"}}),
            json!({"desktop": {"notices": {"problems": 1}}}),
            json!({"mcpServers": {"a": {"command": "x", "args": "y"}}}),
            json!({"mcpServers": {"a": {"url": "https://x/", "type": "carrier-pigeon"}}}),
        ];
        let validator = jsonschema::validator_for(&schema).expect("a valid schema");
        for sample in samples {
            let parsed = crate::parse(&sample.to_string(), Path::new("x"));
            let clean = parsed
                .diagnostics
                .iter()
                .all(|d| d.severity != model::Severity::Error);
            assert_eq!(validator.is_valid(&sample), clean, "{sample}");
        }
    }

    #[test]
    fn the_schema_and_the_reader_know_the_same_keys() {
        let schema = schema();
        for (pointer, known) in crate::parse::known_keys() {
            let pointer = &format!("{pointer}/properties");
            let properties = schema
                .pointer(pointer)
                .and_then(|p| p.as_object())
                .expect(pointer);
            let mut listed: Vec<&str> = properties.keys().map(String::as_str).collect();
            let mut known = known.to_vec();
            listed.sort_unstable();
            known.sort_unstable();
            assert_eq!(listed, known, "{pointer}");
        }
    }
}

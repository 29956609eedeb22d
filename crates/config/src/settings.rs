//! The settings as the rest of the product sees them: complete, checked, with every default.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use indexmap::IndexMap;
use model::{Preferences, ServerName, TokenRule};
use schemars::JsonSchema;
use serde::Serialize;

use crate::launch::ServerConfig;

/// Where clients reach the gateway unless told otherwise.
pub(crate) const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8665);
/// The official registry of servers.
pub(crate) const DEFAULT_REGISTRY: &str = "https://registry.modelcontextprotocol.io";
/// Characters of a tool's answer that reach a client at once.
pub(crate) const DEFAULT_RESPONSE_LIMIT: usize = 20_000;
/// How long a call may take.
pub(crate) const DEFAULT_CALL_TIMEOUT: Duration = Duration::from_mins(2);
/// How long a server may take to start.
pub(crate) const DEFAULT_START_TIMEOUT: Duration = Duration::from_mins(1);

/// Everything that the configuration decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where clients reach the gateway; always a loopback address.
    pub listen: SocketAddr,
    /// Whether clients need a token to call by TCP.
    pub tokens: TokenRule,
    /// Whether tools that may change something are out of reach.
    pub read_only: bool,
    /// Whether an agent may add servers.
    pub allow_server_add: bool,
    /// Whether an agent may remove servers.
    pub allow_server_remove: bool,
    /// Characters of a tool's answer that reach a client at once; the rest is read page by page.
    pub tool_response_limit: usize,
    /// How tools are called through the gateway.
    pub call_tools: CallTools,
    /// What is done to the results of tools before a model reads them.
    pub outputs: OutputSettings,
    /// The addresses of the registries that servers are looked up in, at least one.
    pub registries: Vec<String>,
    /// What is logged, and how much of it is kept.
    pub logs: LogSettings,
    /// How the desktop behaves towards its user.
    pub desktop: Preferences,
    /// The servers, in the order of the file.
    pub servers: IndexMap<ServerName, ServerConfig>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: DEFAULT_LISTEN,
            tokens: TokenRule::default(),
            read_only: false,
            allow_server_add: true,
            allow_server_remove: true,
            tool_response_limit: DEFAULT_RESPONSE_LIMIT,
            call_tools: CallTools::default(),
            outputs: OutputSettings::default(),
            registries: vec![DEFAULT_REGISTRY.to_owned()],
            logs: LogSettings::default(),
            desktop: Preferences::default(),
            servers: IndexMap::new(),
        }
    }
}

/// How tools are called through the gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CallTools {
    /// One tool each for reading, writing and destroying, so that a client can ask its user
    /// differently.
    #[default]
    Split,
    /// One tool for all calls.
    Single,
}

/// What is done to the results of tools before a model reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputSettings {
    /// Whether characters that do not show are taken out.
    pub strip_hidden: bool,
    /// Which results are put between lines that name their origin.
    pub mark: MarkOutputs,
}

impl Default for OutputSettings {
    fn default() -> Self {
        Self {
            strip_hidden: true,
            mark: MarkOutputs::default(),
        }
    }
}

/// Which results are put between lines that name their origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MarkOutputs {
    /// None.
    Never,
    /// Those that read like orders to a model.
    #[default]
    Suspicious,
    /// All.
    Always,
}

/// What is logged, and how much of it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// The least severe records that are kept.
    pub level: LogLevel,
    /// A file that reaches this size, in megabytes, is closed and a new one begun.
    pub max_file_megabytes: u64,
    /// Files kept of each log, the current one included.
    pub max_files: usize,
    /// Days after which a closed file is deleted.
    pub max_age_days: u64,
    /// What is kept of the arguments of calls.
    pub arguments: ArgumentLogging,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            level: LogLevel::default(),
            max_file_megabytes: 10,
            max_files: 5,
            max_age_days: 14,
            arguments: ArgumentLogging::default(),
        }
    }
}

/// The least severe records that are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Only what failed.
    Error,
    /// Also what is suspicious.
    Warn,
    /// Also what happened.
    #[default]
    Info,
    /// Also how it happened.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// The word for it, as log filters know it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// What is kept of the arguments of calls; their values never are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ArgumentLogging {
    /// Names, types and lengths, for example `{path: string(23)}`.
    #[default]
    Shape,
    /// Nothing.
    Off,
}

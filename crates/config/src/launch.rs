//! One configured server: how it is started or reached.

use std::collections::BTreeMap;
use std::time::Duration;

use indexmap::IndexMap;
use model::{ServerName, TrustMode};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::mask;
use crate::sandbox::Sandbox;
use crate::template::Template;

/// One configured server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// Its name.
    pub name: ServerName,
    /// Whether it is to run.
    pub enabled: bool,
    /// How it is started or reached.
    pub launch: Launch,
    /// How long it may take until its tools are listed.
    pub start_timeout: Duration,
    /// How long one call may take.
    pub call_timeout: Duration,
    /// How new definitions are to come in, as written: a [`TrustMode`] or, as any other word does,
    /// by a person's approval.
    pub trust: Option<String>,
}

/// How a server is started or reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Launch {
    /// A process of ours, reached over its standard input and output.
    Stdio(StdioLaunch),
    /// A server that runs elsewhere, reached over HTTP or a WebSocket.
    Remote(RemoteLaunch),
}

/// A process of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StdioLaunch {
    /// The program: a path, or a name that is looked up on PATH.
    pub command: Template,
    /// What it is started with.
    pub args: Vec<Template>,
    /// Variables set for it.
    pub env: IndexMap<String, Template>,
    /// The folder it is started in.
    pub cwd: Option<Template>,
    /// What fences it in.
    pub sandbox: Sandbox,
}

/// A server that runs elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteLaunch {
    /// Its address.
    pub url: Template,
    /// Headers sent with every request.
    pub headers: IndexMap<String, Template>,
    /// What is known beforehand about signing in to it.
    pub sign_in: SignIn,
    /// Which transport it speaks.
    pub kind: RemoteKind,
}

/// What the user knows beforehand about signing in to a server (OAuth).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignIn {
    /// The id of a client that was registered by hand.
    pub client_id: Option<Template>,
    /// That client's secret.
    pub client_secret: Option<Template>,
    /// The address of a document that describes the client.
    pub client_metadata_url: Option<Template>,
    /// What to ask for; each text may hold several scopes, separated by spaces.
    pub scopes: Vec<Template>,
}

/// Which transport a server that runs elsewhere speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RemoteKind {
    /// To be found out: streamable HTTP first, then the older transport.
    #[default]
    Auto,
    /// Streamable HTTP, of protocol revision 2025-03-26 and later.
    Http,
    /// HTTP with server-sent events, of protocol revision 2024-11-05.
    Sse,
    /// A WebSocket, which no protocol revision describes.
    WebSocket,
}

impl ServerConfig {
    /// How new definitions are to come in, where the entry says so.
    pub fn trust_mode(&self) -> Option<TrustMode> {
        self.trust.as_deref().map(TrustMode::parse)
    }

    /// Whether the other entry starts or reaches the very same thing.
    pub fn same_launch(&self, other: &Self) -> bool {
        self.launch == other.launch
    }

    /// SHA-256 over the launch with its references unresolved, in hexadecimal.
    ///
    /// Equal for entries that start the same process in the same way, whatever their names are;
    /// the order of variables and headers does not matter.
    pub fn fingerprint(&self) -> String {
        let text = self.launch.canonical().to_string();
        model::hex(&Sha256::digest(text.as_bytes()))
    }

    /// Fingerprints of the launch's parts by name, to tell which of them changed: `command`, `args`,
    /// `env NAME`, `header NAME` and so on.
    pub fn parts(&self) -> BTreeMap<String, String> {
        let mut parts = BTreeMap::new();
        let mut add = |name: String, value: &Value| {
            let digest = Sha256::digest(value.to_string().as_bytes());
            parts.insert(name, model::hex(&digest[..16]));
        };
        let whole = self.launch.canonical();
        for (key, value) in whole.as_object().into_iter().flatten() {
            let single = match key.as_str() {
                "env" => "env",
                "headers" => "header",
                _ => "",
            };
            match value.as_object() {
                Some(values) if !single.is_empty() => {
                    for (name, value) in values {
                        add(format!("{single} {name}"), value);
                    }
                }
                _ if value.is_null() => {}
                _ => add(key.clone(), value),
            }
        }
        parts
    }

    /// The command line or URL for people: references as written, secrets masked, environment
    /// and headers left out.
    pub fn target(&self) -> String {
        match &self.launch {
            Launch::Stdio(launch) => {
                mask::arguments(std::iter::once(&launch.command).chain(&launch.args))
            }
            Launch::Remote(launch) => mask::url_template(&launch.url),
        }
    }

    /// `stdio`, `http`, `sse` or `ws`.
    pub fn transport(&self) -> &'static str {
        match &self.launch {
            Launch::Stdio(_) => "stdio",
            Launch::Remote(launch) => launch.kind.as_type().unwrap_or("http"),
        }
    }

    /// The entry for people: environment and headers with their references, but no literal value.
    pub fn masked_entry(&self) -> Value {
        self.entry(Show::Masked)
    }

    /// The same with every value as it stands in the file; may hold literal secrets.
    pub(crate) fn written_entry(&self) -> Value {
        self.entry(Show::Written)
    }

    fn entry(&self, show: Show) -> Value {
        let mut entry = self.launch.entry(show);
        entry.insert("disabled".into(), (!self.enabled).into());
        entry.insert("startTimeout".into(), self.start_timeout.as_secs().into());
        entry.insert("callTimeout".into(), self.call_timeout.as_secs().into());
        if let Some(trust) = &self.trust {
            entry.insert("trust".into(), trust.as_str().into());
        }
        Value::Object(entry)
    }
}

/// How the values of an entry are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Show {
    /// For people, without secrets.
    Masked,
    /// As in the file.
    Written,
}

impl Show {
    fn list<'a>(self, templates: impl IntoIterator<Item = &'a Template>) -> Vec<String> {
        match self {
            Self::Masked => mask::argument_list(templates),
            Self::Written => {
                let written = templates.into_iter().map(Template::written);
                written.map(str::to_owned).collect()
            }
        }
    }

    fn url(self, template: &Template) -> String {
        match self {
            Self::Masked => mask::url_template(template),
            Self::Written => template.written().to_owned(),
        }
    }

    /// What is a secret unless it is a reference.
    fn secret(self, template: &Template) -> String {
        match self {
            Self::Masked => template.masked(),
            Self::Written => template.written().to_owned(),
        }
    }

    fn secrets(self, values: &IndexMap<String, Template>) -> Value {
        values
            .iter()
            .map(|(key, value)| (key.clone(), Value::from(self.secret(value))))
            .collect()
    }
}

impl Launch {
    /// How it is started or reached, for people: as in [`ServerConfig::masked_entry`].
    pub(crate) fn masked(&self) -> Map<String, Value> {
        self.entry(Show::Masked)
    }

    fn entry(&self, show: Show) -> Map<String, Value> {
        match self {
            Self::Stdio(launch) => launch.entry(show),
            Self::Remote(launch) => launch.entry(show),
        }
    }

    /// All texts that may hold references.
    pub fn templates(&self) -> Box<dyn Iterator<Item = &Template> + '_> {
        match self {
            Self::Stdio(stdio) => Box::new(
                std::iter::once(&stdio.command)
                    .chain(&stdio.args)
                    .chain(stdio.env.values())
                    .chain(&stdio.cwd)
                    .chain(stdio.sandbox.templates()),
            ),
            Self::Remote(remote) => Box::new(
                std::iter::once(&remote.url)
                    .chain(remote.headers.values())
                    .chain(remote.sign_in.templates()),
            ),
        }
    }

    /// The launch in one unambiguous form; may hold literal secrets.
    fn canonical(&self) -> Value {
        match self {
            Self::Stdio(launch) => launch.canonical(),
            Self::Remote(launch) => json!({
                "url": launch.url.written(),
                "headers": sorted(&launch.headers),
                "kind": launch.kind.as_type(),
                "oauth": launch.sign_in.entry(|_, template| template.written().to_owned()),
            }),
        }
    }
}

impl StdioLaunch {
    /// The fence is part of it: whoever loosens it starts something else.
    fn canonical(&self) -> Value {
        let mut canonical = json!({
            "command": self.command.written(),
            "args": self.args.iter().map(Template::written).collect::<Vec<_>>(),
            "env": sorted(&self.env),
            "cwd": self.cwd.as_ref().map(Template::written),
        });
        for (key, value) in self.sandbox.entry() {
            canonical[key] = value;
        }
        canonical
    }

    fn entry(&self, show: Show) -> Map<String, Value> {
        let mut entry = Map::new();
        entry.insert("command".into(), show.list([&self.command]).concat().into());
        entry.insert("args".into(), show.list(&self.args).into());
        entry.insert("env".into(), show.secrets(&self.env));
        if let Some(cwd) = &self.cwd {
            entry.insert("cwd".into(), cwd.written().into());
        }
        entry.extend(self.sandbox.entry());
        entry
    }
}

impl RemoteLaunch {
    fn entry(&self, show: Show) -> Map<String, Value> {
        let mut entry = Map::new();
        if let Some(kind) = self.kind.as_type() {
            entry.insert("type".into(), kind.into());
        }
        entry.insert("url".into(), show.url(&self.url).into());
        entry.insert("headers".into(), show.secrets(&self.headers));
        let oauth = self.sign_in.entry(|key, template| match key {
            "clientSecret" => show.secret(template),
            _ => template.written().to_owned(),
        });
        if !oauth.is_empty() {
            entry.insert("oauth".into(), oauth.into());
        }
        entry
    }
}

impl SignIn {
    /// Every text in it, for whoever has to look into each.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let single = [
            &self.client_id,
            &self.client_secret,
            &self.client_metadata_url,
        ];
        single.into_iter().flatten().chain(&self.scopes)
    }

    /// The keys that are set, with their values as `shown`.
    fn entry(&self, shown: impl Fn(&str, &Template) -> String) -> Map<String, Value> {
        let single = [
            ("clientId", &self.client_id),
            ("clientSecret", &self.client_secret),
            ("clientMetadataUrl", &self.client_metadata_url),
        ];
        let mut entry = Map::new();
        for (key, template) in single {
            if let Some(template) = template {
                entry.insert(key.into(), shown(key, template).into());
            }
        }
        if !self.scopes.is_empty() {
            let scopes = self.scopes.iter();
            let scopes: Vec<_> = scopes.map(|scope| shown("scopes", scope)).collect();
            entry.insert("scopes".into(), scopes.into());
        }
        entry
    }
}

impl RemoteKind {
    /// What the kind is for an address of this scheme; `None` if they do not go together.
    #[must_use]
    pub fn for_scheme(self, scheme: &str) -> Option<Self> {
        match (self, scheme) {
            (Self::Auto | Self::WebSocket, "ws" | "wss") => Some(Self::WebSocket),
            (Self::Auto | Self::Http | Self::Sse, "http" | "https") => Some(self),
            _ => None,
        }
    }

    fn as_type(self) -> Option<&'static str> {
        match self {
            Self::Auto => None,
            Self::Http => Some("http"),
            Self::Sse => Some("sse"),
            Self::WebSocket => Some("ws"),
        }
    }
}

fn sorted(values: &IndexMap<String, Template>) -> Vec<(&str, &str)> {
    let mut pairs: Vec<_> = values
        .iter()
        .map(|(key, value)| (key.as_str(), value.written()))
        .collect();
    pairs.sort_unstable();
    pairs
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn server(entry: &Value) -> ServerConfig {
        let text = json!({"mcpServers": {"s": entry}}).to_string();
        let parsed = crate::parse(&text, Path::new("config.json"));
        let settings = parsed.settings.expect("usable");
        settings
            .servers
            .into_values()
            .next()
            .unwrap_or_else(|| panic!("{:?}", parsed.diagnostics))
    }

    fn stdio() -> Value {
        json!({"command": "npx", "args": ["-y", "x"], "env": {"A": "1", "B": "${env:B}"}})
    }

    #[test]
    fn the_fingerprint_depends_on_the_launch_alone() {
        let base = server(&stdio());
        let mut same = stdio();
        same["env"] = json!({"B": "${env:B}", "A": "1"});
        same["disabled"] = json!(true);
        same["callTimeout"] = json!(7);
        assert_eq!(server(&same).fingerprint(), base.fingerprint());
        assert!(server(&same).same_launch(&base));
        assert_ne!(server(&same), base);
        assert_eq!(base.fingerprint().len(), 64);
        for (key, value) in [
            ("command", json!("npm")),
            ("args", json!(["-yx"])),
            ("env", json!({"A": "1", "B": "${B}"})),
            ("cwd", json!("/x")),
        ] {
            let mut other = stdio();
            other[key] = value;
            assert_ne!(server(&other).fingerprint(), base.fingerprint(), "{key}");
            assert!(!server(&other).same_launch(&base), "{key}");
        }
    }

    #[test]
    fn nothing_secret_is_shown_of_a_process() {
        let server = server(&json!({
            "command": "docker", "args": ["run", "-e", "TOKEN=hush", "--key-token", "hush", "img"],
            "env": {"TOKEN": "hush", "OTHER": "Bearer ${keyring:gh}"},
        }));
        assert_eq!(
            server.target(),
            "docker run -e TOKEN=•••• --key-token •••• img"
        );
        assert_eq!(
            server.masked_entry(),
            json!({
                "command": "docker",
                "args": ["run", "-e", "TOKEN=••••", "--key-token", "••••", "img"],
                "env": {"TOKEN": "••••", "OTHER": "••••${keyring:gh}"},
                "disabled": false, "startTimeout": 60, "callTimeout": 120,
            })
        );
        assert!(!format!("{server:?}").contains("hush"));
    }

    #[test]
    fn nothing_secret_is_shown_of_a_remote_server() {
        let server = server(&json!({
            "type": "sse", "url": "https://me:hush@host/mcp?key=hush", "disabled": true,
            "headers": {"Authorization": "Bearer hush"},
            "oauth": {"clientId": "me", "clientSecret": "hush", "scopes": "read"},
        }));
        assert_eq!(server.target(), "https://host/mcp?…");
        assert_eq!(server.transport(), "sse");
        let entry = server.masked_entry();
        assert_eq!(entry["url"], "https://host/mcp?…");
        assert_eq!(entry["headers"], json!({"Authorization": "••••"}));
        assert_eq!(
            entry["oauth"],
            json!({"clientId": "me", "clientSecret": "••••", "scopes": ["read"]})
        );
        assert_eq!(entry["disabled"], true);
        assert!(!format!("{server:?}{entry}").contains("hush"));
    }
}

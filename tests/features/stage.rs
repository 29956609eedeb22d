//! A gateway in front of scripted servers of every kind, and the cells that tests go through.

use std::fmt::Write as _;
use std::future::Future;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::client::{Answered, Builder, McpClient};
use testkit::gateway::Gateway;
use testkit::programs;
use testkit::remote::Remote;
use testkit::seen::Seen;

/// The servers: slug, and options beside those that all have.
const SERVERS: &[(&str, &[&str])] = &[
    ("stdio-old", &["--era", "legacy"]),
    ("stdio-new", &["--era", "modern"]),
    ("http-old", &["--http", "0", "--era", "legacy"]),
    ("http-new", &["--http", "0", "--era", "modern"]),
    ("sse-old", &["--legacy-sse", "0"]),
];

/// How long one cell may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(20);

/// A gateway, and the servers behind it.
pub(crate) struct Stage {
    pub(crate) gateway: Gateway,
    pub(crate) servers: Vec<Server>,
    _folder: TempDir,
}

/// A scripted server with `--full`.
pub(crate) struct Server {
    /// Its name in the configuration, in tool names and in paths.
    pub(crate) slug: &'static str,
    /// Whether it speaks revision 2026-07-28, rather than those before it.
    pub(crate) modern: bool,
    /// What it saw.
    pub(crate) seen: Seen,
    /// Its process, if it is reached over HTTP; it ends with this value.
    remote: Option<Remote>,
}

impl Server {
    /// Its port, if it is reached over HTTP.
    pub(crate) fn port(&self) -> Option<u16> {
        self.remote.as_ref()?.port().ok()?.parse().ok()
    }
}

/// The faces of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// One server, nothing rewritten.
    Own,
    /// Everything of all servers.
    All,
    /// The menu.
    Menu,
}

/// The era of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Era {
    Legacy,
    Modern,
}

impl Era {
    pub(crate) const BOTH: [Self; 2] = [Self::Legacy, Self::Modern];

    /// A client of this era.
    pub(crate) async fn client(self, builder: Builder) -> anyhow::Result<McpClient> {
        match self {
            Self::Legacy => builder.legacy("2025-11-25").await,
            Self::Modern => Ok(builder.modern()),
        }
    }
}

impl Face {
    pub(crate) const EACH: [Self; 3] = [Self::Own, Self::All, Self::Menu];

    /// The path that shows a server's things.
    pub(crate) fn path(self, slug: &str) -> String {
        match self {
            Self::Own => format!("/mcp/server/{slug}"),
            Self::All => "/mcp/all".to_owned(),
            Self::Menu => "/mcp".to_owned(),
        }
    }

    /// A name of the server, as this face writes it.
    pub(crate) fn name(self, slug: &str, name: &str) -> String {
        match self {
            Self::Own => name.to_owned(),
            Self::All | Self::Menu => format!("{slug}__{name}"),
        }
    }

    /// The parameters that call a server's tool.
    pub(crate) fn call(self, slug: &str, tool: &str, arguments: &Value) -> Value {
        let name = self.name(slug, tool);
        match self {
            Self::Own | Self::All => json!({"name": name, "arguments": arguments}),
            Self::Menu => json!({
                "name": "call_tool_destructive",
                "arguments": {"name": name, "arguments": arguments}
            }),
        }
    }
}

impl Stage {
    /// A gateway in front of one server of every kind.
    pub(crate) async fn new() -> anyhow::Result<Self> {
        Self::with(&[]).await
    }

    /// The same, with more options for every server.
    pub(crate) async fn with(more: &[&str]) -> anyhow::Result<Self> {
        let all: Vec<_> = SERVERS.iter().map(|(slug, _)| *slug).collect();
        Self::only(&all, more).await
    }

    /// A gateway in front of some of the servers.
    pub(crate) async fn only(slugs: &[&str], more: &[&str]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut servers = Vec::new();
        let mut builder = Gateway::builder();
        for (slug, options) in SERVERS.iter().filter(|(slug, _)| slugs.contains(slug)) {
            let seen = Seen::in_file(folder.path().join(slug));
            let own = ["--full", "--events", seen.argument()];
            let arguments = [options, &own[..], more].concat();
            let over_stdio = slug.starts_with("stdio");
            let (entry, remote) = if over_stdio {
                (programs::fake(&arguments)?, None)
            } else {
                let remote = Remote::start(&arguments).await?;
                (remote.entry(), Some(remote))
            };
            builder = builder.server(slug, entry);
            let modern = slug.ends_with("-new");
            servers.push(Server {
                slug,
                modern,
                seen,
                remote,
            });
        }
        Ok(Self {
            gateway: builder.start_ready().await?,
            servers,
            _folder: folder,
        })
    }

    /// Settings for a client of a face.
    pub(crate) fn builder(&self, face: Face, slug: &str) -> anyhow::Result<Builder> {
        McpClient::builder(&self.gateway.url(&face.path(slug)))
    }

    /// A client that introduces itself by a name, can be asked everything, and answers with its
    /// name and what it was asked.
    pub(crate) async fn person(
        &self,
        era: Era,
        face: Face,
        slug: &str,
        name: &'static str,
    ) -> anyhow::Result<McpClient> {
        let builder = self.builder(face, slug)?.named(name).able();
        let builder = builder.answering(move |method, params| answer(name, method, params));
        era.client(builder).await
    }

    /// The server of this slug.
    pub(crate) fn server(&self, slug: &str) -> anyhow::Result<&Server> {
        let found = self.servers.iter().find(|server| server.slug == slug);
        found.with_context(|| format!("no server {slug}"))
    }

    /// The URI by which a face names a server's resource.
    pub(crate) async fn outer(
        client: &McpClient,
        face: Face,
        slug: &str,
        uri: &str,
    ) -> anyhow::Result<String> {
        if face == Face::Own {
            return Ok(uri.to_owned());
        }
        let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
        let listed = client.all("resources/list", "resources").await?;
        let uris: Vec<_> = listed
            .iter()
            .filter_map(|entry| entry["uri"].as_str())
            .collect();
        let mut of_server = uris.iter().filter(|listed| listed.contains(slug));
        let found = of_server.find(|listed| listed.ends_with(rest));
        let found = found.with_context(|| format!("{uri} of {slug} is not among {uris:?}"))?;
        Ok((*found).to_owned())
    }
}

/// What a person of this name answers to a question.
pub(crate) fn answer(name: &str, method: &str, params: &Value) -> Value {
    match method {
        "elicitation/create" => json!({
            "action": "accept",
            "content": {"answer": name, "asked": params["message"]}
        }),
        "sampling/createMessage" => json!({
            "role": "assistant",
            "model": name,
            "stopReason": "endTurn",
            "content": {"type": "text", "text": params["messages"][0]["content"]["text"]}
        }),
        _ => json!({"roots": [{"uri": format!("file:///home/{name}"), "name": name}]}),
    }
}

/// Calls a server's tool on a face.
pub(crate) async fn call(
    client: &McpClient,
    face: Face,
    slug: &str,
    tool: &str,
    arguments: Value,
) -> anyhow::Result<Answered> {
    let params = face.call(slug, tool, &arguments);
    client.exchange("tools/call", &params).await
}

/// What failed in which cell, so that one test shows all of it.
#[derive(Default)]
pub(crate) struct Findings {
    text: String,
    failed: usize,
    all: usize,
}

impl Findings {
    /// Runs a cell, for a bounded time.
    pub(crate) async fn check(
        &mut self,
        cell: &str,
        work: impl Future<Output = anyhow::Result<()>>,
    ) {
        self.all += 1;
        let outcome = match tokio::time::timeout(PATIENCE, Box::pin(work)).await {
            Ok(outcome) => outcome.map_err(|error| format!("{error:#}")),
            Err(_) => Err(format!("hangs for {PATIENCE:?}")),
        };
        if let Err(error) = outcome {
            self.failed += 1;
            let shown: String = error.chars().take(600).collect();
            // Writing to a text cannot fail.
            let _ = writeln!(self.text, "- {cell}: {shown}");
        }
    }

    /// Fails if any cell failed.
    pub(crate) fn done(self) -> anyhow::Result<()> {
        if self.failed > 0 {
            bail!(
                "{} of {} cells failed:\n{}",
                self.failed,
                self.all,
                self.text
            );
        }
        Ok(())
    }
}

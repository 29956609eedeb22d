//! The upstream servers, and a gateway in front of them.

use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::measure::gateway::Gateway;
use crate::workspace::Workspace;

/// The revisions that an upstream speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    /// Every revision.
    Both,
    /// Those with `initialize`.
    Legacy,
    /// 2026-07-28 alone.
    Modern,
}

/// One upstream for each era, and the gateway unless they are scored themselves.
pub(super) struct Servers {
    // Fields are dropped in this order: the gateway goes before what it is connected to.
    gateway: Option<Gateway>,
    upstreams: Vec<Upstream>,
}

/// A running `conformance-server`; it is stopped when dropped.
struct Upstream {
    era: Era,
    process: Child,
    url: String,
}

impl Era {
    /// All of them, the one that counts first.
    pub(super) const ALL: [Self; 3] = [Self::Both, Self::Legacy, Self::Modern];

    /// Whether a server of this era answers to this revision.
    pub(super) fn speaks(self, revision: &str) -> bool {
        match self {
            Self::Both => true,
            Self::Legacy => revision < "2026-07-28",
            Self::Modern => revision >= "2026-07-28",
        }
    }

    /// Its name, as an option and in paths.
    fn name(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Legacy => "legacy",
            Self::Modern => "modern",
        }
    }
}

impl fmt::Display for Era {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Servers {
    /// Starts an upstream for each era and, unless `direct`, a gateway; waits until all work.
    pub(super) fn start(workspace: &Workspace, eras: &[Era], direct: bool) -> Result<Self> {
        let upstreams = eras.iter().map(|&era| Upstream::start(workspace, era));
        let upstreams: Vec<_> = upstreams.collect::<Result<_>>()?;
        let gateway = if direct {
            None
        } else {
            Some(connect(workspace, &upstreams)?)
        };
        Ok(Self { gateway, upstreams })
    }

    /// Whether there is no gateway in front of them.
    pub(super) fn are_direct(&self) -> bool {
        self.gateway.is_none()
    }

    /// Where the suite finds the server of this era.
    pub(super) fn url(&self, era: Era) -> String {
        if let Some(gateway) = &self.gateway {
            return format!("http://{}/mcp/server/{era}", gateway.address);
        }
        let upstream = self.upstreams.iter().find(|upstream| upstream.era == era);
        upstream
            .map(|upstream| upstream.url.clone())
            .unwrap_or_default()
    }
}

/// A gateway that is connected to all of them.
fn connect(workspace: &Workspace, upstreams: &[Upstream]) -> Result<Gateway> {
    let entries: Value = upstreams
        .iter()
        .map(|upstream| (upstream.era.name(), json!({"url": upstream.url})))
        .collect();
    let mut gateway = Gateway::start(workspace, "debug", &entries)?;
    gateway.ready_with_servers(upstreams.len() as u64)?;
    Ok(gateway)
}

impl Upstream {
    fn start(workspace: &Workspace, era: Era) -> Result<Self> {
        let mut process = Command::new(workspace.binary("debug", "conformance-server"))
            .args(["--era", era.name()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("the conformance server could not be started")?;
        let stdout = process.stdout.take();
        let mut upstream = Self {
            era,
            process,
            url: String::new(),
        };
        let mut output = BufReader::new(stdout.context("it has no output")?);
        output.read_line(&mut upstream.url)?;
        upstream.url.truncate(upstream.url.trim_end().len());
        ensure!(
            upstream.url.starts_with("http://"),
            "the conformance server ended before it served"
        );
        Ok(upstream)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_server_that_was_not_built_is_an_error() {
        let workspace = Workspace {
            root: PathBuf::new(),
            target: PathBuf::from("/nowhere"),
            packages: Vec::new(),
        };
        let error = Servers::start(&workspace, &Era::ALL, true)
            .err()
            .expect("no program");
        assert_eq!(
            error.to_string(),
            "the conformance server could not be started"
        );
    }

    #[test]
    fn without_a_gateway_the_upstream_itself_is_scored() {
        let process = Command::new("cargo").arg("--version").spawn();
        let servers = Servers {
            gateway: None,
            upstreams: vec![Upstream {
                era: Era::Both,
                process: process.expect("cargo is there"),
                url: "http://127.0.0.1:1/mcp".to_owned(),
            }],
        };
        assert_eq!(servers.url(Era::Both), "http://127.0.0.1:1/mcp");
    }
}

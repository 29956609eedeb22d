//! Asks a registry of MCP servers, and turns what it lists into entries of the configuration.
//!
//! The API is that of the official registry, version 0.1 (`GET /v0.1/servers`); its documents are
//! `server.json` of 2025-09-29 and later. Nothing that a registry says is run here.

mod choice;
mod document;

use std::sync::OnceLock;
use std::time::Duration;

use model::{RegistryPage, RegistryServer};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use url::{Host, Url};

use document::Listed;

/// The official registry.
pub const OFFICIAL: &str = "https://registry.modelcontextprotocol.io";

/// A registry that takes longer is not waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read, in bytes.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Servers asked for at once.
const PAGE: &str = "30";
/// The longest query and the longest cursor that are passed on, in bytes.
const MOST_QUERY: usize = 1024;

/// Why a registry cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Its address cannot be used.
    #[error("`{0}` is no address of a registry: it has to start with https://")]
    Address(String),
    /// What is looked for is too long.
    #[error("what is looked for has more than 1024 bytes")]
    Query,
    /// No connection, or none in time.
    #[error("the registry {host} cannot be reached: {reason}")]
    Unreachable {
        /// Which.
        host: String,
        /// Why not.
        reason: String,
    },
    /// It answered with a failure.
    #[error("the registry {host} answered with status {status}")]
    Refused {
        /// Which.
        host: String,
        /// The status.
        status: u16,
    },
    /// Its answer is not understood.
    #[error("the registry {host} gave an answer that is not understood: {reason}")]
    Answer {
        /// Which.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A client for registries. Its connections are made when first needed.
#[derive(Debug, Default)]
pub struct Registry {
    client: OnceLock<Client>,
}

impl Registry {
    /// What the registry at `base` lists: all of it page by page, or what fits a query.
    pub async fn search(
        &self,
        base: &str,
        query: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<RegistryPage, RegistryError> {
        let url = address(base, query, cursor)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let body = self.fetch(url, &host).await?;
        let listed: Listed = serde_json::from_slice(&body).map_err(|error| {
            let reason = error.to_string();
            RegistryError::Answer { host, reason }
        })?;
        let (servers, next_cursor) = listed.into_parts();
        let servers = servers.into_iter().map(|server| RegistryServer {
            choices: choice::all(&server),
            name: server.name,
            title: server.title.filter(|title| !title.is_empty()),
            description: server.description,
            version: server.version,
            repository: server
                .repository
                .and_then(|repository| web_address(repository.url)),
        });
        Ok(RegistryPage {
            servers: servers.collect(),
            next_cursor,
        })
    }

    async fn fetch(&self, url: Url, host: &str) -> Result<Vec<u8>, RegistryError> {
        let unreachable = |error: &reqwest::Error| RegistryError::Unreachable {
            host: host.to_owned(),
            reason: reason(error),
        };
        let client = self.client().map_err(|error| unreachable(&error))?;
        let sent = client.get(url).header("accept", "application/json").send();
        let mut response = sent.await.map_err(|error| unreachable(&error))?;
        if response.status() != StatusCode::OK {
            let status = response.status().as_u16();
            let host = host.to_owned();
            return Err(RegistryError::Refused { host, status });
        }
        let mut body = Vec::new();
        while let Some(part) = response
            .chunk()
            .await
            .map_err(|error| unreachable(&error))?
        {
            body.extend_from_slice(&part);
            if body.len() > MOST_BYTES {
                return Err(RegistryError::Answer {
                    host: host.to_owned(),
                    reason: "it is larger than 4 MiB".to_owned(),
                });
            }
        }
        Ok(body)
    }

    fn client(&self) -> Result<Client, reqwest::Error> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        // Fails only if a provider is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("toolgate/", env!("CARGO_PKG_VERSION")))
            .timeout(PATIENCE)
            .redirect(Policy::none())
            .build()?;
        Ok(self.client.get_or_init(|| client).clone())
    }
}

fn address(base: &str, query: Option<&str>, cursor: Option<&str>) -> Result<Url, RegistryError> {
    let wrong = || RegistryError::Address(base.to_owned());
    let mut url = Url::parse(base).map_err(|_| wrong())?;
    if url.scheme() != "https" && !(url.scheme() == "http" && is_here(&url)) {
        return Err(wrong());
    }
    let mut path = url.path_segments_mut().map_err(|()| wrong())?;
    path.pop_if_empty().extend(["v0.1", "servers"]);
    drop(path);
    let mut pairs = url.query_pairs_mut();
    pairs
        .append_pair("limit", PAGE)
        .append_pair("version", "latest");
    for (name, value) in [("search", query), ("cursor", cursor)] {
        let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else {
            continue;
        };
        if value.len() > MOST_QUERY {
            return Err(RegistryError::Query);
        }
        pairs.append_pair(name, value);
    }
    drop(pairs);
    Ok(url)
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// An address that may be shown as a link.
fn web_address(text: String) -> Option<String> {
    let url = Url::parse(&text).ok()?;
    matches!(url.scheme(), "https" | "http").then_some(text)
}

/// The innermost cause, which says most; the outer ones repeat the address.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it did not answer within 10 seconds".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests;

//! Asks registries of MCP servers, and turns what they list into entries of the configuration.
//!
//! The API is that of the official registry, version 0.1 (`GET /v0.1/servers` and
//! `GET /v0.1/servers/{name}/versions/latest`); its documents are `server.json` of 2025-09-29 and
//! later. Nothing that a registry says is run or fetched here, pictures included.

mod choice;
mod document;
mod fetch;
mod fill;
mod reach;

use futures_util::future::join_all;
use model::{RegistryPage, RegistryServer};
use url::Url;

use document::{Listed, Server};
use fetch::Fetcher;

pub use fill::{Missing, filled, is_needed, short_name};

/// The official registry.
pub const OFFICIAL: &str = "https://registry.modelcontextprotocol.io";

/// Servers asked for at once.
const PAGE: &str = "30";
/// The longest query, name and cursor that are passed on, in bytes.
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
    /// No registry lists a server of that name.
    #[error("{host} lists no server of that name")]
    NotListed {
        /// Which.
        host: String,
    },
    /// It leads to where no registry should.
    #[error("the registry {host} is not asked: {reason}")]
    Denied {
        /// Which.
        host: String,
        /// Where it leads.
        reason: String,
    },
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
    fetcher: Fetcher,
}

impl Registry {
    /// What the registries at `bases` list, one after the other: all of it page by page, or what
    /// fits a query. One that fails costs only itself, unless all do.
    pub async fn search(
        &self,
        bases: &[String],
        query: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<RegistryPage, RegistryError> {
        let cursors = cursors(bases.len(), cursor);
        let asked = bases.iter().zip(&cursors).filter_map(|(base, cursor)| {
            let cursor = cursor.as_ref()?;
            Some(self.page(base, query, Some(cursor)))
        });
        let mut pages = join_all(asked).await.into_iter();
        let (mut whole, mut next, mut failure) = (RegistryPage::default(), Vec::new(), None);
        for cursor in &cursors {
            let page = cursor.as_ref().and_then(|_| pages.next()).transpose();
            let page = page.unwrap_or_else(|error| {
                whole.problems.push(sentence(&error));
                failure = Some(error);
                None
            });
            let page = page.unwrap_or_default();
            whole.servers.extend(page.servers);
            next.push(page.next_cursor);
        }
        match failure {
            Some(error) if whole.problems.len() == next.len() => Err(error),
            _ => {
                whole.next_cursor = joined(&next);
                Ok(whole)
            }
        }
    }

    /// The newest version of a server, from the first registry that lists it.
    pub async fn find(
        &self,
        bases: &[String],
        name: &str,
    ) -> Result<RegistryServer, RegistryError> {
        let mut failure = None;
        for base in bases {
            match self.find_at(base, name).await {
                Ok(server) => return Ok(server),
                // That one is out of order is worth more than that another does not list it.
                Err(error @ RegistryError::NotListed { .. }) => failure = failure.or(Some(error)),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.unwrap_or(RegistryError::NotListed {
            host: "no registry".to_owned(),
        }))
    }

    async fn find_at(&self, base: &str, name: &str) -> Result<RegistryServer, RegistryError> {
        // A server's name has exactly one slash, so what has none leads elsewhere in the API.
        if name.len() > MOST_QUERY || name.split('/').count() != 2 {
            return Err(RegistryError::NotListed { host: host(base) });
        }
        let url = address(base, &["servers", name, "versions", "latest"])?;
        let body = self.fetcher.fetch(url).await?;
        let understood = document::one(&body);
        let server = understood.map_err(|reason| RegistryError::Answer {
            host: host(base),
            reason,
        })?;
        match server {
            Some(server) if server.name == name => Ok(listed(server, base)),
            _ => Err(RegistryError::NotListed { host: host(base) }),
        }
    }

    async fn page(
        &self,
        base: &str,
        query: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<RegistryPage, RegistryError> {
        let url = page_address(base, query, cursor)?;
        let body = self.fetcher.fetch(url).await?;
        let understood: Listed =
            serde_json::from_slice(&body).map_err(|error| RegistryError::Answer {
                host: host(base),
                reason: error.to_string(),
            })?;
        let (servers, next_cursor) = understood.into_parts();
        let servers = servers.into_iter().map(|server| listed(server, base));
        Ok(RegistryPage {
            servers: servers.collect(),
            next_cursor,
            problems: Vec::new(),
        })
    }
}

/// An error as a sentence.
pub fn sentence(error: &RegistryError) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), chars.as_str())
}

fn listed(server: Server, base: &str) -> RegistryServer {
    let publisher = server.name.split_once('/').map(|(publisher, _)| publisher);
    RegistryServer {
        choices: choice::all(&server),
        publisher: publisher.unwrap_or_default().to_owned(),
        registry: base.to_owned(),
        name: server.name,
        title: server.title.filter(|title| !title.is_empty()),
        description: server.description,
        version: server.version,
        repository: server
            .repository
            .and_then(|repository| web_address(repository.url)),
    }
}

/// Where each of several registries goes on; `None` for one that has come to its end. What is no
/// such list belongs to a single registry.
fn cursors(count: usize, cursor: Option<&str>) -> Vec<Option<String>> {
    let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else {
        return vec![Some(String::new()); count];
    };
    if count == 1 {
        return vec![Some(cursor.to_owned())];
    }
    let mut cursors: Vec<Option<String>> = serde_json::from_str(cursor).unwrap_or_default();
    cursors.resize(count, None);
    cursors
}

fn joined(next: &[Option<String>]) -> Option<String> {
    match next {
        [one] => one.clone(),
        all if all.iter().all(Option::is_none) => None,
        all => serde_json::to_string(all).ok(),
    }
}

fn page_address(
    base: &str,
    query: Option<&str>,
    cursor: Option<&str>,
) -> Result<Url, RegistryError> {
    let mut url = address(base, &["servers"])?;
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

fn address(base: &str, path: &[&str]) -> Result<Url, RegistryError> {
    let wrong = || RegistryError::Address(base.to_owned());
    let mut url = Url::parse(base).map_err(|_| wrong())?;
    if url.scheme() != "https" && !(url.scheme() == "http" && reach::is_here(&url)) {
        return Err(wrong());
    }
    let mut segments = url.path_segments_mut().map_err(|()| wrong())?;
    segments.pop_if_empty().push("v0.1").extend(path);
    drop(segments);
    Ok(url)
}

fn host(base: &str) -> String {
    let url = Url::parse(base).ok();
    let host = url.as_ref().and_then(Url::host_str);
    host.unwrap_or_default().to_owned()
}

/// An address that may be shown as a link.
fn web_address(text: String) -> Option<String> {
    let url = Url::parse(&text).ok()?;
    matches!(url.scheme(), "https" | "http").then_some(text)
}

#[cfg(test)]
mod tests;

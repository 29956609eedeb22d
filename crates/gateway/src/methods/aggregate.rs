//! Prompts, resources, completion and tasks on the faces that show all servers together.

use std::time::Duration;

use fleet::{Catalog, CatalogServer};
use futures_util::StreamExt as _;
use futures_util::stream;
use wire::{ErrorObject, Raw, RawObject, code, raw};

use super::{Asking, to_error, unknown_method};
use crate::naming::addressee;

/// A list is put together without the servers that have not answered by then.
const PATIENCE: Duration = Duration::from_secs(10);
/// Servers asked at once.
const AT_ONCE: usize = 16;
/// Pages taken of one server's list.
const MAX_PAGES: usize = 50;
/// Items taken of one server's list.
const MAX_ITEMS: usize = 5_000;

/// Lists that are put together: method, key of the items, and the capability that goes with it.
const LISTS: [(&str, &str, &str); 4] = [
    ("prompts/list", "prompts", "prompts"),
    ("resources/list", "resources", "resources"),
    ("resources/templates/list", "resourceTemplates", "resources"),
    ("tasks/list", "tasks", "tasks"),
];

impl Asking {
    /// Answers a method for all servers together, or by the one that its parameters name.
    pub(super) async fn aggregate(
        &self,
        method: &str,
        params: RawObject,
    ) -> Result<Raw, ErrorObject> {
        if let Some((_, key, capability)) = LISTS.into_iter().find(|list| list.0 == method) {
            return self.list_all(method, key, capability, &params).await;
        }
        let catalog = self.catalog();
        if !ROUTED.contains(&method) {
            return Err(unknown_method(method));
        }
        let slug = addressee(method, &params).ok_or_else(|| not_here(method))?;
        let server = by_slug(&catalog, &slug).ok_or_else(|| not_here(method))?;
        let reply = self
            .relay(&server.name, &server.slug)
            .request(method, params);
        reply.await.map_err(to_error)
    }

    async fn list_all(
        &self,
        method: &str,
        key: &str,
        capability: &str,
        params: &RawObject,
    ) -> Result<Raw, ErrorObject> {
        super::lists::refuse_cursor(params)?;
        let catalog = self.catalog();
        let mut lists = Vec::new();
        for server in catalog.servers() {
            if server.state.is_ready() && server.capabilities.get(capability).is_some() {
                lists.push(self.list_in_time(server, method, key));
            }
        }
        // In the order of the configuration, so that the list is the same each time.
        let lists: Vec<Vec<Raw>> = stream::iter(lists).buffered(AT_ONCE).collect().await;
        let mut result = RawObject::default();
        result.set(key, raw(&lists.concat()));
        Ok(result.to_raw())
    }

    async fn list_in_time(&self, server: &CatalogServer, method: &str, key: &str) -> Vec<Raw> {
        let listed = tokio::time::timeout(PATIENCE, self.list_one(server, method, key)).await;
        listed.unwrap_or_else(|_| {
            tracing::warn!(server = %server.name, method, "left out: no answer in time");
            Vec::new()
        })
    }

    /// All pages of one server's list; what there is of it if one fails.
    async fn list_one(&self, server: &CatalogServer, method: &str, key: &str) -> Vec<Raw> {
        let (mut items, mut cursor) = (Vec::new(), None::<String>);
        for _ in 0..MAX_PAGES {
            let mut params = RawObject::default();
            if let Some(cursor) = &cursor {
                params.set("cursor", raw(cursor));
            }
            let page = self
                .relay(&server.name, &server.slug)
                .request(method, params);
            let page = match page.await {
                Ok(page) => RawObject::parse(&page).unwrap_or_default(),
                Err(error) => {
                    tracing::warn!(server = %server.name, method, %error, "left out of a list");
                    break;
                }
            };
            items.extend(page.get_as::<Vec<Raw>>(key).unwrap_or_default());
            // An empty cursor is a cursor; only an absent one ends the list.
            let next: Option<String> = page.get_as("nextCursor");
            if next.is_none() || next == cursor || items.len() >= MAX_ITEMS {
                break;
            }
            cursor = next;
        }
        items.truncate(MAX_ITEMS);
        items
    }
}

/// Methods whose parameters tell the server.
const ROUTED: [&str; 7] = [
    "prompts/get",
    "resources/read",
    "completion/complete",
    "tasks/get",
    "tasks/result",
    "tasks/cancel",
    "tasks/update",
];

/// The server of this slug.
pub(super) fn by_slug<'a>(catalog: &'a Catalog, slug: &str) -> Option<&'a CatalogServer> {
    catalog.servers().iter().find(|server| server.slug == slug)
}

/// The answer of somebody who has none of what is asked for.
pub(super) fn nothing_here(method: &str) -> Result<Raw, ErrorObject> {
    match LISTS.into_iter().find(|list| list.0 == method) {
        Some((_, key, _)) => {
            let mut result = RawObject::default();
            result.set(key, raw(&Vec::<Raw>::new()));
            Ok(result.to_raw())
        }
        None if ROUTED.contains(&method) => Err(not_here(method)),
        None => Err(unknown_method(method)),
    }
}

/// What the parameters name is none of ours, whether it never was or is not shown.
pub(crate) fn not_here(method: &str) -> ErrorObject {
    let (what, code) = match method {
        "prompts/get" => ("Unknown prompt", code::INVALID_PARAMS),
        "completion/complete" => ("Unknown prompt or resource", code::INVALID_PARAMS),
        method if method.starts_with("tasks/") => ("Unknown task", code::INVALID_PARAMS),
        _ => ("Resource not found", code::RESOURCE_NOT_FOUND),
    };
    ErrorObject::new(
        code,
        format!("{what}: use names and URIs exactly as listed here."),
    )
}

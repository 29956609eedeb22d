//! What a server offers besides tools: prompts, resources and templates, as it defines them.

use std::time::Duration;

use wire::{Raw, RawObject, raw};

use crate::session::Caller;

/// Most definitions taken from one list.
const MAX_ITEMS: usize = 5_000;
/// Most pages asked for.
const MAX_PAGES: usize = 50;
/// A list may take so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Definitions besides the tools, each as sent.
#[derive(Clone, Debug, Default)]
pub struct Offers {
    /// Prompts.
    pub prompts: Vec<Raw>,
    /// Resources.
    pub resources: Vec<Raw>,
    /// Templates of resources.
    pub templates: Vec<Raw>,
}

/// Lists what the server says that it has. A list that fails is as good as empty: what is not
/// known is not shown either.
pub(crate) async fn list(caller: &Caller) -> Offers {
    let (prompts, resources, templates) = tokio::join!(
        of(caller, "prompts", "prompts/list", "prompts"),
        of(caller, "resources", "resources/list", "resources"),
        of(
            caller,
            "resources",
            "resources/templates/list",
            "resourceTemplates"
        ),
    );
    Offers {
        prompts,
        resources,
        templates,
    }
}

async fn of(caller: &Caller, capability: &str, method: &str, key: &str) -> Vec<Raw> {
    let mut items = Vec::new();
    if caller.offers(capability) {
        let pages = pages(caller, method, key, &mut items);
        if tokio::time::timeout(PATIENCE, pages).await.is_err() {
            tracing::debug!(method, "a list was cut short: it took too long");
        }
    }
    items.truncate(MAX_ITEMS);
    items
}

async fn pages(caller: &Caller, method: &str, key: &str, items: &mut Vec<Raw>) {
    let mut cursor: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let mut params = RawObject::default();
        if let Some(cursor) = &cursor {
            params.set("cursor", raw(cursor));
        }
        // Not every server that has resources knows of templates.
        let Ok(page) = caller.request(method, params, PATIENCE).await else {
            return;
        };
        let page = RawObject::parse(&page).unwrap_or_default();
        items.extend(page.get_as::<Vec<Raw>>(key).unwrap_or_default());
        let next: Option<String> = page.get_as("nextCursor");
        if next.is_none() || next == cursor || items.len() >= MAX_ITEMS {
            return;
        }
        cursor = next;
    }
}

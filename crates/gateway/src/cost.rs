//! What a model pays for the tools that it is shown, in estimated tokens.

use fleet::Catalog;
use model::ToolCost;
use wire::{Raw, raw};

use crate::{Gateway, menu};

/// Bytes of JSON to a token, near enough for all models.
const BYTES_PER_TOKEN: usize = 4;

impl Gateway {
    /// What the menu costs, and what all tools would.
    pub fn tool_cost(&self) -> ToolCost {
        let catalog = self.fleet().catalog();
        let menu: Vec<Raw> = menu::tools(&self.0, &catalog).iter().map(raw).collect();
        ToolCost {
            menu_tokens: of_menu(&menu),
            all_tokens: of_all(&catalog),
            tools: catalog.len(),
        }
    }
}

/// What whoever is shown the menu is spared.
pub(crate) fn spared(menu: &[Raw], catalog: &Catalog) -> u64 {
    of_all(catalog).saturating_sub(of_menu(menu)) as u64
}

fn of_menu(menu: &[Raw]) -> usize {
    let bytes: usize = menu.iter().map(|tool| tool.get().len()).sum();
    bytes / BYTES_PER_TOKEN
}

fn of_all(catalog: &Catalog) -> usize {
    let bytes = catalog
        .tools()
        .map(|tool| tool.definition.definition.get().len());
    bytes.sum::<usize>() / BYTES_PER_TOKEN
}

//! From the name in a call to the tool.

use std::sync::Arc;

use fleet::{Catalog, Tool};

use crate::refusal::Refusal;

/// Names that resemble a mistyped one are offered from this similarity on.
const SIMILAR: f64 = 0.75;

/// Finds a tool by its id. A tool that does not exist and one that its server has withdrawn look
/// alike; a server that is known but cannot be called is named with the way out.
pub(super) fn resolve<'a>(catalog: &'a Catalog, id: &str) -> Result<&'a Arc<Tool>, Refusal> {
    if let Some(tool) = catalog.tool(id) {
        return Ok(tool);
    }
    let slug = id.split_once("__").map(|(slug, _)| slug);
    let server = catalog
        .servers()
        .iter()
        .find(|server| Some(server.slug.as_str()) == slug);
    if let Some(server) = server.filter(|server| server.tools.is_empty()) {
        return Err(Refusal::not_ready(server.name.as_str(), &server.state));
    }
    Err(no_such_tool(id, similar(catalog, id)))
}

/// The refusal of a name that is none, with those that resemble it.
pub(super) fn no_such_tool(id: &str, similar: Vec<String>) -> Refusal {
    let fix = match similar.first() {
        Some(best) => format!("Did you mean `{best}`? Names are `server__tool`, exactly as shown."),
        None => {
            "Find tools with retrieve_tools; names are `server__tool`, exactly as shown.".into()
        }
    };
    let shown: String = id.chars().filter(|c| !c.is_control()).take(100).collect();
    Refusal::new("unknown-tool", format!("There is no tool `{shown}`."), fix)
        .with("similar", similar)
}

/// Up to three ids that resemble the one asked for, best first.
fn similar(catalog: &Catalog, id: &str) -> Vec<String> {
    if id.len() > 200 {
        return Vec::new();
    }
    let wanted = id.to_lowercase();
    let score = |tool: &Tool| {
        let whole = strsim::normalized_damerau_levenshtein(&wanted, &tool.id.to_lowercase());
        let bare = tool.definition.name.to_lowercase() == wanted;
        if bare { 1.0 } else { whole }
    };
    let mut scored: Vec<(f64, &str)> = catalog
        .tools()
        .map(|tool| (score(tool), tool.id.as_str()))
        .filter(|(score, _)| *score >= SIMILAR)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored
        .into_iter()
        .take(3)
        .map(|(_, id)| id.to_owned())
        .collect()
}

//! The lists that a server offers, page by page, and their changes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::exchange::{Failure, members};
use super::options::Options;
use super::tools;

/// A list that a client can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Tools,
    Prompts,
    Resources,
    Templates,
}

/// Everything that is listed.
pub(super) struct Lists {
    tools: Mutex<Vec<Value>>,
    prompts: Mutex<Vec<Value>>,
    resources: Mutex<Vec<Value>>,
    templates: Mutex<Vec<Value>>,
}

impl Kind {
    /// The kind that a member of the `rename` tool's arguments names.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "prompts" => Self::Prompts,
            "resources" => Self::Resources,
            _ => Self::Tools,
        }
    }

    /// The result's member that holds the list.
    pub(super) fn member(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
            Self::Templates => "resourceTemplates",
        }
    }

    fn new_entry(self, name: &str) -> Value {
        match self {
            Self::Tools => json!({
                "name": name,
                "description": "Came after the start.",
                "inputSchema": {"type": "object"}
            }),
            Self::Prompts => json!({"name": name}),
            Self::Resources | Self::Templates => {
                json!({"name": name, "uri": format!("test://{name}")})
            }
        }
    }
}

impl Lists {
    /// What a server with these options offers at its start.
    pub(super) fn new(options: &Options) -> Self {
        let mut full = if options.full {
            definitions()
        } else {
            Value::Null
        };
        let mut take = |member: &str| match full[member].take() {
            Value::Array(entries) => entries,
            _ => Vec::new(),
        };
        let mut tools = tools::offered(options);
        tools.extend(take("tools"));
        Self {
            tools: Mutex::new(tools),
            prompts: Mutex::new(take("prompts")),
            resources: Mutex::new(take("resources")),
            templates: Mutex::new(take("templates")),
        }
    }

    /// One page, as the members of a result.
    pub(super) fn page(
        &self,
        kind: Kind,
        params: &Value,
        options: &Options,
    ) -> Result<String, Failure> {
        let entries = self.of(kind);
        let size = options.paged.unwrap_or(entries.len()).max(1);
        let start = page_start(params, size, entries.len())?;
        let end = entries.len().min(start + size);
        let mut result = json!({kind.member(): &entries[start..end]});
        if options.page_forever {
            result["nextCursor"] = "0".into();
        } else if end < entries.len() {
            result["nextCursor"] = cursor(end, size, options).into();
        }
        Ok(members(&result))
    }

    /// Adds a tool and returns its name.
    pub(super) fn grow(&self) -> String {
        let mut tools = self.of(Kind::Tools);
        let name = format!("grown_{}", tools.len());
        tools.push(Kind::Tools.new_entry(&name));
        name
    }

    /// Adds an entry of a new name, removes the one that it added before, and returns the name.
    pub(super) fn rename(&self, kind: Kind) -> String {
        let mut entries = self.of(kind);
        let number = |entry: &Value| {
            let name = entry["name"].as_str()?;
            name.strip_prefix("renamed_")?.parse::<u64>().ok()
        };
        let last = entries.iter().filter_map(number).max();
        entries.retain(|entry| number(entry).is_none());
        let name = format!("renamed_{}", last.map_or(0, |last| last + 1));
        entries.push(kind.new_entry(&name));
        name
    }

    /// Whether an entry of this name is offered.
    pub(super) fn offers(&self, kind: Kind, name: &str) -> bool {
        self.of(kind).iter().any(|entry| entry["name"] == name)
    }

    /// The entry for a resource of this URI.
    pub(super) fn resource(&self, uri: &str) -> Option<Value> {
        let resources = self.of(Kind::Resources);
        resources.iter().find(|entry| entry["uri"] == uri).cloned()
    }

    fn of(&self, kind: Kind) -> MutexGuard<'_, Vec<Value>> {
        let list = match kind {
            Kind::Tools => &self.tools,
            Kind::Prompts => &self.prompts,
            Kind::Resources => &self.resources,
            Kind::Templates => &self.templates,
        };
        list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The definitions of everything that `--full` adds.
fn definitions() -> Value {
    serde_json::from_str(include_str!("full.json")).unwrap_or_default()
}

/// The cursor of the page that starts here. With `--full` the second page's cursor is the empty
/// text, which is a cursor like any other (utilities/pagination).
fn cursor(start: usize, size: usize, options: &Options) -> String {
    if options.full && start == size {
        String::new()
    } else {
        start.to_string()
    }
}

fn page_start(params: &Value, size: usize, total: usize) -> Result<usize, Failure> {
    let start = match params.get("cursor").map(Value::as_str) {
        None => Some(0),
        Some(Some("")) => Some(size),
        Some(cursor) => cursor.and_then(|cursor| cursor.parse().ok()),
    };
    start
        .filter(|start| *start <= total)
        .ok_or_else(|| Failure::error(-32602, "Invalid cursor"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    fn lists(arguments: &[&str]) -> (Lists, Options) {
        let options = Options::parse_from(std::iter::once(&"fake-server").chain(arguments));
        (Lists::new(&options), options)
    }

    fn page(lists: &(Lists, Options), kind: Kind, params: &Value) -> Value {
        let members = lists.0.page(kind, params, &lists.1).expect("a page");
        serde_json::from_str(&format!("{{{members}}}")).expect("JSON")
    }

    #[test]
    fn the_definitions_are_json_with_all_four_lists() {
        let full = lists(&["--full"]);
        for (kind, least) in [
            (Kind::Tools, 20),
            (Kind::Prompts, 4),
            (Kind::Resources, 6),
            (Kind::Templates, 3),
        ] {
            let result = page(&full, kind, &Value::Null);
            let entries = result[kind.member()].as_array().expect("a list");
            assert!(entries.len() >= least, "{kind:?}: {}", entries.len());
        }
        assert_eq!(
            page(&lists(&[]), Kind::Prompts, &Value::Null),
            json!({"prompts": []})
        );
    }

    #[test]
    fn the_empty_cursor_is_a_page_of_its_own() {
        let full = lists(&["--full", "--paged", "2"]);
        let first = page(&full, Kind::Prompts, &json!({}));
        assert_eq!(first["nextCursor"], "");
        let second = page(&full, Kind::Prompts, &json!({"cursor": ""}));
        assert_eq!(second["prompts"][0]["name"], "asking");
        assert!(second.get("nextCursor").is_none());
    }

    #[test]
    fn renaming_replaces_what_the_last_one_added() {
        let (lists, _) = lists(&["--full"]);
        for kind in [Kind::Tools, Kind::Prompts, Kind::Resources] {
            assert_eq!(lists.rename(kind), "renamed_0");
            assert_eq!(lists.rename(kind), "renamed_1");
            assert!(!lists.offers(kind, "renamed_0") && lists.offers(kind, "renamed_1"));
        }
        assert!(lists.resource("test://renamed_1").is_some());
    }
}

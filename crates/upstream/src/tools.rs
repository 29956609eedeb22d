//! A server's tools, read item by item so that one bad definition costs only itself.

use std::collections::BTreeSet;
use std::time::Duration;

use model::Effect;
use serde_json::value::RawValue;
use wire::{Era, ErrorObject, Raw, RawObject, code, raw};

use crate::http::Shared;
use crate::link::CallError;
use crate::session::Caller;

/// Most tools taken from one server.
const MAX_TOOLS: usize = 5_000;
/// Most pages asked for.
const MAX_PAGES: usize = 200;

/// One tool as its server defined it.
#[derive(Clone, Debug)]
pub struct ToolDefinition {
    /// Its name at its server.
    pub name: String,
    /// Its title for people, if it has one.
    pub title: Option<String>,
    /// Its description; empty if it has none.
    pub description: String,
    /// What it may do, from its annotations.
    pub effect: Effect,
    /// The definition as sent, unknown fields included.
    pub definition: Raw,
}

/// All tools of a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    pub(crate) tools: Vec<ToolDefinition>,
    /// Why definitions were left out, one sentence each.
    pub(crate) rejected: Vec<String>,
    /// What the server says in its list beside the tools.
    pub(crate) beside: RawObject,
}

impl Listing {
    /// Leaves out tools whose calls could not be sent, because they want arguments repeated in
    /// headers that cannot be; the others' headers are settled with the connection.
    fn settle_headers(&mut self, http: &Shared) {
        let schemas: Vec<(String, Raw)> = self
            .tools
            .iter()
            .filter_map(|tool| {
                let schema = RawObject::parse(&tool.definition)?.remove("inputSchema")?;
                Some((tool.name.clone(), schema))
            })
            .collect();
        let named = schemas
            .iter()
            .map(|(name, schema)| (name.as_str(), &**schema));
        for (name, reason) in http.set_param_headers(named) {
            self.tools.retain(|tool| tool.name != name);
            self.rejected.push(format!("`{name}`: {reason}"));
        }
    }
}

/// Lists all pages of a server's tools.
pub(crate) async fn list(caller: &Caller, deadline: Duration) -> Result<Listing, CallError> {
    let mut listing = list_pages(caller, deadline).await?;
    if let Some(http) = caller.http.as_ref().filter(|_| caller.era() == Era::Modern) {
        listing.settle_headers(http);
    }
    Ok(listing)
}

async fn list_pages(caller: &Caller, deadline: Duration) -> Result<Listing, CallError> {
    let mut collected = Collected::default();
    let mut cursor: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let mut params = RawObject::default();
        if let Some(cursor) = &cursor {
            params.set("cursor", raw(cursor));
        }
        let page = match caller.request("tools/list", params, deadline).await {
            Ok(page) => page,
            // A server without tools need not know the method.
            Err(CallError::Rpc(error)) if error.code == code::METHOD_NOT_FOUND => break,
            Err(error) => return Err(error),
        };
        let mut page = RawObject::parse(&page).ok_or_else(|| not_a_list("the result"))?;
        let tools: Vec<Raw> = page.get_as("tools").ok_or_else(|| not_a_list("`tools`"))?;
        collected.add_all(tools);
        page.remove("tools");
        // An empty cursor is a cursor; only an absent one ends the list.
        cursor = page.get_as("nextCursor");
        page.remove("nextCursor");
        collected.listing.beside = page;
        match &cursor {
            None => return Ok(collected.listing),
            Some(next) if !collected.cursors.insert(next.clone()) => {
                collected.reject("the server's list repeats itself; the rest was left out");
                return Ok(collected.listing);
            }
            Some(_) if collected.listing.tools.len() >= MAX_TOOLS => break,
            Some(_) => {}
        }
    }
    if cursor.is_some() {
        collected.reject("the server has more tools than the gateway takes; the rest was left out");
    }
    Ok(collected.listing)
}

fn not_a_list(what: &str) -> CallError {
    ErrorObject::new(
        code::INTERNAL,
        format!("{what} of `tools/list` has the wrong form"),
    )
    .into()
}

#[derive(Default)]
struct Collected {
    listing: Listing,
    names: BTreeSet<String>,
    cursors: BTreeSet<String>,
}

impl Collected {
    fn add_all(&mut self, tools: Vec<Raw>) {
        for definition in tools {
            if self.listing.tools.len() >= MAX_TOOLS {
                return;
            }
            match parse(definition) {
                Ok(tool) if self.names.insert(tool.name.clone()) => self.listing.tools.push(tool),
                Ok(tool) => self.reject(&format!("`{}` is defined twice", tool.name)),
                Err(reason) => self.reject(&reason),
            }
        }
    }

    fn reject(&mut self, reason: &str) {
        // A server that sends nothing but rubbish need not fill the memory with complaints.
        if self.listing.rejected.len() < 50 {
            self.listing.rejected.push(reason.to_owned());
        }
    }
}

fn parse(definition: Raw) -> Result<ToolDefinition, String> {
    let object = RawObject::parse(&definition).ok_or("a definition is not an object")?;
    let name: String = object.get_as("name").ok_or("a definition has no name")?;
    if name.is_empty() || name.chars().count() > 256 || name.chars().any(char::is_control) {
        return Err("a definition has an unusable name".to_owned());
    }
    match object.get("inputSchema").map(RawValue::get) {
        Some(schema) if schema.starts_with('{') => {}
        Some(_) => return Err(format!("`{name}`: `inputSchema` is not an object")),
        None => return Err(format!("`{name}` has no `inputSchema`")),
    }
    let annotations = object.object("annotations").unwrap_or_default();
    let title = object
        .get_as("title")
        .or_else(|| annotations.get_as("title"));
    let description = object.get_as("description").unwrap_or_default();
    let effect = effect(&annotations);
    Ok(ToolDefinition {
        name,
        title,
        description,
        effect,
        definition,
    })
}

/// Reads the hints. Without any, a tool counts as writing: it has not claimed to be harmless, nor
/// to destroy.
fn effect(annotations: &RawObject) -> Effect {
    let hint = |key| annotations.get_as::<bool>(key);
    match (hint("destructiveHint"), hint("readOnlyHint")) {
        // A tool cannot be both; the worse claim counts.
        (Some(true), Some(true)) => Effect::Destructive,
        (_, Some(true)) => Effect::Read,
        (Some(true), _) => Effect::Destructive,
        _ => Effect::Write,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ToolDefinition, String> {
        parse(serde_json::from_str(text).expect("JSON"))
    }

    #[test]
    fn the_definition_is_kept_as_sent() {
        let text = r#"{"name":"x","execution":{"n":1.0},"inputSchema":{},"title":"T"}"#;
        let tool = read(text).expect("a tool");
        assert_eq!(tool.definition.get(), text);
        assert_eq!(tool.title.as_deref(), Some("T"));
    }

    #[test]
    fn bad_definitions_say_what_is_wrong() {
        for (text, reason) in [
            ("7", "not an object"),
            (r#"{"inputSchema":{}}"#, "no name"),
            (r#"{"name":"","inputSchema":{}}"#, "unusable name"),
            (r#"{"name":"x"}"#, "no `inputSchema`"),
            (r#"{"name":"x","inputSchema":true}"#, "not an object"),
        ] {
            assert!(read(text).expect_err(text).contains(reason), "{text}");
        }
    }

    #[test]
    fn hints_of_the_wrong_type_are_no_hints() {
        let effect_of = |annotations: &str| {
            let text = format!(r#"{{"name":"x","inputSchema":{{}},"annotations":{annotations}}}"#);
            read(&text).expect("a tool").effect
        };
        assert_eq!(effect_of(r#"{"readOnlyHint":true}"#), Effect::Read);
        assert_eq!(effect_of(r#"{"readOnlyHint":"yes"}"#), Effect::Write);
        assert_eq!(
            effect_of(r#"{"destructiveHint":true}"#),
            Effect::Destructive
        );
        assert_eq!(
            effect_of(r#"{"readOnlyHint":false,"destructiveHint":false}"#),
            Effect::Write
        );
        assert_eq!(
            effect_of(r#"{"readOnlyHint":true,"destructiveHint":true}"#),
            Effect::Destructive
        );
        assert_eq!(effect_of("null"), Effect::Write);
    }

    #[test]
    fn twins_and_rubbish_are_left_out() {
        let mut collected = Collected::default();
        let raws = |text: &str| serde_json::from_str::<Vec<Raw>>(text).expect("JSON");
        collected.add_all(raws(
            r#"[{"name":"a","inputSchema":{}},{"name":"a","inputSchema":{}},null]"#,
        ));
        assert_eq!(collected.listing.tools.len(), 1);
        assert_eq!(
            collected.listing.rejected,
            ["`a` is defined twice", "a definition is not an object"]
        );
    }
}

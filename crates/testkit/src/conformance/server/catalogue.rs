//! What the server offers: definitions with a script each, as written in `catalogue.json`.

use std::collections::BTreeMap;
use std::sync::Arc;

use rmcp::model::{ClientCapabilities, Prompt, Resource, ResourceTemplate, Tool};
use serde::Deserialize;
use serde_json::{Value, json};

/// Everything the server offers.
#[derive(Deserialize)]
pub(super) struct Catalogue {
    pub(super) tools: Vec<Entry<Tool>>,
    pub(super) prompts: Vec<Entry<Prompt>>,
    pub(super) resources: Vec<Entry<Resource>>,
    pub(super) templates: Vec<Entry<ResourceTemplate>>,
    /// Proposals by the argument's name.
    pub(super) completions: BTreeMap<String, Vec<String>>,
}

/// A tool, prompt or resource, and what happens when it is used.
#[derive(Deserialize)]
pub(super) struct Entry<Definition> {
    #[serde(flatten)]
    pub(super) definition: Definition,
    #[serde(flatten)]
    pub(super) script: Arc<Script>,
}

/// Steps and the result they lead to; both may hold placeholders.
#[derive(Deserialize)]
pub(super) struct Script {
    #[serde(default)]
    pub(super) steps: Vec<Step>,
    #[serde(default)]
    pub(super) result: Value,
    /// Whether the answers of earlier rounds come back in a sealed `requestState`.
    #[serde(default)]
    pub(super) sealed: bool,
}

/// One thing that a script does.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Step {
    /// Logs a message at level `info`.
    Log(String),
    /// Reports progress, if the client gave a token; the parameters without the token.
    Progress(Value),
    /// Waits for so many seconds: a number or a placeholder.
    Pause(Value),
    /// Asks the client, by key; refuses the call of a client that does not offer what it takes.
    Ask(BTreeMap<String, Value>),
    /// Asks the client only what it offers to answer.
    AskIfOffered(BTreeMap<String, Value>),
    /// Refuses the call of a client without these capabilities.
    Require(ClientCapabilities),
    /// Goes on as a task if the client knows tasks.
    Detach(Support),
    /// Tells listeners that a list changed.
    Changed(List),
    /// Tells subscribers that the resource of this URI changed.
    Updated(String),
    /// Ends the call with an internal error.
    Fail(String),
}

/// Whether something works only as a task.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(super) enum Support {
    Optional,
    Required,
}

/// A list of definitions that clients may hold.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum List {
    Tools,
    Prompts,
    Resources,
}

impl Catalogue {
    /// Reads the catalogue that is part of this program.
    pub(super) fn load() -> anyhow::Result<Self> {
        let mut catalogue: Value = serde_json::from_str(include_str!("catalogue.json"))?;
        for tool in catalogue["tools"].as_array_mut().into_iter().flatten() {
            if tool["inputSchema"].is_null() {
                tool["inputSchema"] = json!({"type": "object", "properties": {}});
            }
        }
        Ok(serde_json::from_value(catalogue)?)
    }

    /// The tool of this name.
    pub(super) fn tool(&self, name: &str) -> Option<&Entry<Tool>> {
        self.tools.iter().find(|tool| tool.definition.name == name)
    }

    /// The prompt of this name.
    pub(super) fn prompt(&self, name: &str) -> Option<&Entry<Prompt>> {
        let mut prompts = self.prompts.iter();
        prompts.find(|prompt| prompt.definition.name == name)
    }

    /// The script that reads the resource of this URI, and what its placeholders mean.
    pub(super) fn resource(&self, uri: &str) -> Option<(&Arc<Script>, Value)> {
        let mut resources = self.resources.iter();
        if let Some(found) = resources.find(|resource| resource.definition.uri == uri) {
            return Some((&found.script, json!({"uri": uri})));
        }
        self.templates.iter().find_map(|template| {
            let (name, value) = variable(&template.definition.uri_template, uri)?;
            Some((&template.script, json!({"uri": uri, name: value})))
        })
    }
}

impl Script {
    /// Whether the script cannot run for a client that does not know tasks.
    pub(super) fn needs_tasks(&self) -> bool {
        let mut steps = self.steps.iter();
        steps.any(|step| matches!(step, Step::Detach(Support::Required)))
    }
}

/// The one variable of a URI template, and what it is in this URI.
fn variable<'a>(template: &'a str, uri: &'a str) -> Option<(&'a str, &'a str)> {
    let (before, rest) = template.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    let value = uri.strip_prefix(before)?.strip_suffix(after)?;
    (!value.is_empty() && !value.contains('/')).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_readable_and_names_are_unique() {
        let catalogue = Catalogue::load().expect("a readable catalogue");
        let mut names: Vec<_> = catalogue
            .tools
            .iter()
            .map(|tool| tool.definition.name.as_ref())
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(catalogue.tools.iter().all(|tool| {
            let ends_in_failure = matches!(tool.script.steps.last(), Some(Step::Fail(_)));
            tool.script.result.is_object() != ends_in_failure
        }));
    }

    #[test]
    fn a_keyword_of_a_schema_is_not_lost() {
        let catalogue = Catalogue::load().expect("a readable catalogue");
        let tool = catalogue.tool("json_schema_2020_12_tool").expect("listed");
        assert!(tool.definition.input_schema.contains_key("$schema"));
        assert_eq!(
            tool.definition.input_schema["$defs"]["address"]["$anchor"],
            "addressDef"
        );
    }

    #[test]
    fn a_template_reads_what_matches_it() {
        let catalogue = Catalogue::load().expect("a readable catalogue");
        let (_, values) = catalogue
            .resource("test://template/7/data")
            .expect("it matches");
        assert_eq!(values["id"], "7");
        for other in [
            "test://template//data",
            "test://template/7/8/data",
            "test://x",
        ] {
            assert!(catalogue.resource(other).is_none(), "{other}");
        }
    }
}

//! Every text of a definition that may reach a model, with its place.

use std::borrow::Cow;

use model::DefinitionKind;
use serde_json::{Map, Value};

/// Bytes of text of one definition that are looked at.
pub(crate) const LIMIT: usize = 256 * 1024;

/// Members whose values only say how other values are formed.
const FORMAL: [&str; 10] = [
    "$id",
    "$ref",
    "$schema",
    "contentEncoding",
    "contentMediaType",
    "format",
    "mimeType",
    "pattern",
    "required",
    "type",
];

/// Members that the specifications of MCP and JSON schema know; any other name is a text too.
const KNOWN: [&str; 44] = [
    "$comment",
    "$defs",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "annotations",
    "anyOf",
    "arguments",
    "audience",
    "const",
    "contains",
    "default",
    "definitions",
    "deprecated",
    "description",
    "destructiveHint",
    "else",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "idempotentHint",
    "if",
    "inputSchema",
    "items",
    "maximum",
    "minLength",
    "minimum",
    "name",
    "not",
    "oneOf",
    "openWorldHint",
    "outputSchema",
    "patternProperties",
    "prefixItems",
    "priority",
    "properties",
    "propertyNames",
    "readOnly",
    "readOnlyHint",
    "then",
    "title",
    "uri",
    "uriTemplate",
];

/// What a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The name of the definition.
    Name,
    /// The name of a parameter or of a member that nobody has heard of.
    Parameter,
    /// Words.
    Prose,
    /// A word of a schema language.
    Formal,
}

/// A text and its place.
#[derive(Debug)]
pub(crate) struct Passage<'a> {
    /// For example `inputSchema.properties.path.description`.
    pub(crate) place: String,
    /// The text, cut where the definition's share is used up.
    pub(crate) text: Cow<'a, str>,
    /// What it is for.
    pub(crate) role: Role,
}

/// All texts of a definition.
#[derive(Debug, Default)]
pub(crate) struct Surface<'a> {
    /// In the order of the definition.
    pub(crate) passages: Vec<Passage<'a>>,
    /// The place at which text was left out because there is too much of it.
    pub(crate) cut: Option<String>,
    used: usize,
}

impl<'a> Surface<'a> {
    /// Collects the texts of what is pinned of a definition.
    pub(crate) fn of(kind: DefinitionKind, pinned: &'a Value) -> Self {
        let mut surface = Self::default();
        match pinned {
            Value::String(text) if kind == DefinitionKind::Instructions => {
                surface.add("instructions", text, Role::Prose);
            }
            other => surface.walk(&mut String::new(), "", other),
        }
        surface
    }

    /// Collects the texts of any other JSON.
    pub(crate) fn of_content(place: &str, content: &'a Value) -> Self {
        let mut surface = Self::default();
        surface.walk(&mut place.to_owned(), "", content);
        surface
    }

    fn walk(&mut self, place: &mut String, member: &str, value: &'a Value) {
        match value {
            Value::String(text) => self.add(place, text, role(place, member)),
            Value::Array(items) => {
                for (position, item) in items.iter().enumerate() {
                    self.below(place, &position.to_string(), (member, item));
                }
            }
            Value::Object(members) => self.members(place, member, members),
            _ => {}
        }
    }

    fn members(&mut self, place: &mut String, member: &str, members: &'a Map<String, Value>) {
        let names_things = matches!(
            member,
            "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas"
        );
        for (name, value) in members {
            let is_known = !names_things && is_known(name);
            if !is_known {
                self.add(place, name, Role::Parameter);
            }
            // A thing's name is no keyword, whatever it is.
            let keyword = if names_things { "" } else { name.as_str() };
            self.below(place, name, (keyword, value));
        }
    }

    fn below(&mut self, place: &mut String, step: &str, (member, value): (&str, &'a Value)) {
        let length = place.len();
        if length > 0 {
            place.push('.');
        }
        // A place is for reading; names can be as long as a text.
        place.extend(step.chars().take(64));
        self.walk(place, member, value);
        place.truncate(length);
    }

    fn add(&mut self, place: &str, text: &'a str, role: Role) {
        let room = LIMIT - self.used;
        let kept = &text[..text.floor_char_boundary(room)];
        if kept.len() < text.len() && self.cut.is_none() {
            self.cut = Some(place.to_owned());
        }
        self.used += kept.len();
        if !kept.is_empty() {
            self.passages.push(Passage {
                place: place.to_owned(),
                text: Cow::Borrowed(kept),
                role,
            });
        }
    }
}

fn is_known(name: &str) -> bool {
    KNOWN.binary_search(&name).is_ok() || FORMAL.binary_search(&name).is_ok()
}

fn role(place: &str, member: &str) -> Role {
    match member {
        "name" | "uri" | "uriTemplate" if !place.contains('.') => Role::Name,
        "name" => Role::Parameter,
        _ if FORMAL.binary_search(&member).is_ok() => Role::Formal,
        _ => Role::Prose,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn collected(kind: DefinitionKind, definition: &Value) -> Vec<(String, String, Role)> {
        let surface = Surface::of(kind, definition);
        let passages = surface.passages.into_iter();
        passages
            .map(|passage| (passage.place, passage.text.into_owned(), passage.role))
            .collect()
    }

    fn entry(place: &str, text: &str, role: Role) -> (String, String, Role) {
        (place.to_owned(), text.to_owned(), role)
    }

    #[test]
    fn the_lists_of_names_are_sorted() {
        assert!(KNOWN.is_sorted(), "looked up by halving");
        assert!(FORMAL.is_sorted());
    }

    #[test]
    fn every_text_of_a_tool_is_collected() {
        let tool = json!({
            "name": "paint",
            "title": "Paint",
            "inputSchema": {
                "type": "object",
                "properties": {
                    "colour": {"type": "string", "enum": ["red"], "default": "red"},
                },
                "required": ["colour"],
            },
            "annotations": {"title": "Painter"},
            "unheard_of": "words",
        });
        let colour = "inputSchema.properties.colour";
        let expected = [
            entry("name", "paint", Role::Name),
            entry("title", "Paint", Role::Prose),
            entry("inputSchema.type", "object", Role::Formal),
            entry("inputSchema.properties", "colour", Role::Parameter),
            entry(&format!("{colour}.type"), "string", Role::Formal),
            entry(&format!("{colour}.enum.0"), "red", Role::Prose),
            entry(&format!("{colour}.default"), "red", Role::Prose),
            entry("inputSchema.required.0", "colour", Role::Formal),
            entry("annotations.title", "Painter", Role::Prose),
            entry("", "unheard_of", Role::Parameter),
            entry("unheard_of", "words", Role::Prose),
        ];
        assert_eq!(collected(DefinitionKind::Tool, &tool), expected);
    }

    #[test]
    fn arguments_of_prompts_and_instructions_are_collected() {
        let prompt =
            json!({"name": "plan", "arguments": [{"name": "goal", "description": "what"}]});
        let expected = [
            entry("name", "plan", Role::Name),
            entry("arguments.0.name", "goal", Role::Parameter),
            entry("arguments.0.description", "what", Role::Prose),
        ];
        assert_eq!(collected(DefinitionKind::Prompt, &prompt), expected);
        let expected = [entry("instructions", "Be brief.", Role::Prose)];
        let instructions = json!("Be brief.");
        assert_eq!(
            collected(DefinitionKind::Instructions, &instructions),
            expected
        );
    }

    #[test]
    fn a_parameter_with_the_name_of_a_keyword_is_a_parameter() {
        let tool = json!({"inputSchema": {"properties": {"type": {"description": "which"}}}});
        let expected = [
            entry("inputSchema.properties", "type", Role::Parameter),
            entry(
                "inputSchema.properties.type.description",
                "which",
                Role::Prose,
            ),
        ];
        assert_eq!(collected(DefinitionKind::Tool, &tool), expected);
    }

    #[test]
    fn too_much_text_is_cut_and_said() {
        let tool = json!({"description": "\u{e9}".repeat(LIMIT), "title": "behind it"});
        let surface = Surface::of(DefinitionKind::Tool, &tool);
        assert_eq!(surface.cut.as_deref(), Some("description"));
        let all: usize = surface
            .passages
            .iter()
            .map(|passage| passage.text.len())
            .sum();
        assert_eq!(all, LIMIT);
    }
}

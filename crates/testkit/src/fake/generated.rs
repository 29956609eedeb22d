//! Generated tools: plausible, distinct, and the same for the same seed.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

const VERBS: &[&str] = &[
    "create",
    "list",
    "get",
    "update",
    "delete",
    "search",
    "export",
    "import",
    "archive",
    "restore",
    "approve",
    "assign",
    "merge",
    "compare",
    "validate",
    "schedule",
    "publish",
    "clone",
    "rename",
    "summarize",
];

const NOUNS: &[(&str, &str)] = &[
    ("invoice", "billing"),
    ("issue", "project tracking"),
    ("branch", "source control"),
    ("deployment", "operations"),
    ("calendar_event", "scheduling"),
    ("contact", "customer relations"),
    ("dashboard", "monitoring"),
    ("playlist", "media"),
    ("warehouse_item", "logistics"),
    ("support_ticket", "customer support"),
    ("database_table", "data storage"),
    ("spreadsheet_row", "office documents"),
    ("webhook", "integration"),
    ("certificate", "security"),
    ("feature_flag", "release control"),
    ("survey", "research"),
    ("flight", "travel"),
    ("recipe", "cooking"),
    ("sensor_reading", "home automation"),
    ("translation", "localisation"),
    ("container_image", "packaging"),
    ("purchase_order", "procurement"),
    ("chat_channel", "messaging"),
    ("map_route", "navigation"),
    ("lab_sample", "science"),
];

const PARAMETERS: &[(&str, &str, &str)] = &[
    (
        "identifier",
        "string",
        "The identifier of the object, as an earlier call returned it.",
    ),
    (
        "query",
        "string",
        "Words that must appear in the title or the body; case does not matter.",
    ),
    (
        "limit",
        "integer",
        "The most results to return, between 1 and 200; 50 when left out.",
    ),
    (
        "since",
        "string",
        "Only consider changes after this moment, in RFC 3339 notation.",
    ),
    (
        "include_archived",
        "boolean",
        "Whether archived objects are taken into account as well.",
    ),
    (
        "workspace",
        "string",
        "The workspace in which to work; the default one when left out.",
    ),
    (
        "labels",
        "array",
        "Labels that the object must carry, all of them at the same time.",
    ),
    (
        "priority",
        "number",
        "How urgent it is, from 0 (can wait) up to 10 (drop everything).",
    ),
    (
        "format",
        "string",
        "The format of the answer: `json`, `csv` or `markdown`.",
    ),
    (
        "dry_run",
        "boolean",
        "Check everything and report, without changing anything at all.",
    ),
];

/// A small generator of pseudo-random numbers (SplitMix64): the tests need the same words
/// everywhere, not good randomness.
struct Words(u64);

impl Words {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let mixed = mixed ^ (mixed >> 31);
        usize::try_from(mixed % below as u64).unwrap_or(0)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.next(from.len())]
    }
}

/// Generates `count` tools with distinct names and schemas of 400 to 800 bytes.
pub fn generated_tools(count: usize, seed: u64) -> Vec<Value> {
    let mut words = Words(seed);
    let mut names = BTreeSet::new();
    let mut tools = Vec::with_capacity(count);
    while tools.len() < count {
        let verb = words.pick(VERBS);
        let (noun, field) = words.pick(NOUNS);
        let mut name = format!("{verb}_{noun}");
        if !names.insert(name.clone()) {
            name = format!("{verb}_{noun}_{}", names.len());
            names.insert(name.clone());
        }
        tools.push(tool(&name, &describe(verb, noun, field), &mut words));
    }
    tools
}

fn describe(verb: &str, noun: &str, field: &str) -> String {
    let noun = noun.replace('_', " ");
    let verb = verb[..1].to_uppercase() + &verb[1..];
    format!("{verb} a {noun} in the {field} system and return what is known about it afterwards.")
}

fn tool(name: &str, description: &str, words: &mut Words) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for _ in 0..3 {
        let (name, kind, description) = words.pick(PARAMETERS);
        let mut schema = json!({"type": kind, "description": description});
        if kind == "array" {
            schema["items"] = json!({"type": "string"});
        }
        if required.is_empty() {
            required.push(name);
        }
        properties.insert(name.to_owned(), schema);
    }
    json!({
        "name": name,
        "description": description,
        "inputSchema": {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false
        },
        "annotations": {"readOnlyHint": name.starts_with("list") || name.starts_with("get")}
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_tools() {
        assert_eq!(generated_tools(20, 7), generated_tools(20, 7));
        assert_ne!(generated_tools(20, 7), generated_tools(20, 8));
    }

    #[test]
    fn names_are_distinct_even_when_the_words_run_out() {
        let tools = generated_tools(700, 3);
        let names: BTreeSet<_> = tools.iter().map(|tool| tool["name"].to_string()).collect();
        assert_eq!(names.len(), 700);
    }

    #[test]
    fn definitions_have_a_plausible_size() {
        let tools = generated_tools(200, 5);
        let bytes: usize = tools.iter().map(|tool| tool.to_string().len()).sum();
        let mean = bytes / tools.len();
        assert!((400..=800).contains(&mean), "{mean} bytes on average");
    }
}

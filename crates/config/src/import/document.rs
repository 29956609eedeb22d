//! Configurations of other clients: JSON with comments, and the TOML of Codex.

use jsonc_parser::{CollectOptions, parse_to_ast};
use serde_json::{Map, Value};

use super::{Found, ImportError, entry};

/// Where the clients keep their servers, by name.
const SECTIONS: [&str; 8] = [
    "mcpServers",
    "/mcp/servers",
    "servers",
    "context_servers",
    "mcp_servers",
    "amp.mcpServers",
    "extensions",
    "mcp",
];

/// How VS Code and its kin write a value that they ask their user for.
const INPUT: &str = "${input:";

/// Whether the text opens like JSON, or like a piece cut out of it.
pub(super) fn looks_like_json(text: &str) -> bool {
    text.starts_with(['{', '[']) && !looks_like_toml(text)
        || text.starts_with("//")
        || text.starts_with("/*")
        || is_cut_out(text)
}

/// `"name": { … }`, as documents show it.
fn is_cut_out(text: &str) -> bool {
    let name = text.strip_prefix('"').and_then(|rest| rest.split_once('"'));
    name.is_some_and(|(_, rest)| rest.trim_start().starts_with(':'))
}

/// Whether the text has a table of TOML, or the first line of one.
pub(super) fn looks_like_toml(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim();
        line.starts_with("[mcp_servers") || line.starts_with("[[") || line.starts_with("[mcp.")
    })
}

/// Whether the text has a mapping that only YAML writes so.
pub(super) fn looks_like_yaml(text: &str) -> bool {
    let heads = ["mcpServers:", "servers:", "extensions:", "mcp:"];
    text.lines().any(|line| heads.contains(&line.trim_end()))
        || text
            .lines()
            .filter(|line| line.trim_start().starts_with("- "))
            .count()
            > 1
}

/// The servers of a JSON text.
pub(super) fn json(text: &str) -> Result<Vec<Found>, ImportError> {
    let cut_out = is_cut_out(text).then(|| format!("{{{}}}", text.trim_end_matches(',')));
    let text = cut_out.as_deref().unwrap_or(text);
    let read = parse_to_ast(text, &CollectOptions::default(), &crate::parse::syntax());
    let read = read.map_err(|error| ImportError::Damaged {
        what: "JSON",
        reason: error.to_string().trim_end_matches('.').to_owned(),
    })?;
    Ok(servers(&read.value.map(Value::from).unwrap_or_default()))
}

/// The servers of a TOML text.
pub(super) fn toml(text: &str) -> Result<Vec<Found>, ImportError> {
    let read = toml::from_str::<Value>(text);
    let value = read.map_err(|error| ImportError::Damaged {
        what: "TOML",
        reason: error.message().trim_end_matches('.').to_owned(),
    })?;
    Ok(servers(&value))
}

/// The servers of a client's whole configuration, of a part of it, or of one entry.
fn servers(root: &Value) -> Vec<Found> {
    if entry::is_entry(root) {
        return one(None, root, root).into_iter().collect();
    }
    for section in SECTIONS {
        let inner = match section.strip_prefix('/') {
            Some(_) => root.pointer(section),
            None => root.get(section),
        };
        let found = inner.map(|inner| all(inner, root)).unwrap_or_default();
        if !found.is_empty() {
            // Other sections hold more than servers.
            let servers_only = inner.filter(|_| section.ends_with("ervers"));
            return with_broken(found, servers_only);
        }
    }
    all(root, root)
}

/// Adds what stands beside entries under a name but is none, as it is: why it cannot be used is
/// said where entries are checked.
fn with_broken(mut found: Vec<Found>, section: Option<&Value>) -> Vec<Found> {
    let section = section.and_then(Value::as_object);
    for (place, (name, value)) in section.into_iter().flatten().enumerate() {
        if let (false, Value::Object(object)) = (entry::is_entry(value), value) {
            let broken = Found {
                name: Some(name.clone()),
                entry: object.clone(),
                remarks: Vec::new(),
            };
            found.insert(place.min(found.len()), broken);
        }
    }
    found
}

/// The entries of an object by name, or of a list with names inside.
fn all(section: &Value, root: &Value) -> Vec<Found> {
    match section {
        Value::Object(object) => object
            .iter()
            .filter_map(|(name, value)| one(Some(name), value, root))
            .collect(),
        Value::Array(list) => list
            .iter()
            .filter_map(|value| one(None, value, root))
            .collect(),
        _ => Vec::new(),
    }
}

fn one(name: Option<&str>, value: &Value, root: &Value) -> Option<Found> {
    let (mut entry, mut remarks) = entry::normal(value)?;
    let inside = ["name", "id"].iter().find_map(|key| value[*key].as_str());
    ask(&mut entry, &inputs(value, root), &mut remarks);
    Some(Found {
        name: name.or(inside).map(str::to_owned),
        entry,
        remarks,
    })
}

/// What VS Code would ask its user for, by id.
fn inputs(entry: &Value, root: &Value) -> Map<String, Value> {
    let lists = [&entry["inputs"], &root["inputs"], &root["mcp"]["inputs"]];
    let inputs = lists.into_iter().filter_map(Value::as_array).flatten();
    inputs
        .filter_map(|input| Some((input["id"].as_str()?.to_owned(), input.clone())))
        .collect()
}

/// Puts variables in the place of what another client would ask for, and says so.
fn ask(entry: &mut Map<String, Value>, inputs: &Map<String, Value>, remarks: &mut Vec<String>) {
    for value in entry.values_mut() {
        match value {
            Value::String(text) => replace(text, inputs, remarks),
            Value::Array(list) => {
                for value in list {
                    if let Value::String(text) = value {
                        replace(text, inputs, remarks);
                    }
                }
            }
            Value::Object(object) => ask(object, inputs, remarks),
            _ => {}
        }
    }
}

fn replace(text: &mut String, inputs: &Map<String, Value>, remarks: &mut Vec<String>) {
    while let Some(at) = text.find(INPUT) {
        let rest = &text[at + INPUT.len()..];
        let Some(length) = rest.find('}') else { return };
        let id = rest[..length].to_owned();
        let variable = variable(&id);
        let known = inputs.get(&id);
        let meaning = known.and_then(|input| input["description"].as_str());
        let meaning = meaning.map(|text| format!(" ({text})")).unwrap_or_default();
        let end = at + INPUT.len() + length + 1;
        text.replace_range(at..end, &format!("${{env:{variable}}}"));
        let remark = format!(
            "It wants a value for `{id}`{meaning}: set the variable `{variable}`, or write the \
             value in its place."
        );
        if !remarks.contains(&remark) {
            remarks.push(remark);
        }
    }
}

/// A variable's name from an input's id.
fn variable(id: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric();
    let name: String = id
        .chars()
        .map(|c| if fits(c) { c.to_ascii_uppercase() } else { '_' })
        .collect();
    let bare = name.trim_matches('_');
    match bare.chars().next() {
        None => "VALUE".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("VALUE_{bare}"),
        Some(_) => bare.to_owned(),
    }
}

//! An entry of any client, in our own shape.

use serde_json::{Map, Value};

use super::line;

/// What other clients call the address.
const URLS: [&str; 4] = ["url", "serverUrl", "httpUrl", "uri"];
/// What other clients call the variables.
const ENVS: [&str; 3] = ["env", "environment", "envs"];
/// What other clients call the headers.
const HEADERS: [&str; 2] = ["headers", "http_headers"];
/// Words for transports that say what the other keys say already.
const IMPLIED: [&str; 4] = ["stdio", "local", "remote", "custom"];

/// Whether an object describes a server.
pub(super) fn is_entry(value: &Value) -> bool {
    let says = |key: &str| value.get(key).is_some_and(|value| !value.is_null());
    let has_url = URLS.iter().any(|key| value[*key].is_string());
    let command = &value["command"];
    let has_command = command.is_string()
        || command.is_array()
        || command["path"].is_string()
        || value["cmd"].is_string();
    has_url || has_command || (says("requestOptions") && says("type"))
}

/// The entry in our own shape, with what a person should be told about the change; `None` if the
/// value describes no server. What is not understood here is left out.
pub(super) fn normal(value: &Value) -> Option<(Map<String, Value>, Vec<String>)> {
    if !is_entry(value) {
        return None;
    }
    let mut entry = Map::new();
    let mut remarks = Vec::new();
    command_of(value, &mut entry);
    if let Some(url) = URLS.iter().find_map(|key| value[*key].as_str()) {
        entry.insert("url".to_owned(), variable(url).into());
    }
    if let Some(kind) = kind(value, entry.contains_key("url")) {
        entry.insert("type".to_owned(), kind.into());
    }
    let mut headers = texts(value, &HEADERS).unwrap_or_default();
    if let Some(more) = texts(&value["requestOptions"], &HEADERS) {
        headers.extend(more);
    }
    headers.extend(codex_headers(value));
    merge(&mut entry, "headers", headers);
    if let Some(cwd) = value["cwd"].as_str() {
        entry.insert("cwd".to_owned(), variable(cwd).into());
    }
    if value["oauth"]
        .as_object()
        .is_some_and(|oauth| !oauth.is_empty())
    {
        entry.insert("oauth".to_owned(), value["oauth"].clone());
    }
    if value["envFile"].is_string() {
        remarks.push("The file named by \"envFile\" is not read; set its variables.".to_owned());
    }
    Some((entry, remarks))
}

/// `command` and `args` from a text, a list, a whole command line, or Zed's object.
fn command_of(value: &Value, entry: &mut Map<String, Value>) {
    let command = match &value["command"] {
        Value::Null => &value["cmd"],
        Value::Object(inner) => return command_of(&nested(inner), entry),
        command => command,
    };
    let (program, mut args) = match command {
        Value::String(text) => (Some(variable(text)), Vec::new()),
        Value::Array(words) => {
            let mut words = words.iter().filter_map(Value::as_str).map(variable);
            (words.next(), words.collect())
        }
        _ => return,
    };
    let Some(mut program) = program else { return };
    match &value["args"] {
        Value::Array(more) => args.extend(more.iter().map(word)),
        Value::String(line) => args.extend(line::words(line).unwrap_or_default()),
        _ => {}
    }
    if args.is_empty()
        && is_line(&program)
        && let Ok(words) = line::words(&program)
        && let Some((first, rest)) = words.split_first()
    {
        (program, args) = (first.clone(), rest.to_vec());
    }
    entry.insert("command".to_owned(), program.into());
    if !args.is_empty() {
        entry.insert("args".to_owned(), args.into());
    }
    if let Some(env) = texts(value, &ENVS) {
        merge(entry, "env", env);
    }
}

fn nested(inner: &Map<String, Value>) -> Value {
    let mut entry = inner.clone();
    if let Some(path) = entry.remove("path") {
        entry.insert("command".to_owned(), path);
    }
    // An object inside of the object would lead here again.
    if entry.get("command").is_some_and(Value::is_object) {
        entry.remove("command");
    }
    entry.into()
}

/// `npx -y thing`, but neither a path with spaces nor a lone program.
fn is_line(program: &str) -> bool {
    let mut words = program.split_whitespace();
    let first = words.next().unwrap_or_default();
    words.next().is_some() && !first.contains(['/', '\\'])
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => variable(text),
        other => other.to_string(),
    }
}

/// The transport, where it has to be said.
fn kind(value: &Value, has_url: bool) -> Option<String> {
    if value["httpUrl"].is_string() {
        return Some("http".to_owned());
    }
    let said = value["type"].as_str().or(value["transport"].as_str())?;
    let plain = said.to_ascii_lowercase().replace(['-', '_'], "");
    match plain.as_str() {
        "streamablehttp" => Some("http".to_owned()),
        word if IMPLIED.contains(&word) => None,
        // A transport beside a command would only contradict it.
        _ if !has_url => None,
        _ => Some(said.to_owned()),
    }
}

/// Codex names the variables that hold headers and the bearer token.
fn codex_headers(value: &Value) -> Map<String, Value> {
    let mut headers = Map::new();
    let named = value["env_http_headers"].as_object();
    for (header, variable) in named.into_iter().flatten() {
        if let Some(variable) = variable.as_str() {
            headers.insert(header.clone(), format!("${{env:{variable}}}").into());
        }
    }
    if let Some(variable) = value["bearer_token_env_var"].as_str() {
        let bearer = format!("Bearer ${{env:{variable}}}");
        headers.insert("Authorization".to_owned(), bearer.into());
    }
    headers
}

/// An object of texts; numbers and switches become texts, anything else is no value.
fn texts(value: &Value, keys: &[&str]) -> Option<Map<String, Value>> {
    let object = keys.iter().find_map(|key| value[*key].as_object())?;
    let pairs = object.iter().filter_map(|(key, value)| match value {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => {
            Some((key.clone(), word(value).into()))
        }
        _ => None,
    });
    Some(pairs.collect())
}

fn merge(entry: &mut Map<String, Value>, key: &str, values: Map<String, Value>) {
    if values.is_empty() {
        return;
    }
    let place = entry.entry(key).or_insert_with(|| Map::new().into());
    if let Some(place) = place.as_object_mut() {
        place.extend(values);
    }
}

/// References in the words of other clients, in ours: `{env:NAME}`, and `$NAME` as a whole.
pub(super) fn variable(text: &str) -> String {
    let is_name = |name: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !name.is_empty()
            && name.chars().all(fits)
            && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    if let Some(name) = text.strip_prefix('$')
        && is_name(name)
    {
        return format!("${{env:{name}}}");
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("{env:") {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        if !before.ends_with('$') {
            out.push('$');
        }
        out.push_str("{env:");
        rest = &after["{env:".len()..];
    }
    out + rest
}

//! Command lines, as documents give them for a shell.

use serde_json::{Map, Value};

use super::{Found, ImportError, document, entry};

/// Options of `mcp add` commands that take a value, and what is done with it.
const OPTIONS: [(&str, Meaning); 12] = [
    ("-e", Meaning::Variable),
    ("--env", Meaning::Variable),
    ("-H", Meaning::Header),
    ("--header", Meaning::Header),
    ("-t", Meaning::Transport),
    ("--transport", Meaning::Transport),
    ("--url", Meaning::Url),
    ("--bearer-token-env-var", Meaning::Bearer),
    ("-s", Meaning::Nothing),
    ("--scope", Meaning::Nothing),
    ("--timeout", Meaning::Nothing),
    ("--description", Meaning::Nothing),
];

#[derive(Clone, Copy)]
enum Meaning {
    Variable,
    Header,
    Transport,
    Url,
    Bearer,
    Nothing,
}

/// The server that a command line starts, or that it tells another client to add.
pub(super) fn read(text: &str) -> Result<Vec<Found>, ImportError> {
    let words = words(text)?;
    if let Some(found) = for_a_client(&words) {
        return found;
    }
    // A sentence is no command: a program's name is not followed by prose.
    let (entry, remarks) = command(words)?;
    Ok(vec![Found {
        name: None,
        entry,
        remarks,
    }])
}

/// The words of a command, as a shell would make them; references stay as they are.
pub(super) fn words(text: &str) -> Result<Vec<String>, ImportError> {
    let damaged = |reason: &str| ImportError::Damaged {
        what: "a command line",
        reason: reason.to_owned(),
    };
    let joined = joined(text);
    if joined.contains('\n') {
        return Err(damaged("it has several lines; paste one command"));
    }
    // In a path of Windows the backslash does not quote.
    let is_windows = joined.contains(":\\");
    let readable = if is_windows {
        joined.replace('\\', "\\\\")
    } else {
        joined
    };
    let words = shlex::split(&readable).ok_or_else(|| damaged("a quotation mark is not closed"))?;
    let operator = |word: &&String| {
        matches!(
            word.as_str(),
            "|" | "||" | "&&" | ";" | "&" | ">" | "<" | ">>"
        ) || word.ends_with(';')
    };
    if let Some(operator) = words.iter().find(operator) {
        let reason = format!(
            "`{operator}` needs a shell, and servers are started without one; paste the command \
             that starts the server alone"
        );
        return Err(damaged(&reason));
    }
    Ok(words.iter().map(|word| entry::variable(word)).collect())
}

/// One line of what was broken for display, without the prompt.
fn joined(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let text = ["\\\n", "`\n", "^\n"]
        .iter()
        .fold(text, |text, end| text.replace(end, " "));
    let line = text.trim();
    let bare = ["$ ", "> ", "% "]
        .iter()
        .find_map(|prompt| line.strip_prefix(prompt));
    bare.unwrap_or(line).trim().to_owned()
}

/// An entry from the words of a command, variables before it included.
pub(super) fn command(
    words: Vec<String>,
) -> Result<(Map<String, Value>, Vec<String>), ImportError> {
    let mut words = words.into_iter().peekable();
    let mut env = Map::new();
    words.next_if(|word| word == "env");
    while let Some((name, value)) = words.peek().and_then(|word| assignment(word)) {
        env.insert(name.to_owned(), value.into());
        words.next();
    }
    let program = words.next().ok_or(ImportError::NoServers)?;
    if !is_program(&program) {
        return Err(ImportError::NoServers);
    }
    let args: Vec<Value> = words.map(Value::from).collect();
    let mut entry = Map::from_iter([("command".to_owned(), program.into())]);
    if !args.is_empty() {
        entry.insert("args".to_owned(), args.into());
    }
    if !env.is_empty() {
        entry.insert("env".to_owned(), env.into());
    }
    Ok((entry, Vec::new()))
}

fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name = !name.is_empty()
        && name.chars().all(fits)
        && !name.starts_with(|c: char| c.is_ascii_digit());
    is_name.then_some((name, value))
}

/// Whether a shell would take the word for a program's name.
fn is_program(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with('-')
        && !word.contains([
            '<', '>', '{', '}', '(', ')', '[', ']', '"', '\'', ',', '!', '?',
        ])
        || word.starts_with("${")
}

/// What `claude mcp add …` and its likes would add.
fn for_a_client(words: &[String]) -> Option<Result<Vec<Found>, ImportError>> {
    let plain: Vec<&str> = words.iter().map(String::as_str).collect();
    match plain.as_slice() {
        [_, "--add-mcp", json, ..] => Some(document::json(json)),
        [_, "mcp", "add-json", rest @ ..] | ["mcp", "add-json", rest @ ..] => {
            Some(added_json(rest))
        }
        [_, "mcp", "add", rest @ ..]
        | ["mcp", "add", rest @ ..]
        | ["toolgate", "servers", "add", rest @ ..] => Some(added(rest)),
        _ => None,
    }
}

fn added_json(rest: &[&str]) -> Result<Vec<Found>, ImportError> {
    let mut positional = rest.iter().filter(|word| !word.starts_with('-'));
    let json = rest.iter().find(|word| word.trim_start().starts_with('{'));
    let (Some(name), Some(json)) = (positional.next(), json) else {
        return Err(ImportError::NoServers);
    };
    let mut found = document::json(json)?;
    for server in &mut found {
        server.name = Some((*name).to_owned());
    }
    Ok(found)
}

fn added(rest: &[&str]) -> Result<Vec<Found>, ImportError> {
    let (mut before, after) = match rest.iter().position(|word| *word == "--") {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let mut extra = Map::new();
    let mut positional = Vec::new();
    while let [word, tail @ ..] = before {
        before = tail;
        let (option, inline) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value)),
            _ => (*word, None),
        };
        if let Some((_, meaning)) = OPTIONS.iter().find(|(name, _)| *name == option) {
            let value = match (inline, before) {
                (Some(value), _) => value,
                (None, [value, tail @ ..]) => {
                    before = tail;
                    value
                }
                (None, []) => break,
            };
            note(&mut extra, *meaning, value);
        } else if positional.len() < 2 && word.starts_with('-') {
            // A switch without a value.
        } else {
            positional.push(*word);
        }
    }
    let Some((name, target)) = positional.split_first() else {
        return Err(ImportError::NoServers);
    };
    let target = after.unwrap_or(target);
    merge(extra, name, target)
}

fn merge(
    mut extra: Map<String, Value>,
    name: &str,
    target: &[&str],
) -> Result<Vec<Found>, ImportError> {
    let mut remarks = Vec::new();
    if let [url] = target
        && url.contains("://")
    {
        extra.insert("url".to_owned(), (*url).into());
    } else if !target.is_empty() {
        let (mut entry, said) = command(target.iter().map(|&word| word.to_owned()).collect())?;
        if let (Some(Value::Object(more)), Some(env)) = (entry.remove("env"), extra.get_mut("env"))
        {
            env.as_object_mut()
                .into_iter()
                .for_each(|env| env.extend(more.clone()));
        }
        extra.extend(entry);
        remarks = said;
    }
    let (entry, more) = entry::normal(&Value::Object(extra)).ok_or(ImportError::NoServers)?;
    remarks.extend(more);
    Ok(vec![Found {
        name: Some(name.to_owned()),
        entry,
        remarks,
    }])
}

fn note(extra: &mut Map<String, Value>, meaning: Meaning, value: &str) {
    let (place, key, text) = match meaning {
        Meaning::Variable => match value.split_once('=') {
            Some((name, value)) => ("env", name, value.to_owned()),
            None => return,
        },
        Meaning::Header => match value.split_once(':') {
            Some((name, value)) => ("headers", name, value.trim().to_owned()),
            None => return,
        },
        Meaning::Bearer => (
            "headers",
            "Authorization",
            format!("Bearer ${{env:{value}}}"),
        ),
        Meaning::Transport => {
            extra.insert("type".to_owned(), value.into());
            return;
        }
        Meaning::Url => {
            extra.insert("url".to_owned(), value.into());
            return;
        }
        Meaning::Nothing => return,
    };
    let map = extra.entry(place).or_insert_with(|| Map::new().into());
    if let Some(map) = map.as_object_mut() {
        map.insert(key.trim().to_owned(), text.into());
    }
}

//! A server's entry from the command line, or from what a client's documentation shows.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::exit::{Code, Failure};

/// Keys under which clients keep their servers.
const SECTIONS: [&str; 4] = ["mcpServers", "servers", "context_servers", "mcp"];

/// Keys that only a server's own entry has.
const ENTRY_KEYS: [&str; 4] = ["command", "url", "serverUrl", "httpUrl"];

/// One server to add.
#[derive(Debug, PartialEq)]
pub(super) struct Named {
    /// Its name, where the text gives one.
    pub(super) name: Option<String>,
    /// Its entry.
    pub(super) entry: Value,
}

/// The entry of a server that is reached by URL.
pub(super) fn remote(url: &str, headers: &BTreeMap<String, String>) -> Value {
    // The address of a WebSocket says so itself.
    let mut entry = if url.starts_with("ws:") || url.starts_with("wss:") {
        json!({"url": url})
    } else {
        json!({"type": "http", "url": url})
    };
    if !headers.is_empty() {
        entry["headers"] = json!(headers);
    }
    entry
}

/// The entry of a server that is started here. `command` has at least one element.
pub(super) fn stdio(command: &[String], env: &BTreeMap<String, String>) -> Value {
    let mut entry = json!({"command": command.first()});
    if command.len() > 1 {
        entry["args"] = json!(command[1..]);
    }
    if !env.is_empty() {
        entry["env"] = json!(env);
    }
    entry
}

/// Reads what people copy: an entry, a named entry, or a client's whole file with one server.
pub(super) fn pasted(text: &str) -> Result<Named, Failure> {
    let text = text.trim();
    // Documentation often shows the middle of a file: `"name": { … }`.
    let whole = if text.starts_with('"') {
        format!("{{{}}}", text.trim_end_matches(','))
    } else {
        text.to_owned()
    };
    let value: Value = serde_json::from_str(&whole)
        .map_err(|error| usage(&format!("The entry is not JSON: {error}.")))?;
    let Value::Object(mut object) = value else {
        return Err(usage("The entry is not a JSON object."));
    };
    for section in SECTIONS {
        if let Some(Value::Object(servers)) = object.remove(section) {
            return only_one(servers);
        }
    }
    if ENTRY_KEYS.iter().any(|key| object.contains_key(*key)) {
        return Ok(Named {
            name: None,
            entry: Value::Object(object),
        });
    }
    only_one(object)
}

fn only_one(servers: Map<String, Value>) -> Result<Named, Failure> {
    let mut servers = servers.into_iter();
    match (servers.next(), servers.next()) {
        (Some((name, entry)), None) if entry.is_object() => Ok(Named {
            name: Some(name),
            entry,
        }),
        (Some(_), Some(_)) => Err(usage("The text holds several servers; add one at a time.")),
        _ => Err(usage(
            "The text holds no server: it needs a `command` or a `url`.",
        )),
    }
}

fn usage(message: &str) -> Failure {
    let fix = r#"Give one entry, for example {"command": "npx", "args": ["-y", "package"]}."#;
    Failure::new(Code::Usage, message, fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Named {
        Named {
            name: Some(name.to_owned()),
            entry: json!({"command": "npx"}),
        }
    }

    #[test]
    fn everything_that_people_paste_is_understood() {
        let bare = pasted(r#" {"command": "npx"} "#).expect("an entry");
        assert_eq!(
            bare,
            Named {
                name: None,
                entry: json!({"command": "npx"})
            }
        );
        for text in [
            r#"{"mcpServers": {"a": {"command": "npx"}}}"#,
            r#"{"servers": {"a": {"command": "npx"}}, "inputs": []}"#,
            r#"{"a": {"command": "npx"}}"#,
            r#""a": {"command": "npx"},"#,
        ] {
            assert_eq!(pasted(text).expect(text), named("a"), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_an_example() {
        for text in [
            "nonsense",
            "[]",
            "{}",
            r#"{"a": 1}"#,
            r#"{"a": {}, "b": {}}"#,
        ] {
            let failure = pasted(text).expect_err(text);
            assert_eq!(failure.code, Code::Usage, "{text}");
            assert!(failure.fix.contains("npx"));
        }
    }

    #[test]
    fn options_become_the_shortest_entry() {
        let command = ["uvx".to_owned(), "x".to_owned()];
        assert_eq!(
            stdio(&command[..1], &BTreeMap::new()),
            json!({"command": "uvx"})
        );
        let env = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
        let expected = json!({"command": "uvx", "args": ["x"], "env": {"A": "1"}});
        assert_eq!(stdio(&command, &env), expected);
        let url = "https://example.com/mcp";
        assert_eq!(
            remote(url, &BTreeMap::new()),
            json!({"type": "http", "url": url})
        );
        assert_eq!(remote(url, &env)["headers"], json!({"A": "1"}));
        let url = "wss://example.com/mcp";
        assert_eq!(remote(url, &BTreeMap::new()), json!({"url": url}));
    }
}

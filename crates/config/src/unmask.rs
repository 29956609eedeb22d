//! From an entry as people are shown and edit it back to the entry that is meant.

use serde_json::{Map, Value};

use crate::edit::EditError;
use crate::launch::ServerConfig;
use crate::mask::MASK;
use crate::parse::SERVER_KEYS;

/// Keys that are shown with their defaults where an entry does not have them.
const DEFAULTED: [&str; 3] = ["disabled", "startTimeout", "callTimeout"];

/// What a URL shows in place of its query.
const QUERY_MASK: &str = "?…";

/// The entry meant by `wanted`, an edited [`ServerConfig::masked_entry`] of `config`, which stands
/// in the file as `written`.
///
/// What is still as it was shown stays as it is written. A masked value that stands elsewhere than
/// before, or with changes of its own, is an error, because nobody can tell what it hides.
pub fn unmask(written: &Value, config: &ServerConfig, wanted: &Value) -> Result<Value, EditError> {
    let (shown, plain) = (config.masked_entry(), config.written_entry());
    let (Some(written), Some(wanted)) = (written.as_object(), wanted.as_object()) else {
        return Ok(wanted.clone());
    };
    let mut entry = Map::new();
    for (key, value) in wanted {
        let unchanged = shown.get(key) == Some(value);
        let meant = match written.get(key) {
            Some(written) if unchanged => Some(written.clone()),
            None if unchanged && says_nothing(key, value) => None,
            _ => Some(restore(value, shown.get(key), plain.get(key), key)?),
        };
        if let Some(meant) = meant {
            entry.insert(key.clone(), meant);
        }
    }
    // What other clients keep in the entry is not shown, and not to be lost.
    for (key, value) in written {
        if !SERVER_KEYS.contains(&key.as_str()) && !wanted.contains_key(key) {
            entry.insert(key.clone(), value.clone());
        }
    }
    Ok(Value::Object(entry))
}

/// Whether a key that the file does not have is shown only for completeness.
fn says_nothing(key: &str, value: &Value) -> bool {
    let is_empty = match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    // A file may say in another way that a server is switched off.
    is_empty || (DEFAULTED.contains(&key) && *value != Value::Bool(true))
}

/// A value with what is masked in it put back.
fn restore(
    value: &Value,
    shown: Option<&Value>,
    plain: Option<&Value>,
    path: &str,
) -> Result<Value, EditError> {
    if let (Some(shown), Some(plain)) = (shown, plain)
        && shown == value
    {
        return Ok(plain.clone());
    }
    match value {
        Value::String(text) if is_masked(text) => Err(hidden(path)),
        Value::Array(items) => {
            let (shown, plain) = (list(shown), list(plain));
            let item = |at| restore_item(items, at, (shown, plain), path);
            (0..items.len()).map(item).collect()
        }
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| {
                let (shown, plain) = (at(shown, key), at(plain, key));
                let restored = restore(value, shown, plain, &format!("{path}.{key}"));
                restored.map(|value| (key.clone(), value))
            };
            fields.iter().map(field).collect()
        }
        other => Ok(other.clone()),
    }
}

/// One item of a list, which may have moved. A masked one is known by the item before it.
fn restore_item(
    items: &[Value],
    at: usize,
    (shown, plain): (&[Value], &[Value]),
    path: &str,
) -> Result<Value, EditError> {
    let item = &items[at];
    let is_hidden = item.as_str().is_some_and(is_masked);
    let same: Vec<usize> = (0..shown.len()).filter(|&i| shown[i] == *item).collect();
    let before = |items: &[Value], at: usize| at.checked_sub(1).map(|at| items[at].clone());
    let follows = |i: &&usize| before(shown, **i) == before(items, at);
    let following: Vec<&usize> = same.iter().filter(follows).collect();
    let found = match (following.as_slice(), same.as_slice()) {
        ([only], _) => Some(**only),
        (_, [only]) => Some(*only),
        (_, [first, ..]) if !is_hidden => Some(*first),
        _ => None,
    };
    match found.and_then(|found| plain.get(found)) {
        Some(plain) => Ok(plain.clone()),
        None if is_hidden => Err(hidden(&format!("{path}[{at}]"))),
        None => Ok(item.clone()),
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    let items = value.and_then(Value::as_array);
    items.map(Vec::as_slice).unwrap_or_default()
}

fn at<'v>(value: Option<&'v Value>, key: &str) -> Option<&'v Value> {
    value.and_then(|value| value.get(key))
}

fn is_masked(text: &str) -> bool {
    text.contains(MASK) || text.ends_with(QUERY_MASK)
}

fn hidden(path: &str) -> EditError {
    EditError::InvalidEntry(format!(
        "{path}: {MASK} stands for nothing here. Write the value itself, or a reference to it."
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::entry::read_entry;

    /// The entry as shown, with `change` applied, and what is meant by it.
    fn meant(written: &Value, change: impl FnOnce(&mut Value)) -> Result<Value, String> {
        let config = read_entry("s", written).expect("usable");
        let mut wanted = config.masked_entry();
        change(&mut wanted);
        unmask(written, &config, &wanted).map_err(|error| error.to_string())
    }

    fn stdio() -> Value {
        json!({
            "command": "npx", "args": ["-y", "server", "--token", "hunter2", "--key", "swordfish"],
            "env": { "API_KEY": "abc", "MODE": "fast", "REF": "${env:X}" },
            "autoApprove": ["read"], "callTimeout": 9,
        })
    }

    #[test]
    fn what_is_not_changed_stays_as_written() {
        for entry in [
            stdio(),
            json!({ "serverUrl": "https://me:pw@host/mcp?key=1", "enabled": false }),
            json!({ "type": "streamableHttp", "url": "https://host/", "headers": { "A": "b" } }),
        ] {
            let config = read_entry("s", &entry).expect("usable");
            let again = meant(&entry, |_| {}).expect("meant");
            assert_eq!(read_entry("s", &again).expect("usable"), config, "{again}");
        }
        assert_eq!(meant(&stdio(), |_| {}), Ok(stdio()));
    }

    #[test]
    fn only_what_is_changed_changes() {
        let changed = meant(&stdio(), |entry| {
            entry["env"]["MODE"] = "slow".into();
            entry["env"]["NEW"] = "1".into();
            entry["args"][1] = "server@2".into();
            entry["disabled"] = true.into();
        });
        let mut expected = stdio();
        expected["env"] =
            json!({ "API_KEY": "abc", "MODE": "slow", "REF": "${env:X}", "NEW": "1" });
        expected["args"][1] = "server@2".into();
        expected["disabled"] = true.into();
        assert_eq!(changed, Ok(expected));
    }

    #[test]
    fn a_masked_argument_goes_with_the_one_before_it() {
        let shorter = meant(&stdio(), |entry| {
            entry["args"] = json!(["server", "--key", "••••"]);
        });
        assert_eq!(
            shorter.expect("meant")["args"],
            json!(["server", "--key", "swordfish"])
        );
        let lost = meant(&stdio(), |entry| entry["args"] = json!(["--other", "••••"]));
        assert!(lost.expect_err("unclear").contains("args[1]"));
    }

    #[test]
    fn a_mask_with_nothing_behind_it_says_so() {
        for change in [
            json!({ "env": { "OTHER": "••••" } }),
            json!({ "env": { "API_KEY": "prefix-••••" } }),
            json!({ "command": "••••" }),
        ] {
            let refused = meant(&stdio(), |entry| {
                for (key, value) in change.as_object().expect("fields") {
                    entry[key] = value.clone();
                }
            });
            assert!(
                refused.expect_err("refused").contains("stands for nothing"),
                "{change}"
            );
        }
        let url = json!({ "url": "https://host/mcp?key=1" });
        let refused = meant(&url, |entry| entry["url"] = "https://other/mcp?…".into());
        assert!(refused.is_err());
        let moved = meant(&url, |entry| entry["url"] = "https://other/mcp".into());
        assert_eq!(moved, Ok(json!({ "url": "https://other/mcp" })));
    }
}

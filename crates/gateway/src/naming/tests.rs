//! Every place that the protocol names, and nothing else.

mod inward;
mod outward;
mod properties;

use serde_json::Value;

use super::*;

const NAMING: Naming<'static> = Naming { slug: "Git_hub" };

/// Content blocks, two of which hold names.
const BLOCKS: &str = r#"[
    { "type": "text", "text": "file:///a", "uri": "file:///a", "_meta": { "uri": "x" } },
    { "type": "resource_link", "uri": "file:///a", "name": "a", "icons": [{ "src": "https://x/i" }] },
    { "type": "resource", "resource": { "uri": "memo:a", "text": "uri", "name": "a" } },
    { "type": "unheard_of", "uri": "file:///a", "resource": { "uri": "x" } }
]"#;

/// A string that changed: where, from what, to what.
type Change = (String, String, String);

/// What a function changes in messages, each of which is a line of its method and its JSON.
fn changes_in(messages: &str, rename: impl Fn(&str, Raw) -> Raw) -> String {
    let mut shown = Vec::new();
    for message in messages.lines() {
        let (method, json) = message.trim().split_once(' ').expect("a method and JSON");
        let json = json.replace("BLOCKS", BLOCKS);
        let before: Value = serde_json::from_str(&json).unwrap_or_else(|e| panic!("{e}: {json}"));
        let after = value(&rename(method, raw(&before)));
        shown.push(format!("- {method}"));
        shown.extend(changes(&before, &after));
    }
    shown.join("\n")
}

/// The strings of `after` that differ from `before`, one a line.
fn changes(before: &Value, after: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect("", before, after, &mut found);
    let line = |(at, old, new): &Change| format!("{at}: {old} > {new}");
    found.iter().map(line).collect()
}

fn collect(at: &str, before: &Value, after: &Value, found: &mut Vec<Change>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            assert!(old.keys().eq(new.keys()), "keys at {at}");
            for (key, value) in old {
                collect(&format!("{at}/{key}"), value, &new[key], found);
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            assert_eq!(old.len(), new.len(), "elements at {at}");
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                collect(&format!("{at}/{index}"), old, new, found);
            }
        }
        (Value::String(old), Value::String(new)) if old != new => {
            found.push((at.to_owned(), old.clone(), new.clone()));
        }
        _ => assert_eq!(before, after, "at {at}"),
    }
}

fn value(raw: &RawValue) -> Value {
    serde_json::from_str(raw.get()).expect("JSON")
}

fn object(value: &Value) -> RawObject {
    RawObject::parse(&raw(value)).expect("an object")
}

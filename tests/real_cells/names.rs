//! What a server's things are called behind each door, and how a client's report is read back.
//!
//! A server's own face renames nothing. On the faces of several servers the names of one begin
//! with its own, so that two may call different things the same: `real__greet`, and for URIs
//! `toolgate+real+note://first` (`file:///a` as `toolgate+real+file://-/a`). The cells give names
//! in the form of the door, and take the form off again before they compare; a name without it is
//! a difference.

use serde_json::Value;

/// How the gateway's configuration calls the server of every cell.
pub(crate) const SERVER: &str = "real";

const NAME: &str = "real__";
const URI: &str = "toolgate+real+";
/// In front of a rest that has no authority, after `://`.
const NO_AUTHORITY: &str = "-";

/// What reports call a name that was not changed although several servers stand behind the door.
const BARE: &str = "not renamed";

/// A name as it is given on a face of several servers.
pub(crate) fn name(inner: &str) -> String {
    format!("{NAME}{inner}")
}

/// A URI or URI template as it is given there.
pub(crate) fn uri(inner: &str) -> String {
    match inner.split_once("://") {
        Some((scheme, rest)) if rest.starts_with('/') => {
            format!("{URI}{scheme}://{NO_AUTHORITY}{rest}")
        }
        _ => format!("{URI}{inner}"),
    }
}

/// Gives the names in a step's parameters the form of a face of several servers.
pub(crate) fn rename_step(step: &mut Value) {
    let params = if step["do"] == "watch" {
        step
    } else {
        &mut step["params"]
    };
    rename(params, "name", name);
    rename(params, "uri", uri);
    if let Some(reference) = params.get_mut("ref") {
        rename(reference, "name", name);
        rename(reference, "uri", uri);
    }
}

fn rename(object: &mut Value, key: &str, form: fn(&str) -> String) {
    if let Some(Value::String(inner)) = object.get_mut(key) {
        *inner = form(inner);
    }
}

/// A report of a client at a face of several servers, as if the face had renamed nothing.
pub(crate) fn read_back(report: &mut Value) {
    match report {
        Value::Array(values) => values.iter_mut().for_each(read_back),
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), &mut *value) {
                    ("uri" | "uriTemplate", Value::String(outer)) => *outer = inner_uri(outer),
                    ("taskId" | "elicitationId", Value::String(outer)) => {
                        *outer = inner_name(outer);
                    }
                    ("tools" | "prompts", Value::Array(listed)) => {
                        listed.iter_mut().for_each(read_back_name);
                        listed.iter_mut().for_each(read_back);
                    }
                    _ => read_back(value),
                }
            }
        }
        _ => {}
    }
}

fn read_back_name(listed: &mut Value) {
    if let Some(Value::String(outer)) = listed.get_mut("name") {
        *outer = inner_name(outer);
    }
}

fn inner_name(outer: &str) -> String {
    let inner = outer.strip_prefix(NAME).map(str::to_owned);
    inner.unwrap_or_else(|| format!("{BARE}: {outer}"))
}

fn inner_uri(outer: &str) -> String {
    let Some(inner) = outer.strip_prefix(URI) else {
        return format!("{BARE}: {outer}");
    };
    match inner.split_once("://") {
        Some((scheme, rest)) => {
            let rest = rest.strip_prefix(NO_AUTHORITY).unwrap_or(rest);
            format!("{scheme}://{rest}")
        }
        None => inner.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_renamed_is_read_back() {
        for of in ["file:///a/b", "note://by/{author}", "memo:x"] {
            assert_eq!(inner_uri(&uri(of)), of);
        }
        assert_eq!(uri("file:///a"), "toolgate+real+file://-/a");
        assert_eq!(inner_name(&name("greet")), "greet");
    }

    #[test]
    fn names_in_steps_are_those_of_the_face() {
        let mut step = json!({"do": "completion/complete", "params": {
            "ref": {"type": "ref/prompt", "name": "greet"},
            "argument": {"name": "name", "value": "a"}
        }});
        rename_step(&mut step);
        assert_eq!(step["params"]["ref"]["name"], "real__greet");
        assert_eq!(step["params"]["argument"]["name"], "name");
        let mut step = json!({"do": "watch", "uri": "note://first"});
        rename_step(&mut step);
        assert_eq!(step["uri"], "toolgate+real+note://first");
    }

    #[test]
    fn a_name_without_the_form_of_the_face_differs_from_one_with_it() {
        let mut report = json!({
            "prompts": [{"name": "real__a", "arguments": [{"name": "b"}]}, {"name": "c"}],
            "content": [{"type": "resource_link", "uri": "x:y", "name": "d"}]
        });
        read_back(&mut report);
        let expected = json!({
            "prompts": [{"name": "a", "arguments": [{"name": "b"}]}, {"name": "not renamed: c"}],
            "content": [{"type": "resource_link", "uri": "not renamed: x:y", "name": "d"}]
        });
        assert_eq!(report, expected);
    }
}

//! JSON as text: what a parsed value would change, such as the form of a number, stays as it was
//! written.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

/// The value at a path of member names, as it was written; `None` where there is none.
pub fn at<'a>(text: &'a str, path: &[&str]) -> Option<&'a str> {
    let Some((first, rest)) = path.split_first() else {
        return Some(text);
    };
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    at(members.get(*first)?.get(), rest)
}

/// The elements of an array, as they were written; none where there is no array.
pub fn elements(text: &str) -> Vec<&str> {
    let elements: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
    elements.into_iter().map(RawValue::get).collect()
}

/// The members of an object, as they were written; none where there is no object.
pub fn members(text: &str) -> BTreeMap<String, &str> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap_or_default();
    let members = members.into_iter();
    members.map(|(name, value)| (name, value.get())).collect()
}

/// An object with more members, of JSON text; those of the same name are replaced.
pub fn with(object: &str, more: &[(&str, String)]) -> String {
    let mut all = members(object);
    for (name, value) in more {
        all.insert((*name).to_owned(), value);
    }
    write(&all)
}

/// An object without these members.
pub fn without(object: &str, names: &[&str]) -> String {
    let mut all = members(object);
    all.retain(|name, _| !names.contains(&name.as_str()));
    write(&all)
}

fn write(members: &BTreeMap<String, &str>) -> String {
    let members = members
        .iter()
        .map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// The text in a form that is the same for the same content: members sorted, no white space, one
/// way to write a string. Numbers stay as they were written, so `1.0` and `1` differ.
pub fn canonical(text: &str) -> String {
    canonical_without(text, &[])
}

/// The same, without the members at these paths; `*` in a path is every member or element.
pub fn canonical_without(text: &str, left_out: &[&[&str]]) -> String {
    let text = text.trim();
    match text.as_bytes().first() {
        Some(b'{') => canonical_object(text, left_out),
        Some(b'[') => {
            let elements = elements(text).into_iter().enumerate();
            let elements = elements.map(|(index, element)| {
                canonical_without(element, &below(left_out, &index.to_string()))
            });
            format!("[{}]", elements.collect::<Vec<_>>().join(","))
        }
        Some(b'"') => {
            let content: Value = serde_json::from_str(text).unwrap_or_default();
            content.to_string()
        }
        _ => text.to_owned(),
    }
}

fn canonical_object(text: &str, left_out: &[&[&str]]) -> String {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap_or_default();
    let members = members.iter().filter_map(|(name, value)| {
        let below = below(left_out, name);
        if below.iter().any(|path| path.is_empty()) {
            return None;
        }
        let value = canonical_without(value.get(), &below);
        Some(format!("{}:{value}", Value::from(name.as_str())))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// What is left of the paths that lead through the member.
fn below<'a>(paths: &[&'a [&'a str]], member: &str) -> Vec<&'a [&'a str]> {
    let through = paths.iter().filter_map(|path| {
        let (first, rest) = path.split_first()?;
        (*first == "*" || *first == member).then_some(rest)
    });
    through.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_as_it_was_written() {
        let text = r#"{"a": {"b" : [1.0, 1e3, {"c":-0}]}}"#;
        assert_eq!(at(text, &["a", "b"]), Some(r#"[1.0, 1e3, {"c":-0}]"#));
        assert_eq!(at(text, &["a", "x"]), None);
        let elements = elements(at(text, &["a", "b"]).expect("an array"));
        assert_eq!(elements, ["1.0", "1e3", r#"{"c":-0}"#]);
    }

    #[test]
    fn the_order_of_members_and_the_way_to_write_a_string_do_not_matter_but_numbers_do() {
        let one = canonical(r#"{"b":"\u00e4\/", "a":[ 1.0 ]}"#);
        assert_eq!(one, canonical(r#"{"a":[1.0],"b":"ä/"}"#));
        assert_ne!(canonical("[1.0]"), canonical("[1]"));
        assert_ne!(canonical("1e3"), canonical("1000"));
        assert_eq!(
            canonical("123456789012345678901234567890"),
            "123456789012345678901234567890"
        );
    }

    #[test]
    fn members_are_added_replaced_and_removed_as_text() {
        let object = with(r#"{"a":1.0,"b":1e3}"#, &[("b", "-0".to_owned())]);
        assert_eq!(object, r#"{"a":1.0,"b":-0}"#);
        assert_eq!(without(&object, &["a", "c"]), r#"{"b":-0}"#);
        assert_eq!(with("null", &[("ä", "[]".to_owned())]), r#"{"ä":[]}"#);
    }

    #[test]
    fn what_is_left_out_does_not_matter() {
        let text = r#"{"tools":[{"name":"a","x":1},{"name":"b","x":2}],"ttlMs":0}"#;
        let rest = canonical_without(text, &[&["ttlMs"], &["tools", "*", "name"]]);
        assert_eq!(rest, r#"{"tools":[{"x":1},{"x":2}]}"#);
    }
}

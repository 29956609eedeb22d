//! Keys that stand twice in one object: which of the two counts is anyone's guess.

use std::collections::HashMap;

use jsonc_parser::ast::{Object, Value};

use super::SERVER_SECTIONS;
use super::source::Report;

/// A key that stands twice.
pub(super) struct Repeat<'a> {
    path: Vec<&'a str>,
    first: usize,
    second: usize,
}

impl<'a> Repeat<'a> {
    /// The server inside whose entry the key stands, when it stands in one.
    pub(super) fn server(&self) -> Option<&'a str> {
        match self.path.as_slice() {
            [section, name, _, ..] if SERVER_SECTIONS.contains(section) => Some(name),
            _ => None,
        }
    }

    pub(super) fn tell(&self, report: &mut Report<'_>) {
        let line = report.line(self.first);
        let key = self
            .path
            .last()
            .copied()
            .unwrap_or_default()
            .escape_debug()
            .to_string();
        let message = format!("\"{key}\" stands here a second time; the first is on line {line}.");
        report.error(
            self.second,
            &self.path.join("."),
            message,
            "Remove or rename one of them.",
        );
    }
}

/// All keys that stand twice, a server's name in both sections included.
pub(super) fn find<'a>(root: &'a Object<'a>) -> Vec<Repeat<'a>> {
    let mut repeats = Vec::new();
    in_object(root, &mut Vec::new(), &mut repeats);
    let [ours, theirs] = SERVER_SECTIONS.map(|section| root.get_object(section));
    if let (Some(ours), Some(theirs)) = (ours, theirs) {
        for property in &theirs.properties {
            let name = property.name.as_str();
            if let Some(first) = ours.get(name) {
                let path = vec![SERVER_SECTIONS[1], name];
                repeats.push(Repeat {
                    path,
                    first: first.range.start,
                    second: property.range.start,
                });
            }
        }
    }
    repeats
}

fn in_object<'a>(object: &'a Object<'a>, path: &mut Vec<&'a str>, repeats: &mut Vec<Repeat<'a>>) {
    let mut seen = HashMap::new();
    for property in &object.properties {
        let (name, at) = (property.name.as_str(), property.range.start);
        path.push(name);
        if let Some(first) = seen.insert(name, at) {
            repeats.push(Repeat {
                path: path.clone(),
                first,
                second: at,
            });
        }
        in_value(&property.value, path, repeats);
        path.pop();
    }
}

/// The parser bounds how deep values nest, so recursion ends.
fn in_value<'a>(value: &'a Value<'a>, path: &mut Vec<&'a str>, repeats: &mut Vec<Repeat<'a>>) {
    match value {
        Value::Object(object) => in_object(object, path, repeats),
        Value::Array(list) => {
            for element in &list.elements {
                in_value(element, path, repeats);
            }
        }
        _ => {}
    }
}

//! A text with the positions of its values, and the splices that edits are made of.

use std::fmt;
use std::ops::Range;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, parse_to_ast};
use serde_json::Value;

use super::EditError;
use super::insert::{Layout, New};
use super::render::{self, Style};
use super::trivia;
use crate::parse::syntax;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// An object.
    Object,
    /// Anything else.
    Other,
}

/// What goes with a property that is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Removal {
    /// Nothing.
    Bare,
    /// The white space before it.
    WithSpace,
    /// Its line; where a comment shares the line, the comment and its indentation stay.
    Tidy,
}

/// A text that is known to be JSON with comments; its root, where it has one, is an object.
#[derive(Clone, Debug)]
pub(super) struct Document {
    mark: &'static str,
    text: String,
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.mark, self.text)
    }
}

impl Document {
    pub(super) fn parse(text: &str) -> Result<Self, EditError> {
        let (mark, text) = match text.strip_prefix(BYTE_ORDER_MARK) {
            Some(text) => (BYTE_ORDER_MARK, text),
            None => ("", text),
        };
        let parsed = parse_to_ast(text, &CollectOptions::default(), &syntax())
            .map_err(|error| EditError::InvalidFile(format!("{error}")))?;
        match parsed.value {
            None | Some(ast::Value::Object(_)) => Ok(Self {
                mark,
                text: text.to_owned(),
            }),
            Some(_) => Err(EditError::InvalidFile("it holds no object".to_owned())),
        }
    }

    /// The same document with another text, where that is still one.
    fn with_text(&self, text: &str) -> Option<Self> {
        let document = Self::parse(text).ok()?;
        Some(Self {
            mark: self.mark,
            ..document
        })
    }

    fn root(&self) -> Option<ast::Value<'_>> {
        // The text was parsed before, so it parses again.
        parse_to_ast(&self.text, &CollectOptions::default(), &syntax())
            .ok()?
            .value
    }

    /// The whole document as a value; nothing counts as an empty object.
    pub(super) fn value(&self) -> Value {
        self.root()
            .map_or_else(|| Value::Object(serde_json::Map::new()), Value::from)
    }

    pub(super) fn value_at(&self, path: &[&str]) -> Option<Value> {
        path.iter()
            .try_fold(self.value(), |value, key| value.get(key).cloned())
    }

    pub(super) fn node(&self, path: &[&str]) -> Option<Node> {
        let value = self.value_at(path)?;
        Some(if value.is_object() {
            Node::Object
        } else {
            Node::Other
        })
    }

    /// Adds a property behind the last one of the object at a path, which has to be there; an
    /// empty path means the whole document, which may also be empty.
    pub(super) fn with_property(
        &self,
        path: &[&str],
        (key, value): (&str, &Value),
        layout: Layout,
    ) -> Option<Self> {
        let new = New {
            key,
            value,
            layout,
            style: self.style(),
        };
        match self.object(path) {
            Some(object) => {
                let splices = match object.properties.last() {
                    Some(last) => new.behind(&self.text, last.start..last.end, last.value.clone()),
                    None => vec![new.in_empty(&self.text, object.range)],
                };
                self.spliced(splices)
            }
            None if path.is_empty() => self.with_text(&new.in_nothing(&self.text)),
            None => None,
        }
    }

    /// Replaces the value at a path; it takes as many lines as the old one seems to want.
    pub(super) fn with_value(&self, path: &[&str], value: &Value) -> Option<Self> {
        let old = self.property(path)?;
        let new = if self.text[old.value.clone()].contains('\n') {
            let indent = trivia::line_indent(&self.text, old.start);
            render::lines(value, &self.style(), indent)
        } else {
            render::one_line(value)
        };
        self.spliced(vec![(old.value, new)])
    }

    /// Removes the property at a path with its comma.
    pub(super) fn without(&self, path: &[&str], removal: Removal) -> Option<Self> {
        let property = self.property(path)?;
        let parent = self.object(&path[..path.len() - 1])?;
        let previous = parent
            .properties
            .iter()
            .rfind(|other| other.end <= property.start);
        let comma = trivia::behind_comma(&self.text, property.end);
        let mut splices = Vec::new();
        let mut gone = property.start..comma.unwrap_or(property.end);
        if let Some(comma) = comma.filter(|at| !self.is_blank(property.end..at - 1)) {
            // A comment stands between the value and its comma.
            splices.push((comma - 1..comma, String::new()));
            gone.end = property.end;
        }
        let comment_follows = trivia::same_line_comments(&self.text, gone.end) > gone.end;
        match removal {
            Removal::Bare => {}
            Removal::Tidy if comment_follows => {
                let rest = &self.text[gone.end..];
                gone.end += rest.len() - rest.trim_start_matches([' ', '\t']).len();
            }
            Removal::Tidy | Removal::WithSpace => {
                gone.start = trivia::space_before(&self.text, gone.start);
            }
        }
        splices.push((gone, String::new()));
        if let (None, Some(previous)) = (comma, previous) {
            let end = trivia::behind_comma(&self.text, previous.end)?;
            splices.push((end - 1..end, String::new()));
        }
        self.spliced(splices)
    }

    /// Empties the object at a path, where it holds one property and no comment.
    pub(super) fn with_empty(&self, path: &[&str]) -> Option<Self> {
        let Object { range, properties } = self.object(path)?;
        let [property] = properties.as_slice() else {
            return None;
        };
        let before = &self.text[range.start + 1..property.start];
        let after = &self.text[property.end..range.end - 1];
        let blank = before.trim().is_empty() && matches!(after.trim(), "" | ",");
        blank
            .then(|| self.spliced(vec![(range, "{}".to_owned())]))
            .flatten()
    }

    /// What may have been in the file before a whole object was appended to it.
    pub(super) fn without_root(&self) -> Vec<Self> {
        let Some(root) = self.object(&[]) else {
            return Vec::new();
        };
        let rest = &self.text[..root.range.start];
        let shorter = rest.strip_suffix(self.style().line_break);
        let texts = std::iter::once(rest).chain(shorter);
        texts.filter_map(|text| self.with_text(text)).collect()
    }

    fn is_blank(&self, range: Range<usize>) -> bool {
        self.text[range].trim().is_empty()
    }

    fn spliced(&self, mut splices: Vec<(Range<usize>, String)>) -> Option<Self> {
        splices.sort_by_key(|(range, _)| range.start);
        let mut text = self.text.clone();
        for (range, new) in splices.into_iter().rev() {
            text.replace_range(range, &new);
        }
        self.with_text(&text)
    }

    fn style(&self) -> Style {
        let windows = self
            .text
            .find('\n')
            .is_some_and(|at| self.text[..at].ends_with('\r'));
        let line_break = if windows { "\r\n" } else { "\n" };
        Style {
            line_break,
            unit: self.unit().unwrap_or("  ").to_owned(),
        }
    }

    /// One step of indentation: what the first property has more than the root.
    fn unit(&self) -> Option<&str> {
        let root = self.object(&[])?;
        let first = root.properties.first()?;
        let outer = trivia::line_indent(&self.text, root.range.start);
        let inner = trivia::line_indent(&self.text, first.start);
        let unit = inner.strip_prefix(outer)?;
        (trivia::starts_line(&self.text, first.start) && !unit.is_empty()).then_some(unit)
    }

    fn object(&self, path: &[&str]) -> Option<Object> {
        let root = self.root()?;
        let mut object = root.as_object()?;
        for key in path {
            object = object.get_object(key)?;
        }
        Some(Object::new(object))
    }

    pub(super) fn property(&self, path: &[&str]) -> Option<Property> {
        let (key, parent) = path.split_last()?;
        self.object(parent)?
            .properties
            .into_iter()
            .find(|property| property.key == *key)
    }
}

/// Where an object stands, and its properties in their order.
struct Object {
    range: Range<usize>,
    properties: Vec<Property>,
}

/// Where a property stands.
pub(super) struct Property {
    key: String,
    pub(super) start: usize,
    pub(super) end: usize,
    value: Range<usize>,
}

impl Object {
    fn new(object: &ast::Object<'_>) -> Self {
        let properties = object.properties.iter().map(|property| Property {
            key: property.name.as_str().to_owned(),
            start: property.range.start,
            end: property.range.end,
            value: property.value.range().start..property.value.range().end,
        });
        Self {
            range: object.range.start..object.range.end,
            properties: properties.collect(),
        }
    }
}

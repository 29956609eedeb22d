//! Where names stand in JSON, and how to change them there and nowhere else.

use std::borrow::Cow;

use serde_json::value::RawValue;
use wire::{Raw, RawObject, raw, raw_str};

use super::places;

/// Levels of nesting followed. A tool's result within a message within a task needs half of it;
/// who nests deeper wants to exhaust a stack.
const DEEPEST: usize = 24;

/// What kind of name a string is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A resource's URI or URI template.
    Uri,
    /// The name of a prompt or the id of a task or elicitation.
    Name,
}

/// Where names stand in a value.
#[derive(Debug)]
pub(super) enum Shape {
    /// Nowhere.
    Nothing,
    /// The value is a name.
    Is(Kind),
    /// In these fields of an object.
    Fields(&'static [(&'static str, Shape)]),
    /// In every element of an array; a value that is none counts as its only element.
    Each(&'static Shape),
    /// In every value of an object.
    Values(&'static Shape),
    /// In an object, by what the given field says.
    By(&'static str, &'static [(&'static str, Shape)]),
    /// By all of these in turn.
    All(&'static [&'static Shape]),
    /// In a request that a server makes of a client: `{method, params}`.
    ServerRequest,
}

/// How a name is changed; `None` keeps it.
pub(super) type Rename<'a> = &'a dyn Fn(Kind, &str) -> Option<String>;

/// The value with the names of its shapes changed; `None` if nothing changes. What holds no
/// changed name keeps its text.
pub(super) fn walk(shapes: &[&Shape], value: &RawValue, rename: Rename<'_>) -> Option<Raw> {
    let walk = Walk {
        rename,
        left: DEEPEST,
    };
    walk.all(shapes, value)
}

#[derive(Clone, Copy)]
struct Walk<'a> {
    rename: Rename<'a>,
    left: usize,
}

impl Walk<'_> {
    fn go(self, shape: &Shape, value: &RawValue) -> Option<Raw> {
        let inner = Self {
            left: self.left.checked_sub(1)?,
            ..self
        };
        match shape {
            Shape::Nothing => None,
            Shape::Is(kind) => {
                let name: Cow<'_, str> = serde_json::from_str(value.get()).ok()?;
                (self.rename)(*kind, &name).map(|renamed| raw_str(&renamed))
            }
            Shape::Fields(fields) => inner.fields(fields, value),
            Shape::Each(element) => inner.each(element, value),
            Shape::Values(shape) => inner.values(shape, value),
            Shape::By(tag, shapes) => {
                let tag: String = RawObject::parse(value)?.get_as(tag)?;
                let (_, shape) = shapes.iter().find(|(name, _)| *name == tag)?;
                inner.go(shape, value)
            }
            Shape::All(shapes) => inner.all(shapes, value),
            Shape::ServerRequest => {
                let mut request = RawObject::parse(value)?;
                let method: String = request.get_as("method")?;
                let shapes = places::server_request(&method);
                request.set("params", inner.all(&shapes, request.get("params")?)?);
                Some(request.to_raw())
            }
        }
    }

    fn all(self, shapes: &[&Shape], value: &RawValue) -> Option<Raw> {
        shapes.iter().fold(None, |changed: Option<Raw>, shape| {
            let now = changed.as_deref().unwrap_or(value);
            self.go(shape, now).or(changed)
        })
    }

    fn fields(self, fields: &[(&str, Shape)], value: &RawValue) -> Option<Raw> {
        let mut object = RawObject::parse(value)?;
        let mut changed = false;
        for (key, shape) in fields {
            let field = object.get(key).and_then(|field| self.go(shape, field));
            if let Some(field) = field {
                object.set(key, field);
                changed = true;
            }
        }
        changed.then(|| object.to_raw())
    }

    fn each(self, element: &Shape, value: &RawValue) -> Option<Raw> {
        if !value.get().starts_with('[') {
            return self.go(element, value);
        }
        let elements: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
        let changed: Vec<Option<Raw>> = elements
            .iter()
            .map(|value| self.go(element, value))
            .collect();
        changed.iter().any(Option::is_some).then(|| {
            let pairs = changed.iter().zip(&elements);
            let whole: Vec<&RawValue> = pairs
                .map(|(new, old)| new.as_deref().unwrap_or(old))
                .collect();
            raw(&whole)
        })
    }

    fn values(self, shape: &Shape, value: &RawValue) -> Option<Raw> {
        let mut object = RawObject::parse(value)?;
        let changed: Vec<(String, Raw)> = object
            .iter()
            .filter_map(|(key, value)| Some((key.to_owned(), self.go(shape, value)?)))
            .collect();
        if changed.is_empty() {
            return None;
        }
        for (key, value) in changed {
            object.set(&key, value);
        }
        Some(object.to_raw())
    }
}

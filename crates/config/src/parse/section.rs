//! Typed access to one object of the file; every wrong value becomes a diagnostic.

use std::ops::RangeInclusive;

use indexmap::IndexMap;
use jsonc_parser::ast::{Array, Object, ObjectProp, StringLit, Value};
use jsonc_parser::common::Ranged;

use super::source::{self, Report};
use crate::template::Template;

/// One object of the file while it is read. `null` counts as absent.
pub(super) struct Section<'a, 'r, 't> {
    object: &'a Object<'a>,
    path: String,
    report: &'r mut Report<'t>,
    usable: bool,
}

impl<'a, 'r, 't> Section<'a, 'r, 't> {
    /// `path` is the key path of the object, empty for the whole file.
    pub(super) fn new(object: &'a Object<'a>, path: String, report: &'r mut Report<'t>) -> Self {
        Self {
            object,
            path,
            report,
            usable: true,
        }
    }

    /// Whether no error was found so far.
    pub(super) fn is_usable(&self) -> bool {
        self.usable
    }

    /// Takes in whether a part that was read separately is free of errors.
    pub(super) fn require(&mut self, usable: bool) {
        self.usable &= usable;
    }

    pub(super) fn properties(&self) -> &'a [ObjectProp<'a>] {
        &self.object.properties
    }

    /// Where the object starts, in bytes.
    pub(super) fn start(&self) -> usize {
        self.object.range.start
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    fn value(&self, key: &str) -> Option<&'a Value<'a>> {
        let value = &self.object.get(key)?.value;
        (!matches!(value, Value::NullKeyword(_))).then_some(value)
    }

    /// Where the value of a key starts; where it is absent, where the object starts.
    pub(super) fn at(&self, key: &str) -> usize {
        self.value(key).map_or(self.start(), source::start)
    }

    pub(super) fn error(
        &mut self,
        at: usize,
        key: &str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.usable = false;
        let path = self.key_path(key);
        self.report.error(at, &path, message, fix);
    }

    pub(super) fn warning(
        &mut self,
        at: usize,
        key: &str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let path = self.key_path(key);
        self.report.warning(at, &path, message, fix);
    }

    fn key_path(&self, key: &str) -> String {
        match (self.path.as_str(), key) {
            (path, "") => path.to_owned(),
            ("", key) => key.to_owned(),
            (path, key) => format!("{path}.{key}"),
        }
    }

    fn wrong_kind(&mut self, value: &Value<'_>, key: &str, expected: &str) {
        let message = format!("This is {}, but has to be {expected}.", source::kind(value));
        let fix = match (value, expected) {
            (Value::NumberLit(_) | Value::BooleanLit(_), "a text") => "Put it in double quotes.",
            (Value::StringLit(_), "a number" | "true or false") => "Remove the quotes.",
            (Value::StringLit(_), "a list") => "Put it in square brackets, one text per argument.",
            _ => "Correct the value, or remove the key.",
        };
        self.error(source::start(value), key, message, fix);
    }

    /// Whether the key has a text.
    pub(super) fn has_text(&self, key: &str) -> bool {
        matches!(self.value(key), Some(Value::StringLit(_)))
    }

    pub(super) fn text(&mut self, key: &str) -> Option<&'a StringLit<'a>> {
        let value = self.value(key)?;
        self.expect_text(value, key)
    }

    /// One text, or a list of them.
    pub(super) fn texts(&mut self, key: &str) -> Option<Vec<&'a StringLit<'a>>> {
        let Some(Value::Array(list)) = self.value(key) else {
            return Some(vec![self.text(key)?]);
        };
        let texts = list.elements.iter().enumerate();
        let texts = texts.map(|(index, text)| self.expect_text(text, &format!("{key}[{index}]")));
        texts.collect()
    }

    fn expect_text(&mut self, value: &'a Value<'a>, key: &str) -> Option<&'a StringLit<'a>> {
        let Value::StringLit(text) = value else {
            self.wrong_kind(value, key, "a text");
            return None;
        };
        if text.value.contains('\0') {
            let message = "The text contains a NUL character, which no program accepts.";
            self.error(text.range.start, key, message, "Remove \\u0000 from it.");
            return None;
        }
        Some(text)
    }

    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        let value = self.value(key)?;
        let Value::BooleanLit(flag) = value else {
            self.wrong_kind(value, key, "true or false");
            return None;
        };
        Some(flag.value)
    }

    pub(super) fn number(&mut self, key: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let value = self.value(key)?;
        let Value::NumberLit(number) = value else {
            self.wrong_kind(value, key, "a number");
            return None;
        };
        let parsed = number
            .value
            .parse()
            .ok()
            .filter(|number| range.contains(number));
        if parsed.is_none() {
            let (least, most) = (range.start(), range.end());
            let message = format!("{} is out of range.", number.value);
            let fix = format!("Use a whole number from {least} to {most}.");
            self.error(number.range.start, key, message, fix);
        }
        parsed
    }

    /// One of several words.
    pub(super) fn choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = choices.iter().find(|(word, _)| *word == text.value);
        if found.is_none() {
            let words: Vec<_> = choices
                .iter()
                .map(|(word, _)| format!("\"{word}\""))
                .collect();
            let message = format!("\"{}\" is no known value.", text.value.escape_debug());
            self.error(
                text.range.start,
                key,
                message,
                format!("Use {}.", words.join(" or ")),
            );
        }
        found.map(|(_, choice)| *choice)
    }

    /// One of several words; anything else is warned about and counts as `strictest`.
    pub(super) fn strict_choice<T: Copy>(
        &mut self,
        key: &str,
        choices: &[(&str, T)],
        strictest: T,
    ) -> Option<T> {
        let value = self.value(key)?;
        if let Value::StringLit(text) = value
            && let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text.value)
        {
            return Some(*choice);
        }
        let words: Vec<_> = choices
            .iter()
            .map(|(word, _)| format!("\"{word}\""))
            .collect();
        let what = match value {
            Value::StringLit(text) => format!("\"{}\"", text.value.escape_debug()),
            other => source::kind(other).to_owned(),
        };
        let message = format!("This is {what}, which is not known here; the strictest counts.");
        let fix = format!("Use {}.", words.join(" or "));
        self.warning(source::start(value), key, message, fix);
        Some(strictest)
    }

    /// Whether an object stands under a key.
    pub(super) fn is_object(&self, key: &str) -> bool {
        matches!(self.value(key), Some(Value::Object(_)))
    }

    pub(super) fn object(&mut self, key: &str) -> Option<&'a Object<'a>> {
        let value = self.value(key)?;
        let object = value.as_object();
        if object.is_none() {
            self.wrong_kind(value, key, "an object");
        }
        object
    }

    /// The object under a key, to be read in the same way.
    pub(super) fn child(&mut self, key: &str) -> Option<Section<'a, '_, 't>> {
        let object = self.object(key)?;
        let path = self.key_path(key);
        Some(Section::new(object, path, self.report))
    }

    /// A text with references.
    pub(super) fn template(&mut self, key: &str) -> Option<Template> {
        let text = self.text(key)?;
        Some(self.read_template(text, key))
    }

    /// A list of texts with references.
    pub(super) fn templates(&mut self, key: &str) -> Vec<Template> {
        let list = match self.value(key) {
            Some(Value::Array(list)) => list,
            Some(other) => {
                self.wrong_kind(other, key, "a list");
                return Vec::new();
            }
            None => return Vec::new(),
        };
        self.read_list(list, key)
    }

    /// A text with references, or a list of them.
    pub(super) fn one_or_more(&mut self, key: &str) -> Vec<Template> {
        match self.value(key) {
            Some(Value::StringLit(_)) => self.template(key).into_iter().collect(),
            _ => self.templates(key),
        }
    }

    fn read_list(&mut self, list: &'a Array<'a>, key: &str) -> Vec<Template> {
        let mut templates = Vec::new();
        for (index, element) in list.elements.iter().enumerate() {
            let key = format!("{key}[{index}]");
            if let Some(text) = self.expect_text(element, &key) {
                templates.push(self.read_template(text, &key));
            }
        }
        templates
    }

    /// An object of texts with references; `check` tells what is wrong with a name.
    pub(super) fn template_map(
        &mut self,
        key: &str,
        check: fn(&str) -> Option<&'static str>,
    ) -> IndexMap<String, Template> {
        let mut map = IndexMap::new();
        for property in self
            .object(key)
            .into_iter()
            .flat_map(|object| &object.properties)
        {
            let name = property.name.as_str();
            let key = format!("{key}.{name}");
            if let Some(message) = check(name) {
                self.error(property.range.start, &key, message, "Correct the name.");
            } else if let Some(text) = self.expect_text(&property.value, &key) {
                map.insert(name.to_owned(), self.read_template(text, &key));
            }
        }
        map
    }

    fn read_template(&mut self, text: &StringLit<'_>, key: &str) -> Template {
        let (template, unknown) = Template::parse(&text.value);
        for reference in unknown {
            let message = format!("`{reference}` is no reference known here and stays as it is.");
            let fix = "Use ${env:NAME} or ${keyring:name}; write $${ for a literal ${.";
            self.warning(text.range().start, key, message, fix);
        }
        template
    }
}

//! Edits of the file's text that touch nothing but the edited key.
//!
//! Comments, order, indentation, line endings and byte order mark stay. Adding a server and
//! removing it again gives back the very same bytes: see [`remove_server`].

mod document;
mod insert;
mod render;
mod trivia;

use std::path::PathBuf;

use indexmap::IndexMap;
use model::{InvalidName, ServerName};
use serde_json::{Map, Value};

use crate::parse::SERVER_SECTIONS;
use document::{Document, Node, Removal};
use insert::Layout;

/// Why the configuration could not be edited; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The file as it is now cannot be used, so it is left to a person.
    #[error("the configuration cannot be edited while it is invalid: {0}")]
    InvalidFile(String),
    /// The name cannot be used.
    #[error("{0}")]
    InvalidName(#[from] InvalidName),
    /// The entry cannot be used.
    #[error("the entry cannot be used: {0}")]
    InvalidEntry(String),
    /// A setting is none, or cannot have that value.
    #[error("the setting \"{key}\" cannot be changed: {reason}")]
    InvalidSetting {
        /// Its path, for example `logs.level`.
        key: String,
        /// What is wrong, and what would not be.
        reason: String,
    },
    /// A server of that name is there already.
    #[error("a server named \"{0}\" exists already")]
    Exists(String),
    /// No server has that name.
    #[error("no server is named \"{0}\"")]
    Unknown(String),
    /// The file is marked as read-only.
    #[error("{} is read-only; make it writable, or edit it where it comes from", .0.display())]
    ReadOnly(PathBuf),
    /// The file was changed by someone else meanwhile.
    #[error("{} was changed by another program meanwhile; try again", .0.display())]
    Conflict(PathBuf),
    /// The file could not be written.
    #[error("{} cannot be written: {reason}", .path.display())]
    NotWritten {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        reason: String,
    },
}

/// Adds a server at the end of the servers.
pub fn add_server(text: &str, name: &str, entry: &Value) -> Result<String, EditError> {
    let name = ServerName::new(name)?;
    let entry = checked(entry)?;
    let document = Document::parse(text)?;
    if find(&document, name.as_str())?.is_some() {
        return Err(EditError::Exists(name.as_str().to_owned()));
    }
    Ok(add(&document, name.as_str(), entry)?.to_string())
}

/// Removes a server.
///
/// Of the texts that may have been before the server was added, the one is taken from which
/// [`add_server`] leads here; that is why adding lays out its text differently where two texts
/// could otherwise lead to the same one. An entry written by hand is taken out with its comma
/// and its line. Comments stay in either case.
pub fn remove_server(text: &str, name: &str) -> Result<String, EditError> {
    let document = Document::parse(text)?;
    let place = find(&document, name)?.ok_or_else(|| EditError::Unknown(name.to_owned()))?;
    let entry = document.value_at(&place.path(name));
    let mut expected = document.value();
    if let Some(servers) = expected
        .get_mut(place.section)
        .and_then(Value::as_object_mut)
    {
        servers.shift_remove(name);
    }
    let before = candidates(&document, &place, name);
    if let Some(entry) = entry.as_ref().filter(|entry| checked(entry).is_ok()) {
        let leads_here = |before: &&Document| {
            add(before, name, entry).is_ok_and(|after| after.to_string() == text)
        };
        if let Some(before) = before.iter().find(leads_here) {
            return Ok(before.to_string());
        }
    }
    let empty = document.with_empty(&[place.section]);
    let tidy = document.without(&place.path(name), Removal::Tidy);
    let bare = document.without(&place.path(name), Removal::Bare);
    let fits = |after: &Document| after.value() == expected;
    let removed = [empty, tidy, bare].into_iter().flatten().find(fits);
    removed
        .map(|after| after.to_string())
        .ok_or_else(not_editable)
}

/// Replaces a server's entry, comments inside it included.
pub fn replace_server(text: &str, name: &str, entry: &Value) -> Result<String, EditError> {
    let entry = checked(entry)?;
    let document = Document::parse(text)?;
    let place = find(&document, name)?.ok_or_else(|| EditError::Unknown(name.to_owned()))?;
    let replaced = document
        .with_value(&place.path(name), entry)
        .ok_or_else(not_editable)?;
    Ok(replaced.to_string())
}

/// Switches a server on or off: its `disabled` is set, or its `enabled` where it has that.
pub fn set_enabled(text: &str, name: &str, enabled: bool) -> Result<String, EditError> {
    let mut document = Document::parse(text)?;
    let place = find(&document, name)?.ok_or_else(|| EditError::Unknown(name.to_owned()))?;
    let path = place.path(name);
    let Some(Value::Object(entry)) = document.value_at(&path) else {
        return Err(not_editable());
    };
    let edits = switches(&entry, enabled);
    for (key, flag) in edits {
        let at = [path[0], path[1], key];
        let edited = if entry.contains_key(key) {
            document.with_value(&at, &flag.into())
        } else {
            document.with_property(&path, (key, &flag.into()), Layout::OneLine)
        };
        document = edited.ok_or_else(not_editable)?;
    }
    Ok(document.to_string())
}

/// Every server's entry as it stands in the text, in its order; nothing where the text cannot be
/// read. Of two by one name, the first counts.
pub(crate) fn entries(text: &str) -> IndexMap<String, Value> {
    let mut entries = IndexMap::new();
    let Ok(document) = Document::parse(text) else {
        return entries;
    };
    let mut value = document.value();
    for section in SERVER_SECTIONS {
        if let Some(Value::Object(servers)) = value.get_mut(section).map(Value::take) {
            for (name, entry) in servers {
                entries.entry(name).or_insert(entry);
            }
        }
    }
    entries
}

/// The keys to write, with their values, so that the server is on or off.
fn switches(entry: &Map<String, Value>, enabled: bool) -> Vec<(&'static str, bool)> {
    let mut edits = Vec::new();
    if entry.contains_key("enabled") {
        edits.push(("enabled", enabled));
    }
    let says_nothing = edits.is_empty() && !enabled;
    if entry.contains_key("disabled") || says_nothing {
        edits.push(("disabled", !enabled));
    }
    edits
}

/// The whole text as a value.
pub(crate) fn value(text: &str) -> Result<Value, EditError> {
    Ok(Document::parse(text)?.value())
}

/// Writes a setting, with the objects around it where they are missing; without a value, removes
/// it. The path is made of keys.
pub fn set(text: &str, path: &[&str], value: Option<&Value>) -> Result<String, EditError> {
    let document = Document::parse(text)?;
    let Some(value) = value else {
        let removed = match document.node(path) {
            Some(_) => document
                .without(path, Removal::Tidy)
                .ok_or_else(not_editable)?,
            None => document,
        };
        return Ok(removed.to_string());
    };
    let written = if document.node(path).is_some() {
        document.with_value(path, value)
    } else {
        let is_there = |count: &usize| document.node(&path[..*count]) == Some(Node::Object);
        let there = (1..path.len()).rev().find(is_there).unwrap_or(0);
        let (around, new) = path.split_at(there);
        let inner = new[1..].iter().rev().fold(value.clone(), |value, key| {
            Value::Object(Map::from_iter([((*key).to_owned(), value)]))
        });
        document.with_property(around, (new[0], &inner), Layout::OneLine)
    };
    Ok(written.ok_or_else(not_editable)?.to_string())
}

fn checked(entry: &Value) -> Result<&Value, EditError> {
    let usable = entry.as_object().is_some_and(|entry| !entry.is_empty());
    usable.then_some(entry).ok_or_else(|| {
        EditError::InvalidEntry("it has to be an object with \"command\" or \"url\".".to_owned())
    })
}

fn not_editable() -> EditError {
    EditError::InvalidFile("its servers are not laid out as expected".to_owned())
}

/// Under which key a server stands.
struct Place {
    section: &'static str,
}

impl Place {
    fn path<'n>(&self, name: &'n str) -> [&'n str; 2] {
        [self.section, name]
    }
}

fn find(document: &Document, name: &str) -> Result<Option<Place>, EditError> {
    for section in SERVER_SECTIONS {
        if document.node(&[section]) == Some(Node::Other) {
            return Err(EditError::InvalidFile(format!(
                "\"{section}\" is not an object"
            )));
        }
        if document.node(&[section, name]).is_some() {
            return Ok(Some(Place { section }));
        }
    }
    Ok(None)
}

/// Adds to the section that is there, our own first, and creates ours where there is none.
fn add(document: &Document, name: &str, entry: &Value) -> Result<Document, EditError> {
    let is_there = |section: &&str| document.node(&[*section]).is_some();
    let added = if let Some(section) = SERVER_SECTIONS.into_iter().find(is_there) {
        // One line tells a section that was empty before from one that was not there.
        document.with_property(&[section], (name, entry), Layout::OneLine)
    } else {
        let servers = Value::Object(Map::from_iter([(name.to_owned(), entry.clone())]));
        document.with_property(&[], (SERVER_SECTIONS[0], &servers), Layout::Lines)
    };
    added.ok_or_else(not_editable)
}

/// What may have been before the server was added; at most one of them leads here again.
fn candidates(document: &Document, place: &Place, name: &str) -> Vec<Document> {
    let section = [place.section];
    let mut before = document.without_root();
    before.extend(document.without(&section, Removal::WithSpace));
    before.extend(document.with_empty(&section));
    before.extend(document.without(&place.path(name), Removal::WithSpace));
    before
}

#[cfg(test)]
mod tests;

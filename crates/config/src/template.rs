//! Text with references to environment variables and secrets.
//!
//! | written | stands for |
//! |---|---|
//! | `${env:NAME}`, `${NAME}` | the environment variable |
//! | `${env:NAME:-text}`, `${NAME:-text}` | the same, or the text when it is not set |
//! | `${keyring:name}` | the secret in the operating system's keychain |
//! | `$${` | `${` |
//!
//! Everything else, `${input:token}` of VS Code for example, is plain text.

use std::fmt;

use model::Secret;

use crate::mask::MASK;
use crate::reference::{Cause, Resolve, Unresolved};

/// Words that editors replace by themselves, without a scheme; no environment variables.
const EDITOR_WORDS: [&str; 5] = [
    "workspaceFolder",
    "workspaceFolderBasename",
    "workspaceRoot",
    "userHome",
    "pathSeparator",
];

/// How every reference starts.
const OPEN: &str = "${";

/// Text with references, as it stands in the configuration. `Debug` shows the references only.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    written: String,
    parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// The reference, and how it is shown: as written, a default masked since it may be a secret.
    Reference(Reference, String),
}

/// A reference to something outside the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// An environment variable.
    Env {
        /// The variable.
        name: String,
        /// What stands in for it when it is not set.
        default: Option<Secret>,
    },
    /// A secret in the keychain.
    Keyring {
        /// Its name.
        name: String,
    },
}

impl Template {
    /// Reads a text. The second value holds what looks like a reference and is none.
    pub fn parse(text: &str) -> (Self, Vec<String>) {
        let mut parts = Vec::new();
        let mut unknown = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, found, after)) = find(rest) {
            literal.push_str(before);
            match found {
                Found::Escaped => literal.push_str(OPEN),
                Found::Unknown(written) => {
                    unknown.push(recognisable(written));
                    literal.push_str(written);
                }
                Found::Reference(reference, written) => {
                    push_literal(&mut parts, &mut literal);
                    parts.push(Part::Reference(reference, shown(written)));
                }
            }
            rest = after;
        }
        literal.push_str(rest);
        push_literal(&mut parts, &mut literal);
        let written = text.to_owned();
        (Self { written, parts }, unknown)
    }

    /// The text as it stands in the configuration; may hold literal secrets.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// The text, where it holds no reference.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// What the text refers to, in the order of the text.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.parts.iter().filter_map(|part| match part {
            Part::Reference(reference, _) => Some(reference),
            Part::Literal(_) => None,
        })
    }

    /// Whether the keychain is needed to resolve it.
    pub fn needs_keyring(&self) -> bool {
        self.references()
            .any(|reference| matches!(reference, Reference::Keyring { .. }))
    }

    /// The text with every reference replaced by what it stands for; may hold secrets.
    pub fn resolve(&self, from: &dyn Resolve) -> Result<String, Unresolved> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Reference(reference, shown) => {
                    text.push_str(&reference.resolve(from).map_err(|(name, cause)| {
                        let (reference, name) = (shown.clone(), name.to_owned());
                        Unresolved {
                            reference,
                            name,
                            cause,
                            place: String::new(),
                        }
                    })?);
                }
            }
        }
        Ok(text)
    }

    /// The text for people: references as written, everything else as `••••`.
    pub fn masked(&self) -> String {
        self.shown(|_| MASK.to_owned())
    }

    /// The text for people: references as written, each literal as `literal` shows it.
    pub(crate) fn shown(&self, mut literal: impl FnMut(&str) -> String) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => literal(text),
                Part::Reference(_, shown) => shown.clone(),
            })
            .collect()
    }
}

/// What starts with `${`.
enum Found<'t> {
    /// `$${`.
    Escaped,
    /// A reference, and how it is written.
    Reference(Reference, &'t str),
    /// What looks like one and is none.
    Unknown(&'t str),
}

/// The first `${` of a text, with what is before and after.
fn find(text: &str) -> Option<(&str, Found<'_>, &str)> {
    let (before, rest) = text.split_at(text.find(OPEN)?);
    if let Some(before) = before.strip_suffix('$') {
        return Some((before, Found::Escaped, &rest[OPEN.len()..]));
    }
    // A text that is never closed, or holds another `${`, is taken as it stands.
    let length = rest.find('}').map_or(OPEN.len(), |end| end + 1);
    let (written, after) = rest.split_at(length);
    let inner = written[OPEN.len()..]
        .strip_suffix('}')
        .filter(|inner| !inner.contains(OPEN));
    let found = match inner.and_then(Reference::parse) {
        Some(reference) => Found::Reference(reference, written),
        None => Found::Unknown(written),
    };
    Some((before, found, after))
}

/// A literal `${` may be part of a password, so only what reads like a name is repeated.
fn recognisable(written: &str) -> String {
    let inner = written.trim_start_matches(OPEN).trim_end_matches('}');
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-' | '.');
    let readable = written.ends_with('}') && inner.len() <= 40 && inner.chars().all(is_name);
    if readable {
        written.to_owned()
    } else {
        "${…".to_owned()
    }
}

fn push_literal(parts: &mut Vec<Part>, literal: &mut String) {
    if !literal.is_empty() {
        parts.push(Part::Literal(std::mem::take(literal)));
    }
}

impl Reference {
    /// Reads what stands between `${` and `}`.
    fn parse(inner: &str) -> Option<Self> {
        if let Some(name) = inner.strip_prefix("keyring:") {
            let usable = !name.trim().is_empty();
            return usable.then(|| Self::Keyring {
                name: name.to_owned(),
            });
        }
        let variable = inner.strip_prefix("env:");
        let (name, default) = match variable.unwrap_or(inner).split_once(":-") {
            Some((name, default)) => (name, Some(Secret::new(default))),
            None => (variable.unwrap_or(inner), None),
        };
        let editors_own = variable.is_none() && EDITOR_WORDS.contains(&name);
        (is_variable(name) && !editors_own).then(|| Self::Env {
            name: name.to_owned(),
            default,
        })
    }

    fn resolve(&self, from: &dyn Resolve) -> Result<String, (&str, Cause)> {
        match self {
            Self::Env { name, default } => from
                .env(name)
                .or_else(|| default.as_ref().map(|text| text.expose().to_owned()))
                .ok_or((name, Cause::MissingVariable)),
            Self::Keyring { name } => match from.keyring(name) {
                Ok(Some(secret)) => Ok(secret.expose().to_owned()),
                Ok(None) => Err((name, Cause::MissingSecret)),
                Err(error) => Err((name, Cause::Keychain(error))),
            },
        }
    }
}

/// How a reference is shown, given how it is written.
fn shown(written: &str) -> String {
    match written.split_once(":-") {
        Some((name, text)) if text != "}" => format!("{name}:-{MASK}}}"),
        _ => written.to_owned(),
    }
}

/// Windows allows `ProgramFiles(x86)`; elsewhere variables are letters, digits and underscores.
fn is_variable(name: &str) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '(' | ')'))
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({})", self.masked())
    }
}

#[cfg(test)]
mod tests;

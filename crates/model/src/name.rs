//! Names: of servers as the user wrote them, and of tools as clients see them.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Longest tool name that every client accepts (the public conformance suite checks 1 to 64).
const MAX_TOOL_NAME: usize = 64;

/// Separates the server from the tool in an exposed name.
const SEPARATOR: &str = "__";

/// A server's name, exactly as it stands in the configuration.
///
/// 1 to 128 characters without control characters, not blank at either end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerName(Arc<str>);

/// Why a text cannot be a server's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// The name is empty or only white space.
    #[error("a server's name must not be empty")]
    Empty,
    /// The name has more than 128 characters.
    #[error("a server's name has at most 128 characters")]
    TooLong,
    /// The name holds a line break or another control character.
    #[error("a server's name must not contain control characters")]
    Control,
    /// The name starts or ends with white space.
    #[error("a server's name must not start or end with white space")]
    Padded,
}

impl ServerName {
    /// Checks and wraps a name.
    pub fn new(name: &str) -> Result<Self, InvalidName> {
        if name.trim().is_empty() {
            return Err(InvalidName::Empty);
        }
        if name.chars().count() > 128 {
            return Err(InvalidName::TooLong);
        }
        if name.chars().any(char::is_control) {
            return Err(InvalidName::Control);
        }
        if name.trim() != name {
            return Err(InvalidName::Padded);
        }
        Ok(Self(name.into()))
    }

    /// The name as the user wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in the characters that tool names, URL paths and file names allow.
    ///
    /// Two names may share a slug; [`shared_slugs`] resolves that.
    pub fn slug(&self) -> String {
        let slug = sanitize(&self.0);
        // `a__b` and `a_` would make the split of `server__tool` ambiguous.
        let mut clean = slug.trim_matches('_').to_owned();
        while clean.contains(SEPARATOR) {
            clean = clean.replace(SEPARATOR, "_");
        }
        if clean.is_empty() {
            format!("server-{}", digest(&[&self.0], 8))
        } else {
            clean
        }
    }
}

/// Assigns every server its slug; where several share one, all but an exact match get a suffix
/// made from their own name, so that a slug depends on nothing but the names that share it.
pub fn shared_slugs<'a>(
    names: impl IntoIterator<Item = &'a ServerName>,
) -> BTreeMap<ServerName, String> {
    let mut by_slug: BTreeMap<String, Vec<&ServerName>> = BTreeMap::new();
    for name in names {
        by_slug.entry(name.slug()).or_default().push(name);
    }
    let mut slugs = BTreeMap::new();
    for (slug, names) in by_slug {
        let alone = names.len() == 1;
        for name in names {
            let own = if alone || name.as_str() == slug {
                slug.clone()
            } else {
                format!("{slug}-{}", digest(&[name.as_str()], 6))
            };
            slugs.insert(name.clone(), own);
        }
    }
    slugs
}

/// The name under which a tool is offered on faces that hold several servers: `server__tool`,
/// at most 64 characters of `[A-Za-z0-9_-]`.
///
/// A pure function of both names, so that adding a server never renames another server's tools.
/// A name that had to be changed carries a hash of the original, which keeps it unique.
pub fn exposed_tool_name(slug: &str, tool: &str) -> String {
    let clean = sanitize(tool);
    let plain = format!("{slug}{SEPARATOR}{clean}");
    if clean == tool && plain.len() <= MAX_TOOL_NAME {
        return plain;
    }
    let mark = digest(&[slug, tool], 8);
    let keep = MAX_TOOL_NAME - mark.len() - 1;
    format!("{}_{mark}", &plain[..plain.len().min(keep)])
}

/// Replaces everything outside `[A-Za-z0-9_-]`, the set that every model vendor accepts.
fn sanitize(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect()
}

/// The first `length` hexadecimal digits of the SHA-256 over the parts.
fn digest(parts: &[&str], length: usize) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut text = crate::hex(&hash.finalize());
    text.truncate(length);
    text
}

impl TryFrom<String> for ServerName {
    type Error = InvalidName;
    fn try_from(name: String) -> Result<Self, InvalidName> {
        Self::new(&name)
    }
}

impl From<ServerName> for String {
    fn from(name: ServerName) -> Self {
        name.0.as_ref().to_owned()
    }
}

impl Borrow<str> for ServerName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ServerName {
        ServerName::new(text).expect("valid name")
    }

    #[test]
    fn a_plain_pair_is_joined() {
        assert_eq!(
            exposed_tool_name("github", "create_issue"),
            "github__create_issue"
        );
    }

    #[test]
    fn changed_names_stay_unique_and_short() {
        let dotted = exposed_tool_name("s", "a.b");
        let underscored = exposed_tool_name("s", "a_b");
        assert_ne!(dotted, underscored);
        let long = exposed_tool_name("s", &"x".repeat(200));
        let longer = exposed_tool_name("s", &"x".repeat(201));
        assert_eq!(long.len(), 64);
        assert_ne!(long, longer);
    }

    #[test]
    fn non_ascii_tools_do_not_split_a_character() {
        let exposed = exposed_tool_name("s", &"ü".repeat(100));
        assert_eq!(exposed.len(), 64);
        assert!(exposed.is_ascii());
    }

    #[test]
    fn slugs_never_hold_the_separator() {
        assert_eq!(name("my server").slug(), "my_server");
        assert_eq!(name("a__b_").slug(), "a_b");
        assert_eq!(name("../../etc/x").slug(), "etc_x");
        assert!(name("日本").slug().starts_with("server-"));
    }

    #[test]
    fn servers_that_share_a_slug_are_told_apart() {
        let (spaced, exact, other) = (name("a b"), name("a_b"), name("a/b"));
        let slugs = shared_slugs([&spaced, &exact, &other]);
        assert_eq!(slugs[&exact], "a_b");
        assert_ne!(slugs[&spaced], slugs[&other]);
        let alone = shared_slugs([&spaced]);
        assert_eq!(alone[&spaced], "a_b");
    }

    #[test]
    fn bad_names_are_refused() {
        assert_eq!(ServerName::new(" "), Err(InvalidName::Empty));
        assert_eq!(ServerName::new("a\nb"), Err(InvalidName::Control));
        assert_eq!(ServerName::new(" a"), Err(InvalidName::Padded));
        assert_eq!(ServerName::new(&"a".repeat(129)), Err(InvalidName::TooLong));
    }
}

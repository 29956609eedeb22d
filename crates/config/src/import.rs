//! Servers from whatever people paste: command lines, addresses, install links, and the
//! configuration of any client.
//!
//! Nothing of it runs or is fetched. What comes out are entries of our own shape, each with what
//! a person has to see before it is used.

mod document;
mod entry;
mod line;
mod link;
mod naming;

use std::path::Path;

use model::Candidate;
use serde_json::{Map, Value, json};
use url::Url;

use crate::evidence::evidence;
use crate::launch::ServerConfig;

/// The longest text that is looked at, in bytes.
pub const MAX_TEXT: usize = 256 * 1024;

/// Most servers taken from one text.
const MOST: usize = 100;

/// Why a text describes no server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// There is nothing in it.
    #[error("The text is empty. Paste a command line, an address or a configuration.")]
    Empty,
    /// Nobody pastes so much on purpose.
    #[error("The text is longer than 256 KiB. Paste only the part that describes the servers.")]
    TooLarge,
    /// It describes too many.
    #[error("The text describes more than 100 servers. Paste them in parts.")]
    TooMany,
    /// It looks like something, but is damaged.
    #[error("This looks like {what}, but cannot be read: {reason}. Correct it, or paste it again.")]
    Damaged {
        /// What it looks like, with its article.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// It is read, but says nothing of servers.
    #[error(
        "No server is described here. Paste a command line such as `npx -y some-server`, an \
         address such as `https://example.com/mcp`, an install link, or the configuration of \
         another client."
    )]
    NoServers,
    /// Archives are not read.
    #[error(
        "This is an archive, which is not read here. Unpack it where you trust it, and paste the \
         command line of the server in it."
    )]
    Archive,
    /// YAML is not read.
    #[error(
        "This looks like YAML, which is not read here. Paste the server's command line or \
         address instead."
    )]
    Yaml,
}

/// A server as a text describes it.
#[derive(Clone, Debug, PartialEq)]
struct Found {
    /// The name in the text, if it has one there.
    name: Option<String>,
    entry: Map<String, Value>,
    /// What deserves to be said beside what the entry shows.
    remarks: Vec<String>,
}

/// The servers that a text describes, in its order. Whether their names are taken already is for
/// the caller to say.
pub fn candidates(text: &str) -> Result<Vec<Candidate>, ImportError> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(ImportError::Empty);
    }
    if is_archive(text.as_bytes()) {
        return Err(ImportError::Archive);
    }
    if text.len() > MAX_TEXT {
        return Err(ImportError::TooLarge);
    }
    let found = read(unfenced(text))?;
    match found.len() {
        0 => Err(ImportError::NoServers),
        1..=MOST => Ok(name_all(found)),
        _ => Err(ImportError::TooMany),
    }
}

/// Whether bytes begin like an archive: ZIP, as MCPB and DXT files are too, gzip, 7z or xz.
pub fn is_archive(bytes: &[u8]) -> bool {
    let heads: [&[u8]; 5] = [
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"\x1f\x8b",
        b"7z\xbc\xaf",
        b"\xfd7zXZ",
    ];
    heads.iter().any(|head| bytes.starts_with(head))
}

/// One server whose entry is known already, for example from a registry.
pub fn candidate(name: &str, entry: &Value) -> Candidate {
    judged(name.to_owned(), entry.clone(), Vec::new())
}

fn read(text: &str) -> Result<Vec<Found>, ImportError> {
    if let Some(found) = link::read(text) {
        return found;
    }
    if let Some(entry) = address(text) {
        return Ok(vec![entry]);
    }
    if document::looks_like_json(text) {
        return document::json(text);
    }
    if document::looks_like_toml(text) {
        return document::toml(text);
    }
    if document::looks_like_yaml(text) {
        return Err(ImportError::Yaml);
    }
    line::read(text)
}

/// A lone URL.
fn address(text: &str) -> Option<Found> {
    let is_one = !text.contains(char::is_whitespace) && text.contains("://");
    let url = Url::parse(text).ok().filter(|_| is_one)?;
    if !matches!(url.scheme(), "http" | "https" | "ws" | "wss") {
        return None;
    }
    Some(Found {
        name: None,
        entry: Map::from_iter([("url".to_owned(), text.into())]),
        remarks: Vec::new(),
    })
}

/// The text without the fence of a code block, as it comes out of a document.
fn unfenced(text: &str) -> &str {
    let Some(inner) = text
        .strip_prefix("```")
        .and_then(|text| text.trim_end().strip_suffix("```"))
    else {
        return text.trim_matches('`').trim();
    };
    inner
        .split_once('\n')
        .map_or(inner, |(_, body)| body)
        .trim()
}

fn name_all(found: Vec<Found>) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for Found {
        name,
        entry,
        remarks,
    } in found
    {
        let name = name.filter(|name| !name.trim().is_empty());
        let is_named = name.is_some();
        let name = name.map_or_else(|| naming::name(&entry), |name| name.trim().to_owned());
        let taken = |name: &str| candidates.iter().any(|known| known.name == name);
        let mut candidate = judged(free(&name, is_named, taken), Value::Object(entry), remarks);
        if taken(&candidate.name) && candidate.problem.is_none() {
            candidate.problem = Some("The text names two servers like this.".to_owned());
        }
        candidates.push(candidate);
    }
    candidates
}

/// A name that was made up gives way to others.
fn free(name: &str, is_given: bool, taken: impl Fn(&str) -> bool) -> String {
    let mut names = std::iter::once(name.to_owned()).chain((2..).map(|n| format!("{name}-{n}")));
    let free = names.find(|name| is_given || !taken(name));
    free.unwrap_or_else(|| name.to_owned())
}

/// The entry as the configuration would take it, with what it would do.
fn judged(name: String, entry: Value, remarks: Vec<String>) -> Candidate {
    match server(&name, &entry) {
        Ok(server) => {
            let mut evidence = evidence(&server);
            evidence.warnings.extend(remarks);
            Candidate {
                name,
                shown: shown(&server),
                entry,
                evidence,
                exists: false,
                problem: None,
            }
        }
        Err(problem) => Candidate {
            name,
            shown: Value::Object(Map::new()),
            entry,
            evidence: model::Evidence::default(),
            exists: false,
            problem: Some(problem),
        },
    }
}

/// What the entry says, without what it does not say.
fn shown(server: &ServerConfig) -> Value {
    let mut entry = server.launch.masked();
    entry.retain(|_, value| *value != json!({}) && *value != json!([]));
    Value::Object(entry)
}

/// The entry as it is read from the configuration, or why it cannot be used.
fn server(name: &str, entry: &Value) -> Result<ServerConfig, String> {
    let text = json!({ "mcpServers": { name: entry } }).to_string();
    let parsed = crate::parse(&text, Path::new("the text"));
    let settings = parsed.settings.map(|settings| settings.servers);
    if let Some((_, server)) = settings.and_then(|mut servers| servers.pop()) {
        return Ok(server);
    }
    let errors = parsed.diagnostics.into_iter();
    let errors = errors.filter(|finding| finding.severity == model::Severity::Error);
    let said: Vec<String> = errors
        .map(|finding| format!("{} {}", finding.message, finding.fix))
        .collect();
    Err(said.join(" "))
}

#[cfg(test)]
mod tests;

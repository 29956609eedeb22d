//! Install links: a name, and an entry as JSON, plain or in base64.
//!
//! | link | payload |
//! |---|---|
//! | `cursor://anysphere.cursor-deeplink/mcp/install?name=…&config=…` | base64 of an entry |
//! | `vscode:mcp/install?…` | an entry with its name, percent-encoded |
//! | `lmstudio://add_mcp?name=…&config=…` | base64 of an entry |
//! | `toolgate://mcp/install?…` | either |
//!
//! Web addresses that only lead to such a link carry the same parameters.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;
use url::Url;

use super::{Found, ImportError, document};

/// Schemes of programs that take such links.
const SCHEMES: [&str; 10] = [
    "toolgate",
    "cursor",
    "vscode",
    "vscode-insiders",
    "vscodium",
    "lmstudio",
    "windsurf",
    "kiro",
    "trae",
    "goose",
];

/// How the paths of web addresses end that lead to such a link.
const WEB_PATHS: [&str; 5] = [
    "/install-mcp",
    "/mcp/install",
    "/mcp/add",
    "/add_mcp",
    "/mcp-install",
];

/// Links inside of links that are followed.
const MOST_NESTED: usize = 3;

/// The servers of an install link; `None` if the text is none.
pub(super) fn read(text: &str) -> Option<Result<Vec<Found>, ImportError>> {
    if text.contains(char::is_whitespace) && !text.contains('{') {
        return None;
    }
    follow(text, MOST_NESTED)
}

fn follow(text: &str, depth: usize) -> Option<Result<Vec<Found>, ImportError>> {
    let url = Url::parse(text).ok()?;
    let parameter = |wanted: &str| {
        let mut pairs = url.query_pairs();
        pairs
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    let is_web = matches!(url.scheme(), "http" | "https");
    if is_web && depth > 0 && url.path().ends_with("/redirect") {
        // Only what leads to a link is followed, not an address that happens to carry another.
        return parameter("url").and_then(|inner| follow(&inner, depth - 1));
    }
    let is_link = if is_web {
        WEB_PATHS.iter().any(|path| url.path().ends_with(path)) && url.query().is_some()
    } else {
        SCHEMES.contains(&url.scheme())
    };
    if !is_link {
        return None;
    }
    if url.scheme() == "goose" {
        return Some(Err(damaged(
            "links of Goose are not read; paste the command",
        )));
    }
    let named = parameter("config").map(|config| payload(&config));
    let whole = || url.query().map(percent_decoded);
    let Some(json) = named.or_else(whole) else {
        return Some(Err(damaged("it carries no server")));
    };
    Some(servers(&json, parameter("name")))
}

fn servers(json: &str, name: Option<String>) -> Result<Vec<Found>, ImportError> {
    if serde_json::from_str::<Value>(json).is_err() {
        return Err(damaged(
            "what it carries is neither JSON nor JSON in base64",
        ));
    }
    let mut found = document::json(json)?;
    if let [only] = found.as_mut_slice()
        && let Some(name) = name
    {
        only.name = Some(name);
    }
    Ok(found)
}

/// JSON as it is, or out of base64 with either alphabet, padded or not.
fn payload(config: &str) -> String {
    if config.trim_start().starts_with('{') {
        return config.to_owned();
    }
    // Where a plus sign was not encoded, the query's rules made a space of it.
    let packed = config.trim().replace(' ', "+");
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let decoded = [STANDARD, URL_SAFE].iter().find_map(|alphabet| {
        let engine = GeneralPurpose::new(alphabet, lenient);
        let bytes = engine.decode(&packed).ok()?;
        String::from_utf8(bytes).ok()
    });
    // Some encode the JSON as a component of a URL before they pack it.
    let decoded = decoded.unwrap_or_else(|| config.to_owned());
    if decoded.starts_with('%') {
        percent_decoded(&decoded)
    } else {
        decoded
    }
}

/// The text behind percent signs; other than in a form, a plus sign is one (RFC 3986).
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let pair = tail
            .get(..2)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        let decoded = pair
            .filter(|pair| *first == b'%' && pair.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        if decoded.is_some() {
            rest = &tail[2..];
        }
        bytes.push(decoded.unwrap_or(*first));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn damaged(reason: &str) -> ImportError {
    ImportError::Damaged {
        what: "an install link",
        reason: reason.to_owned(),
    }
}

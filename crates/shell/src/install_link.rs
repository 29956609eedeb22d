//! Links that offer a server: `toolgate://mcp/install`, and those of Cursor and VS Code.
//!
//! A link is only text from somewhere. It is checked for its form and its size here and goes to
//! the gateway's review, where a person sees what it would run; nothing here runs anything.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;
use url::Url;

/// The longest link that is read, in bytes.
const LONGEST: usize = 64 * 1024;

/// A link that offers a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallLink(String);

/// Why a text is no link that offers a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedLink {
    /// It is longer than any such link.
    #[error("The link is longer than 64 KiB. Add the server by hand instead.")]
    TooLong,
    /// It is another kind of link, or none.
    #[error("The link is not one that offers a server. Check where it comes from.")]
    Foreign,
    /// Its payload cannot be read.
    #[error("The link describes no server. Ask whoever gave it to you for another one.")]
    NoServer,
}

impl InstallLink {
    /// Checks the form of a link.
    pub fn parse(text: &str) -> Result<Self, RefusedLink> {
        if text.len() > LONGEST {
            return Err(RefusedLink::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(RefusedLink::Foreign);
        }
        let url = Url::parse(text.trim()).map_err(|_| RefusedLink::Foreign)?;
        let path = url.path().trim_matches('/');
        let payload = match (url.scheme(), url.host_str().unwrap_or_default(), path) {
            ("toolgate", "mcp", "install")
            | ("cursor", "anysphere.cursor-deeplink", "mcp/install") => by_query(&url),
            ("vscode" | "vscode-insiders", "", "mcp/install") => by_text(&url),
            _ => return Err(RefusedLink::Foreign),
        };
        // A single object, and not an empty one.
        match payload {
            Some(Value::Object(fields)) if !fields.is_empty() => Ok(Self(url.into())),
            _ => Err(RefusedLink::NoServer),
        }
    }

    /// The link as the gateway reads it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `?name=…&config=…`, the configuration in Base64 of either alphabet or as plain JSON.
fn by_query(url: &Url) -> Option<Value> {
    let value = |wanted: &str| {
        let mut pairs = url.query_pairs();
        pairs.find_map(|(key, value)| (key == wanted).then(|| value.into_owned()))
    };
    value("name").filter(|name| !name.trim().is_empty())?;
    // A plus sign that was not escaped has become a space.
    let config = value("config")?.replace(' ', "+");
    let bytes = decode(&config).unwrap_or_else(|| config.replace('+', " ").into_bytes());
    serde_json::from_slice(&bytes).ok()
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabets = [STANDARD, URL_SAFE].into_iter();
    let mut engines = alphabets.map(|alphabet| GeneralPurpose::new(&alphabet, config));
    engines.find_map(|engine| engine.decode(text).ok())
}

/// The query as a whole is the percent-encoded JSON.
fn by_text(url: &Url) -> Option<Value> {
    let query = url.query()?.replace('+', "%2B");
    let (text, _) = url::form_urlencoded::parse(query.as_bytes()).next()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD};

    use super::*;

    const ENTRY: &str = r#"{"command":"npx","args":["-y","a~b?c>"]}"#;

    fn refused(link: &str) -> RefusedLink {
        InstallLink::parse(link).expect_err("it is refused")
    }

    #[test]
    fn the_links_of_three_applications_are_read() {
        let escaped: String = url::form_urlencoded::byte_serialize(ENTRY.as_bytes()).collect();
        let links = [
            format!(
                "toolgate://mcp/install?name=a&config={}",
                BASE64.encode(ENTRY)
            ),
            format!("toolgate://mcp/install?config={escaped}&name=a"),
            format!(
                "cursor://anysphere.cursor-deeplink/mcp/install?name=a&config={}",
                URL_SAFE_NO_PAD.encode(ENTRY)
            ),
            format!("vscode:mcp/install?{}", escaped.replace('+', "%20")),
        ];
        for link in links {
            assert!(InstallLink::parse(&link).is_ok(), "{link}");
        }
    }

    #[test]
    fn other_links_are_foreign() {
        let links = [
            "https://example.com/mcp/install?name=a&config=e30",
            "toolgate://mcp/run?name=a&config=e30",
            "cursor://other/mcp/install?name=a&config=e30",
            "vscode://mcp/install?%7B%7D",
            "file:///etc/passwd",
            "rm -rf /",
            "toolgate://mcp/install?name=a\u{0}",
            "",
        ];
        for link in links {
            assert_eq!(refused(link), RefusedLink::Foreign, "{link}");
        }
    }

    #[test]
    fn a_link_without_a_server_is_refused() {
        let configs = ["", "e30=", "W10=", "bm90IGpzb24=", "%7B", "42"];
        for config in configs {
            let link = format!("toolgate://mcp/install?name=a&config={config}");
            assert_eq!(refused(&link), RefusedLink::NoServer, "{config}");
        }
        let nameless = format!("toolgate://mcp/install?config={}", BASE64.encode(ENTRY));
        assert_eq!(refused(&nameless), RefusedLink::NoServer);
        assert_eq!(refused("vscode:mcp/install"), RefusedLink::NoServer);
    }

    #[test]
    fn a_link_has_a_longest_length() {
        let link = format!("toolgate://mcp/install?name={}", "a".repeat(LONGEST));
        assert_eq!(refused(&link), RefusedLink::TooLong);
    }
}

//! What a server that refuses a request asks for: `WWW-Authenticate` (RFC 9110 section 11.6.1,
//! RFC 6750 section 3, RFC 9728 section 5.1).

use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, StatusCode};

/// What would make the server take the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A token, or another one.
    Token,
    /// A token that allows more.
    MoreScope,
}

/// A server's refusal for want of a good enough token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// What would make the server take the request.
    pub need: Need,
    /// Where the server describes itself; as sent, possibly relative to its own URL.
    pub resource_metadata: Option<String>,
    /// What the token has to allow, in the server's order; empty where it does not say.
    pub scopes: Vec<String>,
    /// The code of RFC 6750 section 3.1, for example `invalid_token`.
    pub error: Option<String>,
}

impl Challenge {
    /// Reads a response; `None` where no token would help: anything but 401, and but a 403 that
    /// names `insufficient_scope`.
    pub fn from_response(status: StatusCode, headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(WWW_AUTHENTICATE);
        let values = values.iter().filter_map(|value| value.to_str().ok());
        let bearer: Vec<(String, String)> = values.flat_map(bearer_parameters).collect();
        let first = |name: &str| {
            let mut named = bearer.iter().filter(|(key, _)| key == name);
            named.next().map(|(_, value)| value.clone())
        };
        let error = first("error");
        let need = match status {
            StatusCode::UNAUTHORIZED => Need::Token,
            StatusCode::FORBIDDEN if error.as_deref() == Some("insufficient_scope") => {
                Need::MoreScope
            }
            _ => return None,
        };
        let scopes = first("scope").unwrap_or_default();
        let scopes = scopes.split_ascii_whitespace().filter(|s| is_scope(s));
        Some(Self {
            need,
            resource_metadata: first("resource_metadata"),
            scopes: scopes.map(str::to_owned).collect(),
            error,
        })
    }

    /// The parts that discovery needs, as one header of its own.
    pub(crate) fn to_header(&self) -> String {
        let scope = (!self.scopes.is_empty()).then(|| self.scopes.join(" "));
        let parts = [
            ("resource_metadata", self.resource_metadata.as_deref()),
            ("scope", scope.as_deref()),
        ];
        let parts = parts
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}=\"{}\"", escape(value?))));
        format!("Bearer {}", parts.collect::<Vec<_>>().join(", "))
    }
}

/// The characters of a scope: RFC 6749 section 3.3.
fn is_scope(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// The parameters of the `Bearer` challenges in one header, names in lower case. Broken text ends
/// the reading; what stands before it counts.
fn bearer_parameters(header: &str) -> Vec<(String, String)> {
    let mut rest = header;
    let mut is_bearer = false;
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let (word, after) = split_token(rest);
        if word.is_empty() {
            return found;
        }
        let Some(value) = after.trim_start_matches([' ', '\t']).strip_prefix('=') else {
            is_bearer = word.eq_ignore_ascii_case("bearer");
            rest = after;
            continue;
        };
        let value = value.trim_start_matches([' ', '\t']);
        let Some((value, after)) = split_value(value) else {
            return found;
        };
        // Without a value it was the padded text that some schemes carry instead of parameters.
        if is_bearer && let Some(value) = value {
            found.push((word.to_ascii_lowercase(), value));
        }
        rest = after;
    }
}

fn split_token(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | ',' | '"'));
    text.split_at(end.unwrap_or(text.len()))
}

/// A parameter's value and what follows it; `None` if its quotes are never closed.
fn split_value(text: &str) -> Option<(Option<String>, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let padding = text.trim_start_matches('=');
        let (word, after) = split_token(padding);
        return Some(((!word.is_empty()).then(|| word.to_owned()), after));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((Some(value), &quoted[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(status: u16, headers: &[&str]) -> Option<Challenge> {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(
                WWW_AUTHENTICATE,
                HeaderValue::from_str(header).expect("a header"),
            );
        }
        Challenge::from_response(StatusCode::from_u16(status).expect("a status"), &map)
    }

    #[test]
    fn a_refusal_says_where_to_look_and_what_to_ask_for() {
        let header = r#"Bearer realm="x, y", error="invalid_token", scope="files:read  files:write", resource_metadata="https://a/.well-known/x?q=\"1\"""#;
        let challenge = read(401, &[header]).expect("a challenge");
        assert_eq!(challenge.need, Need::Token);
        assert_eq!(challenge.scopes, ["files:read", "files:write"]);
        assert_eq!(challenge.error.as_deref(), Some("invalid_token"));
        let metadata = challenge.resource_metadata.as_deref();
        assert_eq!(metadata, Some(r#"https://a/.well-known/x?q="1""#));
        let again = read(401, &[&challenge.to_header()]).expect("a challenge");
        assert_eq!(again.resource_metadata, challenge.resource_metadata);
        assert_eq!(again.scopes, challenge.scopes);
    }

    #[test]
    fn other_schemes_beside_it_do_not_matter() {
        for headers in [
            &[r#"Basic realm="scope=no", bearer SCOPE=yes, Digest scope="no""#][..],
            &["Negotiate bm8=, Bearer scope = \"yes\"", "Basic scope=no"],
            &["Negotiate scope==", "Bearer", "Bearer scope=yes,error=x"],
            &[r#"Bearer error_description="scope=no", scope="yes", x="open"#],
        ] {
            let challenge = read(401, headers).expect("a challenge");
            assert_eq!(challenge.scopes, ["yes"], "{headers:?}");
        }
    }

    #[test]
    fn only_want_of_a_token_is_a_challenge() {
        assert_eq!(read(401, &[]).map(|c| c.need), Some(Need::Token));
        assert_eq!(read(403, &[]), None);
        assert_eq!(read(403, &[r#"Bearer error="invalid_token""#]), None);
        assert_eq!(
            read(400, &[r#"Bearer error="insufficient_scope""#]),
            None,
            "only 403 is a matter of scope"
        );
        let more = read(403, &[r#"Bearer error="insufficient_scope", scope="b""#]);
        assert_eq!(more.map(|c| c.need), Some(Need::MoreScope));
    }

    #[test]
    fn what_is_no_scope_is_left_out() {
        let challenge = read(401, &[r#"Bearer scope="ok b\\c d\"e""#]).expect("a challenge");
        assert_eq!(challenge.scopes, ["ok"]);
        for broken in ["Bearer scope=\"open", "Bearer scope=", "=", "\"", ",,, ,"] {
            assert!(read(401, &[broken]).expect("a 401").scopes.is_empty());
        }
    }
}

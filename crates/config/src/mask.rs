//! What people may see of a configured value: references as written, secrets never.

use url::Url;

use crate::template::Template;

/// Stands for something that is not shown.
pub(crate) const MASK: &str = "••••";

/// What a name holds when its value is a secret; compared in lower case.
const SECRET_NAMES: [&str; 11] = [
    "token",
    "secret",
    "passw",
    "apikey",
    "api-key",
    "api_key",
    "auth",
    "credential",
    "bearer",
    "cookie",
    "private",
];

/// What such a name may end in; inside of other words these mean nothing.
const SECRET_ENDS: [&str; 3] = ["key", "pwd", "-pat"];

/// How secrets of common issuers start.
const SECRET_STARTS: [&str; 12] = [
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "sk-",
    "sk_",
    "xoxb-",
    "xoxp-",
    "AKIA",
    "eyJ",
    "AIza",
];

/// A word of this length that mixes letters and digits is taken for a random value.
const RANDOM_LENGTH: usize = 24;

/// Command-line arguments as one line for people.
pub(crate) fn arguments<'a>(templates: impl IntoIterator<Item = &'a Template>) -> String {
    let shown = argument_list(templates).into_iter().map(|argument| {
        let bare = !argument.is_empty() && !argument.contains(char::is_whitespace);
        if bare {
            argument
        } else {
            format!("\"{argument}\"")
        }
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// Command-line arguments one by one for people.
pub(crate) fn argument_list<'a>(templates: impl IntoIterator<Item = &'a Template>) -> Vec<String> {
    let mut secret_next = false;
    let mut list = Vec::new();
    for template in templates {
        list.push(argument(template, secret_next));
        let written = template.written();
        secret_next = written.starts_with('-') && !written.contains('=') && names_secret(written);
    }
    list
}

/// One argument; `secret` says that the flag before it announces a secret.
fn argument(template: &Template, mut secret: bool) -> String {
    template.shown(|text| {
        if secret {
            return MASK.to_owned();
        }
        match assignment(text) {
            Some((name, value)) if names_secret(name) => {
                secret = true;
                if value.is_empty() {
                    name.to_owned()
                } else {
                    format!("{name}{MASK}")
                }
            }
            _ => plain(text),
        }
    })
}

/// Splits `NAME=value`, `--flag=value` and `Header: value` behind the separator.
fn assignment(text: &str) -> Option<(&str, &str)> {
    let at = text.find(['=', ':'])?;
    let is_scheme = text[at..].starts_with("://");
    (!is_scheme).then(|| text.split_at(at + 1))
}

/// A text outside of any reference, word by word.
fn plain(text: &str) -> String {
    if text.contains("://") {
        return url(text);
    }
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            if looks_random(word.trim_end()) {
                MASK
            } else {
                word
            }
        })
        .collect()
}

/// A line of a log without what looks like a secret: random values, and what a URL may carry.
pub fn without_secrets(line: &str) -> String {
    let around = |c: char| "\"'`()[]{}<>,;:=".contains(c);
    line.split_inclusive(char::is_whitespace)
        .map(|word| {
            let bare = word.trim_matches(|c: char| around(c) || c.is_whitespace());
            if bare.contains("://") {
                word.replace(bare, &url(bare))
            } else if looks_random(bare) {
                word.replace(bare, MASK)
            } else {
                word.to_owned()
            }
        })
        .collect()
}

/// A URL without what may carry a token, references as written.
pub(crate) fn url_template(template: &Template) -> String {
    match template.as_literal() {
        Some(text) => url(text),
        None => without_credentials(&template.shown(str::to_owned)),
    }
}

fn url(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) => hide_random_segments(&model::SafeUrl::new(url).to_string()),
        Err(_) => without_credentials(text),
    }
}

/// What [`model::SafeUrl`] does, for text that only becomes a URL once references are resolved.
fn without_credentials(text: &str) -> String {
    // A reference with a default has no `?` or `#` before it that could end the address.
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let address = match text[..end].split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.split('/').next().unwrap_or(rest);
            let host = authority.rsplit('@').next().unwrap_or(authority);
            format!("{scheme}://{host}{}", &rest[authority.len()..])
        }
        None => text[..end].to_owned(),
    };
    let query = if text[end..].starts_with('?') {
        "?…"
    } else {
        ""
    };
    hide_random_segments(&address) + query
}

/// Some services put the token in the path: `https://host/s/<token>/mcp`.
fn hide_random_segments(address: &str) -> String {
    let shown: Vec<&str> = address
        .split('/')
        .map(|part| if looks_random(part) { MASK } else { part })
        .collect();
    shown.join("/")
}

/// Whether a variable, header or option of this name usually holds a secret.
pub fn names_secret(name: &str) -> bool {
    let name = name.trim_end_matches(['=', ':']).to_lowercase();
    SECRET_NAMES.iter().any(|word| name.contains(word))
        || SECRET_ENDS.iter().any(|word| name.ends_with(word))
}

fn looks_random(word: &str) -> bool {
    if SECRET_STARTS
        .iter()
        .any(|start| word.len() > start.len() + 8 && word.starts_with(start))
    {
        return true;
    }
    word.len() >= RANDOM_LENGTH
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '='))
        && word.chars().any(|c| c.is_ascii_digit())
        && word.chars().any(|c| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(arguments: &[&str]) -> String {
        let templates: Vec<Template> = arguments.iter().map(|a| Template::parse(a).0).collect();
        super::arguments(&templates)
    }

    fn shown_url(text: &str) -> String {
        url_template(&Template::parse(text).0)
    }

    #[test]
    fn plain_arguments_are_shown() {
        let line = line(&[
            "npx",
            "-y",
            "@modelcontextprotocol/server-filesystem@2025.8.21",
            "/my dir",
        ]);
        assert_eq!(
            line,
            r#"npx -y @modelcontextprotocol/server-filesystem@2025.8.21 "/my dir""#
        );
    }

    #[test]
    fn secrets_in_arguments_are_masked() {
        for (arguments, expected) in [
            (&["--api-key", "abc"][..], "--api-key ••••"),
            (&["--token=abc"], "--token=••••"),
            (&["--key", "abc"], "--key ••••"),
            (
                &["-e", "A_KEY=abc", "--keyboard", "us"],
                "-e A_KEY=•••• --keyboard us",
            ),
            (
                &["-e", "GITHUB_TOKEN=abc", "img"],
                "-e GITHUB_TOKEN=•••• img",
            ),
            (
                &["--header", "Authorization: Bearer abc"],
                "--header Authorization:••••",
            ),
            (&["--token=${keyring:gh}"], "--token=${keyring:gh}"),
            (&["--token", "${env:T}x"], "--token ${env:T}••••"),
            (&["ghp_0123456789abcdef"], "••••"),
            (&["https://u:p@host/x?key=1"], "https://host/x?…"),
            (&["a", ""], "a \"\""),
        ] {
            assert_eq!(line(arguments), expected);
        }
    }

    #[test]
    fn lines_are_shown_without_what_looks_like_a_secret() {
        for (line, expected) in [
            ("2026-01-31T23:59:59.999Z gateway WARN: gone pid=7\n", None),
            (
                "token \"ghp_0123456789abcdef\", x",
                Some("token \"••••\", x"),
            ),
            (
                "GET https://u:p@h/x?key=1 failed",
                Some("GET https://h/x?… failed"),
            ),
        ] {
            assert_eq!(without_secrets(line), expected.unwrap_or(line));
        }
    }

    #[test]
    fn urls_are_shown_without_credentials() {
        for (url, expected) in [
            ("https://host/mcp", "https://host/mcp"),
            ("https://me:pw@host:1/mcp?t=1#f", "https://host:1/mcp?…"),
            ("https://${env:HOST}/mcp?t=1", "https://${env:HOST}/mcp?…"),
            ("https://me:pw@${HOST}/mcp", "https://${HOST}/mcp"),
            (
                "https://host/s/0a1b2c3d4e5f60718293a4b5c6d7/mcp",
                "https://host/s/••••/mcp",
            ),
            ("${env:URL}", "${env:URL}"),
        ] {
            assert_eq!(shown_url(url), expected);
        }
    }
}

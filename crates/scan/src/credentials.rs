//! Credentials in what servers send, and requests for some.

use std::sync::LazyLock;

use model::{ScanFinding, Verdict};
use regex::Regex;

use crate::report::finding;

/// Shapes that nothing but a credential has, by their makers' documentation.
const SHAPES: &str = r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,}|glpat-[A-Za-z0-9_-]{20}|xox[abprs]-[A-Za-z0-9-]{20,}|(?:AKIA|ASIA)[A-Z2-7]{16}|AIza[A-Za-z0-9_-]{35}|sk-ant-[A-Za-z0-9_-]{20,}|sk_live_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{36}|SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})|-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----";

/// Files whose contents no tool should be handed.
const FILES: &str = r"(?:^|[/\\])\.(?:ssh|aws|gnupg|kube)[/\\]|(?:^|[/\\])\.(?:env(?:\.\w+)?|netrc|git-credentials|pgpass|npmrc)$|\bid_(?:rsa|ed25519|ecdsa|dsa)\b|^/etc/(?:shadow|passwd|sudoers)";

/// Names of fields in which a form asks for a secret.
const FIELDS: &str = r"(?i)^(?:seed|recovery|secret|mnemonic)[_ -]?(?:phrase|words?)$|^(?:cvv2?|cvc2?|card[_ -]?(?:number|pin)|private[_ -]?key|pass(?:word|phrase)|api[_ -]?key|ssn)$";

struct Patterns {
    shapes: Regex,
    files: Regex,
    fields: Regex,
}

fn patterns() -> Option<&'static Patterns> {
    static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
        Some(Patterns {
            shapes: Regex::new(SHAPES).ok()?,
            files: Regex::new(FILES).ok()?,
            fields: Regex::new(FIELDS).ok()?,
        })
    });
    PATTERNS.as_ref()
}

/// Credentials in a text; those of documentation and placeholders are none. The excerpt shows
/// only how they begin.
pub(crate) fn leaked(place: &str, text: &str) -> Option<ScanFinding> {
    let mut found = patterns()?.shapes.find_iter(text);
    let leaked = found.find(|found| !is_placeholder(found.as_str()))?;
    let start: String = leaked.as_str().chars().take(8).collect();
    Some(finding(
        "credential",
        Verdict::Review,
        "It holds what looks like a working credential.",
        (place, &format!("{start}…")),
    ))
}

/// A path to credentials among the arguments of a call.
pub(crate) fn file(place: &str, text: &str) -> Option<ScanFinding> {
    let text = text.trim();
    let is_file = text.len() < 512 && patterns()?.files.is_match(text);
    is_file.then(|| {
        finding(
            "credential-file",
            Verdict::Review,
            "It reaches for a file that holds credentials.",
            (place, text),
        )
    })
}

/// A field of a form in which a secret is asked for.
pub(crate) fn field(place: &str, name: &str) -> Option<ScanFinding> {
    patterns()?.fields.is_match(name).then(|| {
        finding(
            "asks-for-credentials",
            Verdict::Review,
            "It asks the user for a secret; the protocol forbids that.",
            (place, name),
        )
    })
}

fn is_placeholder(credential: &str) -> bool {
    let lower = credential.to_ascii_lowercase();
    let marked = [
        "example",
        "xxxx",
        "your",
        "placeholder",
        "00000000",
        "12345678",
    ];
    marked.iter().any(|mark| lower.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_found_by_their_shape_and_not_repeated() {
        // Put together here, so that no scanner of sources takes them for real ones.
        let token = format!("ghp_{}", "a1B2".repeat(9));
        let key = format!("-----BEGIN {} KEY-----", "RSA PRIVATE");
        for text in [token.as_str(), key.as_str()] {
            let found = leaked("result", &format!("It is {text}.")).expect("is found");
            assert_eq!(found.code, "credential");
            assert!(!found.excerpt.contains(text), "{found:?}");
        }
    }

    #[test]
    fn placeholders_and_identifiers_are_no_credentials() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "550e8400-e29b-41d4-a716-446655440000",
            "set your API key",
            "-----BEGIN PUBLIC KEY-----",
        ] {
            assert_eq!(leaked("result", text), None, "{text}");
        }
    }

    #[test]
    fn paths_to_credentials_are_found() {
        for path in [
            "/home/a/.ssh/id_rsa",
            "~/.aws/credentials",
            "/srv/app/.env",
            "/etc/shadow",
        ] {
            assert!(file("path", path).is_some(), "{path}");
        }
        for path in [
            "/home/a/src/main.ts",
            "/srv/environment",
            "notes.env.txt",
            "ssh",
        ] {
            assert_eq!(file("path", path), None, "{path}");
        }
    }

    #[test]
    fn fields_for_secrets_are_found() {
        for name in ["seed_phrase", "CVV", "password", "privateKey"] {
            assert!(field("schema", name).is_some(), "{name}");
        }
        for name in ["phrase", "name", "password_hint", "key"] {
            assert_eq!(field("schema", name), None, "{name}");
        }
    }
}

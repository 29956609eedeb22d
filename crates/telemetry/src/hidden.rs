//! Secrets that a server was given, and that it may print.

use std::sync::{PoisonError, RwLock};

use model::Secret;

/// What stands in the place of a secret.
const MASK: &str = "••••";

/// A shorter value is too likely to stand in a line by chance.
const SHORTEST: usize = 6;

/// Most secrets that are looked for in each line.
const MOST: usize = 64;

/// The secrets of one server.
#[derive(Debug, Default)]
pub struct Hidden(RwLock<Vec<Secret>>);

impl Hidden {
    /// From now on, hides these instead of those before. A value of several lines is hidden line
    /// by line, as it would be printed.
    pub fn set(&self, secrets: &[Secret]) {
        let lines = secrets.iter().flat_map(|secret| secret.expose().lines());
        let mut lines: Vec<&str> = lines
            .map(str::trim)
            .filter(|l| l.len() >= SHORTEST)
            .collect();
        // The longest first: one may be part of another.
        lines.sort_by_key(|line| (std::cmp::Reverse(line.len()), *line));
        lines.dedup();
        let kept = lines.into_iter().take(MOST).map(Secret::new).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    /// The line with every secret in it masked; `None` if there is none in it.
    pub fn mask(&self, line: &[u8]) -> Option<Vec<u8>> {
        let secrets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut masked: Option<Vec<u8>> = None;
        for secret in secrets.iter() {
            let text = masked.as_deref().unwrap_or(line);
            masked = replaced(text, secret.expose().as_bytes()).or(masked);
        }
        masked
    }
}

fn replaced(text: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
    let mut rest = text;
    let mut out = Vec::new();
    while let Some(at) = rest.windows(secret.len()).position(|part| part == secret) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(MASK.as_bytes());
        rest = &rest[at + secret.len()..];
    }
    let found = rest.len() != text.len();
    found.then(|| [out.as_slice(), rest].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(secrets: &[&str], line: &str) -> Option<String> {
        let hidden = Hidden::default();
        let secrets: Vec<Secret> = secrets.iter().map(|&secret| Secret::new(secret)).collect();
        hidden.set(&secrets);
        let masked = hidden.mask(line.as_bytes())?;
        Some(String::from_utf8(masked).expect("text"))
    }

    #[test]
    fn every_secret_is_masked_wherever_it_stands() {
        for (line, expected) in [
            ("hunter2secret", "••••"),
            ("key=hunter2secret;hunter2secret!", "key=••••;••••!"),
            ("a hunter2secret-long b", "a •••• b"),
        ] {
            let masked = mask(&["hunter2secret", "hunter2secret-long"], line);
            assert_eq!(masked.as_deref(), Some(expected));
        }
        assert_eq!(mask(&["hunter2secret"], "nothing"), None);
    }

    #[test]
    fn short_values_stay_and_long_ones_are_hidden_by_the_line() {
        assert_eq!(mask(&["true", ""], "it is true"), None);
        let key = "-----BEGIN KEY-----\r\nabcdefghij\n-----END KEY-----\n";
        assert_eq!(mask(&[key], "x abcdefghij").as_deref(), Some("x ••••"));
    }
}

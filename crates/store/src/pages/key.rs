//! Keys of kept texts: random, so that only who was given one can read.

use std::fmt;
use std::io;
use std::str::FromStr;

use super::PageError;

/// A key is 128 random bits, written as 32 lower-case hexadecimal digits.
const DIGITS: usize = 32;

/// The key of a kept text; safe as a file name, because it holds nothing but hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageKey(String);

impl PageKey {
    /// A new key that nobody can guess.
    pub(super) fn random() -> io::Result<Self> {
        let mut bits = [0; DIGITS / 2];
        getrandom::fill(&mut bits).map_err(io::Error::other)?;
        Ok(Self(format!("{:032x}", u128::from_le_bytes(bits))))
    }

    /// The 32 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PageKey {
    type Err = PageError;

    fn from_str(text: &str) -> Result<Self, PageError> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == DIGITS && text.bytes().all(is_digit) {
            return Ok(Self(text.to_owned()));
        }
        Err(PageError::InvalidKey(
            text.chars().take(2 * DIGITS).collect(),
        ))
    }
}

impl fmt::Display for PageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_text() {
        let key = PageKey::random().unwrap();
        assert_eq!(key.as_str().len(), DIGITS);
        assert_eq!(key.to_string().parse::<PageKey>().unwrap(), key);
    }

    #[test]
    fn keys_differ() {
        assert_ne!(PageKey::random().unwrap(), PageKey::random().unwrap());
    }

    #[test]
    fn nothing_else_is_a_key() {
        let digits = "0123456789abcdef0123456789abcdef";
        assert!(digits.parse::<PageKey>().is_ok());
        let path = format!("../{}", &digits[3..]);
        let upper = digits.to_uppercase();
        let nul = digits.replace('0', "\0");
        for text in ["", "abc", &digits[1..], &path, &upper, &nul, "/etc/passwd"] {
            assert!(
                matches!(text.parse::<PageKey>(), Err(PageError::InvalidKey(_))),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_long_wrong_key_is_cut_in_the_error() {
        let Err(PageError::InvalidKey(shown)) = "é".repeat(1 << 20).parse::<PageKey>() else {
            unreachable!("not a key")
        };
        assert_eq!(shown.chars().count(), 2 * DIGITS);
    }
}

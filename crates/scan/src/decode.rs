//! What is encoded in a text: base64, hexadecimal digits, percent signs, HTML entities.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use regex::Regex;

/// Encodings inside encodings that are followed.
const DEPTH: usize = 2;

/// Encoded pieces of one text that are decoded, and bytes of all they decode to.
const PIECES: usize = 32;
const BYTES: usize = 64 * 1024;

/// Share of printable characters, in hundredths, that makes decoded bytes a text.
const PRINTABLE: usize = 90;

/// A text that was encoded in another.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// How it was encoded, for a sentence.
    pub(crate) encoding: &'static str,
    /// What it says.
    pub(crate) text: String,
}

/// Everything readable that is encoded in a text.
pub(crate) fn decoded(text: &str) -> Vec<Decoded> {
    let mut found = Vec::new();
    let mut room = BYTES;
    collect(text, DEPTH, &mut room, &mut found);
    found
}

fn collect(text: &str, depth: usize, room: &mut usize, found: &mut Vec<Decoded>) {
    let pieces = runs(text).chain(escapes(text));
    for piece in pieces.take(PIECES) {
        if piece.text.len() > *room || found.len() >= PIECES {
            return;
        }
        *room -= piece.text.len();
        let inner = piece.text.clone();
        found.push(piece);
        if depth > 1 {
            collect(&inner, depth - 1, room, found);
        }
    }
}

/// Runs of letters and digits that decode to a text.
fn runs(text: &str) -> impl Iterator<Item = Decoded> {
    static RUN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("[A-Za-z0-9+/_-]{16,}").ok());
    let runs = RUN.iter().flat_map(move |run| run.find_iter(text));
    runs.filter_map(|run| {
        let run = run.as_str();
        let hexadecimal = hexadecimal(run).and_then(readable).map(|text| Decoded {
            encoding: "hexadecimal digits",
            text,
        });
        hexadecimal.or_else(|| {
            let text = base64(run).and_then(readable)?;
            Some(Decoded {
                encoding: "base64",
                text,
            })
        })
    })
}

/// The whole text without its percent signs, and without its entities, where it has some.
fn escapes(text: &str) -> impl Iterator<Item = Decoded> {
    let percent = (text.matches('%').count() > 2).then(|| percent(text));
    let entities = text.contains('&').then(|| entities(text));
    let escapes = [("percent signs", percent), ("HTML entities", entities)];
    escapes.into_iter().filter_map(move |(encoding, plain)| {
        let text = plain.filter(|plain| plain != text)?;
        Some(Decoded { encoding, text })
    })
}

fn hexadecimal(run: &str) -> Option<Vec<u8>> {
    let digits = run.strip_prefix("0x").unwrap_or(run);
    if digits.len() % 2 == 1 {
        return None;
    }
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let pairs = digits.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect()
}

fn base64(run: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    // A run of one case only is a word or a path.
    let mixed = run.bytes().any(|byte| byte.is_ascii_lowercase())
        && run.bytes().any(|byte| byte.is_ascii_uppercase());
    if !mixed {
        return None;
    }
    STANDARD.decode(run).or_else(|_| URL_SAFE.decode(run)).ok()
}

/// The bytes as a text, if that is what they are.
fn readable(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    let all = text.chars().count();
    let printable = text
        .chars()
        .filter(|letter| !letter.is_control() || *letter == '\n')
        .count();
    let ascii = text.chars().filter(char::is_ascii).count();
    (all > 4 && printable * 100 >= all * PRINTABLE && ascii * 2 > all).then_some(text)
}

fn percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while place < bytes.len() {
        let digits = (bytes[place] == b'%')
            .then(|| text.get(place + 1..place + 3))
            .flatten();
        let decoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        plain.push(decoded.unwrap_or(bytes[place]));
        place += if decoded.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

fn entities(text: &str) -> String {
    static ENTITY: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot|apos|nbsp));").ok()
    });
    let Some(entity) = ENTITY.as_ref() else {
        return text.to_owned();
    };
    let plain = entity.replace_all(text, |found: &regex::Captures<'_>| {
        let code = |group: usize, radix| {
            let digits = found.get(group)?.as_str();
            char::from_u32(u32::from_str_radix(digits, radix).ok()?)
        };
        let named = || match found.get(3)?.as_str() {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => Some(' '),
        };
        let letter = code(1, 16).or_else(|| code(2, 10)).or_else(named);
        letter.unwrap_or('\u{fffd}').to_string()
    });
    plain.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        decoded(text)
            .into_iter()
            .map(|decoded| decoded.text)
            .collect()
    }

    #[test]
    fn encoded_texts_are_read() {
        for (text, encoding, plain) in [
            (
                "x=U2VuZCBpdCBvdmVyIHRoZXJl.",
                "base64",
                "Send it over there",
            ),
            (
                "x=SGVsbG8_IFllcy4gV2VsbD8-IQ",
                "base64",
                "Hello? Yes. Well?>!",
            ),
            ("0x53656e6420697420", "hexadecimal digits", "Send it "),
            ("a%20b%20c%21", "percent signs", "a b c!"),
            ("&lt;b&#62;&#x21;&amp;", "HTML entities", "<b>!&"),
        ] {
            let expected = Decoded {
                encoding,
                text: plain.to_owned(),
            };
            assert_eq!(decoded(text).first(), Some(&expected), "{text}");
        }
    }

    #[test]
    fn an_encoding_inside_an_encoding_is_read() {
        // The base64 of the base64 of a sentence.
        let found = texts("VTJWdVpDQnBkQ0J2ZG1WeUlIUm9aWEpsTGc9PQ==");
        assert!(
            found.contains(&"Send it over there.".to_owned()),
            "{found:?}"
        );
    }

    #[test]
    fn identifiers_are_no_encoded_texts() {
        for text in [
            "550e8400-e29b-41d4-a716-446655440000",
            "deadbeefcafef00ddeadbeefcafef00d",
            "aVeryLongFunctionNameOfSomeProgram",
            "src/components/settings/General",
            "100% of 5% and 10%",
            "a & b",
        ] {
            assert_eq!(texts(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_is_decoded_is_bounded() {
        let text = "U2VuZCBpdCBvdmVyIHRoZXJl ".repeat(500);
        assert!(decoded(&text).len() <= PIECES);
    }
}

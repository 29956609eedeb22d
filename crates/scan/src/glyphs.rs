//! Hidden characters made visible, or taken out.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::hidden::{self, Class, Run};

/// The text with hidden characters as labelled glyphs, for terminals: `⟨U+200B zero width
/// space⟩`. Tags and selectors that carry a text are shown with it: `⟨tags: "…"⟩`.
pub fn visible(text: &str) -> Cow<'_, str> {
    let runs = hidden::runs(text);
    if runs.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() * 2);
    let mut end = 0;
    for run in runs {
        shown.push_str(&text[end..run.range.start]);
        end = run.range.end;
        shown.push_str(&glyph(&run, &text[run.range.clone()]));
    }
    shown.push_str(&text[end..]);
    Cow::Owned(shown)
}

/// The text without characters that show nothing; `None` if it has none. Joiners of emoji and of
/// real scripts stay.
pub fn strip_hidden(text: &str) -> Option<String> {
    let hidden = hidden::runs(text)
        .iter()
        .any(|run| run.class.is_invisible());
    hidden.then(|| hidden::removed(text))
}

fn glyph(run: &Run, characters: &str) -> String {
    let carrier = match run.class {
        Class::Tag => "tags",
        Class::Selector => "variation selectors",
        _ => "",
    };
    if let (Some(says), false) = (&run.says, carrier.is_empty()) {
        return format!("⟨{carrier}: {says:?}⟩");
    }
    let mut glyphs = String::new();
    for letter in characters.chars() {
        let label = hidden::label(letter);
        // Writing to a string cannot fail.
        let _ = write!(glyphs, "⟨U+{:04X} {label}⟩", u32::from(letter));
    }
    glyphs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hidden_characters_become_labelled_glyphs() {
        for (text, expected) in [
            ("a\u{200b}b", "a⟨U+200B zero width space⟩b"),
            ("\u{1b}[1m", "⟨U+001B escape⟩[1m"),
            (
                "x\u{e000}\u{e001}",
                "x⟨U+E000 private use⟩⟨U+E001 private use⟩",
            ),
            ("x\u{e0068}\u{e0069}", "x⟨tags: \"hi\"⟩"),
            ("x\u{e0001}", "x⟨U+E0001 tag⟩"),
            ("x\u{3164}", "x⟨U+3164 invisible character⟩"),
        ] {
            assert_eq!(visible(text), expected);
        }
    }

    #[test]
    fn nothing_hidden_is_nothing_to_do() {
        let text = "plain, and \u{1f468}\u{200d}\u{1f469}";
        assert!(matches!(visible(text), Cow::Borrowed(_)));
        assert_eq!(strip_hidden(text), None);
    }

    #[test]
    fn stripping_leaves_what_can_be_seen() {
        assert_eq!(strip_hidden("a\u{200b}\u{202e}b").as_deref(), Some("ab"));
        assert_eq!(strip_hidden("colour \u{1b}[31m"), None);
    }

    proptest! {
        #[test]
        fn what_is_shown_has_nothing_hidden_that_was_there(text in crate::arbitrary::text()) {
            let shown = visible(&text);
            let hidden = ['\u{200b}', '\u{202e}', '\u{e0041}', '\u{1b}'];
            prop_assert!(!shown.contains(hidden));
            if hidden::runs(&text).is_empty() {
                prop_assert_eq!(&shown, &text);
            }
        }

        #[test]
        fn stripping_twice_is_stripping_until_nothing_is_left(text in crate::arbitrary::text()) {
            let mut rest = text;
            // What lost its neighbour may have lost its purpose, so one pass may not be enough.
            for _ in 0..64 {
                match strip_hidden(&rest) {
                    Some(stripped) => {
                        prop_assert!(stripped.len() < rest.len());
                        rest = stripped;
                    }
                    None => break,
                }
            }
            prop_assert_eq!(strip_hidden(&rest), None);
        }
    }
}

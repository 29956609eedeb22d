//! A text as a model understands it: one spelling for what looks the same, and what is encoded
//! in it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::confusable_detection::skeleton;

use crate::hidden;

/// A text in lower case and compatibility form, without hidden characters, with the ASCII letters
/// that its letters are confusable with.
pub(crate) struct View {
    /// The text.
    pub(crate) text: String,
    /// For each byte its place in the original; `None` if that is the same.
    origins: Option<Vec<usize>>,
    original: usize,
}

impl View {
    /// The view of a text.
    pub(crate) fn of(text: &str) -> Self {
        if text.is_ascii() {
            return Self {
                text: text.to_ascii_lowercase(),
                origins: None,
                original: text.len(),
            };
        }
        let mut view = Self {
            text: String::with_capacity(text.len()),
            origins: Some(Vec::with_capacity(text.len())),
            original: text.len(),
        };
        let mut start = 0;
        for run in hidden::runs(text)
            .iter()
            .filter(|run| run.class.is_invisible())
        {
            view.extend(&text[start..run.range.start], start);
            start = run.range.end;
        }
        view.extend(&text[start..], start);
        view
    }

    /// Where a part of the view stands in the original, which is the text it was made of.
    pub(crate) fn origin(&self, range: Range<usize>, original: &str) -> Range<usize> {
        let place = |place: usize| match &self.origins {
            Some(origins) => origins.get(place).copied().unwrap_or(self.original),
            None => place,
        };
        let start = original.floor_char_boundary(place(range.start));
        let end = original.ceil_char_boundary(place(range.end).min(original.len()));
        start..end.max(start)
    }

    fn extend(&mut self, part: &str, start: usize) {
        for (offset, letter) in part.char_indices() {
            let before = self.text.len();
            if letter.is_ascii() {
                self.text.push(letter.to_ascii_lowercase());
            } else {
                for plain in std::iter::once(letter).nfkc() {
                    self.text.extend(plain.to_lowercase().map(folded));
                }
            }
            let added = self.text.len() - before;
            if let Some(origins) = &mut self.origins {
                origins.extend(std::iter::repeat_n(start + offset, added));
            }
        }
    }
}

/// The ASCII letter or mark that a character looks like, or the character.
fn folded(letter: char) -> char {
    static LETTERS: LazyLock<HashMap<String, char>> = LazyLock::new(|| {
        // Where several share a shape (`1`, `I` and `l`), the letter that words are made of wins.
        ('a'..='z')
            .rev()
            .map(|letter| (shape(letter), letter))
            .collect()
    });
    match letter {
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201f}' | '\u{2033}' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        // Letters of scripts beyond these look like nothing in ASCII.
        letter if letter.is_ascii() || letter >= '\u{1400}' => letter,
        other => LETTERS.get(&shape(other)).copied().unwrap_or(other),
    }
}

fn shape(letter: char) -> String {
    skeleton(letter.encode_utf8(&mut [0; 4])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_is_spelt_the_same() {
        for text in [
            "Ignore THIS",
            "\u{ff29}gnore this",
            "ign\u{43e}re this",
            "ig\u{200b}nore\u{e0020} this",
            "\u{456}gn\u{3bf}re th\u{456}s",
        ] {
            assert_eq!(View::of(text).text, "ignore this", "{text}");
        }
    }

    #[test]
    fn other_writing_stays_what_it_is() {
        assert_eq!(
            View::of("\u{6771}\u{4eac} caf\u{e9}").text,
            "\u{6771}\u{4eac} caf\u{e9}"
        );
    }

    #[test]
    fn places_lead_back_to_the_original() {
        let original = "\u{6771} ign\u{200b}\u{43e}re it";
        let view = View::of(original);
        let start = view.text.find("ignore").expect("is there");
        let origin = view.origin(start..start + 6, original);
        assert_eq!(&original[origin], "ign\u{200b}\u{43e}re");
        let all = view.origin(0..view.text.len(), original);
        assert_eq!(all, 0..original.len());
    }
}

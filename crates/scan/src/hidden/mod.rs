//! Characters that a person does not see and a model reads.
//!
//! What real writing needs is no finding: joiners inside emoji and inside words of scripts that
//! have them, direction marks beside right-to-left letters, one variation selector after a
//! character that can take one, the three subdivision flags made of tags.

mod classes;
mod context;

use std::ops::Range;

pub(crate) use classes::{Class, label};
use context::Context;

/// A run of hidden characters of one class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// What they are.
    pub(crate) class: Class,
    /// Where they stand, in bytes.
    pub(crate) range: Range<usize>,
    /// How many they are.
    pub(crate) length: usize,
    /// What they say, where they carry a text.
    pub(crate) says: Option<String>,
}

/// All hidden characters of a text, in its order.
pub(crate) fn runs(text: &str) -> Vec<Run> {
    if text.bytes().all(is_plain) {
        return Vec::new();
    }
    let context = Context::of(text);
    let mut runs: Vec<Run> = Vec::new();
    let mut position = 0;
    while let Some((start, letter)) = context.at(position) {
        let flag = context.flag(position);
        if flag > 0 {
            position += flag;
            continue;
        }
        if let Some(class) = classes::of(letter).filter(|class| !context.needs(position, *class)) {
            extend(&mut runs, class, start..start + letter.len_utf8());
        }
        position += 1;
    }
    for run in &mut runs {
        run.says = classes::decoded(run.class, &text[run.range.clone()]);
    }
    runs
}

/// How many hidden characters a text has.
pub(crate) fn count(text: &str) -> usize {
    runs(text).iter().map(|run| run.length).sum()
}

/// The text without hidden characters; private ones stay, because fonts give them a shape, and
/// so do control characters, because terminals give them a meaning.
pub(crate) fn removed(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut end = 0;
    for run in runs(text).iter().filter(|run| run.class.is_invisible()) {
        kept.push_str(&text[end..run.range.start]);
        end = run.range.end;
    }
    kept.push_str(&text[end..]);
    kept
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~')
}

fn extend(runs: &mut Vec<Run>, class: Class, range: Range<usize>) {
    match runs.last_mut() {
        Some(last) if last.class == class && last.range.end == range.start => {
            last.range.end = range.end;
            last.length += 1;
        }
        _ => runs.push(Run {
            class,
            range,
            length: 1,
            says: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(text: &str) -> Vec<Class> {
        runs(text).iter().map(|run| run.class).collect()
    }

    fn tags(text: &str) -> String {
        text.bytes()
            .filter_map(|byte| char::from_u32(0xe_0000 + u32::from(byte)))
            .collect()
    }

    #[test]
    fn real_writing_has_nothing_hidden() {
        for text in [
            "plain words\n\twith white space",
            "na\u{ef}ve caf\u{e9}, \u{6771}\u{4eac}, \u{43f}\u{440}\u{438}\u{432}\u{435}\u{442}",
            "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} a family",
            "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308} and \u{2764}\u{fe0f} and 1\u{fe0f}\u{20e3}",
            "\u{1f469}\u{1f3fd}\u{200d}\u{1f4bb} at work",
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
            "\u{915}\u{94d}\u{200d}\u{937}",
            "\u{5e9}\u{5dc}\u{5d5}\u{5dd}\u{200f}!",
            "\u{2067}\u{645}\u{631}\u{62d}\u{628}\u{627}\u{2069} and on",
            "\u{845b}\u{e0100} the name",
        ] {
            assert_eq!(classes(text), [], "{text:?}");
        }
    }

    #[test]
    fn the_flags_of_england_scotland_and_wales_are_flags() {
        for region in ["gbeng", "gbsct", "gbwls"] {
            let flag = format!("\u{1f3f4}{}\u{e007f}", tags(region));
            assert_eq!(classes(&format!("to {flag} and {flag}.")), []);
            let shown = format!("\u{1f3f4}\u{fe0f}{}\u{e007f}", tags(region));
            assert_eq!(classes(&shown), []);
        }
        let invented = format!("\u{1f3f4}{}\u{e007f}", tags("ignor"));
        assert_eq!(classes(&invented), [Class::Tag]);
    }

    #[test]
    fn what_tags_and_selectors_say_is_read() {
        let text = format!("Done.{}", tags("send it on"));
        let found = runs(&text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].length, 10);
        assert_eq!(found[0].says.as_deref(), Some("send it on"));

        let carried: String = b"obey"
            .iter()
            .filter_map(|byte| char::from_u32(0xe_0100 + u32::from(*byte) - 16))
            .collect();
        let found = runs(&format!("\u{1f600}{carried}"));
        assert_eq!(found[0].class, Class::Selector);
        assert_eq!(found[0].says.as_deref(), Some("obey"));
    }

    #[test]
    fn what_nobody_needs_is_found() {
        for (text, class) in [
            ("a\u{200b}b", Class::ZeroWidth),
            ("a\u{200d}b", Class::ZeroWidth),
            ("a\u{200c}b", Class::ZeroWidth),
            ("a\u{2060}b", Class::ZeroWidth),
            ("a\u{feff}b", Class::ZeroWidth),
            ("a\u{ad}b", Class::SoftHyphen),
            ("a\u{202e}b", Class::Direction),
            ("a\u{2067}b\u{2069}", Class::Direction),
            ("\u{5d0}\u{202e}\u{5d1}", Class::Direction),
            ("a\u{200f}b", Class::Direction),
            ("a\u{e000}", Class::PrivateUse),
            ("a\u{1b}[31m", Class::Control),
            ("a\u{0}b", Class::Control),
            ("a\u{9b}b", Class::Control),
            ("a\u{3164}b", Class::Filler),
            ("a\u{2063}b", Class::Filler),
            ("a\u{fe01}\u{fe02}", Class::Selector),
            ("a\u{fe0f}", Class::Selector),
        ] {
            assert_eq!(classes(text)[0], class, "{text:?}");
        }
    }

    #[test]
    fn removing_leaves_real_writing_alone() {
        let family = "\u{1f468}\u{200d}\u{1f469} \u{645}\u{6cc}\u{200c}\u{62e}";
        assert_eq!(removed(family), family);
        let text = format!("a\u{200b}b{}c\u{202e}d\u{e000}\u{1b}", tags("x y"));
        assert_eq!(removed(&text), "abcd\u{e000}\u{1b}");
    }
}

//! Whether a text gives an instruction, or talks about one.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};

/// Bytes before a phrase in which words that describe it are looked for.
const BEFORE: usize = 110;

/// Bytes within which a quotation ends.
const QUOTATION: usize = 160;

/// Words of sentences that describe.
const DESCRIBES: &str = r"\b(?:detect|scan|flag|identif|analy[sz]|recogni[sz]|match(?:es|ing)?\b|checks? (?:whether|if|for|that)|checking (?:whether|for)|such as|e\.g\.|for (?:example|instance)|examples?\b(?: of)?|sample|(?:the )?phrases? |explain|describ|illustrat|demonstrat|mock|canned|expected (?:output|response|result)|training (?:text|data)|tests? (?:for|whether|that)|prevent|reject|refus|guards? |defen[ds]|protects? (?:against|from)|attempts? to|tr(?:y|ies|ying) to|attacks?|attackers may|quot|readme|shows?:|mentions?|notes that|may contain|blocks? )";

/// Words that turn an instruction round.
const NEGATES: &str =
    r"(?:\bnot|\bnever|n't|\bcannot|\bwithout|\brefuses? to|\bavoids?|\bno)\s+(?:\w+\s+)?$";

/// Words of an order; one behind the describing word makes an order of the sentence, as in "to
/// prevent losses you must run …".
const ORDERS: &str =
    r"\b(?:must|please|have to|has to|need to|needs to|required to|make sure|be sure|always)\b";

struct Words {
    describes: Regex,
    orders: Regex,
    negates: Regex,
}

/// Whether what stands there is quoted, described or negated. `text` is in lower case.
pub(super) fn is_spoken_of(text: &str, range: &Range<usize>) -> bool {
    static WORDS: LazyLock<Option<Words>> = LazyLock::new(|| {
        let build = |pattern| RegexBuilder::new(pattern).unicode(false).build().ok();
        Some(Words {
            describes: build(DESCRIBES)?,
            orders: build(ORDERS)?,
            negates: build(NEGATES)?,
        })
    });
    let Some(words) = WORDS.as_ref() else {
        return false;
    };
    let before = sentence_before(text, range.start);
    is_quoted(text, range)
        || is_described(words, before)
        || words.negates.is_match(before.as_bytes())
}

fn is_described(words: &Words, before: &str) -> bool {
    let described = words.describes.find_iter(before.as_bytes()).last();
    described.is_some_and(|word| !words.orders.is_match(&before.as_bytes()[word.end()..]))
}

/// The part of the sentence that comes before a place.
fn sentence_before(text: &str, place: usize) -> &str {
    let start = text.floor_char_boundary(place.saturating_sub(BEFORE));
    let before = &text[start..place];
    let ends = ["? ", "! ", ";", "\n\n", "<!--", "---"];
    let dot = before
        .match_indices(". ")
        .filter(|(dot, _)| !before[..*dot].ends_with("e.g"));
    let last = ends
        .iter()
        .filter_map(|end| before.rfind(end).map(|place| place + end.len()));
    let last = last.chain(dot.map(|(dot, _)| dot + 2)).max();
    &before[last.unwrap_or(0)..]
}

/// Whether a quotation opens before the range and closes behind it.
fn is_quoted(text: &str, range: &Range<usize>) -> bool {
    let start = text.floor_char_boundary(range.start.saturating_sub(QUOTATION));
    let end = text.ceil_char_boundary((range.end + QUOTATION).min(text.len()));
    let (before, behind) = (&text[start..range.start], &text[range.end..end]);
    ['"', '`', '\''].into_iter().any(|mark| {
        let open = before
            .char_indices()
            .filter(|(place, letter)| *letter == mark && (mark != '\'' || opens(before, *place)));
        open.count() % 2 == 1 && closes(behind, mark)
    })
}

/// An apostrophe inside a word is no quotation mark.
fn opens(text: &str, place: usize) -> bool {
    let letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    !(letter(text[..place].chars().next_back()) && letter(text[place + 1..].chars().next()))
}

fn closes(text: &str, mark: char) -> bool {
    let mut marks = text.char_indices().filter(|(_, letter)| *letter == mark);
    marks.any(|(place, _)| {
        let behind = text[place + mark.len_utf8()..].chars().next();
        mark != '\'' || !behind.is_some_and(char::is_alphanumeric)
    })
}

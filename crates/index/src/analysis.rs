//! Text to terms: identifiers split into words, lower-cased, without stop words, stemmed.

use std::ops::Range;

use tantivy::tokenizer::{
    Language, LowerCaser, RemoveLongFilter, Stemmer, StopWordFilter, TextAnalyzer, Token,
    TokenStream, Tokenizer,
};

/// Longer runs of letters, in bytes, are keys or encoded data, not words.
const MAX_WORD: usize = 128;

/// The English stop words of the Snowball project, without those that hold an apostrophe: words
/// end there. `tantivy` has a list of 33 words only, which lets "do", "my" and "can" through.
const STOP_WORDS: &str = "a about above after again against all am an and any are as at be because \
    been before being below between both but by cannot could did do does doing down during each \
    few for from further had has have having he her here hers herself him himself his how i if in \
    into is it its itself me more most my myself no nor not of off on once only or other ought our \
    ours ourselves out over own same she should so some such than that the their theirs them \
    themselves then there these they this those through to too under until up very was we were \
    what when where which while who whom why with would you your yours yourself yourselves";

/// The one analysis for documents and queries: they meet only if both are cut the same way.
pub(crate) fn analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(Words::default())
        .filter(RemoveLongFilter::limit(MAX_WORD))
        .filter(LowerCaser)
        .filter(StopWordFilter::remove(
            STOP_WORDS.split_whitespace().map(str::to_owned),
        ))
        .filter(Stemmer::new(Language::English))
        .build()
}

/// Cuts text into words, and identifiers into the words they are made of.
///
/// This happens before lower-casing, which would hide where `getUser` is to be cut. Runs of a
/// script that puts no spaces between words become overlapping pairs of characters.
#[derive(Clone, Default)]
struct Words {
    token: Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        WordStream {
            text,
            rest: 0,
            pairs: 0..0,
            token: &mut self.token,
        }
    }
}

/// The words of one text.
struct WordStream<'a> {
    text: &'a str,
    /// Where the part not yet cut begins.
    rest: usize,
    /// What is left of a run of an unspaced script.
    pairs: Range<usize>,
    token: &'a mut Token,
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        let Some(word) = self.next_pair().or_else(|| self.next_word()) else {
            return false;
        };
        self.token.text.clear();
        self.token.text.push_str(&self.text[word.clone()]);
        self.token.offset_from = word.start;
        self.token.offset_to = word.end;
        self.token.position = self.token.position.wrapping_add(1);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

impl WordStream<'_> {
    fn next_word(&mut self) -> Option<Range<usize>> {
        let start = self.rest + self.text[self.rest..].find(char::is_alphanumeric)?;
        let end = start + word_length(&self.text[start..]);
        self.rest = end;
        if self.text[start..].starts_with(is_unspaced) {
            self.pairs = start..end;
            // A run of a single character has no pair and stands for itself.
            return self.next_pair().or(Some(start..end));
        }
        Some(start..end)
    }

    fn next_pair(&mut self) -> Option<Range<usize>> {
        let mut ends = self.text[self.pairs.clone()].char_indices().skip(1);
        let (second, last) = ends.next()?;
        let start = self.pairs.start;
        self.pairs.start += second;
        Some(start..self.pairs.start + last.len_utf8())
    }
}

/// The length in bytes of the word at the beginning of `text`.
fn word_length(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    let mut previous = None;
    while let Some((at, current)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let ends = !current.is_alphanumeric()
            || previous.is_some_and(|previous| is_boundary(previous, current, next));
        if ends {
            return at;
        }
        previous = Some(current);
    }
    text.len()
}

/// Whether a new word begins at `current`: `get|User`, `s3|Bucket`, `HTTP|Server`, `GitHub|の`.
fn is_boundary(previous: char, current: char, next: Option<char>) -> bool {
    if is_unspaced(previous) != is_unspaced(current) {
        return true;
    }
    let begins_capitalised = previous.is_uppercase() && next.is_some_and(char::is_lowercase);
    current.is_uppercase()
        && (previous.is_lowercase() || previous.is_numeric() || begins_capitalised)
}

/// Whether a character belongs to a script that is written without spaces between words.
fn is_unspaced(c: char) -> bool {
    matches!(
        u32::from(c),
        0x0E00..=0x0EFF // Thai, Lao
        | 0x1000..=0x109F // Burmese
        | 0x1780..=0x17FF // Khmer
        | 0x3040..=0x30FF // Hiragana, Katakana
        | 0x3400..=0x4DBF // Han, extension A
        | 0x4E00..=0x9FFF // Han
        | 0xAC00..=0xD7AF // Hangul: spaced, but with endings that only pairs see through
        | 0xF900..=0xFAFF // Han, compatibility forms
        | 0xFF66..=0xFF9D // Katakana, half width
        | 0x2_0000..=0x3_FFFF // Han, further extensions
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        let mut terms = Vec::new();
        analyzer()
            .token_stream(text)
            .process(&mut |token| terms.push(token.text.clone()));
        terms
    }

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        Words::default().token_stream(text).process(&mut |token| {
            assert_eq!(token.text, text[token.offset_from..token.offset_to]);
            words.push(token.text.clone());
        });
        words
    }

    #[test]
    fn identifiers_are_split_before_lower_casing() {
        assert_eq!(words("list_pull_requests"), ["list", "pull", "requests"]);
        assert_eq!(words("create-issue.v2/x"), ["create", "issue", "v2", "x"]);
        assert_eq!(words("getUserByID"), ["get", "User", "By", "ID"]);
        assert_eq!(words("parseHTTPResponse"), ["parse", "HTTP", "Response"]);
        assert_eq!(words("s3Bucket base64"), ["s3", "Bucket", "base64"]);
        assert_eq!(words("étéÉté"), ["été", "Été"]);
    }

    #[test]
    fn unspaced_scripts_become_pairs() {
        assert_eq!(words("検索する"), ["検索", "索す", "する"]);
        assert_eq!(words("GitHubの課題"), ["Git", "Hub", "の課", "課題"]);
        assert_eq!(words("天 a"), ["天", "a"]);
        assert_eq!(words("이슈 생성"), ["이슈", "생성"]);
    }

    #[test]
    fn terms_are_lower_case_stems_without_stop_words() {
        assert_eq!(
            terms("What are the Repositories of my team?"),
            ["repositori", "team"]
        );
        assert_eq!(terms("searching searches SEARCHED"), ["search"; 3]);
        assert_eq!(terms("the of and"), [""; 0]);
    }

    #[test]
    fn junk_has_no_terms() {
        assert_eq!(terms(""), [""; 0]);
        assert_eq!(terms("  \u{0}\t+-&|!(){}[]^\"~*?:\\/ \u{202e}"), [""; 0]);
        assert_eq!(terms(&"a".repeat(10_000)), [""; 0]);
    }

    #[test]
    fn every_text_can_be_cut() {
        for text in [
            "\u{301}a\u{301}",
            "🦀crab",
            "𠮷野家",
            "ǅ",
            "İstanbul",
            "a\u{ad}b",
        ] {
            words(text);
            terms(text);
        }
    }
}

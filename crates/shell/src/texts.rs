//! What the desktop says, in the user's language.
//!
//! The texts lie in `locales/`, one file per language with the same keys. A text may hold
//! `{gaps}`, and one that counts has a form for one and a form for all other numbers, which is
//! all that these languages need.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use model::{Language, ProblemCode};
use serde::Deserialize;

/// The texts of one language.
pub struct Texts(BTreeMap<String, Text>);

/// One text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Plain(String),
    Counting { one: String, other: String },
}

impl Texts {
    /// The texts in the language that the user chose, or in the system's where it is left to
    /// the system, or in English. `system` is a locale such as `de_AT.UTF-8` or `es-MX`.
    pub fn choose(language: Language, system: Option<&str>) -> &'static Self {
        match language {
            Language::En => &ENGLISH,
            Language::De => &GERMAN,
            Language::Es => &SPANISH,
            Language::Auto => match system.and_then(|locale| locale.get(..2)) {
                Some("de") => &GERMAN,
                Some("es") => &SPANISH,
                _ => &ENGLISH,
            },
        }
    }

    /// A text without gaps.
    pub(crate) fn plain(&self, key: &str) -> String {
        self.fill(key, &[])
    }

    /// A text with its gaps filled.
    pub(crate) fn fill(&self, key: &str, gaps: &[(&str, &str)]) -> String {
        let form = match self.0.get(key) {
            Some(Text::Plain(text)) => text,
            Some(Text::Counting { other, .. }) => other,
            None => key,
        };
        filled(form, gaps)
    }

    /// The form of a text for `n` things, which fills the gap `{n}`.
    pub(crate) fn count(&self, key: &str, n: usize) -> String {
        let form = match self.0.get(key) {
            Some(Text::Counting { one, .. }) if n == 1 => one,
            Some(Text::Counting { other, .. }) => other,
            Some(Text::Plain(text)) => text,
            None => key,
        };
        filled(form, &[("n", &n.to_string())])
    }

    /// What is wrong, in a few words.
    pub(crate) fn problem(&self, code: ProblemCode) -> String {
        let key = format!("problem.{}", code.as_str());
        // A newer gateway may know problems that this shell has no words for.
        let known = self.0.contains_key(&key);
        self.plain(if known { &key } else { "problem.other" })
    }
}

/// Fills gaps one after the other in the text itself, never in what was filled in.
fn filled(text: &str, gaps: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            rest = after;
            break;
        };
        let value = gaps.iter().find(|(gap, _)| *gap == name);
        out.push_str(value.map_or(name, |(_, value)| value));
        rest = tail;
    }
    out.push_str(rest);
    out
}

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../locales/en.json")));
static GERMAN: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../locales/de.json")));
static SPANISH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../locales/es.json")));

/// A file that could not be read would show keys instead of texts; the tests read all of them.
fn read(file: &str) -> Texts {
    Texts(serde_json::from_str(file).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn gaps(text: &str) -> BTreeSet<&str> {
        let parts = text.split('{').skip(1);
        parts.filter_map(|part| part.split('}').next()).collect()
    }

    fn forms(text: &Text) -> Vec<&str> {
        match text {
            Text::Plain(text) => vec![text],
            Text::Counting { one, other } => vec![one, other],
        }
    }

    #[test]
    fn every_language_says_everything_with_the_same_gaps() {
        assert!(!ENGLISH.0.is_empty());
        for other in [&*GERMAN, &*SPANISH] {
            assert!(ENGLISH.0.keys().eq(other.0.keys()));
            for (key, text) in &ENGLISH.0 {
                let (ours, theirs) = (forms(text), forms(&other.0[key]));
                assert_eq!(ours.len(), theirs.len(), "{key} counts in both or neither");
                for (ours, theirs) in ours.iter().zip(theirs) {
                    // A form for one may do without its number.
                    assert_eq!(gaps(ours), gaps(theirs), "{key}");
                }
            }
        }
    }

    #[test]
    fn the_system_decides_only_where_it_is_asked() {
        let greeting = |language, system| Texts::choose(language, system).plain("quit");
        assert_eq!(
            greeting(Language::Auto, Some("de_AT.UTF-8")),
            "Toolgate beenden"
        );
        assert_eq!(greeting(Language::Auto, Some("fr")), "Quit Toolgate");
        assert_eq!(greeting(Language::Auto, None), "Quit Toolgate");
        assert_eq!(greeting(Language::Es, Some("de")), "Salir de Toolgate");
    }

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        let gaps = [("server", "{problem}"), ("problem", "p")];
        assert_eq!(filled("{server}: {problem}", &gaps), "{problem}: p");
        assert_eq!(filled("no end {server", &gaps), "no end server");
    }

    #[test]
    fn one_and_many_differ() {
        assert_eq!(ENGLISH.count("attention.review", 1), "Review 1 server…");
        assert_eq!(ENGLISH.count("attention.review", 2), "Review 2 servers…");
        assert_eq!(ENGLISH.count("headline.ready", 1), "Your server is ready");
    }

    #[test]
    fn every_problem_has_words() {
        for language in [&*ENGLISH, &*GERMAN, &*SPANISH] {
            let words = language.problem(ProblemCode::CommandNotFound);
            assert_ne!(words, language.plain("problem.other"));
        }
    }
}

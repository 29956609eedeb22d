//! The structural rules: what hardly any honest definition says.
//!
//! Each is a family of phrases, matched on a [`View`]. A phrase that is quoted, or that a
//! sentence talks about ("detects prompts that …"), is discounted, because security tools and
//! their documentation must be able to name attacks.

mod context;
mod phrases;

use std::ops::Range;
use std::sync::LazyLock;

use model::Verdict;
use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

pub(crate) use phrases::{RULES, Rule};

use crate::views::View;

/// Matches of one rule in one text that are looked at; the first that counts is reported.
const MATCHES: usize = 8;

/// A rule that a text breaks.
#[derive(Debug)]
pub(crate) struct Match {
    /// Which.
    pub(crate) rule: &'static Rule,
    /// Where in the view, in bytes.
    pub(crate) range: Range<usize>,
    /// Whether the text only talks about it.
    pub(crate) discounted: bool,
}

struct Compiled {
    all: RegexSet,
    each: Vec<Regex>,
}

/// The rules that a text breaks: the first place of each that counts, else the first place.
pub(crate) fn matches(view: &View) -> Vec<Match> {
    static COMPILED: LazyLock<Option<Compiled>> = LazyLock::new(|| compile().ok());
    let Some(compiled) = COMPILED.as_ref() else {
        return Vec::new();
    };
    let broken = compiled.all.matches(view.text.as_bytes());
    broken
        .into_iter()
        .filter_map(|number| first(&compiled.each[number], &RULES[number], &view.text))
        .collect()
}

fn first(pattern: &Regex, rule: &'static Rule, text: &str) -> Option<Match> {
    let found = pattern
        .find_iter(text.as_bytes())
        .take(MATCHES)
        .map(|found| {
            let start = text.floor_char_boundary(found.start());
            let range = start..text.ceil_char_boundary(found.end());
            Match {
                rule,
                discounted: rule.discount && context::is_spoken_of(text, &range),
                range,
            }
        });
    let mut found: Vec<Match> = found.collect();
    let counts = found.iter().position(|found| !found.discounted);
    let first = counts.unwrap_or(0);
    (first < found.len()).then(|| found.swap_remove(first))
}

fn compile() -> Result<Compiled, regex::Error> {
    let patterns = RULES.iter().map(|rule| rule.pattern);
    let all = RegexSetBuilder::new(patterns.clone())
        .unicode(false)
        .build()?;
    let each = patterns.map(|pattern| RegexBuilder::new(pattern).unicode(false).build());
    Ok(Compiled {
        all,
        each: each.collect::<Result<_, _>>()?,
    })
}

impl Rule {
    /// Whether a match is a finding by itself; the others only add weight to the words.
    pub(crate) fn finds(&self) -> bool {
        self.verdict != Verdict::Clean
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

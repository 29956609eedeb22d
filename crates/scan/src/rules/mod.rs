//! The structural rules: what hardly any honest definition says.
//!
//! Each is a family of phrases, matched on a [`View`]. A phrase that is quoted, or that a
//! sentence talks about ("detects prompts that …"), is discounted, because security tools and
//! their documentation must be able to name attacks.

mod context;
mod phrases;

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use model::Verdict;
use regex::bytes::{Regex, RegexBuilder};

pub(crate) use phrases::{RULES, Rule};

use crate::views::View;

/// Matches of one rule in one text that are looked at; the first that counts is reported.
const MATCHES: usize = 256;

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
    needles: AhoCorasick,
    /// The rule of each needle, in the order of the needles.
    rules: Vec<usize>,
    each: Vec<Regex>,
}

/// The rules that a text breaks: the first place of each that counts, else the first place.
pub(crate) fn matches(view: &View) -> Vec<Match> {
    static COMPILED: LazyLock<Option<Compiled>> = LazyLock::new(compile);
    let Some(compiled) = COMPILED.as_ref() else {
        return Vec::new();
    };
    let wanted = compiled.wanted(&view.text);
    let wanted = (0..RULES.len()).filter(|rule| wanted & (1 << rule) != 0);
    wanted
        .filter_map(|rule| first(&compiled.each[rule], &RULES[rule], &view.text))
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

impl Compiled {
    /// The rules of which the text holds a needle, a bit each.
    fn wanted(&self, text: &str) -> u32 {
        let all = (1 << RULES.len()) - 1;
        let mut wanted = 0;
        for needle in self.needles.find_overlapping_iter(text) {
            wanted |= 1 << self.rules[needle.pattern().as_usize()];
            if wanted == all {
                break;
            }
        }
        wanted
    }
}

fn compile() -> Option<Compiled> {
    let needles = RULES.iter().flat_map(|rule| rule.needles);
    let rules = RULES.iter().enumerate();
    let rules = rules.flat_map(|(number, rule)| rule.needles.iter().map(move |_| number));
    let each = RULES
        .iter()
        .map(|rule| RegexBuilder::new(rule.pattern).unicode(false).build().ok());
    Some(Compiled {
        needles: AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .build(needles)
            .ok()?,
        rules: rules.collect(),
        each: each.collect::<Option<_>>()?,
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

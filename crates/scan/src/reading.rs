//! One passage, read: its view, the rules that it breaks, and the findings that follow.

use model::{ScanFinding, Verdict};

use crate::decode;
use crate::hidden::{self, Class, Run};
use crate::report::finding;
use crate::rules::{self, Match};
use crate::surface::{Passage, Role, Surface};
use crate::views::View;

/// White space in a row, in bytes, that moves what follows out of sight.
const GAP: usize = 100;

/// A passage with what was found in its words.
pub(crate) struct Reading<'a> {
    /// The passage.
    pub(crate) passage: Passage<'a>,
    /// As a model understands it.
    pub(crate) view: View,
    /// The rules that it breaks.
    pub(crate) matches: Vec<Match>,
}

impl<'a> Reading<'a> {
    /// Reads all passages of a surface.
    pub(crate) fn all(surface: Surface<'a>) -> Vec<Self> {
        surface.passages.into_iter().map(Self::of).collect()
    }

    fn of(passage: Passage<'a>) -> Self {
        let view = View::of(&passage.text);
        let matches = rules::matches(&view);
        Self {
            passage,
            view,
            matches,
        }
    }

    /// What is wrong with the passage. What a sentence only talks about is no finding, unless
    /// `spoken` says what it is.
    pub(crate) fn findings(&self, spoken: Option<Verdict>) -> Vec<ScanFinding> {
        let mut findings = self.hidden();
        findings.extend(self.gap());
        findings.extend(self.broken_rules(spoken));
        findings.extend(self.encoded());
        findings
    }

    fn place(&self) -> &str {
        &self.passage.place
    }

    fn hidden(&self) -> Vec<ScanFinding> {
        let text = &self.passage.text;
        hidden::runs(text)
            .iter()
            .map(|run| {
                let (code, verdict, message) = describe(run);
                let excerpt = crate::visible(around(text, &run.range));
                finding(code, verdict, message, (self.place(), &excerpt))
            })
            .collect()
    }

    fn gap(&self) -> Option<ScanFinding> {
        let text = &self.passage.text;
        let is_blank = |byte: &u8| byte.is_ascii_whitespace();
        let mut length = 0;
        for (place, byte) in text.bytes().enumerate() {
            length = if is_blank(&byte) { length + 1 } else { 0 };
            let goes_on = || text.as_bytes()[place..].iter().any(|byte| !is_blank(byte));
            if length == GAP && goes_on() {
                return Some(finding(
                    "pushed-out-of-sight",
                    Verdict::Review,
                    "A long gap moves the text behind it out of sight; a model reads on.",
                    (self.place(), text[place..].trim_start()),
                ));
            }
        }
        None
    }

    fn broken_rules(&self, spoken: Option<Verdict>) -> Vec<ScanFinding> {
        let broken = self.matches.iter().filter(|found| found.rule.finds());
        broken
            .filter_map(|found| {
                let verdict = if found.discounted {
                    spoken?
                } else {
                    found.rule.verdict
                };
                let text = &self.passage.text;
                let excerpt = &text[self.view.origin(found.range.clone(), text)];
                let place = (self.place(), excerpt);
                Some(finding(found.rule.code, verdict, found.rule.message, place))
            })
            .collect()
    }

    /// What is encoded in the passage, or said in hidden characters, and breaks a rule.
    fn encoded(&self) -> Option<ScanFinding> {
        if self.passage.role == Role::Formal {
            return None;
        }
        decode::decoded(&self.passage.text)
            .iter()
            .find_map(|decoded| {
                let view = View::of(&decoded.text);
                let broken = rules::matches(&view);
                let mut counts = broken.iter().filter(|found| {
                    !found.discounted && found.rule.verdict == Verdict::Block && !self.breaks(found)
                });
                let first = counts.next()?;
                let message = format!(
                    "It says something in {} that breaks a rule ({}).",
                    decoded.encoding, first.rule.code
                );
                let excerpt = crate::visible(&decoded.text);
                let place = (self.place(), excerpt.as_ref());
                Some(finding(
                    "encoded-instruction",
                    Verdict::Block,
                    message,
                    place,
                ))
            })
    }

    /// Whether the plain passage breaks the same rule, spoken of or not.
    fn breaks(&self, other: &Match) -> bool {
        self.matches
            .iter()
            .any(|found| found.rule.code == other.rule.code)
    }
}

fn describe(run: &Run) -> (&'static str, Verdict, String) {
    let length = run.length;
    match (run.class, &run.says) {
        (Class::Control, _) => (
            "control-characters",
            Verdict::Review,
            "It has control characters, which can hide text on a terminal.".to_owned(),
        ),
        (Class::SoftHyphen | Class::PrivateUse, _) if length < 3 => (
            "unusual-characters",
            Verdict::Review,
            "It has characters that most screens do not show.".to_owned(),
        ),
        (_, Some(says)) => (
            "hidden-characters",
            Verdict::Block,
            format!("{length} hidden characters say something that only a model reads: {says:?}."),
        ),
        _ => (
            "hidden-characters",
            Verdict::Block,
            "It has hidden characters, which a person does not see and a model reads.".to_owned(),
        ),
    }
}

/// The words around a place.
fn around<'a>(text: &'a str, range: &std::ops::Range<usize>) -> &'a str {
    let start = text.floor_char_boundary(range.start.saturating_sub(40));
    let end = text.ceil_char_boundary((range.end + 40).min(text.len()));
    &text[start..end]
}

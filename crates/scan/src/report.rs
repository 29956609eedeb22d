//! What a scan has to say.

use model::{ScanFinding, Verdict};

/// Findings of one definition or message; what comes after these says nothing new.
const FINDINGS: usize = 20;

/// Characters of an excerpt.
const EXCERPT: usize = 200;

/// What a scan makes of a definition or a message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The worst verdict of the findings.
    pub verdict: Verdict,
    /// What was found, the worst first, at most twenty.
    pub findings: Vec<ScanFinding>,
    /// How much the words are like those of attacks, from 0 to 1; a definition's only.
    pub score: f32,
}

impl Report {
    /// Orders the findings and draws the verdict from them.
    pub(crate) fn of(mut findings: Vec<ScanFinding>, score: f32) -> Self {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
        let mut seen = std::collections::HashSet::new();
        findings.retain(|finding| seen.insert((finding.code.clone(), finding.place.clone())));
        findings.truncate(FINDINGS);
        let verdict = findings.iter().map(|finding| finding.verdict).max();
        Self {
            verdict: verdict.unwrap_or_default(),
            findings,
            score,
        }
    }
}

/// A finding; the excerpt is shortened to its limit.
pub(crate) fn finding(
    code: &str,
    verdict: Verdict,
    message: impl Into<String>,
    (place, excerpt): (&str, &str),
) -> ScanFinding {
    ScanFinding {
        code: code.to_owned(),
        verdict,
        message: message.into(),
        place: place.to_owned(),
        excerpt: excerpt.chars().take(EXCERPT).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(code: &str, verdict: Verdict, place: &str) -> ScanFinding {
        finding(code, verdict, "Something.", (place, "words"))
    }

    #[test]
    fn the_worst_comes_first_and_makes_the_verdict() {
        let findings = vec![
            found("a", Verdict::Review, "title"),
            found("b", Verdict::Block, "title"),
            found("a", Verdict::Review, "title"),
            found("a", Verdict::Review, "description"),
        ];
        let report = Report::of(findings, 0.5);
        assert_eq!(report.verdict, Verdict::Block);
        let codes: Vec<_> = report
            .findings
            .iter()
            .map(|finding| finding.code.as_str())
            .collect();
        assert_eq!(codes, ["b", "a", "a"]);
    }

    #[test]
    fn nothing_found_is_clean() {
        assert_eq!(Report::of(Vec::new(), 0.1).verdict, Verdict::Clean);
    }

    #[test]
    fn findings_and_excerpts_are_bounded() {
        let findings = (0..50).map(|place| found("a", Verdict::Review, &place.to_string()));
        assert_eq!(Report::of(findings.collect(), 0.0).findings.len(), 20);
        let long = finding("a", Verdict::Review, "x", ("p", &"\u{e9}".repeat(300)));
        assert_eq!(long.excerpt.chars().count(), 200);
    }
}

//! The labelled tools: how the scanner judges them, and with which threshold.

use ::model::{DefinitionKind, Verdict};
use ::scan::{LOOKS_LIKE_AN_ATTACK, Neighbours};

use crate::eval::data::{Row, Tier};
use crate::eval::folds::{self, Corpus};
use crate::eval::report::{Bar, Share};

/// Honest definitions, in 10,000ths, that cross-validation may flag; the threshold follows from
/// it. Below the bar, since cases that nobody has seen are never easier.
const FALSE_ALARMS: usize = 100;

/// What the scanner makes of a row.
pub(super) struct Judged {
    /// Blocked.
    block: bool,
    /// Flagged by anything but the linear model.
    rules: bool,
    /// Codes of the findings.
    codes: Vec<String>,
    /// Score of the model; set once there is one.
    pub(super) fit: f32,
    /// Score of a model that has not seen it or its twins.
    fold: f32,
    /// Score of a model that has not seen its maker.
    maker: f32,
}

/// What the scanner makes of every row, and models that have not seen it.
pub(super) fn judge(corpus: &Corpus) -> Vec<Judged> {
    let folds = folds::grouped(corpus);
    let makers = folds::by_maker(corpus);
    let rows = corpus.rows.iter().zip(folds).zip(makers);
    rows.map(|((row, fold), maker)| {
        let peers = row
            .peers
            .iter()
            .map(|(server, tool)| (server.as_str(), [tool.as_str()]));
        let neighbours = Neighbours::new(peers);
        let others = neighbours.without(&row.server);
        let report = ::scan::scan(DefinitionKind::Tool, &row.tool, others);
        let codes = report.findings.into_iter().map(|finding| finding.code);
        let codes: Vec<String> = codes.filter(|code| code != LOOKS_LIKE_AN_ATTACK).collect();
        Judged {
            block: report.verdict == Verdict::Block,
            rules: !codes.is_empty(),
            codes,
            fit: 0.0,
            fold,
            maker,
        }
    })
    .collect()
}

/// The lowest threshold with which cross-validation flags few enough honest definitions.
pub(super) fn threshold(rows: &[Row], judged: &[Judged]) -> f32 {
    let benign: Vec<&Judged> = rows
        .iter()
        .zip(judged)
        .filter(|(row, _)| row.is_benign())
        .map(|(_, judged)| judged)
        .collect();
    let allowed = benign.len() * FALSE_ALARMS / 10_000;
    let by_rules = benign.iter().filter(|judged| judged.rules).count();
    let mut scores: Vec<f32> = benign
        .iter()
        .filter(|judged| !judged.rules)
        .map(|judged| judged.fold)
        .collect();
    scores.sort_by(|one, other| other.total_cmp(one));
    let last = scores
        .get(allowed.saturating_sub(by_rules))
        .copied()
        .unwrap_or(1.0);
    last + 1e-4
}

/// How the tools are judged: blocked, and flagged by the model as it is and by models that have
/// not seen them.
pub(super) fn bars(rows: &[Row], judged: &[Judged], threshold: f32) -> Vec<Bar> {
    let cases: Vec<(&Row, &Judged)> = rows.iter().zip(judged).collect();
    let share = |of: fn(&Row) -> bool, flagged: &dyn Fn(&Judged) -> bool| {
        let cases = cases.iter().filter(|(row, _)| of(row));
        Share::of(cases, |(_, judged)| flagged(judged))
    };
    let block = |judged: &Judged| judged.block;
    let fit = |judged: &Judged| judged.rules || judged.fit >= threshold;
    let fold = |judged: &Judged| judged.rules || judged.fold >= threshold;
    let maker = |judged: &Judged| judged.rules || judged.maker >= threshold;
    let (attack, benign) = (Row::is_attack, Row::is_benign);
    let about_attacks = |row: &Row| row.tier == Tier::HardNegative;
    let praise = |row: &Row| row.tier == Tier::Soft;
    let code = |row: &Row| row.tier == Tier::Code;
    vec![
        Bar::at_least("Block: attacks", share(attack, &block), 250),
        Bar::at_most("Block: honest tools", share(benign, &block), 3),
        Bar::at_most(
            "Block: honest tools about attacks",
            share(about_attacks, &block),
            104,
        ),
        Bar::at_least("Review, fitted: attacks", share(attack, &fit), 800),
        Bar::at_most("Review, fitted: honest tools", share(benign, &fit), 15),
        Bar::at_least(
            "Review, cross-validated: attacks",
            share(attack, &fold),
            800,
        ),
        Bar::at_most(
            "Review, cross-validated: honest tools",
            share(benign, &fold),
            15,
        ),
        Bar::at_least("Review, makers unseen: attacks", share(attack, &maker), 700),
        Bar::told(
            "Review, fitted: attacks by praise only",
            share(praise, &fit),
        ),
        Bar::told("Review, fitted: attacks in code only", share(code, &fit)),
    ]
}

/// All honest tools side by side, each at its own server.
pub(super) fn shadowing(rows: &[Row]) -> Bar {
    let benign = || rows.iter().filter(|row| row.is_benign());
    let tools = benign().map(|row| {
        (
            row.server.as_str(),
            [row.tool["name"].as_str().unwrap_or_default()],
        )
    });
    let neighbours = Neighbours::new(tools);
    let share = Share::of(benign(), |row| {
        let others = neighbours.without(&row.server);
        let report = ::scan::scan(DefinitionKind::Tool, &row.tool, others);
        report
            .findings
            .iter()
            .any(|finding| finding.code == "shadowing")
    });
    Bar::at_most("Shadowing, all honest tools together", share, 0)
}

/// What was judged wrongly by cross-validation, or missed with its maker unseen.
pub(super) fn list(rows: &[Row], judged: &[Judged], threshold: f32) {
    for (row, judged) in rows.iter().zip(judged) {
        let flagged = judged.rules
            || judged.fold >= threshold && (row.is_benign() || judged.maker >= threshold);
        let kind = match (row.is_attack(), row.is_benign(), flagged) {
            (true, _, false) => "missed",
            (_, true, true) => "false alarm",
            _ => continue,
        };
        anstream::println!(
            "{kind}: {} {} of {}, fold {:.3}, maker {:.3}, fit {:.3}, {}",
            row.id,
            row.tool["name"],
            row.server,
            judged.fold,
            judged.maker,
            judged.fit,
            judged.codes.join(" ")
        );
    }
}

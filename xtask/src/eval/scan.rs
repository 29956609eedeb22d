//! The scanner's bars.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ::model::{DefinitionKind, Verdict};
use ::scan::{LOOKS_LIKE_AN_ATTACK, Model, Neighbours, Others};
use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::eval::Options;
use crate::eval::asset;
use crate::eval::data::{self, Row, Tier};
use crate::eval::folds::{self, Corpus};
use crate::eval::report::{self, Bar, Share};
use crate::eval::train::highest;
use crate::workspace::Workspace;

/// Honest definitions, in 10,000ths, that cross-validation may flag; the threshold follows from
/// it. Below the bar, since cases that nobody has seen are never easier.
const FALSE_ALARMS: usize = 100;

/// What the scanner makes of a row.
struct Judged {
    /// Blocked.
    block: bool,
    /// Flagged by anything but the linear model.
    rules: bool,
    /// Codes of the findings.
    codes: Vec<String>,
    /// Score of the model.
    fit: f32,
    /// Score of a model that has not seen it or its twins.
    fold: f32,
    /// Score of a model that has not seen its maker.
    maker: f32,
}

/// Scores the scanner, after training it if that is wished.
pub(super) fn run(workspace: &Workspace, options: &Options, folder: &Path) -> Result<ExitCode> {
    let corpus = corpus(folder)?;
    let rows = &corpus.rows;
    let mut judged = judge(&corpus);
    let model = if options.train {
        let mut model = folds::without(&corpus, |_| false);
        model.threshold = threshold(rows, &judged);
        asset::write(workspace, &model, rows)?;
        model
    } else {
        Model::built_in()
            .context("the scanner was built without a model; use `--train`")?
            .clone()
    };
    for (judged, features) in judged.iter_mut().zip(&corpus.features) {
        judged.fit = highest(&model, features);
    }
    let mut bars = of_tools(rows, &judged, model.threshold);
    bars.push(shadowing(rows));
    bars.extend(of_messages(folder)?);
    bars.extend(of_time(rows));
    if options.list {
        list(rows, &judged, model.threshold);
    }
    if options.json {
        anstream::println!("{}", report::json(&bars));
    } else {
        anstream::println!("{}", report::table(&bars));
    }
    let met = bars.iter().all(|bar| bar.met);
    Ok(if met {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn corpus(folder: &Path) -> Result<Corpus> {
    let features = |tool: &Value| ::scan::features(DefinitionKind::Tool, tool);
    let rows = data::tools(folder)?;
    let own = data::own()?;
    Ok(Corpus {
        features: rows.iter().map(|row| features(&row.tool)).collect(),
        own: own
            .iter()
            .map(|(tool, attack)| (features(tool), *attack))
            .collect(),
        rows,
    })
}

fn judge(corpus: &Corpus) -> Vec<Judged> {
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
fn threshold(rows: &[Row], judged: &[Judged]) -> f32 {
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

fn of_tools(rows: &[Row], judged: &[Judged], threshold: f32) -> Vec<Bar> {
    let cases: Vec<(&Row, &Judged)> = rows.iter().zip(judged).collect();
    let share = |of: fn(&Row) -> bool, flagged: &dyn Fn(&Judged) -> bool| {
        let cases = cases.iter().filter(|(row, _)| of(row));
        Share::of(cases, |(_, judged)| flagged(judged))
    };
    let attack: fn(&Row) -> bool = Row::is_attack;
    let benign: fn(&Row) -> bool = Row::is_benign;
    let block = |judged: &Judged| judged.block;
    let fit = |judged: &Judged| judged.rules || judged.fit >= threshold;
    let fold = |judged: &Judged| judged.rules || judged.fold >= threshold;
    let maker = |judged: &Judged| judged.rules || judged.maker >= threshold;
    let hard = share(|row| row.tier == Tier::HardNegative, &block);
    vec![
        at_least("Block: attacks", share(attack, &block), 250, "≥ 25 %"),
        at_most("Block: honest tools", share(benign, &block), 3, "≤ 0.3 %"),
        Bar {
            name: "Block: honest tools about attacks",
            measured: hard.text(),
            target: "≤ 3",
            met: hard.part <= 3,
        },
        at_least(
            "Review, fitted: attacks",
            share(attack, &fit),
            800,
            "≥ 80 %",
        ),
        at_most(
            "Review, fitted: honest tools",
            share(benign, &fit),
            15,
            "≤ 1.5 %",
        ),
        at_least(
            "Review, cross-validated: attacks",
            share(attack, &fold),
            800,
            "≥ 80 %",
        ),
        at_most(
            "Review, cross-validated: honest tools",
            share(benign, &fold),
            15,
            "≤ 1.5 %",
        ),
        at_least(
            "Review, makers unseen: attacks",
            share(attack, &maker),
            700,
            "≥ 70 %",
        ),
        told(
            "Review, fitted: attacks by praise only",
            share(|row| row.tier == Tier::Soft, &fit),
        ),
        told(
            "Review, fitted: attacks in code only",
            share(|row| row.tier == Tier::Code, &fit),
        ),
    ]
}

fn at_least(name: &'static str, share: Share, per_mille: usize, target: &'static str) -> Bar {
    Bar {
        name,
        measured: share.text(),
        target,
        met: share.at_least(per_mille),
    }
}

fn at_most(name: &'static str, share: Share, per_mille: usize, target: &'static str) -> Bar {
    Bar {
        name,
        measured: share.text(),
        target,
        met: share.at_most(per_mille),
    }
}

fn told(name: &'static str, share: Share) -> Bar {
    Bar {
        name,
        measured: share.text(),
        target: "",
        met: true,
    }
}

/// All honest tools side by side, each at its own server.
fn shadowing(rows: &[Row]) -> Bar {
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
    at_most("Shadowing, all honest tools together", share, 0, "0")
}

fn of_messages(folder: &Path) -> Result<Vec<Bar>> {
    let frames = data::lines(folder, "frames.jsonl")?;
    let flagged = |frame: &Value| ::scan::message(&frame["frame"]).verdict != Verdict::Clean;
    let passes = |frame: &&Value| frame["expected"] == "pass";
    let bad = Share::of(frames.iter().filter(|frame| !passes(frame)), |frame| {
        flagged(frame)
    });
    let good = Share::of(frames.iter().filter(passes), |frame| flagged(frame));
    let pairs = data::lines(folder, "rugpull_pairs.jsonl")?;
    let told_apart = Share::of(pairs.iter(), |pair| pair["expected"] == comparison(pair));
    let outputs = data::lines(folder, "outputs_dev.jsonl")?;
    let output = |label: &'static str| {
        let outputs = outputs
            .iter()
            .filter(move |output| output["label"] == label);
        Share::of(outputs, |output| {
            let content = json!([{"type": "text", "text": output["text"]}]);
            flagged(&json!({"frame": {"result": {"content": content}}}))
        })
    };
    Ok(vec![
        at_least("Frames: malicious", bad, 1000, "all"),
        at_most("Frames: harmless", good, 0, "0"),
        at_least("Rug pulls told apart", told_apart, 1000, "all"),
        told("Results: injected", output("malicious")),
        told("Results: harmless", output("benign")),
    ])
}

fn comparison(pair: &Value) -> &'static str {
    use ::scan::Comparison;
    match ::scan::compare(DefinitionKind::Tool, &pair["before"], &pair["after"]) {
        Comparison::Unchanged => "unchanged",
        Comparison::Changed { hidden: false } => "changed",
        Comparison::Changed { hidden: true } => "changed+hidden-unicode",
        Comparison::New { confusable: false } => "new-tool",
        Comparison::New { confusable: true } => "new-tool+confusable",
    }
}

/// Time per tool, and whether two runs say the same.
fn of_time(rows: &[Row]) -> [Bar; 2] {
    let run = || -> (Vec<Duration>, Vec<String>) {
        rows.iter()
            .map(|row| {
                let start = Instant::now();
                let report = ::scan::scan(DefinitionKind::Tool, &row.tool, Others::none());
                (start.elapsed(), format!("{report:?}"))
            })
            .unzip()
    };
    let ((_, first), (mut times, second)) = (run(), run());
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    let optimised = !cfg!(debug_assertions);
    [
        Bar {
            name: "Time per tool, p50 and p99",
            measured: format!("{:.0?}, {:.0?}", at(50), at(99)),
            target: if optimised { "p99 ≤ 1 ms" } else { "" },
            met: !optimised || at(99) <= Duration::from_millis(1),
        },
        Bar {
            name: "Two runs say the same",
            measured: if first == second { "yes" } else { "no" }.to_owned(),
            target: "yes",
            met: first == second,
        },
    ]
}

/// What was judged wrongly by cross-validation, or missed with its maker unseen.
fn list(rows: &[Row], judged: &[Judged], threshold: f32) {
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

//! The scanner's bars.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ::model::DefinitionKind;
use ::scan::{Model, Others};
use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::eval::Options;
use crate::eval::data::{self, Row};
use crate::eval::folds::{self, Corpus};
use crate::eval::report::{self, Bar};
use crate::eval::train::highest;
use crate::eval::{asset, messages, tools};
use crate::workspace::Workspace;

/// Runs that are timed.
const RUNS: usize = 5;

/// Scores the scanner, after training it if that is wished.
pub(super) fn run(workspace: &Workspace, options: &Options, folder: &Path) -> Result<ExitCode> {
    let corpus = corpus(folder)?;
    let rows = &corpus.rows;
    let mut judged = tools::judge(&corpus);
    let model = if options.train {
        let mut model = folds::without(&corpus, |_| false);
        model.threshold = tools::threshold(rows, &judged);
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
    let mut bars = tools::bars(rows, &judged, model.threshold);
    bars.push(tools::shadowing(rows));
    bars.extend(messages::bars(folder)?);
    bars.extend(of_time(rows));
    if options.list {
        tools::list(rows, &judged, model.threshold);
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

/// The best time per tool of several runs, so that what else the machine does counts less, and
/// whether all runs say the same.
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
    let (mut times, first) = run();
    let mut same = true;
    for _ in 1..RUNS {
        let (again, reports) = run();
        times
            .iter_mut()
            .zip(again)
            .for_each(|(best, time)| *best = time.min(*best));
        same &= reports == first;
    }
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    let optimised = !cfg!(debug_assertions);
    [
        Bar {
            name: "Time per tool, p50 and p99",
            measured: format!("{:.0?}, {:.0?}", at(50), at(99)),
            target: String::from(if optimised { "p99 ≤ 1 ms" } else { "" }),
            met: !optimised || at(99) <= Duration::from_millis(1),
        },
        Bar {
            name: "All runs say the same",
            measured: if same { "yes" } else { "no" }.to_owned(),
            target: "yes".to_owned(),
            met: same,
        },
    ]
}

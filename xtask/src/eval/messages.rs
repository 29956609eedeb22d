//! Messages as they pass a gateway, and definitions that change.

use std::path::Path;

use ::model::{DefinitionKind, Verdict};
use anyhow::Result;
use serde_json::{Value, json};

use crate::eval::data;
use crate::eval::report::{Bar, Share};

/// Frames, rug pulls and results.
pub(super) fn bars(folder: &Path) -> Result<Vec<Bar>> {
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
        Bar::at_least("Frames: malicious", bad, 1000),
        Bar::at_most("Frames: harmless", good, 0),
        Bar::at_least("Rug pulls told apart", told_apart, 1000),
        Bar::told("Results: injected", output("malicious")),
        Bar::told("Results: harmless", output("benign")),
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

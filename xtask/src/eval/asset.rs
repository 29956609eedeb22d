//! The trained model as part of the sources, and the list of what it was trained on.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use scan::Model;
use serde_json::json;

use crate::eval::data::Row;
use crate::workspace::Workspace;

/// Writes the weights, and beside them which rows they were made of. The rows' texts stay where
/// they are.
pub(super) fn write(workspace: &Workspace, model: &Model, rows: &[Row]) -> Result<()> {
    let folder = workspace.root.join("crates/scan/assets");
    let weights = folder.join("weights.bin");
    std::fs::write(&weights, model.encode())
        .with_context(|| format!("{} could not be written", weights.display()))?;
    let list = folder.join("training.jsonl");
    std::fs::write(&list, training_list(rows))
        .with_context(|| format!("{} could not be written", list.display()))?;
    anstream::eprintln!(
        "Wrote the weights, with the threshold {:.4}. The scanner has them once it is built anew.",
        model.threshold
    );
    Ok(())
}

/// A line for each source, with the ids of its rows.
fn training_list(rows: &[Row]) -> String {
    let mut sources: BTreeMap<(&str, &str), [Vec<&str>; 2]> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_for_training()) {
        let ids = sources.entry((&row.source, &row.license)).or_default();
        ids[usize::from(row.is_benign())].push(&row.id);
    }
    let lines = sources
        .into_iter()
        .map(|((source, license), [attacks, honest])| {
            let line =
                json!({"source": source, "license": license, "attacks": attacks, "honest": honest});
            format!("{line}\n")
        });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::data::Tier;

    #[test]
    fn the_list_names_origin_and_licence_and_holds_no_text() {
        let row = |id: &str, tier| Row {
            id: id.to_owned(),
            tool: json!({"description": "attack text"}),
            tier,
            server: "one".to_owned(),
            source: "maker/project".to_owned(),
            license: "MIT".to_owned(),
            group: "maker".to_owned(),
            peers: Vec::new(),
        };
        let list = training_list(&[row("a", Tier::Instruction), row("b", Tier::Code)]);
        let expected = "{\"source\":\"maker/project\",\"license\":\"MIT\",\"attacks\":[\"a\"],\"honest\":[]}\n";
        assert_eq!(list, expected);
    }
}

//! The trained model as part of the sources, and the list of what it was trained on.

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

fn training_list(rows: &[Row]) -> String {
    let rows = rows.iter().filter(|row| row.is_for_training());
    let lines = rows.map(|row| {
        let line = json!({
            "id": row.id,
            "label": if row.is_attack() { "attack" } else { "honest" },
            "source": row.source,
            "license": row.license,
        });
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
        let expected = "{\"id\":\"a\",\"label\":\"attack\",\"source\":\"maker/project\",\"license\":\"MIT\"}\n";
        assert_eq!(list, expected);
    }
}

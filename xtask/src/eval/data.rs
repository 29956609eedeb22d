//! The labelled cases: how they are read.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// A labelled tool.
pub(super) struct Row {
    pub(super) id: String,
    /// As a server would list it.
    pub(super) tool: Value,
    pub(super) tier: Tier,
    pub(super) server: String,
    /// Where it was published.
    pub(super) source: String,
    pub(super) license: String,
    /// The collection that it belongs to.
    pub(super) group: String,
    /// Servers beside its own, and the names of their tools.
    pub(super) peers: Vec<(String, String)>,
}

/// What a row is a case of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tier {
    /// An attack that can be seen in the definition.
    Instruction,
    /// An attack by praise only; reported, not required.
    Soft,
    /// An attack in the program behind it; its definition is honest.
    Code,
    /// Honest.
    Benign,
    /// Honest, and about attacks.
    HardNegative,
}

impl Row {
    /// Whether a scan that flags it is wrong.
    pub(super) fn is_benign(&self) -> bool {
        matches!(self.tier, Tier::Benign | Tier::HardNegative)
    }

    /// Whether a scan has to flag it.
    pub(super) fn is_attack(&self) -> bool {
        self.tier == Tier::Instruction
    }

    /// Whether the model is trained on it.
    pub(super) fn is_for_training(&self) -> bool {
        self.is_benign() || self.is_attack()
    }

    /// Who made the collection; several are of one maker.
    pub(super) fn maker(&self) -> &str {
        self.group.split('-').next().unwrap_or_default()
    }

    fn of(line: &Value) -> Result<Self> {
        let text = |member: &str| line[member].as_str().unwrap_or_default().to_owned();
        let mut tool = json!({
            "name": line["name"],
            "description": line["description"],
            "inputSchema": line["input_schema"],
        });
        if !line["annotations"].is_null() {
            tool["annotations"] = line["annotations"].clone();
        }
        let peers = line["peers"].as_array().into_iter().flatten();
        let name = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(Self {
            id: text("id"),
            tool,
            tier: tier(line).with_context(|| format!("the row {} has no tier", line["id"]))?,
            server: text("server"),
            source: text("source"),
            license: text("license"),
            group: text("group"),
            peers: peers
                .map(|peer| (name(&peer["server"]), name(&peer["tool"]["name"])))
                .collect(),
        })
    }
}

fn tier(line: &Value) -> Option<Tier> {
    Some(match line["tier"].as_str()? {
        "instruction" => Tier::Instruction,
        "soft" => Tier::Soft,
        "code" => Tier::Code,
        "benign" => Tier::Benign,
        "hard_negative" => Tier::HardNegative,
        _ => return None,
    })
}

/// The labelled tools of a file.
pub(super) fn tools(folder: &Path) -> Result<Vec<Row>> {
    lines(folder, "tools_dev.jsonl")?
        .iter()
        .map(Row::of)
        .collect()
}

/// Definitions that were written for training, each with whether it is an attack.
pub(super) fn own() -> Result<Vec<(Value, bool)>> {
    let lines = include_str!("own.jsonl").lines();
    lines
        .map(|line| {
            let line: Value = serde_json::from_str(line).context("in own.jsonl")?;
            let tool = json!({"name": line["name"], "description": line["description"]});
            Ok((tool, line["label"] == "attack"))
        })
        .collect()
}

/// The objects of a file, one a line.
pub(super) fn lines(folder: &Path, file: &str) -> Result<Vec<Value>> {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).with_context(|| {
        format!(
            "the labelled cases are not part of this repository, and {} could not be read; \
             name their folder with `--data`",
            path.display()
        )
    })?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| serde_json::from_str(line).with_context(|| format!("in {}", path.display())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Value {
        json!({
            "id": "t1", "name": "add", "description": "Adds.", "input_schema": {"type": "object"},
            "tier": "hard_negative", "server": "sums", "group": "maker-second",
            "peers": [{"server": "other", "tool": {"name": "take"}}],
        })
    }

    #[test]
    fn a_line_becomes_a_tool_as_a_server_lists_it() {
        let row = Row::of(&line()).expect("a row");
        let expected =
            json!({"name": "add", "description": "Adds.", "inputSchema": {"type": "object"}});
        assert_eq!(row.tool, expected);
        assert_eq!(row.peers, [("other".to_owned(), "take".to_owned())]);
        assert_eq!(row.maker(), "maker");
        assert!(row.is_benign() && row.is_for_training() && !row.is_attack());
    }

    #[test]
    fn a_line_without_a_tier_is_refused() {
        let mut line = line();
        line["tier"] = json!("unheard of");
        assert!(Row::of(&line).is_err());
    }

    #[test]
    fn cases_that_are_not_there_are_explained() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = tools(folder.path())
            .err()
            .expect("nothing to read")
            .to_string();
        assert!(error.contains("--data"), "{error}");
    }
}

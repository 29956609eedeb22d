//! The last calls, those alike in a row taken together.

use model::{CallOutcome, CallSummary};

/// Equal calls in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls {
    /// Which server; empty where no such tool is known.
    pub server: String,
    /// The tool's name at its server.
    pub tool: String,
    /// How they ended.
    pub outcome: CallOutcome,
    /// How many there were.
    pub times: usize,
}

/// The first `limit` groups of `calls`, which are ordered newest first.
pub(crate) fn grouped(calls: &[CallSummary], limit: usize) -> Vec<Calls> {
    let alike = |a: &CallSummary, b: &CallSummary| {
        a.server == b.server && a.tool == b.tool && a.outcome == b.outcome
    };
    let groups = calls.chunk_by(alike).take(limit);
    let group = |calls: &[CallSummary]| {
        let first = calls.first()?;
        Some(Calls {
            server: first.server.clone(),
            tool: first.tool.clone(),
            outcome: first.outcome,
            times: calls.len(),
        })
    };
    groups.filter_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::call;

    fn shown(calls: &[CallSummary]) -> Vec<String> {
        let groups = grouped(calls, 3);
        let shown = |group: Calls| format!("{} {:?} ×{}", group.tool, group.outcome, group.times);
        groups.into_iter().map(shown).collect()
    }

    #[test]
    fn only_neighbours_that_ended_alike_are_taken_together() {
        let ok = |tool| call("s", tool, CallOutcome::Ok);
        let calls = [
            ok("a"),
            ok("a"),
            call("s", "a", CallOutcome::Refused),
            ok("a"),
            ok("b"),
        ];
        assert_eq!(shown(&calls), ["a Ok ×2", "a Refused ×1", "a Ok ×1"]);
        assert!(shown(&[]).is_empty());
    }
}

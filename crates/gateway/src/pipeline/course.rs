//! What is noted of a call on its way, for the record.

use std::time::{Duration, Instant};

use fleet::Tool;
use model::CallStep;

/// Characters kept of a tool's name that nobody knows.
const MAX_NAME: usize = 100;

/// A call's way through the steps.
pub(super) struct Course {
    /// Empty until the tool is known.
    pub(super) server: String,
    /// The name at its server; until that is known, as it was called.
    pub(super) tool: String,
    pub(super) steps: Vec<CallStep>,
    /// Size of the result as its server sent it.
    pub(super) result_bytes: Option<usize>,
    /// Whether the client gets the result in pages.
    pub(super) shortened: bool,
    began: Instant,
    /// When the last step ended.
    last: Instant,
}

impl Course {
    /// A call of a name as it was given.
    pub(super) fn begin(name: &str) -> Self {
        let now = Instant::now();
        let shown = name.chars().filter(|c| !c.is_control()).take(MAX_NAME);
        Self {
            server: String::new(),
            tool: shown.collect(),
            steps: Vec::with_capacity(5),
            result_bytes: None,
            shortened: false,
            began: now,
            last: now,
        }
    }

    /// The tool is known.
    pub(super) fn found(&mut self, tool: &Tool) {
        self.server = tool.server.to_string();
        self.tool.clone_from(&tool.definition.name);
    }

    /// A step has ended so; hands on what came of it.
    pub(super) fn step<T, E>(&mut self, step: &str, ended: Result<T, E>) -> Result<T, E> {
        let now = Instant::now();
        let took = now.duration_since(self.last);
        self.last = now;
        self.steps.push(CallStep {
            step: step.to_owned(),
            micros: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            passed: ended.is_ok(),
        });
        ended
    }

    /// How long it took in all.
    pub(super) fn took(&self) -> Duration {
        self.began.elapsed()
    }
}

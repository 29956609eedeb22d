//! What is known of how a server goes about its calls.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::value::RawValue;
use wire::RawObject;

/// Answered so often without a question, a tool is taken for one that does not ask.
const QUIET_AFTER: u8 = 3;

/// So many tools are remembered.
const MAX_KNOWN: usize = 10_000;

/// Which of a server's tools ask something in the middle of a call.
///
/// Over a connection that does not tell during which call a question comes, calls that may lead
/// to one must not overlap with those of others. All other calls need not wait for anybody.
#[derive(Default)]
pub(super) struct Habits(Mutex<HashMap<String, Habit>>);

#[derive(Clone, Copy)]
enum Habit {
    Asks,
    /// It has been answered so often without asking.
    Silent(u8),
}

/// What a request calls, as far as habits go.
pub(super) fn what(method: &str, params: &RawObject) -> String {
    let name = params.get("name").map_or("", RawValue::get);
    format!("{method} {name}")
}

impl Habits {
    /// Whether a call may lead to a question.
    pub(super) fn may_ask(&self, what: &str) -> bool {
        match self.lock().get(what) {
            Some(Habit::Silent(times)) => *times < QUIET_AFTER,
            Some(Habit::Asks) | None => true,
        }
    }

    /// Takes note of how a call went.
    pub(super) fn learn(&self, what: &str, asked: bool) {
        let mut known = self.lock();
        let habit = match known.get(what) {
            _ if asked => Habit::Asks,
            Some(Habit::Asks) => return,
            Some(Habit::Silent(times)) => Habit::Silent(times.saturating_add(1)),
            None if known.len() >= MAX_KNOWN => return,
            None => Habit::Silent(1),
        };
        known.insert(what.to_owned(), habit);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Habit>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_has_asked_once_may_ask_again() {
        let habits = Habits::default();
        for _ in 0..QUIET_AFTER {
            assert!(habits.may_ask("tools/call \"a\""));
            habits.learn("tools/call \"a\"", false);
        }
        assert!(!habits.may_ask("tools/call \"a\""));
        assert!(habits.may_ask("tools/call \"b\""));
        habits.learn("tools/call \"a\"", true);
        habits.learn("tools/call \"a\"", false);
        assert!(habits.may_ask("tools/call \"a\""));
    }
}

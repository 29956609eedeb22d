//! What needs a person, and since when: a trouble counts only once it has outlived its time.

use std::collections::BTreeMap;

use model::{ProblemCode, ServerState, ServerStatus, SignInState, Snapshot};

/// A trouble that goes away by itself within this time is never shown, in milliseconds.
pub(crate) const TIME_TO_VISIBLE: u64 = 2_000;
/// A start that takes no longer is not shown either, in milliseconds.
pub(crate) const TIME_TO_BUSY: u64 = 1_000;

/// The key of the configuration among the servers; no server can have an empty name.
const CONFIG: &str = "";

/// What a person should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    /// Which server; empty for the configuration.
    pub server: String,
    /// What is the matter.
    pub trouble: Trouble,
}

/// What is the matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// The server wants a sign-in.
    SignIn,
    /// The server waits for something that only a person has.
    NeedsPerson(ProblemCode),
    /// The server is down and tried again.
    Broken(ProblemCode),
    /// The configuration file has an error.
    Config,
}

impl Trouble {
    /// Whether it waits for a person, rather than being tried again.
    pub(crate) fn waits(self) -> bool {
        matches!(self, Self::SignIn | Self::NeedsPerson(_))
    }
}

/// Remembers since when each trouble lasts.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    troubles: BTreeMap<String, (Trouble, u64)>,
    starting: BTreeMap<String, u64>,
}

impl Watch {
    /// Takes in a new state of everything at the time `now`.
    pub(crate) fn update(&mut self, snapshot: &Snapshot, now: u64) {
        let before = std::mem::take(&mut self.troubles);
        let busy = std::mem::take(&mut self.starting);
        for server in &snapshot.servers {
            let lasting = before.get(&server.name).copied();
            if let Some(trouble) = trouble(server, lasting.map(|(trouble, _)| trouble)) {
                let since = lasting.map_or(now, |(_, since)| since);
                self.troubles.insert(server.name.clone(), (trouble, since));
            } else if matches!(server.state, ServerState::Starting { .. }) {
                let since = busy.get(&server.name).copied().unwrap_or(now);
                self.starting.insert(server.name.clone(), since);
            }
        }
        if snapshot.config.has_errors() {
            let since = before.get(CONFIG).map_or(now, |(_, since)| *since);
            self.troubles
                .insert(CONFIG.to_owned(), (Trouble::Config, since));
        }
    }

    /// What has lasted long enough, in the order of `snapshot`: who waits for a person first.
    pub(crate) fn visible(&self, snapshot: &Snapshot, now: u64) -> Vec<Attention> {
        let names = snapshot.servers.iter().map(|server| server.name.as_str());
        let mut found: Vec<_> = std::iter::once(CONFIG)
            .chain(names)
            .filter_map(|name| {
                let (trouble, since) = self.troubles.get(name)?;
                let attention = Attention {
                    server: name.to_owned(),
                    trouble: *trouble,
                };
                (now >= since + TIME_TO_VISIBLE).then_some(attention)
            })
            .collect();
        found.sort_by_key(|attention| !attention.trouble.waits());
        found
    }

    /// How many servers have been starting for long enough to be shown.
    pub(crate) fn starting(&self, now: u64) -> usize {
        let lasting = |since: &&u64| now >= *since + TIME_TO_BUSY;
        self.starting.values().filter(lasting).count()
    }

    /// When something becomes visible next without a new snapshot.
    pub(crate) fn next_change(&self, now: u64) -> Option<u64> {
        let troubles = self.troubles.values();
        let troubles = troubles.map(|(_, since)| since + TIME_TO_VISIBLE);
        let starting = self.starting.values().map(|since| since + TIME_TO_BUSY);
        troubles.chain(starting).filter(|at| *at > now).min()
    }
}

/// What is the matter with a server, if anything is. A server that is started again after a
/// failure is in the same trouble as before until it is ready.
fn trouble(server: &ServerStatus, before: Option<Trouble>) -> Option<Trouble> {
    match &server.state {
        ServerState::Disabled => None,
        // Some tools of a server that is ready may want more than it was granted.
        ServerState::Ready => {
            let state = server.sign_in.as_ref()?.state;
            let wanted = matches!(state, SignInState::Needed | SignInState::Failed);
            wanted.then_some(Trouble::SignIn)
        }
        ServerState::NeedsPerson { problem } => Some(match problem.code {
            ProblemCode::SignInRequired => Trouble::SignIn,
            // It is counted among what is to be reviewed.
            ProblemCode::Held => return None,
            code => Trouble::NeedsPerson(code),
        }),
        ServerState::BackingOff { problem, .. } | ServerState::CrashLoop { problem, .. } => {
            Some(Trouble::Broken(problem.code))
        }
        ServerState::Starting { .. } | ServerState::Stopping => before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{backing_off, config_error, disabled, needs, ready, snapshot, starting};

    fn names(watch: &Watch, snapshot: &Snapshot, now: u64) -> Vec<String> {
        let visible = watch.visible(snapshot, now);
        visible.into_iter().map(|found| found.server).collect()
    }

    #[test]
    fn a_trouble_is_seen_only_when_it_lasts() {
        let mut watch = Watch::default();
        let down = snapshot([("a", backing_off()), ("b", ready())]);
        watch.update(&down, 10_000);
        assert!(names(&watch, &down, 11_999).is_empty());
        assert_eq!(watch.next_change(10_500), Some(12_000));
        assert_eq!(names(&watch, &down, 12_000), ["a"]);
        assert_eq!(watch.next_change(12_000), None);
        let up = snapshot([("a", ready()), ("b", ready())]);
        watch.update(&up, 12_100);
        assert!(names(&watch, &up, 20_000).is_empty());
        // Down again counts from the start.
        watch.update(&down, 20_000);
        assert!(names(&watch, &down, 21_000).is_empty());
    }

    #[test]
    fn a_held_server_is_to_be_reviewed_and_not_in_trouble() {
        let mut held = snapshot([("a", needs(ProblemCode::Held))]);
        held.servers[0].trust.hold = Some(model::HoldReason::NewServer);
        let mut watch = Watch::default();
        watch.update(&held, 10_000);
        assert!(names(&watch, &held, 20_000).is_empty());
        assert_eq!(held.to_review(), 1);
    }

    #[test]
    fn a_new_start_does_not_end_the_trouble() {
        let mut watch = Watch::default();
        let down = snapshot([("a", backing_off())]);
        let again = snapshot([("a", starting())]);
        watch.update(&down, 0);
        watch.update(&again, 1_000);
        watch.update(&down, 1_500);
        watch.update(&again, 1_900);
        assert_eq!(names(&watch, &again, 2_000), ["a"]);
        assert_eq!(
            watch.starting(9_000),
            0,
            "it is shown as broken, not as busy"
        );
    }

    #[test]
    fn a_server_that_is_switched_off_troubles_nobody() {
        let mut watch = Watch::default();
        watch.update(&snapshot([("a", backing_off())]), 0);
        let off = snapshot([("a", disabled())]);
        watch.update(&off, 3_000);
        assert!(names(&watch, &off, 9_000).is_empty());
    }

    #[test]
    fn who_waits_for_a_person_comes_first() {
        let mut watch = Watch::default();
        let mut all = snapshot([
            ("broken", backing_off()),
            ("missing", needs(ProblemCode::MissingSecret)),
            ("sign-in", needs(ProblemCode::SignInRequired)),
        ]);
        all.config = config_error();
        watch.update(&all, 0);
        let visible = watch.visible(&all, 2_000);
        let troubles: Vec<_> = visible.iter().map(|found| found.trouble).collect();
        let expected = [
            Trouble::NeedsPerson(ProblemCode::MissingSecret),
            Trouble::SignIn,
            Trouble::Config,
            Trouble::Broken(ProblemCode::Exited),
        ];
        assert_eq!(troubles, expected);
    }

    #[test]
    fn a_start_is_busy_after_a_second() {
        let mut watch = Watch::default();
        let all = snapshot([("a", starting()), ("b", starting())]);
        watch.update(&all, 500);
        watch.update(&all, 900);
        assert_eq!(watch.starting(1_499), 0);
        assert_eq!(watch.next_change(900), Some(1_500));
        assert_eq!(watch.starting(1_500), 2);
    }
}

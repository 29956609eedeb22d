//! What people are told of, and how seldom.
//!
//! A notice is for news; what lasts is in the tray. So each trouble is told once, a server that
//! comes and goes is one trouble, and nothing is told before the link to the gateway is stable.

use std::collections::BTreeMap;

use model::NoticePreferences;

use crate::action::Action;
use crate::attention::{Attention, Trouble};
use crate::menu::short;
use crate::texts::Texts;
use crate::view::View;

/// Nothing is told before the link has lasted this long, in milliseconds.
const SETTLING: u64 = 12_000;
/// The same is not told again within this time, in milliseconds,
const PAUSE: u64 = 5 * 60_000;
/// unless it went well for this long in between, nor within this one if it did not.
const FORGET: u64 = 60 * 60_000;
/// More troubles of a kind at once than this are told in one notice.
const SINGLY: usize = 2;

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeKind {
    /// A server waits for a review.
    Review,
    /// A server wants a sign-in.
    SignIn,
    /// A server is broken.
    Problem,
    /// The gateway itself, or what a person asked of it.
    Core,
}

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub kind: NoticeKind,
    /// What happened.
    pub title: String,
    /// Why, and what to do.
    pub body: String,
    /// The text of its one button, and what that does.
    pub action: Option<(String, Action)>,
}

/// Remembers what was told.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    connected_at: Option<u64>,
    told: BTreeMap<Topic, Told>,
}

/// What a notice is about, and whose matter it is.
type Topic = (NoticeKind, String);

/// When something was told.
#[derive(Clone, Copy, Debug)]
struct Told {
    at: u64,
    /// How many things it was about.
    count: usize,
    /// Since when it is over, if it is.
    over: Option<u64>,
}

impl Notices {
    /// The link to the gateway came up or went down.
    pub(crate) fn linked(&mut self, connected: bool, now: u64) {
        self.connected_at = connected.then_some(now);
    }

    /// What is to be told now. `failure` is why there is no gateway.
    pub(crate) fn due(
        &mut self,
        view: &View,
        failure: Option<&str>,
        wanted: NoticePreferences,
        now: u64,
    ) -> Vec<Due> {
        let mut present = Vec::new();
        if let Some(reason) = failure {
            let what = Due::Core(reason.to_owned());
            present.push(((NoticeKind::Core, String::new()), 1, what));
        }
        if view.review > 0 && wanted.review {
            let what = Due::Review(view.review);
            present.push(((NoticeKind::Review, String::new()), view.review, what));
        }
        let troubles = view
            .attention
            .iter()
            .filter(|found| is_wanted(found, wanted));
        present.extend(troubles.map(|found| (topic(found), 1, Due::Trouble(found.clone()))));
        self.note_what_is_over(&present, now);
        let is_quiet = failure.is_none() && !self.is_settled(now);
        let due = present.into_iter().filter_map(|(topic, count, due)| {
            (!is_quiet && self.tell(topic, count, now)).then_some(due)
        });
        due.collect()
    }

    /// When something may become due without a new state.
    pub(crate) fn next_change(&self, now: u64) -> Option<u64> {
        let settled = self.connected_at? + SETTLING;
        (settled > now).then_some(settled)
    }

    fn is_settled(&self, now: u64) -> bool {
        self.connected_at.is_some_and(|at| now >= at + SETTLING)
    }

    fn note_what_is_over(&mut self, present: &[(Topic, usize, Due)], now: u64) {
        for (topic, told) in &mut self.told {
            if !present.iter().any(|(other, ..)| other == topic) {
                told.over.get_or_insert(now);
            }
        }
        let is_fresh = |told: &Told| told.over.is_none_or(|over| now < over + FORGET);
        self.told.retain(|_, told| is_fresh(told));
    }

    /// Whether to tell of it; if so, it counts as told.
    fn tell(&mut self, topic: Topic, count: usize, now: u64) -> bool {
        if let Some(told) = self.told.get_mut(&topic) {
            let is_new = match told.over.take() {
                Some(over) => now >= over + PAUSE || now >= told.at + FORGET,
                None => count > told.count && now >= told.at + PAUSE,
            };
            if !is_new {
                return false;
            }
        }
        let at = now;
        self.told.insert(
            topic,
            Told {
                at,
                count,
                over: None,
            },
        );
        true
    }
}

/// What is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// So many servers wait for a review.
    Review(usize),
    /// Something is wrong.
    Trouble(Attention),
    /// The gateway does not start.
    Core(String),
}

fn is_wanted(found: &Attention, wanted: NoticePreferences) -> bool {
    match found.trouble {
        Trouble::SignIn => wanted.sign_in,
        Trouble::NeedsPerson(_) | Trouble::Broken(_) | Trouble::Config => wanted.problems,
    }
}

fn topic(found: &Attention) -> Topic {
    let kind = match found.trouble {
        Trouble::SignIn => NoticeKind::SignIn,
        Trouble::NeedsPerson(_) | Trouble::Broken(_) | Trouble::Config => NoticeKind::Problem,
    };
    (kind, found.server.clone())
}

/// Puts what is due into words; many troubles of a kind become one notice.
pub(crate) fn worded(due: &[Due], texts: &Texts) -> Vec<Notice> {
    let mut notices = Vec::new();
    let (mut sign_ins, mut problems) = (Vec::new(), Vec::new());
    for due in due {
        match due {
            Due::Review(count) => notices.push(review(*count, texts)),
            Due::Core(reason) => notices.push(core(reason, texts)),
            Due::Trouble(found) => match topic(found).0 {
                NoticeKind::SignIn => sign_ins.push(found),
                _ => problems.push(found),
            },
        }
    }
    notices.extend(match sign_ins.len() {
        0..=SINGLY => sign_ins
            .into_iter()
            .map(|found| sign_in(found, texts))
            .collect(),
        many => vec![many_sign_ins(many, texts)],
    });
    notices.extend(match problems.len() {
        0..=SINGLY => problems
            .into_iter()
            .map(|found| problem(found, texts))
            .collect(),
        many => vec![many_problems(many, texts)],
    });
    notices
}

/// Something that a person asked for did not work.
pub(crate) fn failed(message: &str, texts: &Texts) -> Notice {
    Notice {
        kind: NoticeKind::Core,
        title: texts.plain("notice.failed.title"),
        body: message.to_owned(),
        action: None,
    }
}

/// The window could not be opened.
pub(crate) fn no_window(reason: &str, texts: &Texts) -> Notice {
    Notice {
        kind: NoticeKind::Core,
        title: texts.plain("notice.no-window.title"),
        body: texts.fill("notice.no-window.body", &[("reason", reason)]),
        action: None,
    }
}

/// There is no clipboard, so the text itself is shown.
pub(crate) fn not_copied(text: &str, texts: &Texts) -> Notice {
    Notice {
        kind: NoticeKind::Core,
        title: texts.plain("notice.not-copied.title"),
        body: texts.fill("notice.not-copied.body", &[("text", text)]),
        action: None,
    }
}

fn button(key: &str, action: Action, texts: &Texts) -> (String, Action) {
    (texts.plain(key), action)
}

fn open(path: &str) -> Action {
    Action::Open(path.to_owned())
}

fn review(count: usize, texts: &Texts) -> Notice {
    Notice {
        kind: NoticeKind::Review,
        title: texts.count("notice.review.title", count),
        body: texts.plain("notice.review.body"),
        action: Some(button("notice.review.action", open("/review"), texts)),
    }
}

fn core(reason: &str, texts: &Texts) -> Notice {
    Notice {
        kind: NoticeKind::Core,
        title: texts.plain("notice.core.title"),
        body: texts.fill("notice.core.body", &[("reason", reason)]),
        action: None,
    }
}

fn sign_in(found: &Attention, texts: &Texts) -> Notice {
    let server = short(&found.server);
    let action = Action::SignIn(found.server.clone());
    Notice {
        kind: NoticeKind::SignIn,
        title: texts.fill("notice.sign-in.title", &[("server", &server)]),
        body: texts.plain("notice.sign-in.body"),
        action: Some(button("notice.sign-in.action", action, texts)),
    }
}

fn many_sign_ins(count: usize, texts: &Texts) -> Notice {
    Notice {
        kind: NoticeKind::SignIn,
        title: texts.count("notice.sign-ins.title", count),
        body: texts.plain("notice.sign-in.body"),
        action: Some(button("notice.broken.action", open("/sign-ins"), texts)),
    }
}

fn problem(found: &Attention, texts: &Texts) -> Notice {
    let (title, body, action) = match found.trouble {
        Trouble::Config => (
            texts.plain("notice.config.title"),
            texts.plain("notice.config.body"),
            open("/doctor"),
        ),
        Trouble::SignIn => return sign_in(found, texts),
        Trouble::NeedsPerson(code) | Trouble::Broken(code) => {
            let (server, problem) = (short(&found.server), texts.problem(code));
            (
                texts.fill("notice.broken.title", &[("server", &server)]),
                texts.fill("notice.broken.body", &[("problem", &problem)]),
                Action::server(&found.server),
            )
        }
    };
    Notice {
        kind: NoticeKind::Problem,
        title,
        body,
        action: Some(button("notice.broken.action", action, texts)),
    }
}

fn many_problems(count: usize, texts: &Texts) -> Notice {
    Notice {
        kind: NoticeKind::Problem,
        title: texts.count("notice.broken-many.title", count),
        body: texts.plain("notice.broken-many.body"),
        action: Some(button("notice.core.action", open("/"), texts)),
    }
}

#[cfg(test)]
mod tests;

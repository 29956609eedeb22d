//! The tray's menu as a value: the same on every system, set only when it changes.

use model::{CallOutcome, ProblemCode, is_invisible};

use crate::action::Action;
use crate::attention::{Attention, Trouble};
use crate::recent::Calls;
use crate::texts::Texts;
use crate::update::Update;
use crate::view::{Client, Endpoint, Headline, Presence, View};

/// How many lines say what needs a person.
const LINES: usize = 5;
/// Names from outside are cut off here, in characters.
const LONGEST_NAME: usize = 40;

/// The tray's menu.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Menu(pub Vec<Entry>);

/// One line of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Text that does nothing.
    Heading(String),
    /// Text that does something.
    Item(String, Action),
    /// Text that opens more lines.
    More(String, Vec<Entry>),
    /// A line between groups.
    Separator,
}

impl Menu {
    /// Puts the view into words.
    pub fn of(view: &View, texts: &Texts) -> Self {
        let groups = [
            vec![Entry::Item(headline(view, texts), headline_action(view))],
            attention(view, texts),
            recent(&view.recent, texts),
            clients(&view.clients, texts),
            pause(view, texts),
            application(view, texts),
            view.update.iter().map(|new| update(new, texts)).collect(),
            vec![Entry::Item(texts.plain("quit"), Action::Quit)],
        ];
        let groups = groups.into_iter().filter(|group| !group.is_empty());
        let separated = groups.flat_map(|group| [vec![Entry::Separator], group].concat());
        Self(separated.skip(1).collect())
    }
}

/// One sentence about everything.
pub(crate) fn headline(view: &View, texts: &Texts) -> String {
    match &view.headline {
        Headline::Connecting => texts.plain("headline.connecting"),
        Headline::Disconnected => texts.plain("headline.disconnected"),
        Headline::Failed => texts.plain("headline.failed"),
        Headline::Paused(None) => texts.plain("headline.paused"),
        Headline::Paused(Some(time)) => texts.fill("headline.paused-until", &[("time", time)]),
        Headline::Attention { need, broken } => {
            let parts = [("headline.need", *need), ("headline.broken", *broken)];
            let parts = parts.iter().filter(|(_, n)| *n > 0);
            let parts: Vec<_> = parts.map(|(key, n)| texts.count(key, *n)).collect();
            parts.join(" · ")
        }
        Headline::Starting(n) => texts.count("headline.starting", *n),
        Headline::Ready { enabled: 0, .. } => texts.plain("headline.empty"),
        Headline::Ready { ready, enabled } if ready == enabled => {
            texts.count("headline.ready", *ready)
        }
        Headline::Ready { ready, enabled } => {
            let (ready, enabled) = (ready.to_string(), enabled.to_string());
            texts.fill("headline.partly", &[("ready", &ready), ("n", &enabled)])
        }
    }
}

fn headline_action(view: &View) -> Action {
    match view.headline {
        Headline::Failed => Action::Open("/doctor".to_owned()),
        _ => Action::Open("/".to_owned()),
    }
}

/// What needs a person, each line with what to do about it.
fn attention(view: &View, texts: &Texts) -> Vec<Entry> {
    let mut lines = Vec::new();
    if view.review > 0 {
        let text = texts.count("attention.review", view.review);
        lines.push(Entry::Item(text, Action::Open("/review".to_owned())));
    }
    lines.extend(view.attention.iter().map(|found| trouble(found, texts)));
    if lines.len() > LINES {
        let hidden = lines.len() - (LINES - 1);
        lines.truncate(LINES - 1);
        let text = texts.count("attention.more", hidden);
        lines.push(Entry::Item(text, Action::Open("/".to_owned())));
    }
    lines
}

fn trouble(found: &Attention, texts: &Texts) -> Entry {
    let server = short(&found.server);
    let problem = |code: ProblemCode| {
        let problem = texts.problem(code);
        let gaps = [("server", server.as_str()), ("problem", &problem)];
        let text = texts.fill("attention.problem", &gaps);
        Entry::Item(text, Action::server(&found.server))
    };
    match found.trouble {
        Trouble::SignIn => {
            let text = texts.fill("attention.sign-in", &[("server", &server)]);
            Entry::Item(text, Action::SignIn(found.server.clone()))
        }
        Trouble::NeedsPerson(code) | Trouble::Broken(code) => problem(code),
        Trouble::Config => {
            let text = texts.plain("attention.config");
            Entry::Item(text, Action::Open("/doctor".to_owned()))
        }
    }
}

fn recent(recent: &[Calls], texts: &Texts) -> Vec<Entry> {
    let line = |calls: &Calls| {
        let text = calls_line(calls, texts);
        Entry::Item(text, Action::Open("/activity".to_owned()))
    };
    headed("recent.title", recent.iter().map(line).collect(), texts)
}

fn calls_line(calls: &Calls, texts: &Texts) -> String {
    let (server, tool) = (short(&calls.server), short(&calls.tool));
    let gaps = [("server", server.as_str()), ("tool", &tool)];
    let mut line = texts.fill("recent.call", &gaps).trim().to_owned();
    if calls.times > 1 {
        let times = calls.times.to_string();
        line = texts.fill("recent.times", &[("call", &line), ("n", &times)]);
    }
    if calls.outcome == CallOutcome::Ok {
        return line;
    }
    let outcome = texts.plain(&format!("outcome.{}", calls.outcome.as_str()));
    texts.fill("recent.marked", &[("call", &line), ("outcome", &outcome)])
}

fn clients(clients: &[Client], texts: &Texts) -> Vec<Entry> {
    let line = |client: &Client| {
        let text = client_line(client, texts);
        Entry::Item(text, Action::Open("/clients".to_owned()))
    };
    headed("clients.title", clients.iter().map(line).collect(), texts)
}

fn client_line(client: &Client, texts: &Texts) -> String {
    let name = short(&client.name);
    match client.presence {
        Presence::Active => texts.fill("clients.active", &[("client", &name)]),
        Presence::Idle(minutes) => {
            let minutes = minutes.to_string();
            texts.fill("clients.idle", &[("client", &name), ("minutes", &minutes)])
        }
        Presence::Seen(minutes) => {
            let age = age(minutes, texts);
            texts.fill("clients.seen", &[("client", &name), ("age", &age)])
        }
    }
}

fn age(minutes: u64, texts: &Texts) -> String {
    let (key, n) = match minutes {
        0..60 => ("age.minutes", minutes),
        60..1_440 => ("age.hours", minutes / 60),
        _ => ("age.days", minutes / 1_440),
    };
    texts.count(key, usize::try_from(n).unwrap_or(usize::MAX))
}

fn headed(title: &str, mut lines: Vec<Entry>, texts: &Texts) -> Vec<Entry> {
    if !lines.is_empty() {
        lines.insert(0, Entry::Heading(texts.plain(title)));
    }
    lines
}

fn pause(view: &View, texts: &Texts) -> Vec<Entry> {
    if view.endpoint.is_none() {
        return Vec::new();
    }
    if view.paused {
        return vec![Entry::Item(texts.plain("pause.resume"), Action::Resume)];
    }
    let choice = |key, minutes| Entry::Item(texts.plain(key), Action::Pause(minutes));
    let choices = vec![
        choice("pause.quarter", Some(15)),
        choice("pause.hour", Some(60)),
        choice("pause.until-resumed", None),
    ];
    vec![Entry::More(texts.plain("pause.title"), choices)]
}

fn application(view: &View, texts: &Texts) -> Vec<Entry> {
    let open = |key, path: &str| Entry::Item(texts.plain(key), Action::Open(path.to_owned()));
    let mut lines = vec![open("open", "/")];
    lines.extend(view.endpoint.as_ref().map(|found| copy(found, texts)));
    lines.push(open("settings", "/settings"));
    lines
}

fn copy(endpoint: &Endpoint, texts: &Texts) -> Entry {
    let choice = |key, text: &str| Entry::Item(texts.plain(key), Action::Copy(text.to_owned()));
    let choices = [
        ("copy.url", &endpoint.url),
        ("copy.socket", &endpoint.socket),
    ];
    let known = choices.iter().filter(|(_, text)| !text.is_empty());
    let known = known.map(|(key, text)| choice(key, text)).collect();
    Entry::More(texts.plain("copy.title"), known)
}

fn update(update: &Update, texts: &Texts) -> Entry {
    match update {
        Update::Available { version, page } => {
            let text = texts.fill("update.available", &[("version", version)]);
            Entry::Item(text, Action::Browse(page.clone()))
        }
        Update::ByManager { version, command } => {
            let gaps = [("version", version.as_str()), ("command", command)];
            let text = texts.fill("update.by-manager", &gaps);
            Entry::Item(text, Action::Copy(command.clone()))
        }
    }
}

/// A name from outside, fit for one line: without what cannot be seen, and not too long.
pub(crate) fn short(name: &str) -> String {
    let mut seen = name
        .chars()
        .filter(|c| !c.is_control() && !is_invisible(*c));
    let mut text: String = seen.by_ref().take(LONGEST_NAME).collect();
    if seen.next().is_some() {
        text.pop();
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests;

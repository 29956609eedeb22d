//! The whole menu, for every state and in every language.

use model::{Language, Pause, Snapshot};

use super::*;
use crate::attention::Watch;
use crate::link::LinkState;
use crate::testing::{
    FakeClock, backing_off, broken, call, client, config_error, disabled, needs, ready, review,
    snapshot, starting,
};

/// Late enough for everything to be visible.
const NOW: u64 = 10 * 60 * 60_000;

fn view(snapshot: &Snapshot) -> View {
    let mut watch = Watch::default();
    watch.update(snapshot, NOW - 10_000);
    View::of(snapshot, &watch, &FakeClock::at(NOW))
}

/// The menu as lines, what is chosen behind an arrow.
fn drawn(view: &View, language: Language) -> String {
    let mut lines = Vec::new();
    draw(
        &Menu::of(view, Texts::choose(language, None)).0,
        0,
        &mut lines,
    );
    lines.join("\n")
}

fn draw(entries: &[Entry], depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    for entry in entries {
        lines.push(match entry {
            Entry::Heading(text) => format!("{indent}[{text}]"),
            Entry::Item(text, action) => format!("{indent}{text} -> {action:?}"),
            Entry::More(text, _) => format!("{indent}{text} ▸"),
            Entry::Separator => format!("{indent}---"),
        });
        if let Entry::More(_, more) = entry {
            draw(more, depth + 1, lines);
        }
    }
}

fn english(snapshot: &Snapshot) -> String {
    drawn(&view(snapshot), Language::En)
}

/// The first line only.
fn first(view: &View) -> String {
    headline(view, Texts::choose(Language::En, None))
}

/// Something of everything.
fn busy_day() -> Snapshot {
    let mut day = snapshot([
        ("github", needs(ProblemCode::SignInRequired)),
        ("postgres", broken(ProblemCode::CommandNotFound)),
        ("files", ready()),
        ("off", disabled()),
    ]);
    day.review = vec![review("new"), review("newer")];
    let ok = |tool| call("github", tool, CallOutcome::Ok);
    day.recent = vec![
        ok("get_issue"),
        ok("get_issue"),
        ok("get_issue"),
        call("files", "write_file", CallOutcome::Refused),
        call("postgres", "query", CallOutcome::TimedOut),
        call("", "unknown", CallOutcome::ToolError),
        ok("list_issues"),
        ok("the sixth group is not shown"),
    ];
    day.clients = vec![
        client("Editor 1.2", 2, NOW - 5_000),
        client("Assistant", 1, NOW - 20 * 60_000),
        client("Terminal", 0, NOW - 3 * 60 * 60_000),
        client("Old", 0, 0),
    ];
    day
}

#[test]
fn a_busy_day_in_english() {
    insta::assert_snapshot!(drawn(&view(&busy_day()), Language::En));
}

#[test]
fn a_busy_day_in_german() {
    insta::assert_snapshot!(drawn(&view(&busy_day()), Language::De));
}

#[test]
fn a_busy_day_in_spanish() {
    insta::assert_snapshot!(drawn(&view(&busy_day()), Language::Es));
}

#[test]
fn a_quiet_day_is_short() {
    insta::assert_snapshot!(english(&snapshot([("a", ready()), ("b", ready())])));
}

#[test]
fn while_paused_there_is_one_way_on() {
    let mut paused = snapshot([("a", ready())]);
    paused.pause = Some(Pause {
        since: 0,
        until: Some(14 * 60 * 60_000 + 30 * 60_000),
    });
    insta::assert_snapshot!(english(&paused));
    paused.pause = Some(Pause {
        since: 0,
        until: None,
    });
    assert_eq!(first(&view(&paused)), "Paused until you resume");
}

#[test]
fn without_a_gateway_only_what_still_works_is_shown() {
    let lost = View::without_gateway(&LinkState::Lost, 5_000);
    insta::assert_snapshot!(drawn(&lost, Language::En));
    let failed = LinkState::Failed("taken".to_owned());
    assert!(first(&View::without_gateway(&failed, 0)).starts_with("The gateway does not start"));
    let early = View::without_gateway(&LinkState::Lost, 100);
    assert_eq!(first(&early), "Connecting to the gateway…");
}

#[test]
fn the_first_line_counts() {
    let line = |snapshot: &Snapshot| first(&view(snapshot));
    assert_eq!(line(&snapshot([])), "No servers yet");
    assert_eq!(line(&snapshot([("a", disabled())])), "No servers yet");
    assert_eq!(line(&snapshot([("a", ready())])), "Your server is ready");
    assert_eq!(line(&snapshot([("a", starting())])), "Starting 1 server…");
    let down = snapshot([("a", backing_off()), ("b", backing_off()), ("c", ready())]);
    assert_eq!(line(&down), "2 not working");
    let both = snapshot([
        ("a", backing_off()),
        ("b", needs(ProblemCode::MissingSecret)),
    ]);
    assert_eq!(line(&both), "1 needs you · 1 not working");
}

#[test]
fn a_trouble_too_short_to_be_shown_is_not_called_ready() {
    let down = snapshot([("a", backing_off()), ("b", ready())]);
    let mut watch = Watch::default();
    watch.update(&down, NOW);
    let view = View::of(&down, &watch, &FakeClock::at(NOW));
    assert_eq!(first(&view), "1 of 2 servers ready");
}

#[test]
fn at_most_five_lines_say_what_needs_a_person() {
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let mut all = snapshot(names.map(|name| (name, needs(ProblemCode::MissingSecret))));
    all.config = config_error();
    let menu = english(&all);
    let lines: Vec<_> = menu
        .lines()
        .skip(2)
        .take_while(|line| *line != "---")
        .collect();
    assert_eq!(lines.len(), 5, "{menu}");
    assert_eq!(lines[4], r#"4 more… -> Open("/")"#);
}

#[test]
fn an_update_has_a_line_of_its_own() {
    let mut view = view(&snapshot([]));
    view.update = Some(Update::ByManager {
        version: "2.0.0".to_owned(),
        command: "brew upgrade toolgate".to_owned(),
    });
    let line = r#"Version 2.0.0: run brew upgrade toolgate -> Copy("brew upgrade toolgate")"#;
    assert!(
        drawn(&view, Language::En)
            .lines()
            .any(|found| found == line)
    );
}

#[test]
fn names_from_outside_fit_in_a_line() {
    assert_eq!(short("plain"), "plain");
    assert_eq!(short("a\nb\u{200b}c\u{202e}d"), "abcd");
    assert_eq!(short(&"x".repeat(40)).chars().count(), 40);
    assert_eq!(short(&"x".repeat(41)), format!("{}…", "x".repeat(39)));
}

#[test]
fn equal_states_give_equal_menus() {
    let texts = Texts::choose(Language::En, None);
    let menu = || Menu::of(&view(&busy_day()), texts);
    assert_eq!(menu(), menu());
    assert_ne!(menu(), Menu::of(&view(&snapshot([])), texts));
}

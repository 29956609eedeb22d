//! What is told, and how seldom.

use model::{Language, ProblemCode, Snapshot};

use super::*;
use crate::attention::Watch;
use crate::link::LinkState;
use crate::testing::{FakeClock, backing_off, needs, ready, review, snapshot};

const MINUTE: u64 = 60_000;
/// Late enough for the link to be stable.
const START: u64 = 100 * MINUTE;

/// Notices of a gateway whose states come one after the other.
struct Scene {
    notices: Notices,
    watch: Watch,
    wanted: NoticePreferences,
}

impl Scene {
    fn connected(at: u64) -> Self {
        let mut notices = Notices::default();
        notices.linked(true, at);
        Self {
            notices,
            watch: Watch::default(),
            wanted: NoticePreferences::default(),
        }
    }

    /// The titles of what is told when this is the state at this time.
    fn told(&mut self, snapshot: &Snapshot, now: u64) -> Vec<String> {
        self.watch.update(snapshot, now);
        let view = View::of(snapshot, &self.watch, &FakeClock::at(now));
        let due = self.notices.due(&view, None, self.wanted, now);
        let notices = worded(&due, Texts::choose(Language::En, None));
        notices.into_iter().map(|notice| notice.title).collect()
    }
}

fn down() -> Snapshot {
    snapshot([("a", backing_off())])
}

fn up() -> Snapshot {
    snapshot([("a", ready())])
}

#[test]
fn a_trouble_is_told_once() {
    let mut scene = Scene::connected(0);
    assert!(scene.told(&down(), START).is_empty(), "it may go away");
    assert_eq!(scene.told(&down(), START + 2_000), ["a is not working"]);
    assert!(scene.told(&down(), START + 3_000).is_empty());
    assert!(scene.told(&down(), START + 600 * MINUTE).is_empty());
}

#[test]
fn a_crash_loop_is_told_once_an_hour_at_most() {
    let mut scene = Scene::connected(0);
    let mut times = Vec::new();
    // Down for six seconds out of ten, for three hours.
    for second in 0..3 * 60 * 60 {
        let now = START + second * 1_000;
        let state = if second % 10 < 6 { down() } else { up() };
        if !scene.told(&state, now).is_empty() {
            times.push(now);
        }
    }
    assert!((1..=3).contains(&times.len()), "{times:?}");
    assert!(
        times
            .windows(2)
            .all(|pair| pair[1] - pair[0] >= 60 * MINUTE)
    );
}

#[test]
fn after_a_long_time_of_health_it_is_news_again() {
    let mut scene = Scene::connected(0);
    scene.told(&down(), START);
    assert_eq!(scene.told(&down(), START + 2_000).len(), 1);
    scene.told(&up(), START + MINUTE);
    scene.told(&down(), START + 3 * MINUTE);
    assert!(
        scene.told(&down(), START + 4 * MINUTE).is_empty(),
        "healthy too briefly"
    );
    scene.told(&up(), START + 5 * MINUTE);
    scene.told(&down(), START + 11 * MINUTE);
    assert_eq!(scene.told(&down(), START + 12 * MINUTE).len(), 1);
}

#[test]
fn nothing_is_told_before_the_link_is_stable() {
    let mut scene = Scene::connected(START);
    scene.told(&down(), START);
    assert!(scene.told(&down(), START + 11_999).is_empty());
    assert_eq!(scene.notices.next_change(START), Some(START + 12_000));
    assert_eq!(scene.told(&down(), START + 12_000), ["a is not working"]);
    assert_eq!(scene.notices.next_change(START + 12_000), None);
}

#[test]
fn a_link_that_comes_and_goes_tells_nothing_twice() {
    let mut scene = Scene::connected(START);
    scene.told(&down(), START);
    assert_eq!(scene.told(&down(), START + 12_000).len(), 1);
    for round in 1..20 {
        let now = START + round * 20_000;
        scene.notices.linked(false, now);
        scene.notices.linked(true, now + 1_000);
        assert!(scene.told(&down(), now + 14_000).is_empty());
    }
}

#[test]
fn many_troubles_at_once_are_one_notice() {
    let mut scene = Scene::connected(0);
    let names = ["a", "b", "c", "d"];
    let all = snapshot(names.map(|name| (name, backing_off())));
    scene.told(&all, START);
    assert_eq!(
        scene.told(&all, START + 2_000),
        ["4 servers are not working"]
    );
    let all = snapshot(names.map(|name| (name, needs(ProblemCode::SignInRequired))));
    let told = scene.told(&all, START + 5_000);
    assert_eq!(told, ["4 servers want you to sign in"]);
}

#[test]
fn a_review_is_told_again_only_when_there_is_more_and_after_a_while() {
    let mut scene = Scene::connected(0);
    let mut state = up();
    state.review = vec![review("x")];
    assert_eq!(
        scene.told(&state, START),
        ["A server waits for your review"]
    );
    state.review.push(review("y"));
    assert!(scene.told(&state, START + MINUTE).is_empty());
    let later = scene.told(&state, START + 5 * MINUTE);
    assert_eq!(later, ["2 servers wait for your review"]);
    assert!(scene.told(&state, START + 50 * MINUTE).is_empty());
}

#[test]
fn what_the_user_does_not_want_is_not_told() {
    let mut scene = Scene::connected(0);
    scene.wanted = NoticePreferences {
        review: false,
        sign_in: false,
        problems: false,
    };
    let mut all = snapshot([
        ("a", backing_off()),
        ("b", needs(ProblemCode::SignInRequired)),
    ]);
    all.review = vec![review("x")];
    scene.told(&all, START);
    assert!(scene.told(&all, START + 2_000).is_empty());
}

#[test]
fn why_there_is_no_gateway_is_told_at_once_and_once() {
    let mut notices = Notices::default();
    let failed = LinkState::Failed("the port is taken".to_owned());
    let view = View::without_gateway(&failed, 0);
    let wanted = NoticePreferences::default();
    let mut due = |now| notices.due(&view, Some("the port is taken"), wanted, now);
    assert_eq!(due(START), [Due::Core("the port is taken".to_owned())]);
    assert!(due(START + MINUTE).is_empty());
}

#[test]
fn every_notice_in_words() {
    let attention = |server: &str, trouble| {
        let server = server.to_owned();
        Due::Trouble(Attention { server, trouble })
    };
    let due = [
        Due::Review(1),
        Due::Core("the port is taken".to_owned()),
        attention("github", Trouble::SignIn),
        attention("postgres", Trouble::Broken(ProblemCode::CommandNotFound)),
        attention("", Trouble::Config),
    ];
    let languages = [Language::En, Language::De, Language::Es];
    let notices = languages.map(|language| worded(&due, Texts::choose(language, None)));
    insta::assert_debug_snapshot!(notices);
}

//! What the desktop is told and the gateway asked, input by input.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{Language, Theme};

use super::*;
use crate::desktop::CannotCopy;
use crate::icon::Badge;
use crate::testing::{FakeClock, backing_off, ready, snapshot, starting};

/// What a desktop was told.
#[derive(Clone, Debug, PartialEq)]
enum Told {
    Icon(Icon),
    Menu,
    Notice(String),
    Open(String),
    Navigate(String),
    Close,
    Browse(String),
    Copy(String),
    LoginItem(bool),
}

#[derive(Clone, Default)]
struct Recording {
    told: Arc<Mutex<Vec<Told>>>,
    has_no_clipboard: bool,
    breaks: Arc<std::sync::atomic::AtomicBool>,
}

impl Recording {
    fn push(&self, told: Told) {
        self.told.lock().expect("not poisoned").push(told);
    }

    fn take(&self) -> Vec<Told> {
        std::mem::take(&mut self.told.lock().expect("not poisoned"))
    }
}

impl Desktop for Recording {
    fn set_icon(&mut self, icon: Icon, _tooltip: &str) {
        self.push(Told::Icon(icon));
    }

    fn set_menu(&mut self, _menu: &Menu) {
        self.push(Told::Menu);
    }

    fn notify(&mut self, notice: &Notice) {
        self.push(Told::Notice(notice.title.clone()));
    }

    fn open_window(&mut self, address: &str) {
        assert!(!self.breaks.swap(false, Ordering::Relaxed), "it breaks");
        self.push(Told::Open(address.to_owned()));
    }

    fn navigate_window(&mut self, path: &str) {
        self.push(Told::Navigate(path.to_owned()));
    }

    fn close_window(&mut self) {
        self.push(Told::Close);
    }

    fn browse(&mut self, address: &str) {
        self.push(Told::Browse(address.to_owned()));
    }

    fn copy(&mut self, text: &str) -> Result<(), CannotCopy> {
        if self.has_no_clipboard {
            return Err(CannotCopy);
        }
        self.push(Told::Copy(text.to_owned()));
        Ok(())
    }

    fn set_login_item(&mut self, enabled: bool) {
        self.push(Told::LoginItem(enabled));
    }
}

struct Scene {
    controller: Controller<Recording>,
    desktop: Recording,
    requests: mpsc::Receiver<Request>,
    time: Arc<AtomicU64>,
}

impl Scene {
    fn new() -> Self {
        Self::on(Recording::default())
    }

    fn on(desktop: Recording) -> Self {
        let time = Arc::new(AtomicU64::new(1_000_000));
        let clock = Arc::new(FakeClock(Arc::clone(&time)));
        let (asked, requests) = mpsc::channel(8);
        Self {
            controller: Controller::new(desktop.clone(), clock, asked),
            desktop,
            requests,
            time,
        }
    }

    /// One whose gateway is there, in this state.
    fn in_state(snapshot: Snapshot) -> Self {
        let mut scene = Self::new();
        scene.say(Input::Link(LinkState::Connected));
        scene.learn(snapshot);
        scene.desktop.take();
        scene
    }

    fn say(&mut self, input: Input) -> Vec<Told> {
        let flow = self.controller.handle(input);
        assert_eq!(flow, ControlFlow::Continue(()));
        self.desktop.take()
    }

    fn learn(&mut self, snapshot: Snapshot) -> Vec<Told> {
        self.say(Input::Snapshot(Arc::new(snapshot)))
    }

    fn choose(&mut self, action: Action) -> Vec<Told> {
        self.say(Input::Chosen(action))
    }

    fn pass(&mut self, millis: u64) -> Vec<Told> {
        self.time.fetch_add(millis, Ordering::Relaxed);
        self.say(Input::Tick)
    }

    fn asked(&mut self) -> Option<Request> {
        self.requests.try_recv().ok()
    }
}

fn badge(badge: Badge) -> Told {
    Told::Icon(Icon {
        pale: false,
        badge: Some(badge),
    })
}

#[test]
fn only_what_looks_different_is_drawn() {
    let mut scene = Scene::in_state(snapshot([("a", ready())]));
    let mut same = snapshot([("a", ready())]);
    same.revision = 9;
    assert!(scene.learn(same).is_empty());
    assert_eq!(
        scene.learn(snapshot([("a", ready()), ("b", ready())])),
        [Told::Icon(Icon::default()), Told::Menu]
    );
}

#[test]
fn a_server_that_stays_down_is_shown_after_its_time_and_told() {
    let mut scene = Scene::in_state(snapshot([("a", ready())]));
    scene.pass(60_000);
    scene.learn(snapshot([("a", backing_off())]));
    assert_eq!(scene.controller.wait(), Duration::from_secs(2));
    assert!(scene.pass(1_999).is_empty());
    let told = scene.pass(1);
    let notice = Told::Notice("a is not working".to_owned());
    assert_eq!(told, [badge(Badge::Broken), Told::Menu, notice]);
    assert_eq!(scene.controller.wait(), Duration::from_mins(1));
    let told = scene.learn(snapshot([("a", ready())]));
    assert_eq!(told, [Told::Icon(Icon::default()), Told::Menu]);
}

#[test]
fn a_start_is_busy_only_when_it_takes_its_time() {
    let mut scene = Scene::in_state(snapshot([("a", ready())]));
    scene.learn(snapshot([("a", starting())]));
    assert!(scene.pass(999).is_empty());
    assert_eq!(scene.pass(1), [badge(Badge::Busy), Told::Menu]);
}

#[test]
fn a_gateway_that_is_lost_is_shown_after_its_time() {
    let mut scene = Scene::in_state(snapshot([("a", ready())]));
    scene.say(Input::Link(LinkState::Lost));
    scene.pass(1_000);
    let told = scene.pass(1_000);
    let icon = Icon {
        pale: true,
        badge: Some(Badge::Broken),
    };
    assert_eq!(told, [Told::Icon(icon), Told::Menu]);
}

#[test]
fn why_the_gateway_does_not_start_outlasts_that_it_is_lost() {
    let mut scene = Scene::new();
    let failed = LinkState::Failed("the port is taken".to_owned());
    let told = scene.say(Input::Link(failed));
    assert!(told.contains(&Told::Notice("The gateway does not start".to_owned())));
    assert!(scene.say(Input::Link(LinkState::Lost)).is_empty());
}

#[test]
fn the_window_is_opened_once_and_then_brought_there() {
    let mut scene = Scene::in_state(snapshot([]));
    scene.choose(Action::Open("/review".to_owned()));
    assert_eq!(scene.asked(), Some(Request::Address("/review".to_owned())));
    let address = "http://127.0.0.1:8665/#code=x&path=/review".to_owned();
    let told = scene.say(Input::Address(address.clone()));
    assert_eq!(told, [Told::Open(address)]);
    let path = "/logs".to_owned();
    let news = Event::OpenWindow { path: path.clone() };
    assert_eq!(scene.say(Input::News(news)), [Told::Navigate(path)]);
    assert!(scene.say(Input::WindowClosed(None)).is_empty());
    scene.choose(Action::Open("/".to_owned()));
    assert_eq!(scene.asked(), Some(Request::Address("/".to_owned())));
}

#[test]
fn an_open_window_is_let_in_again_by_a_new_gateway() {
    let mut scene = Scene::in_state(snapshot([]));
    scene.say(Input::Address("http://127.0.0.1:1/#code=x".to_owned()));
    scene.say(Input::Link(LinkState::Lost));
    scene.say(Input::Link(LinkState::Connected));
    scene.learn(snapshot([]));
    assert_eq!(scene.asked(), None, "the same gateway knows it still");
    let mut other = snapshot([]);
    other.pid = 8;
    scene.learn(other);
    assert_eq!(scene.asked(), Some(Request::Address("/".to_owned())));
}

#[test]
fn a_window_that_cannot_open_is_told() {
    let mut scene = Scene::in_state(snapshot([]));
    let told = scene.say(Input::WindowClosed(Some("no display".to_owned())));
    assert_eq!(
        told,
        [Told::Notice("The window could not be opened".to_owned())]
    );
}

#[test]
fn without_a_tray_the_window_is_opened() {
    let mut scene = Scene::in_state(snapshot([]));
    scene.say(Input::Tray(false));
    assert_eq!(scene.asked(), Some(Request::Address("/".to_owned())));
    // A panel that comes back is shown everything again.
    let told = scene.say(Input::Tray(true));
    assert_eq!(told, [Told::Icon(Icon::default()), Told::Menu]);
}

#[test]
fn what_the_menu_offers_is_asked_of_the_gateway() {
    let mut scene = Scene::in_state(snapshot([]));
    let server = "github".to_owned();
    let pairs = [
        (Action::Pause(Some(15)), Request::Pause(Some(15))),
        (Action::Pause(None), Request::Pause(None)),
        (Action::Resume, Request::Resume),
        (Action::SignIn(server.clone()), Request::SignIn(server)),
    ];
    for (action, request) in pairs {
        assert!(scene.choose(action).is_empty());
        assert_eq!(scene.asked(), Some(request));
    }
}

#[test]
fn a_refusal_is_told_in_its_own_words() {
    let mut scene = Scene::in_state(snapshot([]));
    let told = scene.say(Input::Refused("No such server.".to_owned()));
    assert_eq!(told, [Told::Notice("That did not work".to_owned())]);
}

#[test]
fn what_cannot_be_copied_is_shown() {
    let copy = Action::Copy("http://x".to_owned());
    let told = Scene::in_state(snapshot([])).choose(copy.clone());
    assert_eq!(told, [Told::Copy("http://x".to_owned())]);
    let mut scene = Scene::on(Recording {
        has_no_clipboard: true,
        ..Recording::default()
    });
    let told = scene.choose(copy);
    assert!(told.contains(&Told::Notice("Copy it by hand".to_owned())));
}

#[test]
fn the_login_item_follows_the_preference() {
    let mut scene = Scene::in_state(snapshot([]));
    let mut wanted = snapshot([]);
    wanted.preferences.start_at_login = true;
    assert_eq!(scene.learn(wanted.clone()), [Told::LoginItem(true)]);
    wanted.preferences.theme = Theme::Dark;
    assert!(scene.learn(wanted).is_empty());
    assert_eq!(scene.learn(snapshot([])), [Told::LoginItem(false)]);
}

#[test]
fn the_language_follows_the_preference_and_outlasts_the_link() {
    let mut scene = Scene::in_state(snapshot([]));
    let mut german = snapshot([]);
    german.preferences.language = Language::De;
    assert!(scene.learn(german).contains(&Told::Menu));
    scene.say(Input::Link(LinkState::Lost));
    let told = scene.say(Input::Refused(String::new()));
    assert!(told.contains(&Told::Notice("Das hat nicht funktioniert".to_owned())));
}

#[test]
fn quitting_closes_the_window_and_is_a_value() {
    let mut scene = Scene::in_state(snapshot([]));
    let flow = scene.controller.handle(Input::Chosen(Action::Quit));
    assert_eq!(flow, ControlFlow::Break(Leave::Quit));
    assert_eq!(scene.desktop.take(), [Told::Close]);
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_breaks_begins_anew_and_asks_for_the_state() {
    let desktop = Recording::default();
    desktop.breaks.store(true, Ordering::Relaxed);
    let (inputs, heard) = mpsc::channel(8);
    let (asked, mut requests) = mpsc::channel(8);
    let time = Arc::new(AtomicU64::new(0));
    let shown = desktop.clone();
    let make = move || {
        let clock = Arc::new(FakeClock(Arc::clone(&time)));
        Controller::new(shown.clone(), clock, asked.clone())
    };
    inputs
        .send(Input::Address("first".to_owned()))
        .await
        .expect("heard");
    inputs
        .send(Input::Address("second".to_owned()))
        .await
        .expect("heard");
    inputs
        .send(Input::Chosen(Action::Quit))
        .await
        .expect("heard");
    assert_eq!(run(make, heard).await, Leave::Quit);
    assert!(desktop.take().contains(&Told::Open("second".to_owned())));
    assert_eq!(requests.recv().await, Some(Request::Repeat));
    assert_eq!(requests.recv().await, Some(Request::Repeat));
}

#[tokio::test]
async fn a_loop_that_nobody_speaks_to_ends() {
    let (inputs, heard) = mpsc::channel(1);
    drop(inputs);
    let desktop = Recording::default();
    let make = || {
        let (asked, _) = mpsc::channel(1);
        let time = Arc::new(AtomicU64::new(0));
        Controller::new(desktop.clone(), Arc::new(FakeClock(time)), asked)
    };
    assert_eq!(run(make, heard).await, Leave::Unheard);
}

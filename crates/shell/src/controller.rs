//! The one loop of the shell: inputs in, the desktop and the gateway told what follows.

use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use model::{Event, Preferences, Snapshot};
use tokio::sync::mpsc;

use crate::action::Action;
use crate::attention::Watch;
use crate::clock::Clock;
use crate::desktop::Desktop;
use crate::icon::Icon;
use crate::link::{Input, LinkState, Request};
use crate::menu::{Menu, headline};
use crate::notices::{self, Notice, Notices};
use crate::texts::Texts;
use crate::update::{Channel, Origin, look_for_update};
use crate::view::View;

/// Times of day and ages in the menu are this fresh, in milliseconds.
const REFRESH: u64 = 60_000;
/// After a panic the loop begins anew, at first after this time and then ever later,
const FIRST_REST: Duration = Duration::from_secs(1);
/// up to this.
const LONGEST_REST: Duration = Duration::from_mins(1);

/// Why the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// A person wants it.
    Quit,
    /// Nobody is left to say anything.
    Unheard,
}

/// What the shell knows, and whom it tells.
pub struct Controller<D> {
    desktop: D,
    clock: Arc<dyn Clock>,
    requests: mpsc::Sender<Request>,
    /// The system's locale, for those who leave the language to it.
    locale: Option<String>,
    channel: Option<Box<dyn Channel>>,
    origin: Origin,
    link: LinkState,
    /// Since when the link stands so.
    linked_at: u64,
    snapshot: Option<Arc<Snapshot>>,
    /// The last ones known, also while there is no gateway.
    preferences: Preferences,
    watch: Watch,
    notices: Notices,
    window: Window,
    shown: Shown,
}

/// The window, as far as the shell knows.
#[derive(Default)]
struct Window {
    is_open: bool,
    /// The process id of the gateway that let it in.
    gateway: Option<u32>,
}

/// What the desktop was told last.
#[derive(Default)]
struct Shown {
    icon: Option<(Icon, String)>,
    menu: Option<Menu>,
    login_item: Option<bool>,
}

/// Runs a controller until a person quits. One that panics is made anew after a rest, while the
/// gateway goes on.
pub async fn run<D: Desktop>(
    mut make: impl FnMut() -> Controller<D>,
    mut inputs: mpsc::Receiver<Input>,
) -> Leave {
    let mut rest = FIRST_REST;
    loop {
        let mut controller = make();
        let ended = AssertUnwindSafe(controller.run(&mut inputs));
        if let Ok(leave) = ended.catch_unwind().await {
            return leave;
        }
        tracing::error!(?rest, "the tray's loop broke and begins anew");
        tokio::time::sleep(rest).await;
        rest = (rest * 2).min(LONGEST_REST);
    }
}

impl<D: Desktop> Controller<D> {
    /// A controller that knows nothing yet.
    pub fn new(desktop: D, clock: Arc<dyn Clock>, requests: mpsc::Sender<Request>) -> Self {
        Self {
            desktop,
            linked_at: clock.now(),
            clock,
            requests,
            locale: None,
            channel: None,
            origin: Origin::Person,
            link: LinkState::default(),
            snapshot: None,
            preferences: Preferences::default(),
            watch: Watch::default(),
            notices: Notices::default(),
            window: Window::default(),
            shown: Shown::default(),
        }
    }

    /// In the language of this locale, unless the user chose one.
    #[must_use]
    pub fn with_locale(mut self, locale: Option<String>) -> Self {
        self.locale = locale;
        self
    }

    /// Learns of newer versions from `channel`.
    #[must_use]
    pub fn with_updates(mut self, channel: Box<dyn Channel>, origin: Origin) -> Self {
        self.channel = Some(channel);
        self.origin = origin;
        self
    }

    async fn run(&mut self, inputs: &mut mpsc::Receiver<Input>) -> Leave {
        // A loop that was made anew has missed the last state.
        self.ask(Request::Repeat);
        self.draw();
        loop {
            let input = tokio::select! {
                input = inputs.recv() => input,
                () = tokio::time::sleep(self.wait()) => Some(Input::Tick),
            };
            let Some(input) = input else {
                return Leave::Unheard;
            };
            if let ControlFlow::Break(leave) = self.handle(input) {
                return leave;
            }
        }
    }

    /// Takes in one input and shows what follows from it.
    pub(crate) fn handle(&mut self, input: Input) -> ControlFlow<Leave> {
        match input {
            Input::Link(link) => self.linked(link),
            Input::Snapshot(snapshot) => self.learn(snapshot),
            Input::News(Event::OpenWindow { path }) => self.open(path),
            Input::News(_) | Input::Tick => {}
            Input::Address(address) => {
                self.window.is_open = true;
                self.window.gateway = self.snapshot.as_ref().map(|snapshot| snapshot.pid);
                self.desktop.open_window(&address);
            }
            Input::Refused(message) => {
                let notice = notices::failed(&message, self.texts());
                self.desktop.notify(&notice);
            }
            Input::Chosen(Action::Quit) => {
                self.desktop.close_window();
                return ControlFlow::Break(Leave::Quit);
            }
            Input::Chosen(action) => self.act(action),
            // Without a tray the window is the only way in.
            Input::Tray(false) => self.open("/".to_owned()),
            Input::Tray(true) => self.shown = Shown::default(),
            Input::WindowClosed(reason) => self.window_closed(reason),
        }
        self.draw();
        ControlFlow::Continue(())
    }

    /// How long until something changes by itself.
    pub(crate) fn wait(&self) -> Duration {
        let now = self.clock.now();
        let changes = [
            self.watch.next_change(now),
            self.notices.next_change(now),
            self.link_change(now),
        ];
        let next = changes.into_iter().flatten().min();
        let next = next.unwrap_or(u64::MAX).min(now + REFRESH);
        Duration::from_millis(next - now)
    }

    /// When a missing link begins to be shown.
    fn link_change(&self, now: u64) -> Option<u64> {
        let steps = [
            crate::attention::TIME_TO_BUSY,
            crate::attention::TIME_TO_VISIBLE,
        ];
        let mut steps = steps.iter().map(|step| self.linked_at + step);
        steps.find(|at| self.link != LinkState::Connected && *at > now)
    }

    fn linked(&mut self, link: LinkState) {
        let now = self.clock.now();
        if self.link != link {
            self.linked_at = now;
        }
        let was_connected = self.link == LinkState::Connected;
        if was_connected != (link == LinkState::Connected) {
            self.notices.linked(!was_connected, now);
        }
        // Why there is no gateway is worth more than that there is none.
        if !matches!((&self.link, &link), (LinkState::Failed(_), LinkState::Lost)) {
            self.link = link;
        }
        if self.link != LinkState::Connected {
            self.snapshot = None;
            self.watch = Watch::default();
        }
    }

    fn learn(&mut self, snapshot: Arc<Snapshot>) {
        self.watch.update(&snapshot, self.clock.now());
        let wanted = snapshot.preferences.start_at_login;
        if self.shown.login_item != Some(wanted) {
            self.shown.login_item = Some(wanted);
            self.desktop.set_login_item(wanted);
        }
        self.preferences = snapshot.preferences;
        // Another gateway does not know the window that the last one let in.
        let is_known = self
            .window
            .gateway
            .is_none_or(|gateway| gateway == snapshot.pid);
        if self.window.is_open && !is_known {
            self.window.gateway = Some(snapshot.pid);
            self.ask(Request::Address("/".to_owned()));
        }
        self.snapshot = Some(snapshot);
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Open(path) => self.open(path),
            Action::Browse(address) => self.desktop.browse(&address),
            Action::SignIn(server) => self.ask(Request::SignIn(server)),
            Action::Pause(minutes) => self.ask(Request::Pause(minutes)),
            Action::Resume => self.ask(Request::Resume),
            Action::Copy(text) => {
                if self.desktop.copy(&text).is_err() {
                    let notice = notices::not_copied(&text, self.texts());
                    self.desktop.notify(&notice);
                }
            }
            Action::Quit => {}
        }
    }

    /// Brings the open window to this screen, or asks for an address to open one at.
    fn open(&mut self, path: String) {
        if self.window.is_open {
            self.desktop.navigate_window(&path);
        } else {
            self.ask(Request::Address(path));
        }
    }

    fn window_closed(&mut self, reason: Option<String>) {
        self.window = Window::default();
        if let Some(reason) = reason {
            let notice = notices::no_window(&reason, self.texts());
            self.desktop.notify(&notice);
        }
    }

    fn ask(&self, request: Request) {
        // Whoever asks for so much while there is no gateway asks again.
        if let Err(error) = self.requests.try_send(request) {
            tracing::warn!(%error, "a request to the gateway was dropped");
        }
    }

    fn texts(&self) -> &'static Texts {
        Texts::choose(self.preferences.language, self.locale.as_deref())
    }

    fn view(&self) -> View {
        let Some(snapshot) = &self.snapshot else {
            let lasting = self.clock.now().saturating_sub(self.linked_at);
            return View::without_gateway(&self.link, lasting);
        };
        let mut view = View::of(snapshot, &self.watch, &*self.clock);
        let wanted = snapshot.preferences.check_for_updates;
        let channel = self.channel.as_deref();
        view.update = look_for_update(wanted, channel, &snapshot.version, self.origin);
        view
    }

    /// Shows the state, as far as it looks different from before, and tells what is due.
    fn draw(&mut self) {
        let (view, texts) = (self.view(), self.texts());
        let icon = (Icon::of(&view), headline(&view, texts));
        if self.shown.icon.as_ref() != Some(&icon) {
            self.desktop.set_icon(icon.0, &icon.1);
            self.shown.icon = Some(icon);
        }
        let menu = Menu::of(&view, texts);
        if self.shown.menu.as_ref() != Some(&menu) {
            self.desktop.set_menu(&menu);
            self.shown.menu = Some(menu);
        }
        for notice in self.notices(&view, texts) {
            self.desktop.notify(&notice);
        }
    }

    fn notices(&mut self, view: &View, texts: &Texts) -> Vec<Notice> {
        let wanted = self.preferences.notices;
        let failure = match &self.link {
            LinkState::Failed(reason) => Some(reason.as_str()),
            _ => None,
        };
        let due = self.notices.due(view, failure, wanted, self.clock.now());
        notices::worded(&due, texts)
    }
}

#[cfg(test)]
mod tests;

//! What the tray shows, before it is put into words.

use model::{ClientStatus, Snapshot};

use crate::attention::{Attention, TIME_TO_BUSY, TIME_TO_VISIBLE, Watch};
use crate::clock::Clock;
use crate::link::LinkState;
use crate::recent::{Calls, grouped};
use crate::update::Update;

/// How many groups of calls and how many clients are shown.
const SHOWN: usize = 5;
/// A client that was heard of within this time is active, in milliseconds.
const ACTIVE: u64 = 60_000;

/// Everything that menu and icon are made of. Two equal views look the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The one thing to know.
    pub headline: Headline,
    /// How many servers wait for a review.
    pub review: usize,
    /// What else a person should look at.
    pub attention: Vec<Attention>,
    /// The last calls.
    pub recent: Vec<Calls>,
    /// Programs that use the gateway, the one heard of last first.
    pub clients: Vec<Client>,
    /// Whether calls are held up.
    pub paused: bool,
    /// Whether something has been on its way up for long enough to be shown.
    pub busy: bool,
    /// The URL for clients and the socket; absent while there is no gateway.
    pub endpoint: Option<Endpoint>,
    /// A newer version, if one is known.
    pub update: Option<Update>,
}

/// The one thing to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Headline {
    /// The gateway has not answered yet.
    Connecting,
    /// The gateway was lost.
    Disconnected,
    /// The gateway does not start.
    Failed,
    /// No call is let through, until this time of day if it ends by itself.
    Paused(Option<String>),
    /// Something needs a person.
    Attention {
        /// So many things wait for one,
        need: usize,
        /// and so many do not work.
        broken: usize,
    },
    /// So many servers are on their way up.
    Starting(usize),
    /// All is well.
    Ready {
        /// So many servers are ready
        ready: usize,
        /// of so many that are switched on.
        enabled: usize,
    },
}

/// A program that uses the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// As it names itself.
    pub name: String,
    /// When it was there.
    pub presence: Presence,
}

/// When a client was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Just now.
    Active,
    /// It is connected and has been silent for so many minutes.
    Idle(u64),
    /// It is gone, for so many minutes.
    Seen(u64),
}

/// Where clients connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The URL.
    pub url: String,
    /// The socket.
    pub socket: String,
}

impl View {
    /// The view of the gateway's state.
    pub(crate) fn of(snapshot: &Snapshot, watch: &Watch, clock: &dyn Clock) -> Self {
        let attention = watch.visible(snapshot, clock.now());
        let review = snapshot.to_review();
        Self {
            headline: headline(snapshot, &attention, watch, clock),
            review,
            attention,
            recent: grouped(&snapshot.recent, SHOWN),
            clients: clients(&snapshot.clients, clock.now()),
            paused: snapshot.pause.is_some(),
            busy: watch.starting(clock.now()) > 0,
            endpoint: Some(Endpoint {
                url: snapshot.endpoint.clone(),
                socket: snapshot.socket.clone(),
            }),
            update: None,
        }
    }

    /// The view while there is no gateway, for so many milliseconds now.
    pub(crate) fn without_gateway(link: &LinkState, lasting: u64) -> Self {
        let headline = match link {
            LinkState::Failed(_) => Headline::Failed,
            LinkState::Lost if lasting >= TIME_TO_VISIBLE => Headline::Disconnected,
            _ => Headline::Connecting,
        };
        Self {
            busy: headline == Headline::Connecting && lasting >= TIME_TO_BUSY,
            headline,
            review: 0,
            attention: Vec::new(),
            recent: Vec::new(),
            clients: Vec::new(),
            paused: false,
            endpoint: None,
            update: None,
        }
    }
}

fn headline(
    snapshot: &Snapshot,
    attention: &[Attention],
    watch: &Watch,
    clock: &dyn Clock,
) -> Headline {
    if let Some(pause) = &snapshot.pause {
        return Headline::Paused(pause.until.map(|until| clock.time_of_day(until)));
    }
    let waits = |found: &&Attention| found.trouble.waits();
    let waiting = attention.iter().filter(waits).count();
    let (need, broken) = (snapshot.to_review() + waiting, attention.len() - waiting);
    if need + broken > 0 {
        return Headline::Attention { need, broken };
    }
    let starting = watch.starting(clock.now());
    if starting > 0 {
        return Headline::Starting(starting);
    }
    let enabled = |server: &&model::ServerStatus| server.state != model::ServerState::Disabled;
    Headline::Ready {
        ready: snapshot
            .servers
            .iter()
            .filter(|s| s.state.is_ready())
            .count(),
        enabled: snapshot.servers.iter().filter(enabled).count(),
    }
}

fn clients(clients: &[ClientStatus], now: u64) -> Vec<Client> {
    let client = |client: &ClientStatus| Client {
        name: client.name.clone(),
        presence: presence(client, now),
    };
    clients.iter().take(SHOWN).map(client).collect()
}

fn presence(client: &ClientStatus, now: u64) -> Presence {
    let silent = now.saturating_sub(client.last_seen.max(client.last_call.unwrap_or(0)));
    let minutes = silent / 60_000;
    match client.open {
        0 => Presence::Seen(minutes.max(1)),
        _ if silent < ACTIVE => Presence::Active,
        _ => Presence::Idle(minutes),
    }
}

impl View {
    /// Whether anything is broken, rather than waiting for a person.
    pub(crate) fn is_broken(&self) -> bool {
        let broken = |found: &Attention| !found.trouble.waits();
        matches!(self.headline, Headline::Disconnected | Headline::Failed)
            || self.attention.iter().any(broken)
    }

    /// Whether anything waits for a person.
    pub(crate) fn is_waiting(&self) -> bool {
        let waits = |found: &Attention| found.trouble.waits();
        self.review > 0 || self.attention.iter().any(waits)
    }
}

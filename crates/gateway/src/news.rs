//! What clients are told outside of their requests: changed lists, changed resources, and the end
//! of what they began.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _, stream};
use model::{Event, ServerName};
use tokio_stream::wrappers::BroadcastStream;
use upstream::News;
use wire::{LogLevel, Notification, RawObject, raw};

use crate::door::Visit;
use crate::face::Face;
use crate::session::{Session, Watch};

/// Who listens.
pub(crate) enum Listener {
    /// A legacy session hears of everything that concerns it.
    Session(Arc<Session>),
    /// A modern client hears of what it asked for.
    Filter(Filter),
}

/// What a modern client asked to hear of.
#[derive(Default)]
pub(crate) struct Filter {
    pub(crate) tools: bool,
    pub(crate) prompts: bool,
    pub(crate) resources: bool,
    /// Single resources, under their servers' own URIs.
    pub(crate) watched: BTreeSet<(ServerName, String)>,
    /// Single tasks, under their servers' own ids.
    pub(crate) tasks: BTreeSet<(ServerName, String)>,
    /// Counts the client among those who watch them.
    pub(crate) watches: Vec<Watch>,
}

const TOOLS: &str = "notifications/tools/list_changed";
const PROMPTS: &str = "notifications/prompts/list_changed";
const RESOURCES: &str = "notifications/resources/list_changed";
const UPDATED: &str = "notifications/resources/updated";

/// All news for one listener of what is shown to it, from now on.
pub(crate) fn follow(
    visit: &Visit,
    listener: Listener,
) -> impl Stream<Item = Notification> + use<> {
    let (fleet, visit) = (visit.gateway.fleet().clone(), visit.clone());
    let face = visit.face.clone();
    let events = BroadcastStream::new(fleet.events()).map(|event| match event {
        Ok(Event::ToolsChanged { server, .. }) => Heard::Tools(server),
        Ok(_) => Heard::Nothing,
        Err(_) => Heard::Gap,
    });
    let news = BroadcastStream::new(fleet.news()).map(|news| match news {
        Ok(news) => Heard::News(news),
        Err(_) => Heard::Gap,
    });
    stream::select(events, news).flat_map(move |heard| {
        let told: Vec<Notification> = match heard {
            Heard::Nothing => Vec::new(),
            Heard::Gap => listener.anything(&face),
            Heard::Tools(server) => {
                let name = visit
                    .catalog()
                    .server(&server)
                    .map(|known| known.name.clone());
                let concerned = name.is_some_and(|name| face.shows(&name));
                let told = concerned && listener.wants_tools(&face);
                told.then(|| plain(TOOLS)).into_iter().collect()
            }
            Heard::News(news) => {
                let catalog = visit.catalog();
                let server = catalog.server(&news.server);
                // Of a server that nobody has let in, there is no news.
                let server = server.filter(|server| fleet.is_open(&server.name));
                let told = server.and_then(|server| listener.told(&face, &server.name, &news));
                told.into_iter().collect()
            }
        };
        stream::iter(told)
    })
}

/// News that may have been missed by a session that was not listening.
pub(crate) fn catch_up(face: &Face, session: &Arc<Session>) -> Vec<Notification> {
    Listener::Session(Arc::clone(session)).anything(face)
}

enum Heard {
    Nothing,
    /// Something was missed.
    Gap,
    Tools(String),
    News(News),
}

impl Listener {
    fn wants_tools(&self, face: &Face) -> bool {
        // The menu never changes.
        *face != Face::Menu
            && match self {
                Self::Session(_) => true,
                Self::Filter(filter) => filter.tools,
            }
    }

    fn wants_list(&self, method: &str) -> bool {
        match self {
            Self::Session(_) => true,
            Self::Filter(filter) => match method {
                PROMPTS => filter.prompts,
                RESOURCES => filter.resources,
                _ => false,
            },
        }
    }

    /// What to say when anything may have changed: a list too many does no harm, one too few would.
    fn anything(&self, face: &Face) -> Vec<Notification> {
        let tools = self.wants_tools(face).then_some(TOOLS);
        let lists = [PROMPTS, RESOURCES]
            .into_iter()
            .filter(|method| self.wants_list(method));
        tools.into_iter().chain(lists).map(plain).collect()
    }

    /// A server's news as this listener is told it; `None` if it does not concern it.
    fn told(&self, face: &Face, server: &ServerName, news: &News) -> Option<Notification> {
        let own = news.audience.is_some();
        if !face.shows(server) || !self.is_meant(news) {
            return None;
        }
        let notification = &news.notification;
        let params = notification.params.as_deref().and_then(RawObject::parse);
        let params = params.unwrap_or_default();
        let text = |key: &str| params.get_as::<String>(key);
        let method = notification.method.as_str();
        let concerned = match method {
            TOOLS => self.wants_tools(face),
            PROMPTS | RESOURCES => self.wants_list(method),
            UPDATED => text("uri").is_some_and(|uri| self.watches(server, &uri, own)),
            "notifications/elicitation/complete" => {
                own || self.began(server, text("elicitationId"))
            }
            "notifications/tasks" => self.watches_task(server, text("taskId")),
            "notifications/tasks/status" => own || self.began(server, text("taskId")),
            "notifications/message" => self.wants_line(face, &params, own),
            // What only the client of this very server can make sense of.
            _ => matches!((self, face), (Self::Session(_), Face::Server(_))),
        };
        concerned.then(|| {
            let given = notification.params.clone();
            let naming = face.naming(&news.server);
            Notification {
                method: method.to_owned(),
                params: match naming {
                    Some(naming) => given.map(|given| naming.outward_notification(method, given)),
                    None => given,
                },
            }
        })
    }

    /// Whether news of a single client's own session is for this one.
    fn is_meant(&self, news: &News) -> bool {
        match (news.audience, self) {
            (None, _) => true,
            (Some(party), Self::Session(session)) => session.party.id() == party,
            (Some(_), Self::Filter(_)) => false,
        }
    }

    fn watches(&self, server: &ServerName, uri: &str, own: bool) -> bool {
        match self {
            Self::Session(session) => session.follows.watches(server, uri, own),
            Self::Filter(filter) => filter.watched.contains(&(server.clone(), uri.to_owned())),
        }
    }

    fn watches_task(&self, server: &ServerName, id: Option<String>) -> bool {
        match (self, id) {
            (Self::Filter(filter), Some(id)) => filter.tasks.contains(&(server.clone(), id)),
            _ => false,
        }
    }

    fn began(&self, server: &ServerName, id: Option<String>) -> bool {
        match (self, id) {
            (Self::Session(session), Some(id)) => session.follows.has_begun(server, &id),
            _ => false,
        }
    }

    /// A line that a server logged while nobody had a call in flight goes to the client in whose
    /// own session it did, else to those who speak with that server only and asked for its log.
    fn wants_line(&self, face: &Face, params: &RawObject, own: bool) -> bool {
        let Self::Session(session) = self else {
            return false;
        };
        let level = params.get_as::<String>("level");
        let level = level.and_then(|level| level.parse::<LogLevel>().ok());
        match (session.level(), level) {
            (Some(wanted), Some(level)) => {
                level >= wanted && (own || matches!(face, Face::Server(_)))
            }
            _ => own,
        }
    }
}

fn plain(method: &'static str) -> Notification {
    Notification {
        method: method.to_owned(),
        params: None,
    }
}

/// The same, marked as belonging to the stream that this request opened.
pub(crate) fn marked(
    mut notification: Notification,
    subscription: &wire::RequestId,
) -> Notification {
    let params = notification.params.as_deref().and_then(RawObject::parse);
    let mut params = params.unwrap_or_default();
    params.edit_meta(|meta| meta.set(wire::META_SUBSCRIPTION, raw(subscription)));
    notification.params = Some(params.to_raw());
    notification
}

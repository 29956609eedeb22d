//! `subscriptions/listen`: the streams on which modern clients hear of changes (MCP 2026-07-28,
//! basic/patterns/subscriptions).

use axum::response::Response;
use futures_util::{Stream, StreamExt as _, future, stream};
use model::ServerName;
use serde_json::{Map, Value, json};
use wire::{META_SUBSCRIPTION, Message, Notification, Raw, RawObject, Request, RequestId, raw};

use super::Visit;
use super::admission::too_many_streams;
use super::http_answer::{event, events};
use super::modern::requester;
use crate::face::Face;
use crate::methods::Asking;
use crate::naming::split_filter;
use crate::news::{Filter, Listener, follow, marked};

/// Most things of one kind that one stream watches at one server.
const MAX_WATCHED: usize = 1_000;

/// The keys of what is watched one by one.
const RESOURCES: &str = "resourceSubscriptions";
const TASKS: &str = "taskIds";

/// Answers with a stream of events.
pub(super) async fn respond(visit: &Visit, request: Request, params: &RawObject) -> Response {
    let Some(room) = visit.pass.stream() else {
        return too_many_streams();
    };
    let messages = messages(visit, request, params).await;
    events(messages.map(move |message| {
        let _open = &room;
        event(&message)
    }))
}

/// Says what is subscribed to, then the changes, and at the end of the gateway the result.
pub(super) async fn messages(
    visit: &Visit,
    request: Request,
    params: &RawObject,
) -> impl Stream<Item = Message> + Send + use<> {
    let asking = visit.asking(requester(visit, params, None));
    let wanted = params.object("notifications").unwrap_or_default();
    let (filter, accepted) = accept(&asking, &wanted).await;
    let id = request.id;
    let mut params = RawObject::default();
    params.set("_meta", subscription(&id));
    params.set("notifications", raw(&accepted));
    let acknowledged = Message::Notification(Notification {
        method: "notifications/subscriptions/acknowledged".to_owned(),
        params: Some(params.to_raw()),
    });
    let mut result = RawObject::default();
    result.set("resultType", raw("complete"));
    result.set("_meta", subscription(&id));
    let end = wire::Response::new(id.clone(), Ok(result.to_raw()));
    let closing = visit.gateway.0.closing.clone().cancelled_owned();
    let presence = asking.who.presence;
    let changes = follow(visit, Listener::Filter(filter))
        .map(move |change| {
            let _open = &presence;
            Message::Notification(marked(change, &id))
        })
        .take_until(closing);
    stream::iter([acknowledged])
        .chain(changes)
        .chain(stream::iter([Message::Response(end)]))
}

/// What of the wishes can be fulfilled.
async fn accept(asking: &Asking, wanted: &RawObject) -> (Filter, Map<String, Value>) {
    let wants = |key: &str| wanted.get_as::<bool>(key).unwrap_or(false);
    let only_tools = asking.who.pass.scope.names_tools();
    let mut filter = Filter {
        tools: wants("toolsListChanged") && asking.face != Face::Menu,
        prompts: wants("promptsListChanged") && !only_tools,
        resources: wants("resourcesListChanged") && !only_tools,
        ..Filter::default()
    };
    let mut accepted = Map::new();
    for (key, yes) in [
        ("toolsListChanged", filter.tools),
        ("promptsListChanged", filter.prompts),
        ("resourcesListChanged", filter.resources),
    ] {
        if yes {
            accepted.insert(key.to_owned(), json!(true));
        }
    }
    let mut wished = wishes(asking, wanted);
    if only_tools {
        for wishes in &mut wished {
            wishes.resources.clear();
        }
    }
    let resources = watch_resources(asking, &wished, &mut filter).await;
    let tasks = watch_tasks(asking, &wished, &mut filter);
    for (key, shown) in [(RESOURCES, resources), (TASKS, tasks)] {
        if !shown.is_empty() {
            accepted.insert(key.to_owned(), json!(shown));
        }
    }
    (filter, accepted)
}

/// What a client wants to watch at one server.
struct Wishes {
    server: ServerName,
    slug: String,
    /// As the server names them.
    resources: Vec<String>,
    tasks: Vec<String>,
}

impl Wishes {
    fn new(server: ServerName, slug: String, wanted: &RawObject) -> Self {
        let ids = |key: &str| -> Vec<String> {
            let ids: Vec<String> = wanted.get_as(key).unwrap_or_default();
            ids.into_iter().take(MAX_WATCHED).collect()
        };
        Self {
            server,
            slug,
            resources: ids(RESOURCES),
            tasks: ids(TASKS),
        }
    }

    /// A name as the client knows it.
    fn shown(&self, face: &Face, method: &str, key: &str, id: &str) -> String {
        let Some(naming) = face.naming(&self.slug) else {
            return id.to_owned();
        };
        let mut params = RawObject::default();
        params.set(key, raw(id));
        let shown = RawObject::parse(&naming.outward_notification(method, params.to_raw()));
        let shown = shown.and_then(|shown| shown.get_as(key));
        shown.unwrap_or_else(|| id.to_owned())
    }
}

/// What is wished of each server by name.
fn wishes(asking: &Asking, wanted: &RawObject) -> Vec<Wishes> {
    match &asking.face {
        Face::Server(server) => vec![Wishes::new(server.clone(), String::new(), wanted)],
        Face::Menu | Face::All => {
            let catalog = asking.catalog();
            split_filter(wanted)
                .into_iter()
                .filter_map(|(slug, part)| {
                    let server = catalog.server(&slug)?.name.clone();
                    Some(Wishes::new(server, slug, &part))
                })
                .collect()
        }
    }
}

/// Begins to watch resources, and returns those that can be, as the client knows them.
async fn watch_resources(asking: &Asking, wished: &[Wishes], filter: &mut Filter) -> Vec<String> {
    let mut opened = Vec::new();
    for wishes in wished {
        for uri in &wishes.resources {
            opened.push(async move {
                let watched = asking.watch(&wishes.server, &wishes.slug, uri).await;
                Some((wishes, uri, watched.ok()?.0))
            });
        }
    }
    let mut shown = Vec::new();
    for (wishes, uri, watch) in future::join_all(opened).await.into_iter().flatten() {
        filter.watches.push(watch);
        filter.watched.insert((wishes.server.clone(), uri.clone()));
        let method = "notifications/resources/updated";
        shown.push(wishes.shown(&asking.face, method, "uri", uri));
    }
    shown
}

/// The same of tasks.
fn watch_tasks(asking: &Asking, wished: &[Wishes], filter: &mut Filter) -> Vec<String> {
    let mut shown = Vec::new();
    for wishes in wished {
        for id in &wishes.tasks {
            if let Some(watch) = asking.watch_task(&wishes.server, id) {
                filter.watches.push(watch);
                filter.tasks.insert((wishes.server.clone(), id.clone()));
                shown.push(wishes.shown(&asking.face, "notifications/tasks", "taskId", id));
            }
        }
    }
    shown
}

/// The `_meta` of everything on a stream that a request opened.
fn subscription(id: &RequestId) -> Raw {
    let mut meta = RawObject::default();
    meta.set(META_SUBSCRIPTION, raw(id));
    meta.to_raw()
}

//! `subscriptions/listen`: the streams on which modern clients hear of changes (MCP 2026-07-28,
//! basic/patterns/subscriptions).

use axum::response::Response;
use futures_util::{Stream, StreamExt as _, future, stream};
use model::ServerName;
use serde_json::{Map, Value, json};
use wire::{META_SUBSCRIPTION, Message, Notification, Raw, RawObject, Request, RequestId, raw};

use super::Visit;
use super::http_answer::{event, events};
use super::modern::requester;
use crate::face::Face;
use crate::methods::Asking;
use crate::naming::split_filter;
use crate::news::{Filter, Listener, follow, marked};

/// Most resources that one stream watches.
const MAX_WATCHED: usize = 1_000;

/// Answers with a stream of events.
pub(super) async fn respond(visit: &Visit, request: Request, params: &RawObject) -> Response {
    let messages = messages(visit, request, params).await;
    events(messages.map(|message| event(&message)))
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
    let changes = follow(&visit.gateway, visit.face.clone(), Listener::Filter(filter))
        .map(move |change| Message::Notification(marked(change, &id)))
        .take_until(closing);
    stream::iter([acknowledged])
        .chain(changes)
        .chain(stream::iter([Message::Response(end)]))
}

/// What of the wishes can be fulfilled.
async fn accept(asking: &Asking, wanted: &RawObject) -> (Filter, Map<String, Value>) {
    let wants = |key: &str| wanted.get_as::<bool>(key).unwrap_or(false);
    let mut filter = Filter {
        tools: wants("toolsListChanged") && asking.face != Face::Menu,
        prompts: wants("promptsListChanged"),
        resources: wants("resourcesListChanged"),
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
    let mut shown = Vec::new();
    let watched = wishes(asking, wanted);
    let opened = future::join_all(
        watched
            .iter()
            .map(|(server, slug, uri)| async move { asking.watch(server, slug, uri).await.ok() }),
    );
    for ((server, slug, uri), watch) in watched.iter().zip(opened.await) {
        if let Some((watch, _)) = watch {
            filter.watches.push(watch);
            filter.watched.insert((server.clone(), uri.clone()));
            shown.push(shown_uri(&asking.face, slug, uri));
        }
    }
    if !shown.is_empty() {
        accepted.insert("resourceSubscriptions".to_owned(), json!(shown));
    }
    (filter, accepted)
}

/// The resources that are to be watched: server, slug, and the server's own URI.
fn wishes(asking: &Asking, wanted: &RawObject) -> Vec<(ServerName, String, String)> {
    let uris = |wanted: &RawObject| -> Vec<String> {
        let uris: Vec<String> = wanted.get_as("resourceSubscriptions").unwrap_or_default();
        uris.into_iter().take(MAX_WATCHED).collect()
    };
    match &asking.face {
        Face::Server(server) => uris(wanted)
            .into_iter()
            .map(|uri| (server.clone(), String::new(), uri))
            .collect(),
        Face::Menu | Face::All => split_filter(wanted)
            .into_iter()
            .filter_map(|(slug, part)| {
                let server = asking.gateway.fleet().server_named(&slug)?;
                let of_server = uris(&part).into_iter();
                Some(of_server.map(move |uri| (server.clone(), slug.clone(), uri)))
            })
            .flatten()
            .collect(),
    }
}

fn shown_uri(face: &Face, slug: &str, uri: &str) -> String {
    let Some(naming) = face.naming(slug) else {
        return uri.to_owned();
    };
    let mut params = RawObject::default();
    params.set("uri", raw(uri));
    let shown = naming.outward_notification("notifications/resources/updated", params.to_raw());
    let shown = RawObject::parse(&shown).and_then(|shown| shown.get_as("uri"));
    shown.unwrap_or_else(|| uri.to_owned())
}

/// The `_meta` of everything on a stream that a request opened.
fn subscription(id: &RequestId) -> Raw {
    let mut meta = RawObject::default();
    meta.set(META_SUBSCRIPTION, raw(id));
    meta.to_raw()
}

//! Streams that say when the tools of a face have changed: the GET stream of a legacy session, and
//! the answer to a modern client's `subscriptions/listen`.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _, stream};
use model::Event;
use serde_json::json;
use tokio_stream::wrappers::BroadcastStream;
use wire::{META_SUBSCRIPTION, Message, Raw, RawObject, Request, RequestId, raw};

use crate::Gateway;
use crate::face::Face;

/// Comments keep the connection from being taken for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Opens the GET stream of a legacy session; it lasts until the client or the gateway closes it.
pub(super) fn open(gateway: &Gateway, face: Face) -> Response {
    let changes = changes(gateway, face).map(|()| event(&list_changed(None)));
    respond(changes.take_until(gateway.0.closing.clone().cancelled_owned()))
}

/// Answers `subscriptions/listen`: says what is subscribed to, then the changes, and at the end of
/// the gateway the result (MCP 2026-07-28, basic/patterns/subscriptions).
pub(super) fn listen(
    gateway: &Gateway,
    face: Face,
    request: Request,
    params: &RawObject,
) -> Response {
    let wanted = params.object("notifications").unwrap_or_default();
    let tools = wanted.get_as("toolsListChanged").unwrap_or(false) && face != Face::Menu;
    let accepted = if tools {
        json!({ "toolsListChanged": true })
    } else {
        json!({})
    };
    let id = request.id;
    let mut params = RawObject::default();
    params.set("_meta", subscription(&id));
    params.set("notifications", raw(&accepted));
    let acknowledged = Message::notification(
        "notifications/subscriptions/acknowledged",
        Some(params.to_raw()),
    );
    let notice = list_changed(Some(&id));
    let changes = changes(gateway, face)
        .filter(move |()| std::future::ready(tools))
        .map(move |()| event(&notice))
        .take_until(gateway.0.closing.clone().cancelled_owned());
    let mut result = RawObject::default();
    result.set("resultType", raw("complete"));
    result.set("_meta", subscription(&id));
    let end = Message::Response(wire::Response::new(id, Ok(result.to_raw())));
    let once = |message: &Message| stream::iter([event(message)]);
    respond(once(&acknowledged).chain(changes).chain(once(&end)))
}

fn respond(events: impl Stream<Item = SseEvent> + Send + 'static) -> Response {
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    Sse::new(events.map(Ok::<_, Infallible>))
        .keep_alive(keep_alive)
        .into_response()
}

/// One item for every change of the face's tools.
fn changes(gateway: &Gateway, face: Face) -> impl Stream<Item = ()> + use<> {
    let news = BroadcastStream::new(gateway.fleet().events());
    news.filter_map(move |news| {
        let changed = match news {
            Ok(event) => concerns(&event, &face),
            // News was missed; a list too many does no harm, one too few would.
            Err(_) => face != Face::Menu,
        };
        std::future::ready(changed.then_some(()))
    })
}

/// Whether the tools of a face are others after this event.
fn concerns(event: &Event, face: &Face) -> bool {
    match (event, face) {
        (Event::ToolsChanged { .. }, Face::All) => true,
        (Event::ToolsChanged { server, .. }, Face::Server(name)) => server == name.as_str(),
        _ => false,
    }
}

fn list_changed(subscribed_by: Option<&RequestId>) -> Message {
    let params = subscribed_by.map(|id| {
        let mut params = RawObject::default();
        params.set("_meta", subscription(id));
        params.to_raw()
    });
    Message::notification("notifications/tools/list_changed", params)
}

/// The `_meta` of everything on a stream that a request opened.
fn subscription(id: &RequestId) -> Raw {
    let mut meta = RawObject::default();
    meta.set(META_SUBSCRIPTION, raw(id));
    meta.to_raw()
}

fn event(message: &Message) -> SseEvent {
    SseEvent::default().event("message").data(message.to_json())
}

#[cfg(test)]
mod tests {
    use model::ServerName;

    use super::*;

    #[test]
    fn each_face_hears_of_its_own_tools() {
        let event = Event::ToolsChanged {
            server: "a".to_owned(),
            tools: 1,
        };
        let face = |name| Face::Server(ServerName::new(name).expect("a name"));
        assert!(concerns(&event, &Face::All));
        assert!(concerns(&event, &face("a")));
        assert!(!concerns(&event, &face("b")));
        assert!(!concerns(&event, &Face::Menu), "the menu never changes");
        assert!(!concerns(&Event::ConfigReloaded { ok: true }, &Face::All));
    }
}

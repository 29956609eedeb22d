//! The GET stream of a legacy session: says when the tools of its face have changed.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _};
use model::Event;
use tokio_stream::wrappers::BroadcastStream;
use wire::Message;

use crate::Gateway;
use crate::face::Face;

/// Comments keep the connection from being taken for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Opens a stream that lasts until the client or the gateway closes it.
pub(super) fn open(gateway: &Gateway, face: Face) -> Response {
    let closing = gateway.0.closing.clone();
    let changes = changes(gateway, face).take_until(closing.cancelled_owned());
    Sse::new(changes)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response()
}

fn changes(
    gateway: &Gateway,
    face: Face,
) -> impl Stream<Item = Result<SseEvent, Infallible>> + use<> {
    let news = BroadcastStream::new(gateway.fleet().events());
    news.filter_map(move |news| {
        let changed = match news {
            Ok(event) => concerns(&event, &face),
            // News was missed; a list too many does no harm, one too few would.
            Err(_) => face != Face::Menu,
        };
        std::future::ready(changed.then(|| Ok(list_changed())))
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

fn list_changed() -> SseEvent {
    let message = Message::notification("notifications/tools/list_changed", None);
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

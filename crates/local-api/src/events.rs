//! State by snapshot, news by event, on one stream.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use futures_util::{Stream, StreamExt as _, stream};
use model::Event;
use serde::{Deserialize, Serialize};
use tokio_stream::wrappers::{BroadcastStream, WatchStream};
use utoipa::IntoParams;

use crate::Api;

/// Comments keep the connection from being taken for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Who follows.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Follower {
    /// Whether it is a desktop shell, which can show the window. One is attached for as long as
    /// its stream is open.
    #[serde(default)]
    desktop: bool,
}

/// The snapshot at once, then every change of it and all news. Who reads slowly misses news, never
/// the state: the next snapshot is always whole.
///
/// Events are `snapshot` (a `Snapshot`) and `news` (an `Event`).
#[utoipa::path(get, path = "/events", params(Follower), responses((status = 200, content_type = "text/event-stream", body = String)))]
pub(crate) async fn follow(
    State(api): State<Api>,
    Query(follower): Query<Follower>,
) -> Sse<impl Stream<Item = Result<SseEvent, Infallible>>> {
    let fleet = api.gateway.fleet();
    // News first: who learns that a shell is attached can reach it.
    let news = BroadcastStream::new(fleet.events());
    let attached = follower.desktop.then(|| fleet.attach_desktop());
    let news = news.filter_map(move |news| {
        let for_shells = matches!(news, Ok(Event::OpenWindow { .. }));
        let told = news.ok().filter(|_| attached.is_some() || !for_shells);
        std::future::ready(told.map(|news| event("news", &news)))
    });
    let snapshots = WatchStream::new(fleet.watch()).map(|snapshot| event("snapshot", &*snapshot));
    let both = stream::select(snapshots, news)
        .map(Ok)
        .take_until(api.closing.cancelled_owned());
    Sse::new(both).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

fn event(name: &str, data: &impl Serialize) -> SseEvent {
    let event = SseEvent::default().event(name);
    // Our own types serialise without fail; an event without data would still be well-formed.
    event.json_data(data).unwrap_or_default()
}

//! The stream on which the gateway speaks by itself, in a session of the legacy era.

use std::sync::Arc;
use std::time::Duration;

use api_client::{ClientError, SseStream};
use bytes::Bytes;
use http::{Method, StatusCode};
use tokio::time::sleep;
use wire::Message;

use super::exchange::Shared;
use super::headers::{is_event_stream, session_headers};
use super::session::Tag;

/// Between two attempts to reach a gateway that has gone: at first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// How a stream came to its end.
enum End {
    /// It was open and has ended; another may follow at once.
    Closed,
    /// No gateway runs.
    Absent,
    /// The gateway does not know the session.
    Unknown,
    /// The gateway has no such stream.
    Unsupported,
}

/// Keeps the stream of the session open and writes its messages to the client, until the
/// session is over. A gateway that has gone is waited for, never started: an idle client is no
/// reason to undo that somebody stopped it.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut pause = PAUSE.0;
    while let Some(tag) = shared.tag().await {
        match follow(&shared, &tag).await {
            End::Unsupported => return,
            End::Closed => pause = PAUSE.0,
            End::Unknown => {
                if shared.renew(&tag).await.is_some() {
                    pause = PAUSE.0;
                    continue;
                }
            }
            End::Absent => {}
        }
        sleep(pause).await;
        pause = (pause * 2).min(PAUSE.1);
    }
}

async fn follow(shared: &Shared, tag: &Tag) -> End {
    let mut link = match shared.door.open_if_running().await {
        Ok(link) => link,
        Err(ClientError::NotRunning { .. }) => return End::Absent,
        Err(_) => return End::Closed,
    };
    let request = shared.request(Method::GET, session_headers(tag), Bytes::new());
    let Ok(response) = link.send(request).await else {
        return End::Absent;
    };
    match response.status() {
        StatusCode::NOT_FOUND if tag.id.is_some() => return End::Unknown,
        status if !status.is_success() || !is_event_stream(response.headers()) => {
            return End::Unsupported;
        }
        _ => {}
    }
    let mut stream = SseStream::new(response.into_body(), link);
    while let Some(Ok(event)) = stream.next().await {
        if let Ok(message) = Message::parse(event.data.as_bytes()) {
            shared.out.send(&message).await;
        }
    }
    End::Closed
}

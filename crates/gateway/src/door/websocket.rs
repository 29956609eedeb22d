//! WebSocket, which the specification does not know: one JSON-RPC message in each text frame.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::SplitSink;
use futures_util::{SinkExt as _, Stream, StreamExt as _, future};
use tokio::sync::mpsc;
use wire::Message;

use super::admission::too_many_streams;
use super::conversation::Conversation;
use super::{MAX_REQUEST, Visit};
use crate::requester::QUEUE;

/// The subprotocol that clients may ask for.
const SUBPROTOCOL: &str = "mcp";

/// A client that has not been heard for so long is asked whether it lives.
const PING_EVERY: Duration = Duration::from_secs(30);

/// What a client has not taken for so long, it will not take.
const STALLED: Duration = Duration::from_mins(2);

/// What is left to say when a conversation is over must be gone in this time.
const FAREWELL: Duration = Duration::from_secs(2);

/// Turns a request into a conversation.
pub(super) fn open(visit: Visit, upgrade: WebSocketUpgrade) -> Response {
    let Some(room) = visit.pass.stream() else {
        return too_many_streams();
    };
    upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(MAX_REQUEST)
        .max_frame_size(MAX_REQUEST)
        .on_upgrade(async move |socket| {
            converse(visit, socket).await;
            drop(room);
        })
}

/// Reading and writing go on beside each other: a client that sends faster than it reads must not
/// keep its own answers from being written.
async fn converse(visit: Visit, socket: WebSocket) {
    let closing = visit.gateway.0.closing.clone();
    let over = visit.pass.over().clone();
    let (outlet, said) = mpsc::channel(QUEUE);
    let (mut sink, frames) = socket.split();
    let heard = Heard::default();
    let conversation = Conversation::new(visit, outlet);
    {
        let reading = conversation.run(texts(frames, &heard));
        let writing = write(&mut sink, said, &heard);
        let mut writing = std::pin::pin!(writing);
        tokio::select! {
            () = reading => {
                let _ = tokio::time::timeout(FAREWELL, writing).await;
            }
            () = &mut writing => {}
        }
    }
    let (code, reason) = if heard.unreadable.load(Ordering::Relaxed) {
        let reason = "a message is UTF-8 text of 10 MiB at most";
        (close_code::POLICY, reason)
    } else if over.is_cancelled() {
        (close_code::POLICY, "the token is not good any more")
    } else if closing.is_cancelled() {
        (close_code::AWAY, "the gateway is closing")
    } else {
        return;
    };
    let reason = reason.into();
    let close = sink.send(Frame::Close(Some(CloseFrame { code, reason })));
    let _ = tokio::time::timeout(FAREWELL, close).await;
}

/// What is known of the client from what it has sent.
#[derive(Default)]
struct Heard {
    /// Anything since this was last looked at.
    lately: AtomicBool,
    /// Something that cannot be taken, for example for its size.
    unreadable: AtomicBool,
}

/// The messages in the frames, until the client closes or breaks off.
fn texts(
    frames: impl Stream<Item = Result<Frame, axum::Error>>,
    heard: &Heard,
) -> impl Stream<Item = Bytes> {
    frames
        .take_while(|frame| {
            heard.lately.store(true, Ordering::Relaxed);
            heard.unreadable.store(frame.is_err(), Ordering::Relaxed);
            future::ready(frame.is_ok())
        })
        .filter_map(|frame| {
            future::ready(match frame {
                Ok(Frame::Text(text)) => Some(text.into()),
                Ok(Frame::Binary(bytes)) => Some(bytes),
                // A close is answered below, and then the frames end.
                _ => None,
            })
        })
}

async fn write(
    sink: &mut SplitSink<WebSocket, Frame>,
    mut said: mpsc::Receiver<Message>,
    heard: &Heard,
) {
    let mut ping = tokio::time::interval(PING_EVERY);
    ping.reset();
    heard.lately.store(true, Ordering::Relaxed);
    loop {
        let frame = tokio::select! {
            message = said.recv() => match message {
                Some(message) => Frame::Text(message.to_json().into()),
                None => return,
            },
            _ = ping.tick() => {
                if !heard.lately.swap(false, Ordering::Relaxed) {
                    return;
                }
                Frame::Ping(Bytes::new())
            }
        };
        let sent = tokio::time::timeout(STALLED, sink.send(frame)).await;
        if !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

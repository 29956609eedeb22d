//! WebSocket, which the specification does not know: one JSON-RPC message in each text frame.

use std::time::Duration;

use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc;

use super::conversation::Conversation;
use super::{MAX_REQUEST, Visit};
use crate::requester::QUEUE;

/// The subprotocol that clients may ask for.
const SUBPROTOCOL: &str = "mcp";

/// A client that has not been heard for so long is asked whether it lives.
const PING_EVERY: Duration = Duration::from_secs(30);

/// Turns a request into a conversation.
pub(super) fn open(visit: Visit, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(MAX_REQUEST)
        .max_frame_size(MAX_REQUEST)
        .on_upgrade(move |socket| converse(visit, socket))
}

async fn converse(visit: Visit, socket: WebSocket) {
    let closing = visit.gateway.0.closing.clone();
    let (outlet, mut said) = mpsc::channel(QUEUE);
    let mut conversation = Conversation::new(visit, outlet);
    let (mut sink, mut frames) = socket.split();
    let mut heard = true;
    let mut ping = tokio::time::interval(PING_EVERY);
    ping.reset();
    loop {
        let sent = tokio::select! {
            frame = frames.next() => {
                heard = true;
                match frame {
                    Some(Ok(Frame::Text(text))) => conversation.take(text.as_bytes()).await,
                    Some(Ok(Frame::Binary(bytes))) => conversation.take(&bytes).await,
                    Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
                    Some(Ok(Frame::Close(_)) | Err(_)) | None => return,
                }
                Ok(())
            }
            Some(message) = said.recv() => sink.send(Frame::Text(message.to_json().into())).await,
            _ = ping.tick() => {
                if !std::mem::take(&mut heard) {
                    return;
                }
                sink.send(Frame::Ping(bytes::Bytes::new())).await
            }
            () = closing.cancelled() => {
                let _ = sink.send(Frame::Close(None)).await;
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

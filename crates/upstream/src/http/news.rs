//! The stream for the server's own messages, which a legacy session may have beside its answers.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use wire::Message;

use super::events::{End, Reader};
use super::reply::{Body, Failure};
use super::streamable::Sender;
use super::{Shared, Target};
use crate::link::{CallError, Incoming};
use crate::peer::TOOLS_CHANGED;

/// The stream is asked for at least this often, however long it cannot be had.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Keeps the stream open, until the server says that it has none. It goes on after the last event
/// where events have ids; where they have none, what changed meanwhile is asked for again.
/// `opened` is told once the server has answered for the first time, whatever it said.
pub(crate) async fn listen(
    target: Target,
    shared: Shared,
    incoming: mpsc::Sender<Incoming>,
    opened: oneshot::Sender<()>,
) {
    let mut first = Some(opened);
    let sender = Sender {
        target,
        shared,
        incoming,
    };
    let mut reader = Reader::new(&sender.target.url, None, &sender.incoming);
    let mut reopened = false;
    loop {
        let last_id = reader.cursor.last_id().cloned();
        let (agreed, opened) = sender.get(last_id.as_ref()).await;
        if let Some(first) = first.take() {
            // Whoever waited for it may have given up.
            let _ = first.send(());
        }
        match opened {
            Ok(Body::Events(stream)) => {
                if reopened && last_id.is_none() {
                    let changed = Message::notification(TOOLS_CHANGED, None);
                    let _ = sender.incoming.send(Incoming::loose(changed)).await;
                }
                reader.cursor.opened();
                reopened = true;
                match reader.read(stream).await {
                    End::Done => return,
                    End::Early(_) => {}
                    End::TooLarge(_) => reader.cursor.skip(),
                }
            }
            Err(Failure::Error(CallError::Http { .. })) | Ok(_) => return,
            Err(Failure::Error(_)) => reader.cursor.failed(),
            Err(Failure::Refused(refusal)) if refusal.may_pass() => reader.cursor.failed(),
            Err(Failure::Refused(refusal)) => {
                let gone = agreed.session.is_some() && refusal.forgets_session();
                if last_id.is_none() || gone {
                    // The first time it only means that there is no such stream here.
                    if reopened && gone {
                        sender.expire().await;
                    }
                    return;
                }
                // A server may have forgotten old events, and yet tell of new ones.
                reader.cursor.skip();
            }
        }
        let wait = reader.cursor.next_wait().unwrap_or(LONGEST_WAIT);
        tokio::time::sleep(wait).await;
    }
}

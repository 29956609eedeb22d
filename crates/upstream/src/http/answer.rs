//! The stream of an answer, taken up again where it breaks off (MCP 2025-11-25, basic/transports,
//! resumability). The request itself is never sent twice.

use reqwest::Response;
use wire::RequestId;

use super::events::{Cursor, End, Reader};
use super::reply::{Body, Failure};
use super::streamable::Sender;
use crate::link::CallError;

/// Hands on the stream until the answer, which is the last message that comes of it.
pub(super) async fn follow(
    sender: &Sender,
    first: Response,
    id: &RequestId,
    resumable: bool,
) -> Result<(), CallError> {
    let mut reader = Reader::new(&sender.target.url, Some(id), &sender.incoming);
    let mut stream = first;
    loop {
        let problem = match reader.read(stream).await {
            End::Done => return Ok(()),
            End::TooLarge(problem) => return Err(CallError::Lost(problem)),
            End::Early(problem) => problem,
        };
        let resumed = if resumable {
            resume(sender, &mut reader.cursor).await
        } else {
            None
        };
        stream = resumed.ok_or(CallError::Lost(problem))?;
    }
}

/// Opens the stream anew after its last event; `None` if the server gave it no id, does not keep
/// it, or cannot be asked for it.
async fn resume(sender: &Sender, cursor: &mut Cursor) -> Option<Response> {
    loop {
        let last_id = cursor.last_id()?.clone();
        tokio::time::sleep(cursor.next_wait()?).await;
        let (agreed, opened) = sender.get(Some(&last_id)).await;
        match opened {
            Ok(Body::Events(stream)) => {
                cursor.opened();
                return Some(stream);
            }
            Err(Failure::Error(CallError::Http { .. })) | Ok(_) => return None,
            Err(Failure::Error(_)) => cursor.failed(),
            Err(Failure::Refused(refusal)) if refusal.may_pass() => cursor.failed(),
            Err(Failure::Refused(refusal)) => {
                // A plain 404 may mean that nobody serves streams here.
                if agreed.session.is_some() && refusal.names_session() {
                    sender.expire().await;
                }
                return None;
            }
        }
    }
}

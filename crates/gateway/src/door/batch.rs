//! Batches: several messages in one array, as the revisions before 2025-06-18 allow.

use wire::{ErrorObject, ParseError, Raw, code};

use crate::session::Session;

/// Messages in one batch.
const MAX_BATCH: usize = 100;

/// Revisions whose clients may send batches.
const BATCHING: [&str; 2] = ["2024-11-05", "2025-03-26"];

/// The messages of a batch, if its sender may send any.
pub(super) fn read(session: Option<&Session>, text: &[u8]) -> Result<Vec<Raw>, ErrorObject> {
    let may = session.is_some_and(|session| BATCHING.contains(&session.introduced.revision));
    if !may {
        return Err(ParseError::Batch.to_error());
    }
    let messages: Vec<Raw> = serde_json::from_slice(text).unwrap_or_default();
    if messages.is_empty() || messages.len() > MAX_BATCH {
        let message = format!("a batch holds 1 to {MAX_BATCH} messages");
        return Err(ErrorObject::new(code::INVALID_REQUEST, message));
    }
    Ok(messages)
}

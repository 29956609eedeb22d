//! One POST: one message, one answer; or a batch of them, as revision 2025-03-26 allows.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use wire::{
    ErrorObject, HEADER_PROTOCOL_VERSION, MODERN_REVISION, Message, ParseError, Raw, Request, code,
    nests_deeper_than, request_revision,
};

use super::http_answer::{json, refuse};
use super::{MAX_DEPTH, Visit, cancelled_request, legacy, modern, take_notice};
use crate::session::Session;

/// Messages in one batch.
const MAX_BATCH: usize = 100;

/// Revisions whose clients may send batches.
const BATCHING: [&str; 2] = ["2024-11-05", "2025-03-26"];

/// Takes one message and answers it.
pub(super) async fn take(visit: &Visit, headers: &HeaderMap, body: &[u8]) -> Response {
    if nests_deeper_than(body, MAX_DEPTH) {
        let error = ErrorObject::new(code::PARSE, "this is nested too deeply");
        return refuse(StatusCode::BAD_REQUEST, None, error);
    }
    match Message::parse(body) {
        Ok(Message::Request(request)) => take_request(visit, headers, request).await,
        Ok(other) => {
            take_other(visit, headers, other).await;
            StatusCode::ACCEPTED.into_response()
        }
        Err(ParseError::Batch) => take_batch(visit, headers, body).await,
        Err(error) => refuse(StatusCode::BAD_REQUEST, None, error.to_error()),
    }
}

async fn take_request(visit: &Visit, headers: &HeaderMap, request: Request) -> Response {
    let params = request.params_object().unwrap_or_default();
    let modern = request_revision(&params).is_some()
        || headers
            .get(HEADER_PROTOCOL_VERSION)
            .is_some_and(|revision| revision == MODERN_REVISION);
    if modern {
        return modern::answer(visit, headers, request, &params).await;
    }
    if request.method == "initialize" {
        return legacy::initialize(visit, &request, &params).await;
    }
    match legacy::session(visit, headers) {
        Ok(session) => legacy::answer(visit, headers, &session, request).await,
        Err((status, error)) => refuse(status, Some(&request), error),
    }
}

/// Takes an answer to a question of ours, or a notification.
async fn take_other(visit: &Visit, headers: &HeaderMap, message: Message) {
    let session = legacy::session(visit, headers).ok();
    match (message, &session) {
        (Message::Response(response), Some(session)) => session.asks.settle(response),
        (Message::Notification(notification), Some(session)) => {
            match cancelled_request(&notification) {
                Some(id) => session.cancel(&id),
                None => take_notice(visit, Some(session), &notification).await,
            }
        }
        // Without a session there is nothing that either could belong to.
        _ => {}
    }
}

async fn take_batch(visit: &Visit, headers: &HeaderMap, body: &[u8]) -> Response {
    let refused = |error| refuse(StatusCode::BAD_REQUEST, None, error);
    let session = match legacy::session(visit, headers) {
        Ok(session) if BATCHING.contains(&session.introduced.revision) => session,
        _ => return refused(ParseError::Batch.to_error()),
    };
    let messages: Vec<Raw> = serde_json::from_slice(body).unwrap_or_default();
    if messages.is_empty() || messages.len() > MAX_BATCH {
        let message = format!("a batch holds 1 to {MAX_BATCH} messages");
        return refused(ErrorObject::new(code::INVALID_REQUEST, message));
    }
    let answers = messages
        .iter()
        .map(|message| take_of_batch(visit, headers, &session, message));
    let answers: Vec<String> = join_all(answers).await.into_iter().flatten().collect();
    if answers.is_empty() {
        return StatusCode::ACCEPTED.into_response();
    }
    json(StatusCode::OK, format!("[{}]", answers.join(",")))
}

async fn take_of_batch(
    visit: &Visit,
    headers: &HeaderMap,
    session: &Arc<Session>,
    message: &Raw,
) -> Option<String> {
    match Message::parse(message.get().as_bytes()) {
        Ok(Message::Request(request)) => {
            let mut answering = legacy::begin(visit, session, request, false);
            answering.answer().await.map(|answer| answer.to_json())
        }
        Ok(other) => {
            take_other(visit, headers, other).await;
            None
        }
        Err(error) => {
            let (id, outcome) = (None, Err(error.to_error()));
            Some(wire::Response { id, outcome }.into_json())
        }
    }
}

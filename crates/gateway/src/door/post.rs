//! One POST: one message, one answer; or a batch of them, as revision 2025-03-26 allows.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use wire::{
    ErrorObject, Message, ParseError, Raw, Request, code, nests_deeper_than, request_revision,
};

use super::answering::Answering;
use super::http_answer::{json, refuse};
use super::{MAX_DEPTH, Visit, batch, is_modern, legacy, modern, take_notice};
use crate::session::Session;

/// Takes one message and answers it.
pub(super) async fn take(visit: &Visit, headers: &HeaderMap, body: &[u8]) -> Response {
    if nests_deeper_than(body, MAX_DEPTH) {
        let error = ErrorObject::new(code::PARSE, "this is nested too deeply");
        return refuse(StatusCode::BAD_REQUEST, None, error);
    }
    match Message::parse(body) {
        Ok(Message::Request(request)) => take_request(visit, headers, request).await,
        Ok(other) => match take_other(visit, headers, other).await {
            Ok(()) => StatusCode::ACCEPTED.into_response(),
            Err((status, error)) => refuse(status, None, error),
        },
        Err(ParseError::Batch) => take_batch(visit, headers, body).await,
        Err(error) => refuse(StatusCode::BAD_REQUEST, None, error.to_error()),
    }
}

async fn take_request(visit: &Visit, headers: &HeaderMap, request: Request) -> Response {
    let params = request.params_object().unwrap_or_default();
    if request_revision(&params).is_some() || is_modern(headers) {
        return modern::answer(visit, headers, request, &params).await;
    }
    if request.method == "initialize" {
        return legacy::initialize(visit, headers, &request, &params).await;
    }
    match legacy::session(visit, headers) {
        Ok(session) => legacy::answer(visit, headers, &session, request).await,
        Err((status, error)) => refuse(status, Some(&request), error),
    }
}

/// Takes an answer to a question of ours, or a notification; an error says why it cannot be.
async fn take_other(
    visit: &Visit,
    headers: &HeaderMap,
    message: Message,
) -> Result<(), (StatusCode, ErrorObject)> {
    match message {
        // The modern era has no session that it could belong to, and nothing that it could mean.
        Message::Notification(_) if is_modern(headers) => {}
        Message::Notification(notification) => {
            let session = legacy::session(visit, headers)?;
            match notification.cancelled_request() {
                Some(id) => session.cancel(&id),
                None => take_notice(visit, Some(&session), &notification).await,
            }
        }
        Message::Response(response) => legacy::session(visit, headers)?.asks.settle(response),
        Message::Request(_) => {}
    }
    Ok(())
}

/// Answers all requests of a batch together, in their order. They go on like others if their
/// client is cut off.
async fn take_batch(visit: &Visit, headers: &HeaderMap, body: &[u8]) -> Response {
    let session = match legacy::session(visit, headers) {
        Ok(session) => Some(session),
        Err((StatusCode::NOT_FOUND, error)) => return refuse(StatusCode::NOT_FOUND, None, error),
        Err(_) => None,
    };
    let read = batch::read(session.as_deref(), body);
    let (session, messages) = match (session, read) {
        (Some(session), Ok(messages)) => (session, messages),
        (_, read) => {
            let error = read.err().unwrap_or_else(|| ParseError::Batch.to_error());
            return refuse(StatusCode::BAD_REQUEST, None, error);
        }
    };
    let mut answers = Vec::new();
    for message in messages {
        let begun = begin_of_batch(visit, headers, &session, &message).await;
        answers.push(async move {
            match begun {
                Ok(mut answering) => answering.answer().await.map(|answer| answer.to_json()),
                Err(known) => known,
            }
        });
    }
    let answers = visit.gateway.0.tasks.spawn(join_all(answers)).await;
    let answers: Vec<String> = answers.into_iter().flatten().flatten().collect();
    if answers.is_empty() {
        return StatusCode::ACCEPTED.into_response();
    }
    json(StatusCode::OK, format!("[{}]", answers.join(",")))
}

/// Takes one message; an error is its answer, if it has any, at once.
async fn begin_of_batch(
    visit: &Visit,
    headers: &HeaderMap,
    session: &Arc<Session>,
    message: &Raw,
) -> Result<Answering, Option<String>> {
    match Message::parse(message.get().as_bytes()) {
        Ok(Message::Request(request)) => legacy::begin(visit, session, request, false)
            .map_err(|refused| Some(refused.into_json())),
        Ok(other) => {
            // There is a session, so there is no reason to refuse it.
            let _ = take_other(visit, headers, other).await;
            Err(None)
        }
        Err(error) => {
            let (id, outcome) = (None, Err(error.to_error()));
            Err(Some(wire::Response { id, outcome }.into_json()))
        }
    }
}

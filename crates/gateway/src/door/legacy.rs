//! Requests of legacy sessions over Streamable HTTP: they outlive the connection that they came
//! by, and their streams can be taken up again.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::sse::Event as SseEvent;
use axum::response::{IntoResponse, Response};
use fleet::PresenceKind;
use futures_util::{StreamExt as _, future, stream};
use tokio::sync::mpsc;
use wire::{
    ErrorObject, HEADER_PROTOCOL_VERSION, HEADER_SESSION, LEGACY_REVISIONS, Message, NEWEST_LEGACY,
    RawObject, Request, code, negotiate_legacy,
};

use super::answering::Answering;
use super::http_answer::{EARLY, event, events, refuse, takes_events, whole};
use super::{Visit, session_id};
use crate::methods::Asking;
use crate::news::{Listener, catch_up, follow};
use crate::requester::QUEUE;
use crate::session::{Client, Introduced, Reader, Session, Streams};

/// Ids of events on the stream of a session's news begin with this.
const NEWS: &str = "news-";

const OVER: &str = "this session has ended; send `initialize` again";

/// Opens a session.
pub(super) async fn initialize(
    visit: &Visit,
    headers: &HeaderMap,
    request: &Request,
    params: &RawObject,
) -> Response {
    let introduced = introduced(visit, params, PresenceKind::Session);
    let Ok((id, session)) = visit.gateway.0.sessions.open(introduced) else {
        let error = ErrorObject::new(code::INTERNAL, "no randomness for a session");
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, Some(request), error);
    };
    forget_when_over(visit, &id, &session);
    let result = introduction(visit, &session, params).await;
    let response = wire::Response::new(request.id.clone(), Ok(result));
    let mut response = whole(&Message::Response(response), headers);
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(HEADER_SESSION, id);
    }
    response
}

/// Lets go of a session, and of what servers hold for it, once what let its client in is over.
fn forget_when_over(visit: &Visit, id: &str, session: &Session) {
    let (gateway, id) = (visit.gateway.clone(), id.to_owned());
    let (over, ended) = (visit.pass.over().clone(), session.ended.clone());
    visit.gateway.0.tasks.spawn(async move {
        let closing = gateway.0.closing.clone();
        tokio::select! {
            () = over.cancelled() => drop(gateway.0.sessions.close(&id)),
            () = ended.cancelled() => {}
            () = closing.cancelled() => {}
        }
    });
}

/// What a client says of itself in `initialize`.
pub(super) fn introduced(visit: &Visit, params: &RawObject, kind: PresenceKind) -> Introduced {
    let requested: String = params.get_as("protocolVersion").unwrap_or_default();
    let client = Client::from_info(params.object("clientInfo").as_ref());
    let client = client.with_token(visit.pass.name.as_deref());
    let (fleet, over) = (visit.gateway.fleet(), visit.pass.over());
    Introduced {
        presence: fleet.client_present(&client.name, kind, over),
        client,
        info: params.get("clientInfo").map(ToOwned::to_owned),
        capabilities: params.object("capabilities").unwrap_or_default(),
        revision: negotiate_legacy(&requested),
        pass: Arc::clone(&visit.pass),
    }
}

/// The answer to `initialize`.
pub(super) async fn introduction(
    visit: &Visit,
    session: &Arc<Session>,
    params: &RawObject,
) -> wire::Raw {
    let asking = visit.asking(session.requester(None));
    asking.initialize(params).await
}

/// The session that the headers name, or why there is none.
pub(super) fn session(
    visit: &Visit,
    headers: &HeaderMap,
) -> Result<Arc<Session>, (StatusCode, ErrorObject)> {
    let refused =
        |status, message: &str| (status, ErrorObject::new(code::INVALID_REQUEST, message));
    let Some(id) = session_id(headers) else {
        let message = "this request names no session; send `initialize` first";
        return Err(refused(StatusCode::BAD_REQUEST, message));
    };
    if let Some(revision) = headers.get(HEADER_PROTOCOL_VERSION)
        && !LEGACY_REVISIONS.iter().any(|known| revision == known)
    {
        let message = "the header MCP-Protocol-Version names a revision that has no sessions";
        return Err(refused(StatusCode::BAD_REQUEST, message));
    }
    let session = visit.gateway.0.sessions.get(id);
    let session =
        session.filter(|session| session.introduced.pass.principal == visit.pass.principal);
    session.ok_or_else(|| refused(StatusCode::NOT_FOUND, OVER))
}

/// Answers a request that was posted.
pub(super) async fn answer(
    visit: &Visit,
    headers: &HeaderMap,
    session: &Arc<Session>,
    request: Request,
) -> Response {
    let streams = takes_events(headers);
    let mut answering = match begin(visit, session, request, streams) {
        Ok(answering) => answering,
        Err(refused) => return whole_for(&Message::Response(refused), headers),
    };
    let log = session.streams.begin();
    let (written, owner) = (Arc::clone(&log), Arc::clone(session));
    // A client whose connection breaks has not cancelled: the answer is kept for its return.
    visit.gateway.0.tasks.spawn(async move {
        while let Some(message) = answering.next().await {
            written.push(message);
        }
        written.end();
        drop(written);
        tokio::select! {
            () = owner.streams.tidy() => {}
            () = owner.ended.cancelled() => {}
        }
    });
    let mut reader = log.read();
    let first = if streams {
        tokio::time::timeout(EARLY, reader.next()).await
    } else {
        Ok(answer_alone(&mut reader).await)
    };
    match first {
        Ok(Some((_, answer))) if matches!(&*answer, Message::Response(_)) => {
            session.streams.forget(&log);
            whole_for(&answer, headers)
        }
        Ok(None) => unanswered(session, streams),
        Ok(Some(_)) | Err(_) => resumable(session, log.read()),
    }
}

/// Begins to answer a request of a session; an error is the answer where too many are in flight.
pub(super) fn begin(
    visit: &Visit,
    session: &Arc<Session>,
    request: Request,
    streams: bool,
) -> Result<Answering, wire::Response> {
    let (outlet, said) = mpsc::channel(QUEUE);
    let Some(working) = session.begin(&request.id) else {
        let error = ErrorObject::new(code::UPSTREAM, "too many requests are in flight; wait");
        return Err(wire::Response::new(request.id, Err(error)));
    };
    let asking: Asking = visit.asking(session.requester(streams.then_some(outlet)));
    Ok(Answering::new(asking, request, said, Some(working)))
}

/// Takes up a stream where the client lost it, or opens the stream of the session's news.
pub(super) fn open_stream(visit: &Visit, session: &Arc<Session>, headers: &HeaderMap) -> Response {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    if let Some(id) = last.filter(|id| Streams::names_event(id)) {
        // Of a stream that is over, a client would else fetch nothing for ever.
        let over = || super::not_allowed("nothing follows on this stream");
        let reader = session.streams.resume(id);
        return reader.map_or_else(over, |reader| resumable(session, reader));
    }
    // Nobody knows what was missed, so everything may have changed.
    let missed = last
        .map(|_| catch_up(&visit.face, session))
        .unwrap_or_default();
    let listener = Listener::Session(Arc::clone(session));
    let listens = session.listening.begin();
    let held = session.introduced.presence.hold();
    let news = follow(visit, listener).filter(move |_| {
        let _open = &held;
        future::ready(listens.is_newest())
    });
    let messages = stream::iter(missed)
        .chain(news)
        .map(Message::Notification)
        .enumerate()
        .map(|(number, message)| event(&message).id(format!("{NEWS}{}", number + 1)));
    let closing = visit.gateway.0.closing.clone().cancelled_owned();
    let over = session.ended.clone().cancelled_owned();
    let first = primes(session).then(|| SseEvent::default().id(format!("{NEWS}0")).data(""));
    events(
        stream::iter(first)
            .chain(messages)
            .take_until(closing)
            .take_until(over),
    )
}

/// A stream that can be taken up again after each of its events.
fn resumable(session: &Session, reader: Reader) -> Response {
    let first = primes(session).then(|| {
        let id = reader.log().event_id(reader.position());
        SseEvent::default().id(id).data("")
    });
    let rest = stream::unfold(reader, |mut reader| async move {
        let (number, message) = reader.next().await?;
        Some((event(&message).id(reader.log().event_id(number)), reader))
    });
    events(stream::iter(first).chain(rest))
}

/// Whether streams begin with an event that has an id only, which older clients choke on.
fn primes(session: &Session) -> bool {
    session.introduced.revision == NEWEST_LEGACY
}

async fn answer_alone(reader: &mut Reader) -> Option<(u64, Arc<Message>)> {
    loop {
        match reader.next().await {
            Some((_, message)) if !matches!(&*message, Message::Response(_)) => {}
            other => return other,
        }
    }
}

/// A whole answer; a legacy error is an answer like any other.
fn whole_for(answer: &Message, headers: &HeaderMap) -> Response {
    let mut response = whole(answer, headers);
    *response.status_mut() = StatusCode::OK;
    response
}

/// A request that its client has cancelled has no answer, and one of a session that has ended
/// meanwhile is told so.
fn unanswered(session: &Session, streams: bool) -> Response {
    if session.ended.is_cancelled() {
        let error = ErrorObject::new(code::INVALID_REQUEST, OVER);
        return refuse(StatusCode::NOT_FOUND, None, error);
    }
    if streams {
        events(stream::empty())
    } else {
        StatusCode::NO_CONTENT.into_response()
    }
}

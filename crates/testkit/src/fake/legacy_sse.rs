//! The HTTP+SSE transport of revision 2024-11-05: one stream for answers, one address for
//! messages, named by the stream's first event.

use std::collections::HashMap;
use std::io;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::sse::Event;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tokio::sync::mpsc;

use super::conversation::converse;
use super::event_stream::Telling;
use super::http::run;
use super::server::FakeServer;

/// What all requests share.
struct Endpoint {
    server: Arc<FakeServer>,
    /// Where each open stream takes its messages.
    streams: Mutex<HashMap<String, mpsc::Sender<String>>>,
    exit: mpsc::Sender<u8>,
}

/// Serves `/sse` at the port, or at any for 0, and prints the URL.
pub(super) async fn serve(server: Arc<FakeServer>, port: u16) -> io::Result<ExitCode> {
    let (exit, exited) = mpsc::channel(1);
    let endpoint = Endpoint {
        server,
        streams: Mutex::default(),
        exit,
    };
    // No POST on `/sse`: the 405 is how clients notice the older transport.
    let app = Router::new()
        .route("/sse", get(open))
        .route("/messages", post(receive))
        .with_state(Arc::new(endpoint));
    run(app, port, "sse", exited).await
}

async fn open(State(endpoint): State<Arc<Endpoint>>) -> Response {
    let (sender, input) = mpsc::channel(16);
    let (outbox, lines) = mpsc::channel(16);
    let id = {
        let mut streams = endpoint
            .streams
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let id = format!("stream-{}", streams.len() + 1);
        streams.insert(id.clone(), sender);
        id
    };
    let first = Event::default()
        .event("endpoint")
        .data(format!("/messages?session={id}"));
    let telling = Telling::new(lines, async move {
        if let Some(code) = converse(endpoint.server.clone(), input, outbox).await {
            // A full channel means that the process already ends.
            let _ = endpoint.exit.send(code).await;
        }
        None
    });
    telling.respond(Some(first))
}

async fn receive(
    State(endpoint): State<Arc<Endpoint>>,
    Query(query): Query<HashMap<String, String>>,
    body: String,
) -> Response {
    let stream = {
        let streams = endpoint
            .streams
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        query.get("session").and_then(|id| streams.get(id)).cloned()
    };
    let Some(stream) = stream else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match stream.send(body).await {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

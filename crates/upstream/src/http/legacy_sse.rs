//! HTTP+SSE of revision 2024-11-05: one stream from the server, whose first event names the URL
//! for messages to it.

use std::time::Duration;

use model::{Problem, ProblemCode, SafeUrl};
use reqwest::Response;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use wire::{Message, SseEvent, SseParser};

use super::Target;
use super::authorization::authorized;
use super::reply::{Body, Refusal, connection_error, sort};
use crate::link::{CallError, Incoming, Link, LinkEnd, MAX_MESSAGE, link};

/// The first event is waited for this long.
const ENDPOINT_PATIENCE: Duration = Duration::from_secs(10);

/// A message is taken by the server within this time; its answer comes by the stream.
const POST_PATIENCE: Duration = Duration::from_secs(30);

/// Opens the stream and waits for the URL that messages go to.
pub(crate) async fn connect(target: Target, tasks: &mut JoinSet<()>) -> Result<Link, CallError> {
    let request = target.client.get(target.url.expose().clone());
    let request = request
        .headers(target.headers.clone())
        .header(ACCEPT, "text/event-stream");
    let response = authorized(&target, request).await?;
    let response = match sort(response, &target.url).await {
        Ok(Body::Events(response)) => response,
        Err(Refusal::Error(error)) => return Err(error),
        Ok(_) | Err(Refusal::Message(_)) => return Err(CallError::Lost(no_stream(&target.url))),
    };
    let mut stream = Stream {
        response,
        parser: SseParser::new(MAX_MESSAGE),
        early: Vec::new(),
    };
    let endpoint = tokio::time::timeout(ENDPOINT_PATIENCE, stream.endpoint(&target.url)).await;
    let endpoint = endpoint.map_err(|_| CallError::Timeout(ENDPOINT_PATIENCE))??;

    let (link, LinkEnd { outgoing, incoming }) = link();
    tasks.spawn(post_all(
        target.clone(),
        endpoint,
        outgoing,
        incoming.clone(),
    ));
    tasks.spawn(stream.pump(target.url, incoming));
    Ok(link)
}

struct Stream {
    response: Response,
    parser: SseParser,
    /// Events that came in the same chunk as the first.
    early: Vec<SseEvent>,
}

impl Stream {
    async fn endpoint(&mut self, base: &SafeUrl) -> Result<SafeUrl, CallError> {
        loop {
            let Some(events) = self.next(base).await? else {
                return Err(CallError::Lost(no_stream(base)));
            };
            let mut events = events.into_iter();
            if let Some(first) = events.find(|event| event.event == "endpoint") {
                self.early = events.collect();
                return resolve(base, first.data.trim());
            }
        }
    }

    async fn next(&mut self, url: &SafeUrl) -> Result<Option<Vec<SseEvent>>, CallError> {
        let chunk = self
            .response
            .chunk()
            .await
            .map_err(|error| connection_error(&error, url))?;
        let Some(chunk) = chunk else { return Ok(None) };
        self.parser
            .feed(&chunk)
            .map(Some)
            .map_err(|_| CallError::Lost(no_stream(url)))
    }

    async fn pump(mut self, url: SafeUrl, incoming: mpsc::Sender<Incoming>) {
        let mut events = std::mem::take(&mut self.early);
        loop {
            for event in events {
                if let Ok(message) = Message::parse(event.data.as_bytes())
                    && incoming.send(Incoming::loose(message)).await.is_err()
                {
                    return;
                }
            }
            match self.next(&url).await {
                Ok(Some(more)) => events = more,
                Ok(None) | Err(_) => break,
            }
        }
        let problem = Problem::new(
            ProblemCode::Exited,
            format!("The event stream of {url} ended."),
            "Nothing to do; it is opened again.",
        );
        let _ = incoming.send(Incoming::Closed(problem)).await;
    }
}

/// The URL for messages; it must stay within the origin that the user configured, because the
/// configured headers go there.
fn resolve(base: &SafeUrl, endpoint: &str) -> Result<SafeUrl, CallError> {
    match base.expose().join(endpoint) {
        Ok(url) if url.origin() == base.expose().origin() => Ok(SafeUrl::new(url)),
        _ => Err(CallError::Lost(Problem::new(
            ProblemCode::NotMcp,
            format!("{base} wants messages to be sent to another origin."),
            "Do not use this server unless you know why it does so.",
        ))),
    }
}

async fn post_all(
    target: Target,
    endpoint: SafeUrl,
    mut outgoing: mpsc::Receiver<Message>,
    incoming: mpsc::Sender<Incoming>,
) {
    while let Some(message) = outgoing.recv().await {
        let request = target.client.post(endpoint.expose().clone());
        let request = request
            .headers(target.headers.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream")
            .timeout(POST_PATIENCE)
            .body(message.to_json());
        let error = match authorized(&target, request).await {
            Ok(response) if response.status().is_success() => continue,
            Ok(response) => match sort(response, &target.url).await {
                Err(Refusal::Error(error)) => error,
                Err(Refusal::Message(message)) => {
                    let _ = incoming.send(Incoming::loose(message)).await;
                    continue;
                }
                Ok(_) => continue,
            },
            Err(error) => error,
        };
        if let Message::Request(request) = message {
            let _ = incoming
                .send(Incoming::Failed {
                    id: request.id,
                    error,
                })
                .await;
        }
    }
}

fn no_stream(url: &SafeUrl) -> Problem {
    Problem::new(
        ProblemCode::NotMcp,
        format!("{url} speaks neither Streamable HTTP nor HTTP+SSE."),
        "Check that the URL is the server's MCP endpoint.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_stay_within_the_origin() {
        let base = SafeUrl::new("https://host/sse?k=1".parse().expect("a URL"));
        let joined = resolve(&base, "/messages?session=1").expect("same origin");
        assert_eq!(joined.expose().as_str(), "https://host/messages?session=1");
        assert!(resolve(&base, "https://evil.example/m").is_err());
        assert!(resolve(&base, "http://host/m").is_err());
    }
}

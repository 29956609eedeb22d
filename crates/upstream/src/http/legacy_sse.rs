//! HTTP+SSE of revision 2024-11-05: one stream from the server, whose first event names the URL
//! for messages to it.

use std::time::Duration;

use model::{Problem, ProblemCode, SafeUrl};
use reqwest::Response;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use wire::{Message, Request, SseEvent, SseParser};

use super::Target;
use super::authorization::authorized;
use super::posts::Posts;
use super::reply::{Body, Failure, connection_error, sort};
use crate::link::{CallError, Incoming, Link, LinkEnd, MAX_MESSAGE, link};

/// The first event is waited for this long.
const ENDPOINT_PATIENCE: Duration = Duration::from_secs(10);

/// A request is taken by the server within this time; its answer comes by the stream.
const POST_PATIENCE: Duration = Duration::from_secs(30);

/// Any other message has to be taken sooner, because those behind it wait for it.
const BRIEF_PATIENCE: Duration = Duration::from_secs(10);

/// Opens the stream and waits for the URL that messages go to.
pub(crate) async fn connect(target: Target, tasks: &mut JoinSet<()>) -> Result<Link, CallError> {
    let request = target.client.get(target.url.expose().clone());
    let request = request
        .headers(target.headers.clone())
        .header(ACCEPT, "text/event-stream");
    let response = authorized(&target, request).await?;
    let response = match sort(response, &target.url).await {
        Ok(Body::Events(response)) => response,
        Err(Failure::Error(error)) => return Err(error),
        Err(Failure::Refused(refusal)) => return Err(refusal.into_error()),
        Ok(_) => return Err(CallError::Lost(no_stream(&target.url))),
    };
    let mut stream = Stream {
        response,
        parser: SseParser::new(MAX_MESSAGE),
        early: Vec::new(),
    };
    let endpoint = tokio::time::timeout(ENDPOINT_PATIENCE, stream.endpoint(&target.url)).await;
    let endpoint = endpoint.map_err(|_| CallError::Timeout(ENDPOINT_PATIENCE))??;

    let (link, LinkEnd { outgoing, incoming }) = link();
    let url = target.url.clone();
    let poster = Poster {
        target,
        endpoint,
        incoming: incoming.clone(),
    };
    tasks.spawn(post_all(poster, outgoing));
    tasks.spawn(stream.pump(url, incoming));
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

/// Takes messages to the server.
#[derive(Clone)]
struct Poster {
    target: Target,
    endpoint: SafeUrl,
    incoming: mpsc::Sender<Incoming>,
}

/// Posts what comes, requests side by side and other messages one after the other.
async fn post_all(poster: Poster, mut outgoing: mpsc::Receiver<Message>) {
    let mut posts = Posts::default();
    loop {
        let message = tokio::select! {
            message = outgoing.recv() => message,
            () = posts.settle() => continue,
        };
        match message {
            None => return,
            Some(Message::Request(request)) => {
                let (id, poster) = (request.id.clone(), poster.clone());
                posts.start(id, async move { poster.post_request(request).await });
            }
            Some(message) => {
                let cancelled = posts.cancelled_by(&message);
                if poster.post(&message, BRIEF_PATIENCE).await.is_err() {
                    tracing::debug!(url = %poster.target.url, "a message was not taken");
                }
                if let Some(post) = cancelled {
                    post.abort();
                }
            }
        }
    }
}

impl Poster {
    /// Posts a request; its answer comes by the stream, a refusal at once.
    async fn post_request(&self, request: Request) {
        let id = request.id.clone();
        let refusal = match self.post(&Message::Request(request), POST_PATIENCE).await {
            Ok(()) => return,
            Err(Failure::Error(error)) => Err(error),
            Err(Failure::Refused(refusal)) => refusal.message().ok_or_else(|| refusal.into_error()),
        };
        let incoming = match refusal {
            Ok(mut message) => {
                if let Message::Response(response) = &mut message {
                    response.id = Some(id);
                }
                Incoming::loose(message)
            }
            Err(error) => Incoming::Failed { id, error },
        };
        let _ = self.incoming.send(incoming).await;
    }

    async fn post(&self, message: &Message, patience: Duration) -> Result<(), Failure> {
        let request = self.target.client.post(self.endpoint.expose().clone());
        let request = request
            .headers(self.target.headers.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream")
            .timeout(patience)
            .body(message.to_json());
        match authorized(&self.target, request).await {
            // What a successful answer holds is of no concern; many servers say `Accepted`.
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => sort(response, &self.target.url).await.map(|_| ()),
            Err(error) => Err(Failure::Error(error)),
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

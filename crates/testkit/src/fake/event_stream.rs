//! Server-sent events made from a channel of lines and the work that fills it.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tokio::sync::mpsc;

type Work = Pin<Box<dyn Future<Output = Option<String>> + Send>>;

/// Work on an answer, and what is said meanwhile.
pub(super) struct Telling {
    lines: mpsc::Receiver<String>,
    /// `None` once it is done.
    work: Option<Work>,
}

/// What comes first of an answer.
pub(super) enum First {
    /// Something that is said on the way, so that the answer must be a stream.
    Line(String),
    /// All there is; `None` when there is no answer.
    Last(Option<String>),
}

impl Telling {
    /// Work that fills the channel of these lines and returns the last one itself.
    pub(super) fn new(
        lines: mpsc::Receiver<String>,
        work: impl Future<Output = Option<String>> + Send + 'static,
    ) -> Self {
        let work: Work = Box::pin(work);
        Self {
            lines,
            work: Some(work),
        }
    }

    /// Waits for the first line.
    pub(super) async fn first(&mut self) -> First {
        match self.next().await {
            Some(line) if self.work.is_some() => First::Line(line),
            last => First::Last(last),
        }
    }

    /// An answer that streams `first`, then the lines as `message` events while the work runs,
    /// then the line that the work returns. The work is dropped when the client goes away.
    pub(super) fn respond(self, first: Option<Event>) -> Response {
        let first = stream::iter(first.map(Ok::<_, Infallible>));
        let rest = stream::unfold(self, |mut telling| async move {
            let line = telling.next().await?;
            Some((Ok(message(&line)), telling))
        });
        let events = futures_util::StreamExt::chain(first, rest);
        Sse::new(events)
            .keep_alive(KeepAlive::default())
            .into_response()
    }

    async fn next(&mut self) -> Option<String> {
        let Some(work) = &mut self.work else {
            return self.lines.try_recv().ok();
        };
        tokio::select! {
            biased;
            Some(line) = self.lines.recv() => Some(line),
            last = work => {
                self.work = None;
                // What the work said last may still be queued before its result.
                match self.lines.try_recv() {
                    Ok(line) => {
                        self.work = Some(Box::pin(std::future::ready(last)));
                        Some(line)
                    }
                    Err(_) => last,
                }
            }
        }
    }
}

/// The event for a line.
pub(super) fn message(line: &str) -> Event {
    Event::default().event("message").data(line)
}

//! Server-sent events made from a channel of lines and the work that fills it.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tokio::sync::mpsc;

type Work = Pin<Box<dyn Future<Output = Option<String>> + Send>>;

struct State {
    lines: mpsc::Receiver<String>,
    /// `None` once it is done.
    work: Option<Work>,
}

/// An answer that streams the lines as `message` events while the work runs, then the line that
/// the work returns. The work is dropped when the client goes away.
pub(super) fn respond(
    first: Option<Event>,
    lines: mpsc::Receiver<String>,
    work: impl Future<Output = Option<String>> + Send + 'static,
) -> Response {
    let state = State {
        lines,
        work: Some(Box::pin(work)),
    };
    let first = stream::iter(first.map(Ok::<_, Infallible>));
    let rest = stream::unfold(state, |mut state| async move {
        let line = state.next().await?;
        Some((Ok(Event::default().event("message").data(line)), state))
    });
    let events = futures_util::StreamExt::chain(first, rest);
    Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response()
}

impl State {
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

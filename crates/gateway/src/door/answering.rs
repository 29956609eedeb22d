//! A request on its way to its answer, and the answer as HTTP.

use std::future::Future;
use std::pin::Pin;

use tokio::sync::mpsc;
use wire::{ErrorObject, Message, Raw, Request, RequestId, Response};

use crate::methods::Asking;
use crate::session::Working;

type Outcome = Option<Result<Raw, ErrorObject>>;

/// A request being answered: everything that is said to the client meanwhile, and the answer
/// last. Dropping it gives the request up.
pub(super) struct Answering {
    id: RequestId,
    /// Until there is an outcome; `None` inside means that the client wants no answer any more.
    work: Option<Pin<Box<dyn Future<Output = Outcome> + Send>>>,
    said: mpsc::Receiver<Message>,
    answer: Option<Message>,
}

impl Answering {
    /// Begins to answer. `said` is where the way back of `asking` leads.
    pub(super) fn new(
        asking: Asking,
        request: Request,
        said: mpsc::Receiver<Message>,
        working: Option<Working>,
    ) -> Self {
        let id = request.id.clone();
        let work = async move {
            let answer = asking.answer(request);
            match &working {
                Some(working) => tokio::select! {
                    outcome = answer => Some(outcome),
                    () = working.cancelled.cancelled() => None,
                },
                None => Some(answer.await),
            }
        };
        Self {
            id,
            work: Some(Box::pin(work)),
            said,
            answer: None,
        }
    }

    /// The next message; `None` at the end. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Option<Message> {
        if let Some(work) = &mut self.work {
            tokio::select! {
                biased;
                Some(said) = self.said.recv() => return Some(said),
                outcome = work => {
                    self.work = None;
                    // Whoever says something now learns that it cannot be heard here any more.
                    self.said.close();
                    let id = self.id.clone();
                    self.answer = outcome.map(|outcome| Message::Response(Response::new(id, outcome)));
                }
            }
        }
        // What was said before the answer comes before it.
        match self.said.recv().await {
            Some(said) => Some(said),
            None => self.answer.take(),
        }
    }

    /// The answer alone, where the client takes nothing else.
    pub(super) async fn answer(&mut self) -> Option<Message> {
        loop {
            match self.next().await {
                Some(Message::Request(_) | Message::Notification(_)) => {}
                other => return other,
            }
        }
    }
}

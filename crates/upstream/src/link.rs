//! What a transport and the peer above it say to each other.

use std::time::Duration;

use model::{Problem, ProblemCode, ServerState};
use tokio::sync::mpsc;
use wire::{ErrorObject, Message, RequestId};

/// Largest message accepted from a server, in bytes.
pub(crate) const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// Messages that may wait in either direction before the sender is held back.
pub(crate) const QUEUE: usize = 256;

/// The peer's ends of a transport's two queues.
pub(crate) struct Link {
    /// A second way in for what arrives beside the transport.
    pub(crate) side_door: mpsc::WeakSender<Incoming>,
    /// To the server.
    pub(crate) outgoing: mpsc::Sender<Message>,
    /// From the server, in the order in which it was said.
    pub(crate) incoming: mpsc::Receiver<Incoming>,
}

/// The transport's ends of the same queues.
pub(crate) struct LinkEnd {
    pub(crate) outgoing: mpsc::Receiver<Message>,
    pub(crate) incoming: mpsc::Sender<Incoming>,
}

/// A pair of connected ends.
pub(crate) fn link() -> (Link, LinkEnd) {
    let (to_server, outgoing) = mpsc::channel(QUEUE);
    let (from_server, incoming) = mpsc::channel(QUEUE);
    let side_door = from_server.downgrade();
    (
        Link {
            side_door,
            outgoing: to_server,
            incoming,
        },
        LinkEnd {
            outgoing,
            incoming: from_server,
        },
    )
}

/// What arrives from a transport.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A message from the server.
    Message {
        message: Message,
        /// The request of ours on whose stream it came, where the transport has such streams.
        during: Option<RequestId>,
    },
    /// One request failed below the protocol; the transport lives.
    Failed { id: RequestId, error: CallError },
    /// The transport has ended; nothing follows.
    Closed(Problem),
}

impl Incoming {
    /// A message that belongs to no request in particular, or whose id says to which.
    pub(crate) fn loose(message: Message) -> Self {
        Self::Message {
            message,
            during: None,
        }
    }
}

/// Why a request to a server has no result.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CallError {
    /// The server answered with an error.
    #[error(transparent)]
    Rpc(#[from] ErrorObject),
    /// No answer in time. It may have run, or still be running.
    #[error("no answer within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The connection broke after the request was sent. It may have run.
    #[error("{0}")]
    Lost(Problem),
    /// The request certainly never reached the server's code.
    #[error("{0}")]
    NotDelivered(Problem),
    /// The server answered with an HTTP error instead of a message.
    #[error("{problem}")]
    Http {
        /// The status code.
        status: u16,
        /// How long the server asks to be left alone.
        retry_after: Option<Duration>,
        /// The same in words.
        problem: Problem,
    },
    /// The server is not up; nothing was sent.
    #[error("the server is {}", .0.label())]
    NotReady(ServerState),
}

impl CallError {
    /// Whether the request certainly had no effect, so that sending it again is safe.
    pub fn never_ran(&self) -> bool {
        matches!(self, Self::NotDelivered(_) | Self::NotReady(_))
    }

    /// What it says about the connection as a whole: a server that cannot be reached, has forgotten
    /// the session or no longer takes our credentials is not up, whatever its other answers were.
    pub(crate) fn ends_connection(&self) -> Option<Problem> {
        match self {
            Self::NotDelivered(problem)
            | Self::Http {
                status: 401,
                problem,
                ..
            } => Some(problem.clone()),
            _ => None,
        }
    }

    /// The error as a problem of the server, for its state.
    pub(crate) fn into_problem(self, code: ProblemCode, what: &str) -> Problem {
        match self {
            Self::Lost(problem) | Self::NotDelivered(problem) | Self::Http { problem, .. } => {
                problem
            }
            Self::Rpc(error) => Problem::new(
                code,
                format!(
                    "The server refused {what}: {} (code {}).",
                    error.message, error.code
                ),
                "See its log for the cause; check its arguments and environment.",
            ),
            Self::Timeout(after) => Problem::new(
                ProblemCode::StartTimeout,
                format!(
                    "The server did not answer {what} within {} s.",
                    after.as_secs()
                ),
                "See its log; if it is only slow, raise its `startTimeout`.",
            ),
            Self::NotReady(state) => Problem::new(
                code,
                format!("The server is {}.", state.label()),
                "Wait until it is ready.",
            ),
        }
    }
}

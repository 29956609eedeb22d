//! Requests whose bodies must arrive in time: a client that sends a byte now and then would hold
//! its connection for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// The largest body takes far less on one machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Gives up on a body that does not arrive in time.
pub(crate) async fn bodies(request: Request, next: Next) -> Response {
    let request = if request.body().is_end_stream() {
        request
    } else {
        request.map(|body| Body::new(Timely::new(body, PATIENCE)))
    };
    next.run(request).await
}

/// A body that fails once its time is over.
struct Timely {
    body: Body,
    over: Pin<Box<Sleep>>,
}

impl Timely {
    fn new(body: Body, patience: Duration) -> Self {
        Self {
            body,
            over: Box::pin(sleep(patience)),
        }
    }
}

impl HttpBody for Timely {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // Looked at first: a body that trickles is never without something new for long.
        if self.over.as_mut().poll(context).is_ready() {
            let late = io::Error::new(io::ErrorKind::TimedOut, "it took too long to arrive");
            return Poll::Ready(Some(Err(axum::Error::new(late))));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use hyper::body::Body as _;

    use super::*;

    /// A body of which nothing ever comes.
    struct Never;

    impl hyper::body::Body for Never {
        type Data = Bytes;
        type Error = axum::Error;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn what_arrives_in_time_is_passed_on() {
        let body = Timely::new(Body::from("abc"), PATIENCE);
        assert_eq!(body.size_hint().exact(), Some(3));
        let read = to_bytes(Body::new(body), 10).await;
        assert_eq!(read.expect("in time"), "abc");
    }

    #[tokio::test]
    async fn what_does_not_is_given_up() {
        let body = Timely::new(Body::new(Never), Duration::from_millis(10));
        let read = to_bytes(Body::new(body), 10).await;
        let error = read.expect_err("too late").to_string();
        assert!(error.contains("too long"), "{error}");
    }
}

//! One HTTP/1.1 connection through the local door.

use std::path::Path;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;

use crate::ClientError;

/// The longest answer that is read as a whole, in bytes.
pub const MAX_BODY: usize = 256 * 1024 * 1024;

/// One HTTP/1.1 connection to the gateway. It carries one request at a time and closes when it
/// is dropped, with whatever it still carries.
pub struct Link {
    sender: SendRequest<Full<Bytes>>,
    /// Owns the task that moves the bytes, so that it ends with the link.
    _driver: JoinSet<()>,
}

/// Why a request was not answered.
#[derive(Debug)]
pub enum SendError {
    /// The connection was closed before a byte of the request was written; here it is back.
    NotSent(Box<Request<Full<Bytes>>>),
    /// The connection broke afterwards: the request may or may not have run.
    Broken(hyper::Error),
}

impl Link {
    /// Connects to the gateway that listens at `socket`.
    pub async fn open(socket: &Path) -> Result<Self, ClientError> {
        let stream = local_socket::connect(socket)
            .await
            .map_err(|error| ClientError::from_connect(socket.to_owned(), error))?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(ClientError::Broken)?;
        let mut driver = JoinSet::new();
        // A failure of the connection reaches the waiting request through `sender`.
        driver.spawn(async move { drop(connection.await) });
        Ok(Self {
            sender,
            _driver: driver,
        })
    }

    /// Whether the connection can still be used.
    pub fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Sends a request and waits for the head of its answer. The body must be read to its end
    /// before the next request, and while the link lives.
    pub async fn send(
        &mut self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, SendError> {
        // The name is a formality on a local socket, but HTTP/1.1 demands one.
        let host = HeaderValue::from_static("localhost");
        request.headers_mut().entry(header::HOST).or_insert(host);
        if self.sender.ready().await.is_err() {
            return Err(SendError::NotSent(Box::new(request)));
        }
        let sent = self.sender.try_send_request(request).await;
        sent.map_err(|mut failed| match failed.take_message() {
            Some(request) => SendError::NotSent(Box::new(request)),
            None => SendError::Broken(failed.into_error()),
        })
    }
}

/// Reads a body to its end, up to [`MAX_BODY`].
pub async fn read_body(body: Incoming) -> Result<Bytes, ClientError> {
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) => Err(match error.downcast::<hyper::Error>() {
            Ok(broken) => ClientError::Broken(*broken),
            Err(other) => ClientError::Protocol(other.to_string()),
        }),
    }
}

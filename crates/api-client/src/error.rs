//! Why a request to the gateway failed, split by what a caller does about it.

use std::io;
use std::path::PathBuf;

use model::{ApiError, ErrorReply};

/// Why a request to the gateway failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens at the socket: the request was not sent, a gateway may be started.
    #[error("no gateway is running (nobody listens at {})", socket.display())]
    NotRunning {
        /// Where a gateway would listen.
        socket: PathBuf,
    },
    /// The gateway answered that the request failed.
    #[error("{}", error.message)]
    Api {
        /// The HTTP status.
        status: u16,
        /// The code, the sentence and the way out.
        error: ApiError,
    },
    /// The socket exists but could not be opened, for example for lack of permission.
    #[error("the gateway's socket could not be opened: {0}")]
    Io(#[from] io::Error),
    /// The connection broke; the request may or may not have run.
    #[error("the gateway closed the connection before it had answered: {0}")]
    Broken(#[source] hyper::Error),
    /// The gateway did not answer in time; the request may or may not have run.
    #[error("the gateway did not answer within {seconds} s")]
    TimedOut {
        /// How long the client waited.
        seconds: u64,
    },
    /// The answer is not what this version of the client understands.
    #[error("the gateway's answer could not be read: {0}")]
    Protocol(String),
}

impl ClientError {
    /// The HTTP status, where the gateway answered.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Sorts the error of opening the socket.
    pub(crate) fn from_connect(socket: PathBuf, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                Self::NotRunning { socket }
            }
            _ => Self::Io(error),
        }
    }

    /// Reads the body of an answer that is not a success; a foreign body is shown in part.
    pub(crate) fn from_reply(status: u16, body: &[u8]) -> Self {
        let error = match serde_json::from_slice::<ErrorReply>(body) {
            Ok(reply) => reply.error,
            Err(_) => ApiError {
                code: format!("http-{status}"),
                message: format!("The gateway answered HTTP {status}: {}", excerpt(body)),
                fix: String::new(),
            },
        };
        Self::Api { status, error }
    }
}

/// The start of a body, for a message.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    match text.trim() {
        "" => "no text".to_owned(),
        text => text.chars().take(200).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_refusal_keeps_code_message_and_fix() {
        let body = br#"{"error":{"code":"no-such-server","message":"M.","fix":"F."}}"#;
        let ClientError::Api { status, error } = ClientError::from_reply(404, body) else {
            unreachable!("an answer is an API error")
        };
        assert_eq!((status, error.code.as_str()), (404, "no-such-server"));
        assert_eq!(error.fix, "F.");
    }

    #[test]
    fn a_foreign_body_is_shown_in_part() {
        let long = "x".repeat(1000);
        let error = ClientError::from_reply(502, long.as_bytes());
        assert_eq!(error.status(), Some(502));
        assert!(error.to_string().len() < 300);
        assert!(
            ClientError::from_reply(500, b"")
                .to_string()
                .ends_with("no text")
        );
    }

    #[test]
    fn only_an_absent_listener_means_not_running() {
        let sort = |kind| ClientError::from_connect(PathBuf::from("s"), io::Error::from(kind));
        assert!(matches!(
            sort(io::ErrorKind::NotFound),
            ClientError::NotRunning { .. }
        ));
        assert!(matches!(
            sort(io::ErrorKind::ConnectionRefused),
            ClientError::NotRunning { .. }
        ));
        assert!(matches!(
            sort(io::ErrorKind::PermissionDenied),
            ClientError::Io(_)
        ));
    }
}

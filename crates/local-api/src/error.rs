//! Failures as the API tells them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use config::edit::EditError;
use config::import::ImportError;
use fleet::{RestartError, UnknownServer};
use model::{ApiError, ErrorReply};

/// An answer that is not a success.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    error: ApiError,
}

impl Failure {
    pub(crate) fn new(
        status: StatusCode,
        code: &str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        let (code, message, fix) = (code.to_owned(), message.into(), fix.into());
        Self {
            status,
            error: ApiError { code, message, fix },
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(ErrorReply { error: self.error })).into_response()
    }
}

impl From<UnknownServer> for Failure {
    fn from(error: UnknownServer) -> Self {
        let message = format!("There is no server named `{}`.", error.0);
        Self::new(
            StatusCode::NOT_FOUND,
            "no-such-server",
            message,
            "See `toolgate servers list` for those there are.",
        )
    }
}

impl From<RestartError> for Failure {
    fn from(error: RestartError) -> Self {
        match error {
            RestartError::Unknown(error) => error.into(),
            RestartError::Disabled(name) => Self::new(
                StatusCode::CONFLICT,
                "server-disabled",
                format!("`{name}` is disabled."),
                format!("Enable it instead: toolgate servers enable {name}"),
            ),
            RestartError::Held(name) => Self::new(
                StatusCode::CONFLICT,
                "held",
                format!("`{name}` waits for a review."),
                format!("Let it start: toolgate review start {name}"),
            ),
        }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        let status = match error {
            ImportError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        // Its sentences say the way out themselves.
        Self::new(status, "not-understood", error.to_string(), "")
    }
}

impl From<EditError> for Failure {
    fn from(error: EditError) -> Self {
        let (status, code) = match error {
            EditError::Unknown(name) => return UnknownServer(name).into(),
            EditError::Exists(_) => (StatusCode::CONFLICT, "server-exists"),
            EditError::InvalidName(_) | EditError::InvalidEntry(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid-entry")
            }
            EditError::InvalidSetting { .. } => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid-setting")
            }
            EditError::InvalidFile(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid-config"),
            EditError::Conflict(_) => (StatusCode::CONFLICT, "config-changed"),
            EditError::ReadOnly(_) | EditError::NotWritten { .. } => {
                (StatusCode::INTERNAL_SERVER_ERROR, "config-not-written")
            }
        };
        let message = format!("The configuration was not changed: {error}.");
        Self::new(status, code, message, "Correct this and try again.")
    }
}

pub(crate) async fn no_such_route() -> Failure {
    Failure::new(
        StatusCode::NOT_FOUND,
        "no-such-route",
        "The API has no such path.",
        "Check that the CLI and the gateway are of one version.",
    )
}

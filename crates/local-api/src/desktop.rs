//! The desktop's window, and the end of the gateway.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use fleet::NoDesktop;
use model::{ErrorReply, OpenWindow};

use crate::Api;
use crate::error::Failure;

/// Longest path of a screen, in bytes.
const MAX_PATH: usize = 512;

/// Asks the desktop shell to show a screen.
#[utoipa::path(
    post, path = "/window", request_body = OpenWindow,
    responses(
        (status = 204), (status = 409, body = ErrorReply), (status = 422, body = ErrorReply)
    )
)]
pub(crate) async fn open_window(
    State(api): State<Api>,
    Json(body): Json<OpenWindow>,
) -> Result<StatusCode, Failure> {
    let path = body.path;
    if !is_screen(&path) {
        return Err(Failure::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-path",
            "This is no path of a screen.",
            "Send a path such as /review or /servers/github.",
        ));
    }
    let opened = api.gateway.fleet().open_window(path);
    opened.map_err(|NoDesktop| {
        Failure::new(
            StatusCode::CONFLICT,
            "no-desktop",
            "No desktop app is attached to this gateway, so there is no window to open.",
            "Start the desktop app, or open the pages in a browser: toolgate ui",
        )
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the gateway in order: requests in flight may finish, then all servers stop.
#[utoipa::path(post, path = "/shutdown", responses((status = 204)))]
pub(crate) async fn shut_down(State(api): State<Api>) -> StatusCode {
    api.closing.cancel();
    StatusCode::NO_CONTENT
}

/// Whether this names a place within the pages and nothing else.
fn is_screen(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= MAX_PATH
        && !path.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_within_the_pages_are_screens() {
        for (path, good) in [
            ("/review", true),
            ("/servers/my%20server?tab=log", true),
            ("", false),
            ("review", false),
            ("//elsewhere/x", false),
            ("/a\\b", false),
            ("/a b", false),
            ("https://elsewhere", false),
        ] {
            assert_eq!(is_screen(path), good, "{path}");
        }
    }
}

//! The token that requests by TCP must carry: the local one, or a session's.

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use gateway::Doorkeeper;

use crate::Access;
use crate::error::Failure;

/// Lets requests by the socket through, and those by TCP that carry the token.
pub(crate) async fn check(
    State((keeper, access)): State<(Doorkeeper, Access)>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    match keeper {
        Doorkeeper::Socket => {}
        Doorkeeper::Loopback(_) if carries(request.headers(), &access) => {}
        Doorkeeper::Loopback(_) => {
            return Err(Failure::new(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "The management API needs the local token.",
                "Open the page with `toolgate ui`. Programs send `Authorization: Bearer` with the \
                 content of `local-token` in the data directory, or use the socket.",
            ));
        }
    }
    Ok(next.run(request).await)
}

fn carries(headers: &HeaderMap, access: &Access) -> bool {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let given = value
        .as_bytes()
        .strip_prefix(b"Bearer ")
        .unwrap_or_default();
    access.admits(given)
}

#[cfg(test)]
mod tests {
    use model::Secret;

    use super::*;

    #[test]
    fn only_the_very_token_counts() {
        let access = Access::new(Secret::new("abc"));
        let check = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, value.parse().expect("a header value"));
            }
            carries(&headers, &access)
        };
        assert!(check(&["Bearer abc"]));
        for wrong in [
            "Bearer abd",
            "Bearer ab",
            "Bearer abcd",
            "abc",
            "Basic abc",
            "Bearer ",
        ] {
            assert!(!check(&[wrong]), "{wrong}");
        }
        assert!(!check(&[]));
        assert!(
            !check(&["Bearer abc", "Bearer abc"]),
            "one of two could be another's"
        );
    }
}

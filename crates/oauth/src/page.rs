//! The page that a person sees on coming back from the browser.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};

/// The page must not load anything, be kept, or tell the next one where it was: its address holds
/// the code.
const HEADERS: [(HeaderName, &str); 5] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (CACHE_CONTROL, "no-store"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    ),
];

const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:20vh auto;\
                     padding:0 1rem;color-scheme:light dark}";

/// What a page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// The sign-in succeeded.
    SignedIn { server: String },
    /// It did not, and why.
    Failed { server: String, reason: String },
    /// The address belongs to no sign-in that is under way.
    Stray,
}

impl Page {
    fn parts(&self) -> (StatusCode, &'static str, String) {
        match self {
            Self::SignedIn { server } => (
                StatusCode::OK,
                "Signed in",
                format!("Toolgate may now use {server}. You can close this page."),
            ),
            Self::Failed { server, reason } => (
                StatusCode::BAD_REQUEST,
                "Not signed in",
                format!("Toolgate could not sign in to {server}. {reason}"),
            ),
            Self::Stray => (
                StatusCode::BAD_REQUEST,
                "No sign-in is waiting here",
                "It may have ended already. Start it again from Toolgate.".to_owned(),
            ),
        }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let (status, title, text) = self.parts();
        let (title, text) = (escape(title), escape(&text));
        let html = format!(
            "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>\
             <style>{STYLE}</style><h1>{title}</h1><p>{text}</p></html>\n"
        );
        (status, HEADERS, html).into_response()
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn foreign_words_stay_words() {
        let page = Page::Failed {
            server: "s".to_owned(),
            reason: "<script>alert(\"x\")</script>".to_owned(),
        };
        let response = page.into_response();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        let body = axum::body::to_bytes(response.into_body(), 10_000).await;
        let body = String::from_utf8(body.expect("a body").to_vec()).expect("text");
        assert!(body.contains("&lt;script&gt;"), "{body}");
        assert!(!body.contains("<script"), "{body}");
    }
}

//! The web UI's files, embedded, and the routes and headers that they are served with.
//!
//! The pages are inert: without a session that a one-time code opened, they can ask for nothing.
//! What they may load is our own address alone, and no other page may frame them.

use std::borrow::Cow;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};

/// What the pages may load and do: nothing but our own address's, and no inline code or style.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'none'; \
    base-uri 'none'; frame-ancestors 'none'";

/// Powerful features of browsers, none of which the pages use.
const FEATURES: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), \
    gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=(), serial=(), hid=()";

/// Names of assets change with their content.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Everything else is asked for again, and mostly answered by "not modified".
const ASK_AGAIN: &str = "no-cache";

/// Shown where the UI was not built: the build then needs no Node.js.
const NOT_BUILT: &str = include_str!("../assets/not-built.html");
/// The icon of a build without UI.
const ICON: &str = include_str!("../assets/icon.svg");

#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Files;

/// The pages at `/`, and what they are made of.
pub fn router() -> Router {
    Router::new()
        .route("/", get(index))
        .route("/index.html", get(index))
        .route("/icon.svg", get(icon))
        // What browsers ask for by themselves.
        .route("/favicon.ico", get(icon))
        .route("/assets/{*path}", get(asset))
        .layer(map_response(harden))
}

async fn index(headers: HeaderMap) -> Response {
    let kind = "text/html; charset=utf-8";
    if let Some(page) = Files::get("index.html") {
        return Sent::new(page, kind, ASK_AGAIN).to(&headers);
    }
    let head = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")];
    (StatusCode::SERVICE_UNAVAILABLE, head, NOT_BUILT).into_response()
}

async fn icon(headers: HeaderMap) -> Response {
    let kind = "image/svg+xml";
    if let Some(icon) = Files::get("icon.svg") {
        return Sent::new(icon, kind, ASK_AGAIN).to(&headers);
    }
    let head = [(CONTENT_TYPE, kind), (CACHE_CONTROL, ASK_AGAIN)];
    (head, ICON).into_response()
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    let kind = kind(&path);
    match (Files::get(&format!("assets/{path}")), kind) {
        (Some(asset), Some(kind)) => Sent::new(asset, kind, FOREVER).to(&headers),
        _ => (StatusCode::NOT_FOUND, "there is no such file\n").into_response(),
    }
}

/// A file as it is sent.
struct Sent {
    bytes: Cow<'static, [u8]>,
    /// Its content's hash, in quotation marks (RFC 9110, section 8.8.3).
    tag: String,
    kind: &'static str,
    keep: &'static str,
}

impl Sent {
    fn new(file: EmbeddedFile, kind: &'static str, keep: &'static str) -> Self {
        Self {
            bytes: file.data,
            tag: format!("\"{}\"", model::hex(&file.metadata.sha256_hash())),
            kind,
            keep,
        }
    }

    /// The whole file, or word that the browser has it already (RFC 9110, section 13.1.2).
    fn to(self, headers: &HeaderMap) -> Response {
        let known = headers.get_all(IF_NONE_MATCH).iter();
        let mut known = known.filter_map(|value| value.to_str().ok());
        let has_it = known.any(|value| {
            let mut tags = value.split(',').map(str::trim);
            tags.any(|given| given == "*" || given.trim_start_matches("W/") == self.tag)
        });
        let head = [
            (CACHE_CONTROL, self.keep.to_owned()),
            (ETAG, self.tag),
            (CONTENT_TYPE, self.kind.to_owned()),
        ];
        if has_it {
            (StatusCode::NOT_MODIFIED, head).into_response()
        } else {
            (head, Bytes::from_owner(self.bytes)).into_response()
        }
    }
}

/// The types of what a bundler puts out; anything else is not ours to serve.
fn kind(path: &str) -> Option<&'static str> {
    let (_, ending) = path.rsplit_once('.')?;
    Some(match ending {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "json" => "application/json",
        _ => return None,
    })
}

async fn harden(mut response: Response) -> Response {
    let name = HeaderName::from_static;
    let same = "same-origin";
    for (header, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (name("cross-origin-opener-policy"), same),
        (name("cross-origin-resource-policy"), same),
        (name("permissions-policy"), FEATURES),
    ] {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(header, value);
    }
    response
}

#[cfg(test)]
mod tests;

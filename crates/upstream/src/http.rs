//! A server behind a URL: Streamable HTTP of both eras, and the older HTTP+SSE pair.

mod authorization;
mod client;
mod legacy_sse;
mod reply;
mod streamable;

use std::sync::{Arc, Mutex, PoisonError};

use model::{SafeUrl, Secret};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio_util::sync::CancellationToken;
use wire::Era;

pub(crate) use authorization::{Bearer, is_settled};
pub(crate) use client::new_client;
pub(crate) use legacy_sse::connect as connect_legacy_sse;
pub(crate) use streamable::{connect as connect_streamable, listen};

/// Where a remote server is and what goes with every request.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) client: reqwest::Client,
    pub(crate) url: SafeUrl,
    pub(crate) headers: HeaderMap,
    /// Whose tokens go with every request, where the user has not settled that by a header.
    pub(crate) bearer: Option<Bearer>,
}

/// How a link is ended in order: `wanted` by us, `gone` once the server has been told.
#[derive(Clone, Default)]
pub(crate) struct Farewell {
    pub(crate) wanted: CancellationToken,
    pub(crate) gone: CancellationToken,
}

/// What the handshake settles and later requests carry.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Agreed>>);

/// The agreed part of a connection.
#[derive(Clone, Default)]
pub(crate) struct Agreed {
    /// The session of a legacy server that keeps one.
    pub(crate) session: Option<String>,
    /// The revision, once it is known.
    pub(crate) revision: Option<String>,
    /// The era, once it is known; the probe is sent as modern.
    pub(crate) era: Option<Era>,
}

impl Shared {
    pub(crate) fn get(&self) -> Agreed {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut Agreed)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The configured headers; the names of those that HTTP cannot carry come back as an error.
pub(crate) fn header_map(headers: &[(String, Secret)]) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let parsed = HeaderName::try_from(name.as_str()).ok();
        let (Some(parsed), Ok(mut value)) = (parsed, HeaderValue::try_from(value.expose())) else {
            return Err(name.clone());
        };
        value.set_sensitive(true);
        map.append(parsed, value);
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_sensitive_and_checked() {
        let good = [("Authorization".to_owned(), Secret::new("Bearer x"))];
        let map = header_map(&good).expect("valid");
        assert!(map["authorization"].is_sensitive());
        for (name, value) in [("bad name", "x"), ("good", "line\nbreak")] {
            let bad = [(name.to_owned(), Secret::new(value))];
            assert_eq!(header_map(&bad).expect_err("invalid"), name);
        }
    }
}

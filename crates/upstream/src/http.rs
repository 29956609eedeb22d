//! A server behind a URL: Streamable HTTP of both eras, and the older HTTP+SSE pair.

mod answer;
mod authorization;
mod client;
mod events;
mod headers;
mod legacy_sse;
mod news;
mod posts;
mod refusal;
mod reply;
mod streamable;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::{SafeUrl, Secret};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;
use wire::{Era, InvalidAnnotation, ParamHeaders};

pub(crate) use authorization::{Bearer, authorized, is_settled};
pub(crate) use client::{new_client, new_upgrade_client};
pub(crate) use legacy_sse::connect as connect_legacy_sse;
pub(crate) use news::listen;
pub(crate) use refusal::Refusal;
pub(crate) use reply::{connection_error, too_large};
pub(crate) use streamable::connect as connect_streamable;

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
    /// The headers that tools want on their calls in the modern era, by the tools' names.
    pub(crate) param_headers: Arc<HashMap<String, ParamHeaders>>,
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

    /// Settles which arguments later calls repeat in headers, from each tool's name and
    /// `inputSchema`. To be told after every listing of a modern server's tools. Returns the tools
    /// that are not to be offered, because their annotations cannot be used.
    pub(crate) fn set_param_headers<'t>(
        &self,
        tools: impl IntoIterator<Item = (&'t str, &'t RawValue)>,
    ) -> Vec<(&'t str, InvalidAnnotation)> {
        let (mut headers, mut invalid) = (HashMap::new(), Vec::new());
        for (name, schema) in tools {
            match ParamHeaders::of_schema(schema) {
                Ok(none) if none.is_empty() => {}
                Ok(wanted) => {
                    headers.insert(name.to_owned(), wanted);
                }
                Err(reason) => invalid.push((name, reason)),
            }
        }
        self.update(|agreed| agreed.param_headers = Arc::new(headers));
        invalid
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

//! One HTTP client for all servers: connections are pooled by host, nothing else is shared.

use std::time::Duration;

use reqwest::ClientBuilder;
use reqwest::redirect::{Attempt, Policy};

/// Redirects followed at most.
const MAX_REDIRECTS: usize = 3;

/// A client without cookies, without automatic decompression, and with redirects only within
/// the origin that the user configured: elsewhere, the configured headers must not go.
pub(crate) fn new_client() -> reqwest::Result<reqwest::Client> {
    builder().build()
}

/// The same for connections that become something else than HTTP, which HTTP/2 has no way to.
pub(crate) fn new_upgrade_client() -> reqwest::Result<reqwest::Client> {
    builder().http1_only().build()
}

fn builder() -> ClientBuilder {
    // Fails only if a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .user_agent(concat!("toolgate/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(10))
        .tcp_keepalive(Duration::from_secs(30))
        .pool_idle_timeout(Duration::from_mins(1))
        // A burst of calls leaves as many connections behind, which nobody needs so soon again.
        .pool_max_idle_per_host(4)
        .redirect(Policy::custom(same_origin))
}

fn same_origin(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let from = attempt.previous().first().map(reqwest::Url::origin);
    if attempt.previous().len() > MAX_REDIRECTS || from != Some(attempt.url().origin()) {
        return attempt.stop();
    }
    attempt.follow()
}

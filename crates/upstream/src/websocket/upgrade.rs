//! The opening handshake (RFC 6455, section 4), made by the client that all of HTTP goes through:
//! same certificates, proxies and rules for redirects.

use std::time::Duration;

use model::{Problem, ProblemCode, SafeUrl};
use reqwest::header::{
    CONNECTION, HeaderMap, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use reqwest::{StatusCode, Upgraded, Url};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::http::{Refusal, Target, authorized, connection_error};
use crate::link::CallError;

/// The subprotocol of these connections.
const SUBPROTOCOL: &str = "mcp";

/// The handshake takes no longer than this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Makes the handshake.
pub(super) async fn open(target: &Target) -> Result<Upgraded, CallError> {
    let opened = tokio::time::timeout(PATIENCE, shake_hands(target)).await;
    opened.unwrap_or(Err(CallError::Timeout(PATIENCE)))
}

async fn shake_hands(target: &Target) -> Result<Upgraded, CallError> {
    let key = generate_key();
    let request = target.client.get(http_url(&target.url));
    let request = request
        .headers(target.headers.clone())
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL)
        .header(SEC_WEBSOCKET_KEY, &key);
    let response = authorized(target, request).await?;
    if response.status().is_success() {
        return Err(CallError::Lost(no_socket(&target.url)));
    }
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(Refusal::read(response, &target.url).await.into_error());
    }
    if !accepts(response.headers(), &key) {
        return Err(CallError::Lost(no_socket(&target.url)));
    }
    let upgraded = response.upgrade().await;
    upgraded.map_err(|error| connection_error(&error, &target.url))
}

/// The address as HTTP has it.
fn http_url(url: &SafeUrl) -> Url {
    let mut url = url.expose().clone();
    let scheme = if url.scheme() == "wss" {
        "https"
    } else {
        "http"
    };
    // Fails only between schemes with and without hosts, which these are not.
    let _ = url.set_scheme(scheme);
    url
}

/// Whether the server has understood the question, and answers in no other subprotocol. Many do
/// not name any.
fn accepts(headers: &HeaderMap, key: &str) -> bool {
    let named = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let expected = derive_accept_key(key.as_bytes());
    named(SEC_WEBSOCKET_ACCEPT.as_str()) == Some(&expected)
        && named(SEC_WEBSOCKET_PROTOCOL.as_str()).is_none_or(|name| name == SUBPROTOCOL)
}

fn no_socket(url: &SafeUrl) -> Problem {
    Problem::new(
        ProblemCode::NotMcp,
        format!("{url} does not open a WebSocket for MCP."),
        "Check that the URL is the server's WebSocket endpoint; with https: it may speak HTTP.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> String {
        http_url(&SafeUrl::new(text.parse().expect("a URL"))).to_string()
    }

    #[test]
    fn the_handshake_goes_over_http() {
        assert_eq!(url("ws://h:8/mcp?a=1"), "http://h:8/mcp?a=1");
        assert_eq!(url("wss://h/mcp"), "https://h/mcp");
    }

    #[test]
    fn only_an_answer_to_this_question_counts() {
        // The example of RFC 6455, section 1.3.
        let key = "dGhlIHNhbXBsZSBub25jZQ==";
        let mut headers = HeaderMap::new();
        assert!(!accepts(&headers, key));
        let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".parse().expect("a value");
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
        assert!(accepts(&headers, key));
        assert!(!accepts(&headers, "another"));
        headers.insert(SEC_WEBSOCKET_PROTOCOL, "mcp".parse().expect("a value"));
        assert!(accepts(&headers, key));
        headers.insert(SEC_WEBSOCKET_PROTOCOL, "chat".parse().expect("a value"));
        assert!(!accepts(&headers, key));
    }
}

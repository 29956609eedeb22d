//! Protocol revisions and the two eras they fall into.

use serde::{Deserialize, Serialize};

use crate::RawObject;

/// The revision without sessions and without `initialize`.
pub const MODERN_REVISION: &str = "2026-07-28";

/// Revisions with `initialize`, oldest first.
pub const LEGACY_REVISIONS: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

/// The newest revision with `initialize`.
pub const NEWEST_LEGACY: &str = LEGACY_REVISIONS[3];

/// `_meta` key: the revision that a request of the modern era speaks.
pub const META_PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// `_meta` key: what the client of this request can do.
pub const META_CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// `_meta` key: the client's name and version.
pub const META_CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
/// `_meta` key: from which level on the client of this request wants to see the log.
pub const META_LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
/// `_meta` key: the task that a message belongs to (2025-11-25, basic/utilities/tasks).
pub const META_RELATED_TASK: &str = "io.modelcontextprotocol/related-task";
/// `_meta` key: the server's name and version, in results.
pub const META_SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// `_meta` key: the request that opened the stream on which a notification travels.
pub const META_SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

/// The two families of revisions, which differ in handshake, sessions and cancellation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Era {
    /// 2024-11-05 to 2025-11-25: `initialize`, sessions.
    Legacy,
    /// From 2026-07-28: every request stands alone.
    Modern,
}

/// The revision to answer an `initialize` with: the one asked for where it is known (clients
/// have been seen to drop a server that answers with another), else the newest legacy one.
pub fn negotiate_legacy(requested: &str) -> &'static str {
    LEGACY_REVISIONS
        .into_iter()
        .find(|known| *known == requested)
        .unwrap_or(NEWEST_LEGACY)
}

/// The revision that a request names in its `_meta`, which makes it one of the modern era.
pub fn request_revision(params: &RawObject) -> Option<String> {
    params.object("_meta")?.get_as(META_PROTOCOL_VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_revisions_are_answered_as_asked() {
        for revision in LEGACY_REVISIONS {
            assert_eq!(negotiate_legacy(revision), revision);
        }
        assert_eq!(negotiate_legacy("2024-10-07"), "2025-11-25");
        assert_eq!(negotiate_legacy(MODERN_REVISION), "2025-11-25");
    }

    #[test]
    fn the_era_is_read_from_meta() {
        let params = |text: &str| serde_json::from_str::<RawObject>(text).expect("an object");
        let modern = params(
            r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"},"name":"x"}"#,
        );
        assert_eq!(request_revision(&modern).as_deref(), Some(MODERN_REVISION));
        assert_eq!(
            request_revision(&params(r#"{"_meta":{"progressToken":1}}"#)),
            None
        );
        assert_eq!(request_revision(&params(r#"{"_meta":7}"#)), None);
    }
}

//! What a sign-in yields, and where it is kept.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use model::{SafeUrl, Secret, ServerName};

/// We are this client to one authorization server, and to no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its secret, where it was given one.
    pub secret: Option<Secret>,
}

/// What a sign-in yields: tokens, and all that is needed to renew them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Goes with every request.
    pub access: Secret,
    /// Buys the next access token.
    pub refresh: Option<Secret>,
    /// What was asked for, over all sign-ins that led here.
    pub asked: Vec<String>,
    /// What was given.
    pub given: Vec<String>,
    /// When it was given, in Unix milliseconds.
    pub since: u64,
    /// How long the access token is good, where that is known.
    pub lifetime: Option<Duration>,
    /// Whom we are to the authorization server.
    pub client: Client,
    /// The authorization server; `None` for one that publishes nothing about itself.
    pub issuer: Option<String>,
    /// The server that the tokens are for.
    pub resource: SafeUrl,
    /// Where that server describes itself, if a refusal said so.
    pub resource_metadata: Option<String>,
}

impl Grant {
    /// Whether the access token is over four fifths of its life, at a time in Unix milliseconds:
    /// time to renew it before a request fails.
    pub fn is_due(&self, now: u64) -> bool {
        self.is_past(now, 4, 5)
    }

    /// Whether the access token is no longer good at a time in Unix milliseconds.
    pub fn is_over(&self, now: u64) -> bool {
        self.is_past(now, 1, 1)
    }

    fn is_past(&self, now: u64, part: u64, of: u64) -> bool {
        let Some(lifetime) = self.lifetime else {
            return false;
        };
        let lifetime = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        now.saturating_sub(self.since) >= lifetime / of * part
    }
}

/// Keeps the grant of each server. An error is told to the person; it never looks like an empty
/// store, because that would end in a needless sign-in.
pub trait TokenStore: Send + Sync {
    /// The grant of a server, if there is one.
    fn load<'a>(&'a self, server: &'a ServerName) -> BoxFuture<'a, io::Result<Option<Grant>>>;

    /// Puts a grant in the place of the one before.
    fn save<'a>(&'a self, server: &'a ServerName, grant: Grant) -> BoxFuture<'a, io::Result<()>>;

    /// Drops the grant of a server.
    fn forget<'a>(&'a self, server: &'a ServerName) -> BoxFuture<'a, io::Result<()>>;
}

/// Keeps grants as long as the process lives.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<BTreeMap<ServerName, Grant>>);

impl MemoryStore {
    fn with<T>(&self, change: impl FnOnce(&mut BTreeMap<ServerName, Grant>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl TokenStore for MemoryStore {
    fn load<'a>(&'a self, server: &'a ServerName) -> BoxFuture<'a, io::Result<Option<Grant>>> {
        let grant = self.with(|grants| grants.get(server).cloned());
        Box::pin(async { Ok(grant) })
    }

    fn save<'a>(&'a self, server: &'a ServerName, grant: Grant) -> BoxFuture<'a, io::Result<()>> {
        self.with(|grants| grants.insert(server.clone(), grant));
        Box::pin(async { Ok(()) })
    }

    fn forget<'a>(&'a self, server: &'a ServerName) -> BoxFuture<'a, io::Result<()>> {
        self.with(|grants| grants.remove(server));
        Box::pin(async { Ok(()) })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn grant(access: &str, lifetime: Option<Duration>) -> Grant {
        Grant {
            access: Secret::new(access),
            refresh: Some(Secret::new("refresh-hush")),
            asked: Vec::new(),
            given: Vec::new(),
            since: 1_000_000,
            lifetime,
            client: Client {
                id: "client".to_owned(),
                secret: Some(Secret::new("secret-hush")),
            },
            issuer: None,
            resource: SafeUrl::new("https://host/mcp".parse().expect("a URL")),
            resource_metadata: None,
        }
    }

    #[test]
    fn a_token_is_renewed_before_its_end() {
        let grant_of = |seconds| grant("t", Some(Duration::from_secs(seconds)));
        let hour = grant_of(3600);
        assert!(!hour.is_due(1_000_000 + 2_879_999));
        assert!(hour.is_due(1_000_000 + 2_880_000));
        assert!(!hour.is_over(1_000_000 + 3_599_999));
        assert!(hour.is_over(1_000_000 + 3_600_000));
        assert!(grant_of(0).is_over(1_000_000));
        assert!(!grant("t", None).is_due(u64::MAX));
        assert!(!hour.is_over(0), "a clock set back ends nothing");
    }

    #[test]
    fn nothing_secret_is_printed() {
        assert!(!format!("{:?}", grant("access-hush", None)).contains("hush"));
    }

    #[tokio::test]
    async fn a_store_keeps_one_grant_for_each_server() {
        let store = MemoryStore::default();
        let [a, b] = ["a", "b"].map(|name| ServerName::new(name).expect("a name"));
        store.save(&a, grant("1", None)).await.expect("saved");
        store.save(&a, grant("2", None)).await.expect("saved");
        let held = store.load(&a).await.expect("read").expect("a grant");
        assert_eq!(held.access.expose(), "2");
        assert_eq!(store.load(&b).await.expect("read"), None);
        store.forget(&a).await.expect("forgotten");
        assert_eq!(store.load(&a).await.expect("read"), None);
    }
}

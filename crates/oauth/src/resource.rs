//! The server that a token is for, and who we are to its authorization server.

use model::{SafeUrl, Secret, ServerName};
use url::Url;

/// A protected server.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its name here: tokens are kept, and renewals counted, by it.
    pub server: ServerName,
    /// Where it is.
    pub url: SafeUrl,
    /// What the user configured about signing in to it.
    pub identity: Identity,
}

/// What the user configured about signing in; everything may be left to be found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The id of a client that was registered by hand.
    pub client_id: Option<String>,
    /// That client's secret, where it has one.
    pub client_secret: Option<Secret>,
    /// Where a document describes our client (client-id metadata document); its URL is the id
    /// wherever an authorization server takes such ids.
    pub metadata_url: Option<Url>,
    /// What to ask for where the server does not say what it needs, and beside what it says.
    pub scopes: Vec<String>,
}

impl Resource {
    /// The URL that stands for the server towards authorization servers. It appears in the
    /// browser's address line, so everything that may hold a secret is left out.
    pub(crate) fn canonical(&self) -> Url {
        let mut url = self.url.expose().clone();
        // Both setters fail only for URLs that cannot carry these parts at all.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_query(None);
        url.set_fragment(None);
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_stands_for_the_server() {
        let url = Url::parse("https://me:pw@host/mcp?key=hush#x").expect("a URL");
        let resource = Resource {
            server: ServerName::new("s").expect("a name"),
            url: SafeUrl::new(url),
            identity: Identity {
                client_secret: Some(Secret::new("hush")),
                ..Identity::default()
            },
        };
        assert_eq!(resource.canonical().as_str(), "https://host/mcp");
        assert!(!format!("{resource:?}").contains("hush"));
    }
}

//! The server that a token is for, and who we are to its authorization server.

use model::{ClientIdentity, SafeUrl, ServerName};
use url::Url;

/// A protected server.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its name here: tokens are kept, and renewals counted, by it.
    pub server: ServerName,
    /// Where it is.
    pub url: SafeUrl,
    /// What the user configured about signing in to it.
    pub identity: ClientIdentity,
}

impl Resource {
    /// The URL that stands for the server towards authorization servers: over HTTP, by which a
    /// WebSocket is opened too. It appears in the browser's address line, so everything that may
    /// hold a secret is left out.
    pub(crate) fn canonical(&self) -> Url {
        let mut url = self.url.expose().clone();
        let over_http = match url.scheme() {
            "ws" => "http",
            "wss" => "https",
            other => other,
        }
        .to_owned();
        // These setters fail only for URLs that cannot carry these parts at all.
        let _ = url.set_scheme(&over_http);
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_query(None);
        url.set_fragment(None);
        url
    }
}

#[cfg(test)]
mod tests {
    use model::Secret;

    use super::*;

    #[test]
    fn nothing_secret_stands_for_the_server() {
        let url = Url::parse("wss://me:pw@host/mcp?key=hush#x").expect("a URL");
        let resource = Resource {
            server: ServerName::new("s").expect("a name"),
            url: SafeUrl::new(url),
            identity: ClientIdentity {
                client_secret: Some(Secret::new("hush")),
                ..ClientIdentity::default()
            },
        };
        assert_eq!(resource.canonical().as_str(), "https://host/mcp");
        assert!(!format!("{resource:?}").contains("hush"));
    }
}

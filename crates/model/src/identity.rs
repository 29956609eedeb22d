//! Who we are to an authorization server.

use url::Url;

use crate::Secret;

/// What the user configured about signing in to a server (OAuth). Everything may be left to be
/// found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientIdentity {
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

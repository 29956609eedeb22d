//! Sign-ins against an authorization server of our own, over real connections.

mod fake;
mod refusals;
mod renewals;
mod sign_ins;

use std::io;
use std::sync::Arc;

use model::{ClientIdentity, SafeUrl, Secret, ServerName};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::{Authorizer, Browser, Challenge, Initiative, MemoryStore, Need, Refusal, Resource};
use fake::Fake;

pub(crate) fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

/// Does at once what a page with nothing to ask does: goes where it is sent.
#[derive(Default)]
struct Obedient(TaskTracker);

impl Browser for Obedient {
    fn open(&self, url: &Url) -> io::Result<()> {
        let visit = client().get(url.clone()).send();
        self.0.spawn(async { visit.await.map(drop) });
        Ok(())
    }
}

/// Hands the addresses to the test.
struct Handed(mpsc::Sender<Url>);

impl Browser for Handed {
    fn open(&self, url: &Url) -> io::Result<()> {
        self.0.try_send(url.clone()).map_err(io::Error::other)
    }
}

fn handed() -> (Arc<Handed>, mpsc::Receiver<Url>) {
    let (sender, receiver) = mpsc::channel(4);
    (Arc::new(Handed(sender)), receiver)
}

fn authorizer(browser: Arc<dyn Browser>) -> Authorizer {
    let store = Arc::new(MemoryStore::default());
    Authorizer::new(store, browser, Initiative::Anything)
}

fn obedient() -> Authorizer {
    authorizer(Arc::new(Obedient::default()))
}

/// As [`obedient`], but only a person may begin.
fn by_order() -> Authorizer {
    let store = Arc::new(MemoryStore::default());
    Authorizer::new(store, Arc::new(Obedient::default()), Initiative::Person)
}

fn resource(fake: &Fake, identity: ClientIdentity) -> Resource {
    Resource {
        server: ServerName::new("it").expect("a name"),
        url: SafeUrl::new(fake.at("/mcp").parse().expect("a URL")),
        identity,
    }
}

fn plain(fake: &Fake) -> Resource {
    resource(fake, ClientIdentity::default())
}

/// A refusal that names the server's description and these scopes.
fn refusal(fake: &Fake, need: Need, token: Option<Secret>, scopes: &str) -> Refusal {
    let challenge = Challenge {
        need,
        resource_metadata: Some(fake.at("/.well-known/oauth-protected-resource/mcp")),
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        error: None,
    };
    Refusal {
        challenge,
        token,
        again: false,
    }
}

fn first(fake: &Fake) -> Refusal {
    refusal(fake, Need::Token, None, "")
}

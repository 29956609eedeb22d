//! Following resources, which legacy clients ask for one by one.

use fleet::RequestError;
use model::ServerName;
use upstream::{CallError, Watchable};
use wire::{Era, ErrorObject, Raw, RawObject, code, raw};

use super::aggregate::{by_slug, not_here};
use super::{Asking, nothing, to_error};
use crate::face::Face;
use crate::naming::{Naming, addressee};
use crate::session::Watch;

impl Asking {
    /// Starts to tell the client when a resource changes. The server is asked once more however
    /// many clients follow it already: only it can say that there is no such resource.
    pub(super) async fn subscribe(&self, params: RawObject) -> Result<Raw, ErrorObject> {
        const METHOD: &str = "resources/subscribe";
        let (server, slug, _, uri) = self.resource(METHOD, params)?;
        let Some(session) = self.who.back.session() else {
            return Err(super::unknown_method(METHOD));
        };
        let (watch, result) = self.watch(&server, &slug, &uri).await?;
        if !session.follows.watch(&server, &uri, watch) {
            return Err(too_many());
        }
        Ok(result)
    }

    /// Counts one more who watches a resource, and returns what the server says to it.
    pub(crate) async fn watch(
        &self,
        server: &ServerName,
        slug: &str,
        uri: &str,
    ) -> Result<(Watch, Raw), ErrorObject> {
        const METHOD: &str = "resources/subscribe";
        let mut params = RawObject::default();
        params.set("uri", raw(uri));
        self.relay(server, slug)
            .admit(METHOD, &params)
            .map_err(to_error)?;
        let (fleet, client) = (self.gateway.fleet(), self.who.behalf(false));
        let introduced = fleet.introduction(server.as_str(), &client).await;
        let introduced = introduced.map_err(to_error)?;
        let watch = if introduced.own {
            Watch::Own
        } else {
            let interests = fleet.interests(server.as_str());
            let interests = interests.map_err(|error| to_error(RequestError::Unknown(error)))?;
            Watch::shared(interests, Watchable::Resource, uri).ok_or_else(too_many)?
        };
        // A modern server is told by the stream of our subscription, which follows the interests.
        if introduced.era == Era::Modern {
            return Ok((watch, nothing()));
        }
        let reply = self.relay(server, slug).request(METHOD, params);
        Ok((watch, reply.await.map_err(to_error)?))
    }

    /// Counts one more who watches a task of a modern server.
    pub(crate) fn watch_task(&self, server: &ServerName, id: &str) -> Option<Watch> {
        let interests = self.gateway.fleet().interests(server.as_str()).ok()?;
        Watch::shared(interests, Watchable::Task, id)
    }

    /// Stops telling the client; the server too, once nobody is left who follows.
    pub(super) async fn unsubscribe(&self, params: RawObject) -> Result<Raw, ErrorObject> {
        const METHOD: &str = "resources/unsubscribe";
        let (server, slug, params, uri) = self.resource(METHOD, params)?;
        let watch = self
            .who
            .back
            .session()
            .and_then(|session| session.follows.leave(&server, &uri));
        let last = watch.is_some_and(Watch::close);
        let (fleet, client) = (self.gateway.fleet(), self.who.behalf(false));
        let introduced = fleet.introduction(server.as_str(), &client);
        let legacy = matches!(introduced.await, Ok(introduced) if introduced.era == Era::Legacy);
        if !last || !legacy {
            return Ok(nothing());
        }
        let reply = self.relay(&server, &slug).request(METHOD, params).await;
        match reply {
            // The client no longer follows, whatever the server thinks of it.
            Err(RequestError::Call(CallError::Rpc(error))) => Err(error),
            Err(_) => Ok(nothing()),
            Ok(result) => Ok(result),
        }
    }

    /// The server and its own URI of the resource that the parameters name.
    fn resource(
        &self,
        method: &str,
        mut params: RawObject,
    ) -> Result<(ServerName, String, RawObject, String), ErrorObject> {
        let (server, slug) = match &self.face {
            Face::Server(server) => (server.clone(), String::new()),
            Face::Menu | Face::All => {
                let slug = addressee(method, &params).ok_or_else(|| not_here(method))?;
                let catalog = self.catalog();
                let server = by_slug(&catalog, &slug).ok_or_else(|| not_here(method))?;
                Naming { slug: &slug }.inward_params(method, &mut params);
                (server.name.clone(), slug)
            }
        };
        let uri = params
            .get_as("uri")
            .ok_or_else(|| ErrorObject::new(code::INVALID_PARAMS, "`uri` must be a string"))?;
        Ok((server, slug, params, uri))
    }
}

fn too_many() -> ErrorObject {
    let message = "too many resources are followed; unsubscribe from some first";
    ErrorObject::new(code::UPSTREAM, message)
}

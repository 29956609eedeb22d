//! What of a server's answers reaches a client: only what a person has let in, or what the server's
//! trust lets in by itself. Every definition is compared with its pin in the very answer that
//! carries it, so that a server cannot show a client what it did not show the reviewer.

use fleet::RequestError;
use model::DefinitionKind;
use upstream::CallError;
use wire::{ErrorObject, Raw, RawObject, raw};

use crate::methods::not_here;
use crate::relay::Relay;

/// Lists of definitions: the method, the key of the items, and what they define.
const LISTS: [(&str, &str, DefinitionKind); 3] = [
    ("prompts/list", "prompts", DefinitionKind::Prompt),
    ("resources/list", "resources", DefinitionKind::Resource),
    (
        "resources/templates/list",
        "resourceTemplates",
        DefinitionKind::ResourceTemplate,
    ),
];

impl Relay<'_> {
    /// The answer to a list of a server of which nothing is let in: it is not even asked.
    pub(crate) fn unasked(&self, method: &str) -> Option<Raw> {
        let key = match method {
            "tasks/list" => "tasks",
            _ => key_of(method)?.0,
        };
        if self.inner.fleet.is_open(self.server) {
            return None;
        }
        let mut empty = RawObject::default();
        empty.set(key, raw(&Vec::<Raw>::new()));
        Some(empty.to_raw())
    }

    /// Refuses a request for what is not let in; it looks as if there were no such thing.
    /// `params` are in the server's own names.
    pub(crate) fn admit(&self, method: &str, params: &RawObject) -> Result<(), RequestError> {
        let fleet = &self.inner.fleet;
        let may_use = |kind, key: &str| {
            let name = params.get_as::<String>(key);
            name.is_some_and(|name| fleet.may_use(self.server, kind, &name))
        };
        let is_let_in = match method {
            "tools/call" => may_use(DefinitionKind::Tool, "name"),
            "prompts/get" => may_use(DefinitionKind::Prompt, "name"),
            "completion/complete" => self.may_complete(params),
            // Whatever is done to a resource, by whichever method.
            _ if params.get("uri").is_some() => may_use(DefinitionKind::Resource, "uri"),
            _ => fleet.is_open(self.server),
        };
        if is_let_in {
            Ok(())
        } else {
            Err(refused(not_here(method)))
        }
    }

    fn may_complete(&self, params: &RawObject) -> bool {
        let of = params.object("ref").unwrap_or_default();
        let fleet = &self.inner.fleet;
        let may_use = |kind, name: &str| fleet.may_use(self.server, kind, name);
        match (of.get_as::<String>("name"), of.get_as::<String>("uri")) {
            (Some(name), None) => may_use(DefinitionKind::Prompt, &name),
            (None, Some(uri)) => {
                may_use(DefinitionKind::ResourceTemplate, &uri)
                    || may_use(DefinitionKind::Resource, &uri)
            }
            _ => fleet.lets_all_in(self.server),
        }
    }

    /// Takes out of a result what is not let in.
    pub(crate) async fn sift(
        &self,
        method: &str,
        params: &RawObject,
        result: Raw,
    ) -> Result<Raw, RequestError> {
        if method == "prompts/get" {
            let prompt: String = params.get_as("name").unwrap_or_default();
            let arguments = params.get("arguments");
            let fleet = &self.inner.fleet;
            let given = fleet.let_in_prompt(self.server, &prompt, arguments, result);
            return given.await.ok_or_else(|| refused(not_here(method)));
        }
        let Some((key, kind)) = key_of(method) else {
            return Ok(result);
        };
        Ok(self.sift_list(key, kind, result).await)
    }

    /// A list with what is let in. What stands beside the items has no pin, and is left out unless
    /// the server is trusted with everything.
    async fn sift_list(&self, key: &str, kind: DefinitionKind, result: Raw) -> Raw {
        let fleet = &self.inner.fleet;
        let mut list = RawObject::parse(&result).unwrap_or_default();
        let items: Vec<Raw> = list.get_as(key).unwrap_or_default();
        let count = items.len();
        let left = fleet.let_in(self.server, kind, items).await;
        let lets_all_in = fleet.lets_all_in(self.server);
        if lets_all_in && left.len() == count {
            return result;
        }
        if !lets_all_in {
            let next = list.remove("nextCursor");
            list = RawObject::default();
            if let Some(next) = next {
                list.set("nextCursor", next);
            }
        }
        list.set(key, raw(&left));
        list.to_raw()
    }
}

/// Whether a method lists definitions; a server has nothing to ask before it answers.
pub(crate) fn is_list(method: &str) -> bool {
    key_of(method).is_some()
}

fn key_of(method: &str) -> Option<(&'static str, DefinitionKind)> {
    let list = LISTS.into_iter().find(|list| list.0 == method)?;
    Some((list.1, list.2))
}

fn refused(error: ErrorObject) -> RequestError {
    CallError::Rpc(error).into()
}

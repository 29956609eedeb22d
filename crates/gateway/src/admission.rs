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
    /// Refuses a request for what is not let in; it looks as if there were no such thing.
    /// `params` are in the server's own names.
    pub(crate) fn admit(&self, method: &str, params: &RawObject) -> Result<(), RequestError> {
        // A tool was found among those that are let in.
        if method == "tools/call" || LISTS.iter().any(|list| list.0 == method) {
            return Ok(());
        }
        let fleet = &self.inner.fleet;
        let may_use = |kind, name: Option<String>| {
            name.is_some_and(|name| fleet.may_use(self.server, kind, &name))
        };
        let is_let_in = match method {
            "prompts/get" => may_use(DefinitionKind::Prompt, params.get_as("name")),
            "resources/read" | "resources/subscribe" => {
                may_use(DefinitionKind::Resource, params.get_as("uri"))
            }
            "completion/complete" => self.may_complete(params),
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
            _ => fleet.is_open(self.server),
        }
    }

    /// Takes out of a result what is not let in; what is left stays as it was sent.
    pub(crate) async fn sift(
        &self,
        method: &str,
        params: &RawObject,
        result: Raw,
    ) -> Result<Raw, RequestError> {
        let fleet = &self.inner.fleet;
        if method == "prompts/get" {
            let prompt: String = params.get_as("name").unwrap_or_default();
            let arguments = params.get("arguments");
            let given = fleet.let_in_prompt(self.server, &prompt, arguments, result);
            return given.await.ok_or_else(|| refused(not_here(method)));
        }
        let Some((_, key, kind)) = LISTS.into_iter().find(|list| list.0 == method) else {
            return Ok(result);
        };
        let Some(mut object) = RawObject::parse(&result) else {
            return Ok(result);
        };
        let items: Vec<Raw> = object.get_as(key).unwrap_or_default();
        let count = items.len();
        let left = fleet.let_in(self.server, kind, items).await;
        if left.len() == count {
            return Ok(result);
        }
        object.set(key, raw(&left));
        Ok(object.to_raw())
    }
}

fn refused(error: ErrorObject) -> RequestError {
    CallError::Rpc(error).into()
}

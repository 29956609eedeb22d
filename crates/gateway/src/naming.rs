//! Names on the faces that hold several servers: how what a server calls its own is told apart
//! from what others call theirs, and how that is undone.
//!
//! | What | Inside | Outside |
//! |---|---|---|
//! | prompt | `review` | `github__review` |
//! | task, elicitation | `786512e2` | `github__786512e2` |
//! | resource | `file:///a/b`, `memo:x` | `toolgate+github+file://-/a/b`, `toolgate+github+memo:x` |
//! | resource of an app | `ui://clock/app.html` | `ui://toolgate~github~clock/app.html` |
//!
//! Tools are named by `model::exposed_tool_name`. [`uri`] says why URIs look as they do.
//!
//! Everything here is a pure function on raw JSON: only the strings that are names change, at the
//! places that the schemas of 2024-11-05 to 2026-07-28 and of the extensions name ([`places`]):
//!
//! - results: `prompts/list` name; `resources/list` uri, `resources/templates/list` uriTemplate,
//!   `resources/read` contents, `resources/directory/read`; `skills/list`, `skills/get`; the
//!   content of `tools/call`, `tasks/result` and `prompts/get`; `tools/list` and any result's
//!   `_meta`: `ui.resourceUri`, `ui/resourceUri`, `openai/outputTemplate`, the related task;
//!   `task.taskId`, the `taskId` of a result of type `task`, of `tasks/get`, `tasks/cancel` and
//!   `tasks/list`; every request in `inputRequests`; the `result` and `error` inside `tasks/get`;
//! - errors: `data.uri`, and the elicitations that an error asks for (-32042);
//! - requests of a server: `sampling/createMessage` messages, at any depth of tool results, and
//!   tools; `elicitation/create` elicitationId; the related task of any;
//! - notifications: `resources/updated`, `tasks/status`, `notifications/tasks`,
//!   `elicitation/complete`, `subscriptions/acknowledged`;
//! - requests of a client: `prompts/get`, `resources/*`, `skills/get`, `completion/complete`,
//!   `tasks/*`, `subscriptions/listen`, every answer in `inputResponses`; and the arguments of a
//!   call, prompt or completion, since a model hands a tool the link that it was given.
//!
//! A client's own task ids (of a sampling that it answers with a task) pass as they are: `tasks/*`
//! requested by a server name nothing of that server's.

mod places;
mod shape;
mod uri;

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use wire::{ErrorObject, Raw, RawObject, raw, raw_str};

use places::Shapes;
use shape::{Kind, walk};

/// Between a server's slug, which never holds it, and a name.
const SEPARATOR: &str = "__";

/// One server's names, from inside to outside and back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naming<'a> {
    /// The server's name in names: `[A-Za-z0-9_-]`, without `__`, without `_` at either end.
    pub(crate) slug: &'a str,
}

/// The slug of the server that a client's request speaks of; `None` where it speaks of nothing
/// that a server named, or not in the form that was given out.
pub(crate) fn addressee(method: &str, params: &RawObject) -> Option<String> {
    let of_name = |object: &RawObject, key: &str| {
        let name: String = object.get_as(key)?;
        split_name(&name).map(|(slug, _)| slug.to_owned())
    };
    let of_uri = |object: &RawObject| {
        let outer: String = object.get_as("uri")?;
        uri::inner(&outer).map(|(slug, _)| slug)
    };
    match method {
        "prompts/get" => of_name(params, "name"),
        "tasks/get" | "tasks/result" | "tasks/cancel" | "tasks/update" => of_name(params, "taskId"),
        "completion/complete" => {
            let reference = params.object("ref")?;
            match reference.get_as::<String>("type")?.as_str() {
                "ref/prompt" => of_name(&reference, "name"),
                "ref/resource" => of_uri(&reference),
                _ => None,
            }
        }
        "resources/read"
        | "resources/subscribe"
        | "resources/unsubscribe"
        | "resources/directory/read"
        | "skills/get" => of_uri(params),
        _ => None,
    }
}

/// What the filter of a `subscriptions/listen` asks of each server by name: by slug, an object
/// with `resourceSubscriptions` and `taskIds` as that server knows them. Names of nobody are left
/// out, as are the fields that speak to all servers.
pub(crate) fn split_filter(filter: &RawObject) -> BTreeMap<String, RawObject> {
    let mut parts: BTreeMap<String, [Vec<String>; 2]> = BTreeMap::new();
    let uris: Vec<String> = filter.get_as("resourceSubscriptions").unwrap_or_default();
    for (slug, inner) in uris.iter().filter_map(|outer| uri::inner(outer)) {
        parts.entry(slug).or_default()[0].push(inner);
    }
    let tasks: Vec<String> = filter.get_as("taskIds").unwrap_or_default();
    for (slug, id) in tasks.iter().filter_map(|outer| split_name(outer)) {
        parts.entry(slug.to_owned()).or_default()[1].push(id.to_owned());
    }
    let object = |[uris, tasks]: [Vec<String>; 2]| {
        let mut object = RawObject::default();
        if !uris.is_empty() {
            object.set("resourceSubscriptions", raw(&uris));
        }
        if !tasks.is_empty() {
            object.set("taskIds", raw(&tasks));
        }
        object
    };
    parts
        .into_iter()
        .map(|(slug, lists)| (slug, object(lists)))
        .collect()
}

/// From a server to clients.
impl Naming<'_> {
    /// The result of a request of this method.
    pub(crate) fn outward_result(self, method: &str, result: Raw) -> Raw {
        self.outward(places::result(method), result)
    }

    /// The error that a request was answered with.
    pub(crate) fn outward_error(self, mut error: ErrorObject) -> ErrorObject {
        error.data = error
            .data
            .map(|data| self.outward(places::error_data(), data));
        error
    }

    /// The parameters of a request that the server makes of a client.
    pub(crate) fn outward_request(self, method: &str, params: Raw) -> Raw {
        self.outward(places::server_request(method), params)
    }

    /// The parameters of a notification.
    pub(crate) fn outward_notification(self, method: &str, params: Raw) -> Raw {
        self.outward(places::notification(method), params)
    }

    /// A tool's definition, but for its name.
    pub(crate) fn outward_tool(self, definition: Raw) -> Raw {
        self.outward(places::tool(), definition)
    }

    fn outward(self, shapes: Shapes, value: Raw) -> Raw {
        if !places::may_name(value.get()) {
            return value;
        }
        let rename = |kind: Kind, inner: &str| {
            Some(match kind {
                Kind::Uri => uri::outer(self.slug, inner),
                Kind::Name => format!("{}{SEPARATOR}{inner}", self.slug),
            })
        };
        walk(&shapes, &value, &rename).unwrap_or(value)
    }
}

/// From clients to a server. What is not a name of this server's stays as it is.
impl Naming<'_> {
    /// The parameters of a request or notification of a client.
    pub(crate) fn inward_params(self, method: &str, params: &mut RawObject) {
        let whole = params.to_raw();
        if let Some(renamed) = self.inward(places::client_request(method), &whole)
            && let Some(object) = RawObject::parse(&renamed)
        {
            *params = object;
        }
        for key in ["arguments", "argument", "context"] {
            let given = params.get(key).and_then(|given| self.inward_strings(given));
            if let Some(renamed) = given {
                params.set(key, renamed);
            }
        }
    }

    /// A client's result for a request that the server made of it.
    pub(crate) fn inward_answer(self, result: Raw) -> Raw {
        self.inward(places::answer(), &result).unwrap_or(result)
    }

    fn inward(self, shapes: Shapes, value: &RawValue) -> Option<Raw> {
        walk(&shapes, value, &|kind, outer| match kind {
            Kind::Uri => self.inner_uri(outer),
            Kind::Name => {
                let (slug, inner) = split_name(outer)?;
                (slug == self.slug).then(|| inner.to_owned())
            }
        })
    }

    fn inner_uri(self, outer: &str) -> Option<String> {
        uri::inner(outer)
            .filter(|(slug, _)| slug == self.slug)
            .map(|(_, inner)| inner)
    }

    /// Every string in any JSON that is, as a whole, the URI of a resource of this server.
    fn inward_strings(self, value: &RawValue) -> Option<Raw> {
        let text = value.get();
        let mut renamed = String::new();
        let mut copied = 0;
        for at in uri::openings(self.slug, text) {
            let mut strings = serde_json::Deserializer::from_str(&text[at..]).into_iter::<String>();
            let Some(Ok(outer)) = strings.next() else {
                continue;
            };
            if let Some(inner) = self.inner_uri(&outer) {
                renamed.push_str(&text[copied..at]);
                renamed.push_str(raw_str(&inner).get());
                copied = at + strings.byte_offset();
            }
        }
        if copied == 0 {
            return None;
        }
        renamed.push_str(&text[copied..]);
        RawValue::from_string(renamed).ok()
    }
}

/// A name as slug and inner name; the first separator counts, since slugs hold none.
fn split_name(name: &str) -> Option<(&str, &str)> {
    name.split_once(SEPARATOR)
        .filter(|(slug, _)| !slug.is_empty())
}

#[cfg(test)]
mod tests;

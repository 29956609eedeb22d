//! What holds of any names and any JSON.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Keys that could go wrong.
const KEYS: &str = "uri taskId name type content resource _meta ui resourceUri ui/resourceUri \
    messages contents tools prompts resources inputRequests method params task result resultType \
    error data uriTemplate resourceTemplates elicitationId notifications x";
/// Values that do not survive being decoded, and words that decide what an object is.
const VALUES: &str = "1.0 1e3 12345678901234567890 -0 0.10 null true \"resource_link\" \
    \"resource\" \"tool_result\" \"task\"";

/// JSON text with such keys and values.
fn json_text() -> impl Strategy<Value = String> {
    let words =
        |text: &'static str| prop::sample::select(text.split_whitespace().collect::<Vec<_>>());
    let scalar = prop_oneof![
        words(VALUES).prop_map(str::to_owned),
        uri().prop_map(|text| json!(text).to_string()),
    ];
    scalar.prop_recursive(7, 60, 5, move |inner| {
        let list = |all: Vec<String>| format!("[{}]", all.join(","));
        let field = |(key, value): (&&str, &String)| format!("\"{key}\":{value}");
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(list),
            prop::collection::btree_map(words(KEYS), inner, 0..6)
                .prop_map(move |fields| fields.iter().map(field).collect::<Vec<_>>().join(","))
                .prop_map(|fields| format!("{{{fields}}}")),
        ]
    })
}

fn uri() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9+.-]{0,5}:(//)?[-a-z/?#{}+]{0,9}",
        "ui://[-a-z/~]{0,9}",
        "toolgate\\+[a-z.+]{0,4}[a-z:/-]{0,6}",
        "\\PC{0,8}",
    ]
}

fn slug() -> impl Strategy<Value = String> {
    "[A-Za-z0-9-](_?[A-Za-z0-9-]){0,12}"
}

/// The messages of a server, each kind by a method of its own.
fn outward(naming: Naming<'_>, kind: usize, text: Raw) -> (Raw, Shapes) {
    let results = [
        "tools/list",
        "tools/call",
        "prompts/list",
        "prompts/get",
        "resources/list",
        "resources/templates/list",
        "resources/read",
        "skills/list",
        "tasks/get",
        "tasks/list",
    ];
    match kind {
        0 => (
            naming.outward_request("sampling/createMessage", text),
            places::server_request("sampling/createMessage"),
        ),
        1 => (
            naming.outward_notification("notifications/tasks", text),
            places::notification("notifications/tasks"),
        ),
        _ => {
            let method = results[kind % results.len()];
            (naming.outward_result(method, text), places::result(method))
        }
    }
}

proptest! {
    #[test]
    fn a_uri_comes_back(slug in slug(), inside in uri()) {
        let outside = uri::outer(&slug, &inside);
        prop_assert_eq!(uri::inner(&outside), Some((slug, inside.clone())));
        prop_assert_eq!(inside.starts_with("ui://"), outside.starts_with("ui://"));
    }

    #[test]
    fn a_uri_in_arguments_comes_back(slug in slug(), inside in uri()) {
        let outside = uri::outer(&slug, &inside);
        let mut params = RawObject::default();
        params.set("arguments", raw(&json!({ "a": [outside] })));
        Naming { slug: &slug }.inward_params("tools/call", &mut params);
        let arguments = value(params.get("arguments").expect("there"));
        prop_assert_eq!(arguments, json!({ "a": [inside] }));
    }

    #[test]
    fn a_name_comes_back(slug in slug(), name in "\\PC{0,20}|_{0,3}[a-z_]{0,9}") {
        let naming = Naming { slug: &slug };
        let listed = naming.outward_result("prompts/list", raw(&json!({ "prompts": [{ "name": name }] })));
        let outside = value(&listed)["prompts"][0]["name"].take();
        let mut params = RawObject::parse(&raw(&json!({ "name": outside }))).expect("an object");
        prop_assert_eq!(addressee("prompts/get", &params), Some(slug.clone()));
        naming.inward_params("prompts/get", &mut params);
        prop_assert_eq!(params.get_as::<String>("name"), Some(name));
    }

    /// Whatever a server sends: names alone change, and undoing that gives the very text back.
    #[test]
    fn nothing_else_changes(slug in slug(), kind in 0_usize..40, text in json_text()) {
        let given = RawValue::from_string(text.clone()).expect("JSON");
        let before = value(&given);
        let (renamed, shapes) = outward(Naming { slug: &slug }, kind, given);
        let mut found = Vec::new();
        collect("", &before, &value(&renamed), &mut found);
        for (at, old, new) in found {
            let once = new == uri::outer(&slug, &old) || new == format!("{slug}__{old}");
            prop_assert!(once, "{}: {} > {}", at, old, new);
        }
        let undo = |kind: Kind, outer: &str| match kind {
            Kind::Uri => uri::inner(outer).map(|(_, inner)| inner),
            Kind::Name => split_name(outer).map(|(_, inner)| inner.to_owned()),
        };
        if renamed.get() == text {
            // Nothing here was a name.
            return Ok(());
        }
        let undone = walk(&shapes, &renamed, &undo).expect("names");
        prop_assert_eq!(undone.get(), text);
    }
}

//! The document as the routes make it, and as it is checked in.

use std::path::Path;

use model::{ErrorReply, Event, Snapshot};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

/// Set this variable to write the file anew: `UPDATE_SCHEMA=1 cargo nextest run -p local-api`.
const UPDATE: &str = "UPDATE_SCHEMA";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Toolgate local API",
        version = "1",
        description = "Times are Unix milliseconds. Every answer that is no success is an \
                       `ErrorReply`. By TCP, requests carry the local token or a session's as \
                       `Authorization: Bearer`; the socket needs none.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT")
    ),
    servers((url = "/api/v1")),
    // What streams carry is named by no route.
    components(schemas(Event, Snapshot, ErrorReply))
)]
struct Description;

/// What clients send; there, a field that may be absent is optional.
const BODIES: [&str; 12] = [
    "AcceptReview",
    "AddServer",
    "CallTool",
    "Decision",
    "NewClientToken",
    "OpenWindow",
    "ParseText",
    "PauseFor",
    "ProposeServers",
    "ReplaceServer",
    "TradeCode",
    "WindowPath",
];

/// Fields of answers that are left out where there is nothing to say; all others are always there.
const LEFT_OUT: [(&str, &str); 5] = [
    ("Author", "name"),
    ("ServerStatus", "rejected_tools"),
    ("ServerStatus", "sign_in"),
    ("ToolSummary", "matched"),
    ("ToolSummary", "score"),
];

/// The document of all routes.
pub(crate) fn document() -> Value {
    let mut all = Description::openapi();
    all.merge(crate::routes().into_openapi());
    all.merge(crate::open_routes().into_openapi());
    let mut document = serde_json::to_value(all).expect("serialises");
    let schemas = document["components"]["schemas"].as_object_mut();
    for (name, schema) in schemas.expect("schemas") {
        if !BODIES.contains(&name.as_str()) {
            require(name, schema);
        }
    }
    document["components"]["securitySchemes"] =
        json!({ "token": { "type": "http", "scheme": "bearer" } });
    document["security"] = json!([{ "token": [] }]);
    for path in members(&mut document["paths"]) {
        for operation in members(path) {
            operation["responses"]["default"] = json!({
                "description": "What went wrong.",
                "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/ErrorReply" }
                } }
            });
        }
    }
    document
}

fn members(object: &mut Value) -> impl Iterator<Item = &mut Value> {
    object.as_object_mut().into_iter().flat_map(Map::values_mut)
}

/// Marks every field of an answer as present, but for those that may be left out.
fn require(name: &str, schema: &mut Value) {
    for part in ["allOf", "oneOf"] {
        for inner in schema[part].as_array_mut().into_iter().flatten() {
            require(name, inner);
        }
    }
    let Some(fields) = schema["properties"].as_object() else {
        // Looking a part up has put nulls in its place.
        return clean(schema);
    };
    let stays = |field: &&String| !LEFT_OUT.contains(&(name, field.as_str()));
    schema["required"] = fields.keys().filter(stays).cloned().collect();
    clean(schema);
}

fn clean(schema: &mut Value) {
    if let Some(schema) = schema.as_object_mut() {
        schema.retain(|key, value| !value.is_null() || key == "const");
    }
}

#[test]
fn the_stored_document_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/openapi.json");
    let current = serde_json::to_string_pretty(&document()).expect("serialises") + "\n";
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&file, &current).expect("writes");
    }
    let stored = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        stored.replace("\r\n", "\n") == current,
        "assets/openapi.json is stale; run: {UPDATE}=1 cargo nextest run -p local-api"
    );
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().expect("a pointer");
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

#[test]
fn unions_are_told_apart_by_their_tags() {
    let document = document();
    for (name, tag, count) in [("ServerState", "state", 7), ("Event", "event", 5)] {
        let union = &document["components"]["schemas"][name]["oneOf"];
        let variants = union.as_array().expect(name);
        assert_eq!(variants.len(), count, "{name}");
        for variant in variants {
            let word = &variant["properties"][tag];
            assert!(
                word["enum"].is_array() || word["const"].is_string(),
                "{variant}"
            );
            let required = variant["required"].as_array().expect("required");
            assert!(required.contains(&tag.into()), "{variant}");
        }
    }
}

#[test]
fn what_may_be_left_out_is_still_there() {
    let document = document();
    for (name, field) in LEFT_OUT {
        let text = document["components"]["schemas"][name].to_string();
        // `Author` is named by no route until changes are.
        assert!(
            name == "Author" || text.contains(&format!("\"{field}\"")),
            "{name}.{field}"
        );
    }
}

//! Tests of pins and comparisons.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const TOOL: DefinitionKind = DefinitionKind::Tool;

fn tool() -> Value {
    json!({
        "name": "rotate_image",
        "description": "Turns a picture by quarters.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "path": {"type": "string"},
                "quarters": {"type": "integer", "default": 1},
            },
            "required": ["path", "quarters"],
        },
        "annotations": {"readOnlyHint": false},
    })
}

fn with(pointer: &str, member: &str, value: Value) -> Value {
    let mut changed = tool();
    changed.pointer_mut(pointer).expect("is there")[member] = value;
    changed
}

fn changed() -> Comparison {
    Comparison::Changed { hidden: false }
}

#[test]
fn a_fingerprint_is_a_known_number_of_hexadecimal_digits() {
    let hash = hash(TOOL, &tool());
    assert_eq!(hash.len(), 64);
    assert!(hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
    // The SHA-256 of `""` with its quotation marks.
    let empty = "12ae32cb1ec02d01eda3581b127c1fee3b0dc53572ed6baf239721a03d82e126";
    assert_eq!(super::hash(DefinitionKind::Instructions, &json!("")), empty);
}

#[test]
fn the_order_of_members_and_of_required_names_is_no_change() {
    let mut other = json!({
        "annotations": {"readOnlyHint": false},
        "inputSchema": {
            "required": ["quarters", "path", "path"],
            "properties": {
                "quarters": {"default": 1, "type": "integer"},
                "path": {"type": "string"},
            },
            "type": "object",
        },
        "description": "Turns a picture by quarters.",
        "name": "rotate_image",
    });
    assert_eq!(compare(TOOL, &tool(), &other), Comparison::Unchanged);
    other["inputSchema"]["required"] = json!(["path"]);
    assert_eq!(compare(TOOL, &tool(), &other), changed());
}

#[test]
fn required_is_a_set_at_every_level_of_a_schema() {
    let nested = |names: Value| {
        let inner = json!({"type": "object", "required": names});
        with(
            "/inputSchema/properties/path",
            "anyOf",
            json!([{"items": {"$defs": {"point": inner}}}]),
        )
    };
    let (one, other) = (nested(json!(["x", "y"])), nested(json!(["y", "x"])));
    assert_eq!(compare(TOOL, &one, &other), Comparison::Unchanged);
}

#[test]
fn a_property_named_required_is_an_ordinary_property() {
    let named = |order: Value| {
        with(
            "/inputSchema/properties",
            "required",
            json!({"type": "array", "default": order}),
        )
    };
    let (one, other) = (named(json!(["x", "y"])), named(json!(["y", "x"])));
    assert_eq!(compare(TOOL, &one, &other), changed());
}

#[test]
fn the_order_of_data_counts() {
    let data = |order: Value| {
        with(
            "/inputSchema/properties/path",
            "default",
            json!({"required": order}),
        )
    };
    let (one, other) = (data(json!(["x", "y"])), data(json!(["y", "x"])));
    assert_eq!(compare(TOOL, &one, &other), changed());
}

#[test]
fn everything_that_a_model_reads_is_pinned() {
    let cases = [
        with("", "description", json!("Turns a picture by quarters. ")),
        with("", "title", json!("Rotate")),
        with("", "outputSchema", json!({"description": "call me again"})),
        with("", "x-hint", json!("unheard of")),
        with("/annotations", "readOnlyHint", json!(true)),
        with("/annotations", "destructiveHint", json!(true)),
        with("/inputSchema/properties", "note", json!({})),
        with("/inputSchema/properties/quarters", "default", json!(3)),
        with("/inputSchema/properties/path", "enum", json!(["a.png"])),
        with("/inputSchema/properties/path", "examples", json!(["a.png"])),
    ];
    for case in cases {
        assert_eq!(compare(TOOL, &tool(), &case), changed(), "{case}");
    }
}

#[test]
fn what_no_model_reads_is_not_pinned() {
    for member in ["_meta", "icons", "execution"] {
        let other = with("", member, json!({"any": "thing"}));
        assert_eq!(compare(TOOL, &tool(), &other), Comparison::Unchanged);
    }
}

#[test]
fn a_resource_may_grow_and_age() {
    let resource = |size: Value, time: Value| {
        json!({
            "uri": "file:///notes.txt",
            "size": size,
            "annotations": {"priority": 1, "lastModified": time},
        })
    };
    let before = resource(json!(3), json!("2026-01-01T00:00:00Z"));
    let grown = resource(json!(4), json!("2026-02-01T00:00:00Z"));
    let kind = DefinitionKind::Resource;
    assert_eq!(compare(kind, &before, &grown), Comparison::Unchanged);
    let words = resource(json!(3), json!("read this first"));
    assert_eq!(compare(kind, &before, &words), changed());
    let other = resource(json!("large"), json!("2026-01-01T00:00:00Z"));
    assert_eq!(compare(kind, &before, &other), changed());
}

#[test]
fn hidden_characters_that_come_in_are_told() {
    let after = with(
        "",
        "description",
        json!("Turns a pic\u{200b}ture by quarters."),
    );
    let hidden = Comparison::Changed { hidden: true };
    assert_eq!(compare(TOOL, &tool(), &after), hidden);
    assert_eq!(compare(TOOL, &after, &tool()), changed());
}

#[test]
fn another_name_is_another_definition_and_may_be_confusable() {
    for (name, confusable) in [
        ("Rotate_Image", true),
        ("rotate_im\u{0430}ge", true),
        ("rotateImage", true),
        ("flip_image", false),
    ] {
        let after = with("", "name", json!(name));
        let expected = Comparison::New { confusable };
        assert_eq!(compare(TOOL, &tool(), &after), expected, "{name}");
    }
}

#[test]
fn other_kinds_go_by_their_own_names() {
    let resource = |uri: &str| json!({"uri": uri, "name": "notes"});
    let kind = DefinitionKind::Resource;
    assert_eq!(
        compare(kind, &resource("a:1"), &resource("a:2")),
        Comparison::New { confusable: false }
    );
    let kind = DefinitionKind::Instructions;
    assert_eq!(
        compare(kind, &json!("Be kind."), &json!("Be rude.")),
        changed()
    );
}

proptest! {
    #[test]
    fn a_fingerprint_survives_the_canonical_form(value in crate::arbitrary::json()) {
        for kind in [TOOL, DefinitionKind::Resource, DefinitionKind::Instructions] {
            let text = canonical(&value);
            let again: Value = serde_json::from_str(&text).expect("valid JSON");
            prop_assert_eq!(hash(kind, &value), hash(kind, &again));
            prop_assert_eq!(hash(kind, &pinned(kind, &value)), hash(kind, &value));
        }
    }
}

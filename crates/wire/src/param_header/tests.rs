use serde_json::{Value, json};

use super::*;
use crate::{Raw, raw};

fn headers(schema: &Value) -> Result<ParamHeaders, InvalidAnnotation> {
    ParamHeaders::of_schema(&raw(schema))
}

fn property(annotated: &Value) -> Result<ParamHeaders, InvalidAnnotation> {
    headers(&json!({ "type": "object", "properties": { "p": annotated } }))
}

fn arguments(text: &str) -> Raw {
    serde_json::from_str(text).expect("JSON")
}

/// The header of an argument `p` that stands in the call as this text.
fn value_of(argument: &str) -> Option<String> {
    let table = property(&json!({ "type": "string", "x-mcp-header": "P" })).expect("valid");
    let arguments = arguments(&format!(r#"{{"p":{argument}}}"#));
    let mut values = table.values(Some(&arguments));
    values.pop().map(|(_, value)| value)
}

fn regions() -> ParamHeaders {
    headers(&json!({ "properties": {
        "region": { "type": "string", "x-mcp-header": "Region" },
        "deep": { "type": "object", "properties": {
            "n": { "type": "integer", "x-mcp-header": "N" },
        } },
        "query": { "type": "string" },
    } }))
    .expect("valid")
}

fn check(found: &[(&str, &str)], call: &str) -> Result<(), HeaderMismatch> {
    let lookup = |name: &str| {
        let same = found.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        same.map(|(_, value)| value.as_bytes()).collect()
    };
    regions().check(lookup, Some(&arguments(call)))
}

#[test]
fn annotated_arguments_become_headers_wherever_they_are_nested() {
    let table = regions();
    let call = arguments(r#"{"query":"q","deep":{"n":42},"region":"us-west1"}"#);
    let expected = [
        ("Mcp-Param-Region", "us-west1".to_owned()),
        ("Mcp-Param-N", "42".to_owned()),
    ];
    assert_eq!(table.values(Some(&call)), expected);
    assert!(!table.is_empty());
}

#[test]
fn what_is_not_there_has_no_header() {
    let table = regions();
    assert!(table.values(None).is_empty());
    for call in [
        "{}",
        "[]",
        "7",
        r#"{"region":null,"deep":null}"#,
        r#"{"deep":7}"#,
        r#"{"deep":{"n":null}}"#,
        r#"{"region":{"a":1},"deep":{"n":1.5}}"#,
    ] {
        assert!(table.values(Some(&arguments(call))).is_empty(), "{call}");
    }
}

#[test]
fn values_are_written_as_the_specification_has_them() {
    for (argument, expected) in [
        (r#""us west 1""#, "us west 1"),
        (r#""""#, ""),
        (r#""Hello, 世界""#, "=?base64?SGVsbG8sIOS4lueVjA==?="),
        (r#"" padded ""#, "=?base64?IHBhZGRlZCA=?="),
        (r#""line1\nline2""#, "=?base64?bGluZTEKbGluZTI=?="),
        (r#""\tindented""#, "=?base64?CWluZGVudGVk?="),
        (
            r#""=?base64?literal?=""#,
            "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=",
        ),
        ("-7", "-7"),
        ("42.0", "42"),
        ("1e3", "1000"),
        ("12345678901234567890", "12345678901234567890"),
        ("true", "true"),
        ("false", "false"),
    ] {
        assert_eq!(value_of(argument).as_deref(), Some(expected), "{argument}");
    }
    for none in ["null", "3.5", "1e300", "[1]", "{}"] {
        assert_eq!(value_of(none), None, "{none}");
    }
}

#[test]
fn a_schema_without_annotations_wants_nothing_whatever_its_form() {
    let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    for schema in ["true", "[]", r#"{"type":"object"}"#, &deep] {
        let schema = arguments(schema);
        assert_eq!(
            ParamHeaders::of_schema(&schema),
            Ok(ParamHeaders::default())
        );
    }
}

#[test]
fn a_name_that_is_no_part_of_a_header_is_invalid() {
    for name in [
        json!(""),
        json!("My Region"),
        json!("Region:Primary"),
        json!("Région"),
        json!("Region\t1"),
        json!("a\r\nb"),
        json!(7),
        json!(null),
    ] {
        let found = property(&json!({ "type": "string", "x-mcp-header": name }));
        assert_eq!(
            found,
            Err(InvalidAnnotation::Name("p".to_owned())),
            "{name}"
        );
    }
}

#[test]
fn only_primitive_types_can_be_repeated() {
    for kind in ["string", "integer", "boolean"] {
        assert!(property(&json!({ "type": kind, "x-mcp-header": "P" })).is_ok());
    }
    for kind in [
        json!("object"),
        json!("array"),
        json!("null"),
        json!("number"),
        json!(["string", "null"]),
    ] {
        let found = property(&json!({ "type": kind, "x-mcp-header": "P" }));
        assert_eq!(
            found,
            Err(InvalidAnnotation::Type("p".to_owned())),
            "{kind}"
        );
    }
    assert!(property(&json!({ "x-mcp-header": "P" })).is_err());
}

#[test]
fn names_differ_in_more_than_their_case() {
    let one = json!({ "type": "string", "x-mcp-header": "MyField" });
    let other = json!({ "type": "string", "x-mcp-header": "myfield" });
    let inner = json!({ "type": "object", "properties": { "b": other } });
    let found = headers(&json!({ "properties": { "a": one, "o": inner } }));
    assert_eq!(found, Err(InvalidAnnotation::Repeated("o.b".to_owned())));
}

#[test]
fn an_annotation_elsewhere_is_invalid() {
    let annotated = json!({ "type": "string", "x-mcp-header": "P" });
    let inner = json!({ "properties": { "q": annotated } });
    for schema in [
        annotated.clone(),
        json!({ "properties": { "p": { "type": "array", "items": annotated } } }),
        json!({ "properties": { "p": { "anyOf": [annotated] } } }),
        json!({ "allOf": [inner] }),
        json!({ "not": inner }),
        json!({ "if": inner }),
        json!({ "$defs": { "d": inner } }),
        json!({ "$defs": { "default": annotated } }),
        json!({ "patternProperties": { ".": annotated } }),
        json!({ "additionalProperties": annotated }),
    ] {
        assert_eq!(
            headers(&schema),
            Err(InvalidAnnotation::Misplaced),
            "{schema}"
        );
    }
}

#[test]
fn what_only_looks_like_an_annotation_is_none() {
    let data = json!({ "x-mcp-header": "P" });
    for schema in [
        json!({ "properties": { "x-mcp-header": { "type": "string" } } }),
        json!({ "properties": { "p": { "type": "object", "default": data, "const": data } } }),
        json!({ "enum": [data], "examples": [data] }),
        json!({ "$defs": { "d": { "properties": { "x-mcp-header": {} } } } }),
        json!({ "description": "see x-mcp-header" }),
    ] {
        assert_eq!(headers(&schema), Ok(ParamHeaders::default()), "{schema}");
    }
}

#[test]
fn a_schema_too_deep_to_look_through_is_invalid() {
    let deep = format!(
        r#"{{"a":{}1{},"properties":{{"p":{{"x-mcp-header":"P"}}}}}}"#,
        "[".repeat(500),
        "]".repeat(500)
    );
    let found = ParamHeaders::of_schema(&arguments(&deep));
    assert_eq!(found, Err(InvalidAnnotation::Unreadable));
}

#[test]
fn headers_that_say_what_the_arguments_say_are_fine() {
    let call = r#"{"region":"us west","deep":{"n":42}}"#;
    for (region, number) in [
        ("us west", "42"),
        ("=?base64?dXMgd2VzdA==?=", "42.0"),
        ("  us west ", "=?base64?NDI=?="),
    ] {
        let found = [("mcp-param-region", region), ("MCP-PARAM-N", number)];
        assert_eq!(check(&found, call), Ok(()), "{found:?}");
    }
    assert_eq!(check(&[], "{}"), Ok(()));
    assert_eq!(
        check(&[("mcp-param-other", "x")], r#"{"region":null}"#),
        Ok(())
    );
    assert_eq!(
        check(&[("mcp-param-n", "0")], r#"{"deep":{"n":-0}}"#),
        Ok(())
    );
}

#[test]
fn headers_that_say_something_else_are_told_apart() {
    let (name, argument) = ("Mcp-Param-Region".to_owned(), "region".to_owned());
    let call = r#"{"region":"a"}"#;
    let missing = HeaderMismatch::Missing(name.clone(), argument.clone());
    assert_eq!(check(&[], call), Err(missing));
    let different = HeaderMismatch::Different(name.clone(), argument.clone());
    for value in ["b", "A", "", "=?base64?Yg==?="] {
        assert_eq!(
            check(&[("mcp-param-region", value)], call),
            Err(different.clone())
        );
    }
    let unexpected = HeaderMismatch::Unexpected(name.clone(), argument);
    for call in ["{}", r#"{"region":null}"#, r#"{"region":["a"]}"#] {
        let found = [("mcp-param-region", "a")];
        assert_eq!(check(&found, call), Err(unexpected.clone()));
    }
    let unreadable = HeaderMismatch::Unreadable(name);
    for value in ["=?base64?***?=", "ä", "a\u{1}"] {
        assert_eq!(
            check(&[("mcp-param-region", value)], call),
            Err(unreadable.clone())
        );
    }
    let twice = [("mcp-param-region", "a"), ("mcp-param-region", "a")];
    assert_eq!(check(&twice, call), Err(unreadable));
}

#[test]
fn numbers_are_compared_as_numbers_and_texts_as_texts() {
    let call = r#"{"deep":{"n":9007199254740993}}"#;
    assert_eq!(check(&[("mcp-param-n", "9007199254740993")], call), Ok(()));
    assert!(check(&[("mcp-param-n", "9007199254740992")], call).is_err());
    for said in ["43", "inf", "+42", "0x2a", ""] {
        let found = [("mcp-param-n", said)];
        assert!(check(&found, r#"{"deep":{"n":42}}"#).is_err(), "{said}");
    }
    let text = r#"{"region":"42"}"#;
    assert!(check(&[("mcp-param-region", "42.0")], text).is_err());
}

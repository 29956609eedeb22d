//! Messages as they are read and written.

use super::*;

fn round_trip(text: &str) -> String {
    Message::parse(text.as_bytes())
        .expect("a message")
        .to_json()
}

#[test]
fn messages_pass_unchanged() {
    for text in [
        r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":"a\"b","method":"x","params":{"n":1.0,"u":[1e2]}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/x","params":{"a":null}}"#,
        r#"{"jsonrpc":"2.0","id":-3,"result":{"content":[],"x":1.50}}"#,
        r#"{"jsonrpc":"2.0","id":3,"error":{"code":-32601,"message":"no","data":{"a":1.0},"x":1e2}}"#,
    ] {
        assert_eq!(round_trip(text), text);
    }
}

#[test]
fn ids_of_cancelled_requests_keep_their_type() {
    let cancelled = |text: &str| match Message::parse(text.as_bytes()) {
        Ok(Message::Notification(notification)) => notification.cancelled_request(),
        _ => None,
    };
    let told = |id: &str| Message::cancelling(&RequestId(id.into()), "late").to_json();
    assert_eq!(cancelled(&told("1")), Some(RequestId::number(1)));
    assert_eq!(cancelled(&told(r#""1""#)), Some(RequestId(r#""1""#.into())));
    for other in [
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/x","params":{"requestId":1}}"#,
    ] {
        assert_eq!(cancelled(other), None, "{other}");
    }
}

#[test]
fn a_null_result_is_a_result() {
    // serde reads `null` into `None`; a server that answers null has still answered.
    let parsed = Message::parse(br#"{"jsonrpc":"2.0","id":3,"result":null}"#);
    assert!(matches!(
        parsed,
        Ok(Message::Response(Response { outcome: Ok(_), .. }))
    ));
}

#[test]
fn an_error_in_an_odd_form_is_still_an_error() {
    for (error, message) in [
        (r#""error":"it broke""#, "it broke"),
        (
            r#""result":null,"error":{"code":"E1","message":"odd"}"#,
            "odd",
        ),
        (r#""error":{"message":null}"#, ""),
        (r#""error":7"#, ""),
    ] {
        let text = format!(r#"{{"jsonrpc":"2.0","id":3,{error}}}"#);
        let Ok(Message::Response(response)) = Message::parse(text.as_bytes()) else {
            unreachable!("{text}")
        };
        let error = response.outcome.expect_err("an error");
        assert_eq!(
            (error.code, error.message.as_str()),
            (code::INTERNAL, message)
        );
    }
}

#[test]
fn an_unreadable_request_is_answered_with_a_null_id() {
    let response = Response {
        id: None,
        outcome: Err(ErrorObject::new(code::PARSE, "no")),
    };
    assert_eq!(
        response.into_json(),
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}"#
    );
}

#[test]
fn line_breaks_between_tokens_do_not_break_the_line() {
    let text = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\n  \"a\":\r\n \"x\\n\"}}";
    let line = round_trip(text);
    assert!(!line.contains('\n') && line.contains("x\\n"), "{line}");
}

#[test]
fn what_is_no_message_is_told_apart() {
    let error = |text: &str| Message::parse(text.as_bytes()).expect_err(text);
    assert_eq!(error("{"), ParseError::NotJson);
    assert_eq!(error("Starting…"), ParseError::NotJson);
    assert_eq!(error(r#"[{"jsonrpc":"2.0"}]"#), ParseError::Batch);
    assert_eq!(error(r#""text""#), ParseError::NotMessage);
    assert_eq!(
        error(r#"{"jsonrpc":"1.0","id":1,"method":"x"}"#),
        ParseError::NotMessage
    );
    assert_eq!(
        error(r#"{"jsonrpc":"2.0","id":{},"method":"x"}"#),
        ParseError::NotMessage
    );
    assert_eq!(error(r#"{"jsonrpc":"2.0","id":1}"#), ParseError::NotMessage);
}

#[test]
fn deep_nesting_is_seen_without_recursion() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(nests_deeper_than(deep(100_000).as_bytes(), 128));
    assert!(nests_deeper_than(deep(129).as_bytes(), 128));
    assert!(!nests_deeper_than(deep(128).as_bytes(), 128));
    let text = format!("{:?}", "[\"{".repeat(1000));
    assert!(
        !nests_deeper_than(text.as_bytes(), 128),
        "brackets in strings do not count"
    );
}

//! Calls through the pipeline: what is let through, what is refused, and in which words.

use model::{CallOutcome, Event};
use serde_json::{Value, json};
use testkit::fake::{MIXED_RESULT, big_text};

use super::{Bench, fake, modern, refusal, text_of};
use crate::Overrides;

impl Bench {
    /// Calls a tool by one of the menu's calling tools, and returns the result.
    async fn call(&self, with: &str, tool: &str, arguments: Value) -> Value {
        let inner = json!({ "name": tool, "arguments": arguments });
        let params = json!({ "name": with, "arguments": inner });
        self.ask("/mcp", "tools/call", params).await["result"].take()
    }

    /// Calls what is refused, and returns what is said.
    async fn refused(&self, with: &str, tool: &str, arguments: Value) -> Value {
        let result = self.call(with, tool, arguments).await;
        assert_eq!(result["isError"], true, "{result}");
        serde_json::from_str(text_of(&result)).expect("JSON")
    }
}

#[tokio::test]
async fn a_result_passes_byte_for_byte() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let params = json!({ "name": "mixed", "arguments": {} });
    let answer = bench
        .send(modern("/mcp/server/a", "tools/call", params))
        .await;
    assert!(answer.body.contains(MIXED_RESULT), "{}", answer.body);
    let params = json!({ "name": "a__mixed", "arguments": {} });
    let answer = bench.send(modern("/mcp/all", "tools/call", params)).await;
    let renamed = MIXED_RESULT
        .replace("file:///tmp", "toolgate+a+file://-/tmp")
        .replace("test://x", "toolgate+a+test://x");
    assert!(answer.body.contains(&renamed), "{}", answer.body);
    bench.stop().await;
}

#[tokio::test]
async fn the_intent_must_cover_the_effect() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let wrong = bench.refused("call_tool_read", "a__echo", json!({})).await;
    let said = "wrong-intent: `a__echo` does not say that it only reads, so it is not called with \
                call_tool_read. Call it with call_tool_write.";
    assert_eq!(refusal(&wrong), said);
    let wrong = bench
        .refused("call_tool_write", "a__delete_all", json!({}))
        .await;
    let said = "wrong-intent: `a__delete_all` says that it may destroy something, so it is not \
                called with call_tool_write. Call it with call_tool_destructive.";
    assert_eq!(refusal(&wrong), said);
    for (with, tool) in [
        ("call_tool_destructive", "a__delete_all"),
        ("call_tool_destructive", "a__pid"),
        ("call_tool_write", "a__echo"),
        ("call_tool", "a__delete_all"),
    ] {
        let result = bench.call(with, tool, json!({})).await;
        assert_eq!(result.get("isError"), None, "{with} {tool}: {result}");
    }
    bench.stop().await;
}

#[tokio::test]
async fn a_mistyped_name_gets_a_suggestion() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    for (wrong, right) in [
        ("a__ech", "a__echo"),
        ("add", "a__add"),
        ("A__Add", "a__add"),
    ] {
        let answer = bench.refused("call_tool", wrong, json!({})).await;
        let said = format!(
            "unknown-tool: There is no tool `{wrong}`. \
             Did you mean `{right}`? Names are `server__tool`, exactly as shown."
        );
        assert_eq!(refusal(&answer), said);
        assert_eq!(answer["error"]["similar"][0], right);
    }
    let answer = bench
        .refused("call_tool", "z__unlike\u{7}", json!({}))
        .await;
    let said = "unknown-tool: There is no tool `z__unlike`. \
                Find tools with retrieve_tools; names are `server__tool`, exactly as shown.";
    assert_eq!(refusal(&answer), said);
    bench.stop().await;
}

#[tokio::test]
async fn arguments_are_checked_before_anything_is_sent() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let answer = bench
        .refused("call_tool", "a__add", json!({ "a": "1", "c": 2 }))
        .await;
    let said = "invalid-arguments: The arguments do not fit the input schema of `a__add`. \
                Correct what is listed under `problems` and call again; nothing was sent.";
    assert_eq!(refusal(&answer), said);
    let problems = answer["error"]["problems"].as_array().expect("problems");
    assert_eq!(
        problems.len(),
        3,
        "a type, one missing, one too many: {problems:?}"
    );
    assert_eq!(
        answer["error"]["input_schema"]["required"],
        json!(["a", "b"])
    );
    let answer = bench.refused("call_tool", "a__echo", json!([1])).await;
    assert!(
        refusal(&answer).contains("must be a JSON object"),
        "{answer}"
    );
    bench.stop().await;
}

#[tokio::test]
async fn arguments_may_be_quoted_absent_or_under_another_key() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    for (inner, echoed) in [
        (
            json!({ "name": "a__echo", "arguments": "{\"x\": 1}" }),
            r#"{"x":1}"#,
        ),
        (
            json!({ "name": "a__echo", "args": { "x": 2 } }),
            r#"{"x":2}"#,
        ),
        (json!({ "name": " a__echo " }), "{}"),
        (json!({ "name": "a__echo", "arguments": null }), "{}"),
    ] {
        let params = json!({ "name": "call_tool_write", "arguments": &inner });
        let answer = bench.ask("/mcp", "tools/call", params).await;
        assert_eq!(text_of(&answer["result"]), echoed, "{inner}");
    }
    let nameless = bench
        .menu("call_tool_read", json!({ "arguments": {} }))
        .await;
    let said = "invalid-arguments: A call needs the `name` of a tool. Call it as in the example.";
    assert_eq!(refusal(&nameless), said);
    bench.stop().await;
}

#[tokio::test]
async fn read_only_lets_only_readers_through() {
    let servers = json!({ "a": fake(&[]) });
    let overrides = Overrides {
        read_only: true,
        ..Overrides::default()
    };
    for (file, overrides) in [
        (json!({ "mcpServers": &servers }), overrides),
        (
            json!({ "readOnly": true, "mcpServers": &servers }),
            Overrides::default(),
        ),
    ] {
        let bench = Bench::with(&file, overrides).await;
        let answer = bench
            .refused("call_tool_destructive", "a__echo", json!({}))
            .await;
        let said = "read-only: `a__echo` may change something, and the gateway is in read-only \
                    mode. Use tools that only read; a person can end read-only mode in the \
                    configuration (`readOnly`).";
        assert_eq!(refusal(&answer), said);
        let by_face = json!({ "name": "echo", "arguments": {} });
        let answer = bench.ask("/mcp/server/a", "tools/call", by_face).await;
        assert_eq!(answer["result"]["isError"], true, "no face is a way around");
        let read = bench.call("call_tool_read", "a__pid", json!({})).await;
        assert_eq!(read.get("isError"), None);
        bench.stop().await;
    }
}

#[tokio::test]
async fn servers_that_cannot_be_called_are_told_apart() {
    let off = json!({ "command": "x", "disabled": true });
    let unset = json!({ "command": "x", "env": { "T": "${env:NOT_SET}" } });
    let bench = Bench::new(json!({ "off": off, "unset": unset })).await;
    let answer = bench.refused("call_tool", "off__t", json!({})).await;
    let said = "server-not-ready: `off` is disabled. \
                A person can enable it: toolgate servers enable off";
    assert_eq!(refusal(&answer), said);
    let answer = bench.refused("call_tool", "unset__t", json!({})).await;
    let error = &answer["error"];
    assert_eq!(
        (&error["code"], &error["state"]),
        (&json!("server-not-ready"), &json!("needs you"))
    );
    assert!(
        error["message"].as_str().expect("why").contains("NOT_SET"),
        "{error}"
    );
    bench.stop().await;
}

#[tokio::test]
async fn a_server_that_crashes_or_hangs_is_told_apart() {
    let mut hangs = fake(&["--hang", "call"]);
    hangs["callTimeout"] = json!(1);
    let bench = Bench::new(json!({ "a": fake(&[]), "b": hangs })).await;
    let lost = refusal(&bench.refused("call_tool", "a__crash", json!({})).await);
    assert!(
        lost.starts_with("server-lost: `a` was lost during the call: "),
        "{lost}"
    );
    assert!(lost.ends_with("The call may or may not have run: check before calling again."));
    let late = refusal(&bench.refused("call_tool", "b__echo", json!({})).await);
    let said = "timed-out: `b` did not answer within 1 s. It may still be working, or may have \
                done it: check before calling again. `callTimeout` in the configuration sets the \
                limit.";
    assert_eq!(late, said);
    bench.stop().await;
}

#[tokio::test]
async fn a_tools_own_error_is_its_result() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let failed = bench.call("call_tool", "a__fail", json!({})).await;
    assert_eq!(failed["isError"], true);
    assert_eq!(text_of(&failed), "The tool failed, as it was asked to.");
    bench.stop().await;
}

#[tokio::test]
async fn a_long_result_can_be_read_to_its_end() {
    let file = json!({ "toolResponseLimit": 2000, "mcpServers": { "a": fake(&[]) } });
    let bench = Bench::with(&file, Overrides::default()).await;
    let result = bench
        .call("call_tool_read", "a__big", json!({ "chars": 5000 }))
        .await;
    let shown: Value = serde_json::from_str(text_of(&result)).expect("still JSON");
    assert_eq!(
        (&shown["truncated"], &shown["total_chars"]),
        (&json!(true), &json!(5000))
    );
    assert!(text_of(&result).chars().count() <= 2000);
    let (mut whole, mut offset) = (String::new(), json!(0));
    while !offset.is_null() {
        let arguments = json!({ "key": &shown["cache_key"], "offset": &offset });
        let page = bench.menu("read_cache", arguments).await;
        assert_eq!(page["offset"], offset);
        whole.push_str(page["text"].as_str().expect("a text"));
        offset = page["next_offset"].clone();
    }
    assert_eq!(whole, big_text(5000));
    bench.stop().await;
}

#[tokio::test]
async fn keys_that_lead_nowhere_are_told() {
    let bench = Bench::new(json!({})).await;
    for key in ["../../etc/passwd", "0123456789abcdef0123456789abcdef"] {
        let answer = bench.menu("read_cache", json!({ "key": key })).await;
        let said = refusal(&answer);
        assert!(said.starts_with("no-such-page: "), "{said}");
        assert!(said.ends_with("Pages are kept for an hour; call the tool again for a new key."));
    }
    let answer = bench.menu("read_cache", json!({})).await;
    assert_eq!(answer["error"]["code"], "invalid-arguments");
    bench.stop().await;
}

#[tokio::test]
async fn every_call_is_news() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let mut events = bench.gateway.fleet().events();
    bench.call("call_tool", "a__echo", json!({})).await;
    bench.call("call_tool", "a__fail", json!({})).await;
    bench.call("call_tool_read", "a__echo", json!({})).await;
    bench.call("call_tool", "nothing", json!({})).await;
    let mut calls = Vec::new();
    while calls.len() < 4 {
        let event = tokio::time::timeout(super::PATIENCE, events.recv()).await;
        if let Event::Call {
            client,
            server,
            tool,
            outcome,
            ..
        } = event.expect("in time").expect("news")
        {
            assert_eq!(client, "test 1");
            calls.push((server, tool, outcome));
        }
    }
    let expected = [
        ("a", "echo", CallOutcome::Ok),
        ("a", "fail", CallOutcome::ToolError),
        ("a", "echo", CallOutcome::Refused),
        ("", "nothing", CallOutcome::Refused),
    ];
    let expected =
        expected.map(|(server, tool, outcome)| (server.to_owned(), tool.to_owned(), outcome));
    assert_eq!(calls, expected);
    bench.stop().await;
}

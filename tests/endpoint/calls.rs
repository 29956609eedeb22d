//! E16 and E18: names, patterns and addresses that mean something else than they seem to.

use serde_json::{Value, json};
use testkit::gateway::Gateway;
use testkit::programs;

use super::Fort;

/// A fort with a server that is switched off.
async fn with_one_off() -> anyhow::Result<Fort> {
    let mut off = programs::fake(&[])?;
    off["disabled"] = true.into();
    Fort::of(Gateway::builder().server("off", off)).await
}

fn is_error(result: &anyhow::Result<Value>) -> bool {
    match result {
        Ok(result) => result["isError"] == true,
        Err(_) => true,
    }
}

#[tokio::test]
async fn e16_no_path_leads_to_a_tool_that_is_not_shown() -> anyhow::Result<()> {
    let fort = with_one_off().await?;
    let (limited, _) = fort
        .token(json!({"name": "limited", "tools": ["good__echo"]}))
        .await?;
    let huge = format!("good__{}", "a".repeat(10 * 1024));
    let names = [
        "a/../b",
        "good__../add",
        "good__add/../add",
        "GOOD__add",
        "good_add",
        "good__add\u{0}",
        "good__\u{1b}[2Jadd",
        "good__\u{430}dd",
        "__proto__",
        "constructor",
        "good____proto__",
        "off__add",
        "",
        &huge,
    ];
    let all = [&fort.token, &limited];
    for (token, name) in all.iter().flat_map(|token| names.map(|name| (token, name))) {
        let menu = fort.client(token, "/mcp").await?;
        for with in ["call_tool", "call_tool_read", "call_tool_destructive"] {
            let arguments = json!({"name": name, "arguments": {"a": 1, "b": 2}});
            let called = menu.call(with, arguments).await;
            assert!(is_error(&called), "{with} {name:?}: {called:?}");
        }
        let flat = fort.client(token, "/mcp/all").await?;
        let called = flat.call(name, json!({"a": 1, "b": 2})).await;
        assert!(is_error(&called), "/mcp/all {name:?}: {called:?}");
    }
    // The tool that the limited token does not name, by its very name and on every face.
    let arguments = json!({"name": "good__add", "arguments": {"a": 1, "b": 2}});
    let menu = fort.client(&limited, "/mcp").await?;
    assert!(is_error(&menu.call("call_tool_read", arguments).await));
    let flat = fort.client(&limited, "/mcp/all").await?;
    assert!(is_error(
        &flat.call("good__add", json!({"a": 1, "b": 2})).await
    ));
    let own = fort.client(&limited, "/mcp/server/good").await?;
    assert!(is_error(&own.call("add", json!({"a": 1, "b": 2})).await));
    // The management's own way to call, which a person uses.
    let body = json!({"name": "off__add", "arguments": {"a": 1, "b": 2}});
    let called = fort
        .gateway
        .api("POST", "/tools/call", &body.to_string())
        .await?;
    let refused = called.status != 200 || called.json()?["result"]["isError"] == true;
    assert!(refused, "{called:?}");
    fort.stands().await
}

#[tokio::test]
async fn e18_patterns_and_addresses_without_end_are_answered() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    let stars = format!("{}b", "a*".repeat(99));
    let (limited, _) = fort
        .token(json!({"name": "stars", "tools": [stars, "*__*_*_*_*_*_*_*", "**********x"]}))
        .await?;
    let long = "a".repeat(100_000);
    for token in [&limited, &fort.token] {
        let flat = fort.client(token, "/mcp/all").await?;
        flat.result("tools/list", json!({})).await?;
        let called = flat.call(&format!("good__{long}"), json!({})).await;
        assert!(is_error(&called));
        for uri in [
            format!("toolgate+good+{}", "{a*}".repeat(20_000)),
            format!("ui://toolgate~good~{}", "%".repeat(50_000)),
            format!("file://{}", "../".repeat(30_000)),
            "a:".repeat(50_000),
        ] {
            let read = flat.result("resources/read", json!({"uri": uri})).await;
            assert!(read.is_err(), "{read:?}");
        }
        let menu = fort.client(token, "/mcp").await?;
        for query in [
            long.clone(),
            "a ".repeat(50_000),
            "((((a*)*)*)*)*b".repeat(1_000),
        ] {
            let found = menu.call("retrieve_tools", json!({"query": query})).await?;
            assert!(found["content"][0]["text"].is_string(), "{found}");
        }
    }
    // What a token may name is short.
    let long = json!({"name": "long", "tools": ["*".repeat(201)]});
    let refused = fort
        .gateway
        .api("POST", "/tokens", &long.to_string())
        .await?;
    assert_eq!(refused.status, 422, "{refused:?}");
    fort.stands().await
}

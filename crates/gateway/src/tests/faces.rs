//! What each face offers.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Bench, fake, modern, text_of};

fn names(answer: &Value) -> Vec<&str> {
    let tools = answer["result"]["tools"].as_array().expect("tools");
    tools
        .iter()
        .map(|tool| tool["name"].as_str().expect("a name"))
        .collect()
}

#[tokio::test]
async fn the_menu_offers_few_tools_whatever_is_behind_it() {
    let bench = Bench::new(json!({ "a": fake(&["--tools", "50"]) })).await;
    let answer = bench.ask("/mcp", "tools/list", json!({})).await;
    let expected = [
        "retrieve_tools",
        "describe_tools",
        "call_tool_read",
        "call_tool_write",
        "call_tool_destructive",
        "read_cache",
        "upstream_servers",
        "quarantine_security",
    ];
    assert_eq!(names(&answer), expected);
    let size = answer["result"]["tools"].to_string().len();
    assert!(size <= 8_000, "{size} bytes");
    let description = answer["result"]["tools"][0]["description"].as_str();
    assert!(
        description
            .expect("text")
            .contains(" of the user's servers: a ("),
        "{description:?}"
    );
    bench.stop().await;
}

#[tokio::test]
async fn the_whole_face_names_tools_by_their_server() {
    let bench = Bench::new(json!({ "b": fake(&[]), "a": fake(&[]) })).await;
    let answer = bench.ask("/mcp/all", "tools/list", json!({})).await;
    let names = names(&answer);
    assert!(names.is_sorted() && names.contains(&"a__add") && names.contains(&"b__add"));
    assert!(
        names
            .iter()
            .all(|name| name.starts_with("a__") || name.starts_with("b__"))
    );
    let tools = answer["result"]["tools"].as_array().expect("tools");
    let add = tools
        .iter()
        .find(|tool| tool["name"] == "a__add")
        .expect("add");
    assert_eq!(add["vendorField"]["kept"], json!([1, 2.5, null]));
    assert_eq!(add["title"], "Add two numbers");
    bench.stop().await;
}

#[tokio::test]
async fn a_servers_own_face_leaves_names_alone() {
    let bench = Bench::new(json!({ "my server": fake(&[]) })).await;
    let discovered = bench
        .ask("/mcp/server/my_server", "server/discover", json!({}))
        .await;
    let result = &discovered["result"];
    assert!(
        result["instructions"]
            .as_str()
            .expect("text")
            .starts_with("A scripted server.")
    );
    assert_eq!(result["capabilities"]["tools"]["listChanged"], true);
    for path in ["/mcp/server/my_server", "/mcp/server/my%20server"] {
        let answer = bench.ask(path, "tools/list", json!({})).await;
        assert!(
            names(&answer).starts_with(&["echo", "add"]),
            "{path}: {answer}"
        );
    }
    let params = json!({ "name": "echo", "arguments": { "x": 1.50 } });
    let answer = bench
        .ask("/mcp/server/my_server", "tools/call", params)
        .await;
    assert_eq!(text_of(&answer["result"]), r#"{"x":1.5}"#);
    bench.stop().await;
}

#[tokio::test]
async fn every_face_calls() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let arguments = json!({ "a": 1, "b": 2.5 });
    let by_menu = json!({ "name": "call_tool_read", "arguments": { "name": "a__add", "arguments": &arguments } });
    for (path, params) in [
        ("/mcp", by_menu),
        (
            "/mcp/all",
            json!({ "name": "a__add", "arguments": &arguments }),
        ),
        (
            "/mcp/server/a",
            json!({ "name": "add", "arguments": &arguments }),
        ),
    ] {
        let answer = bench.ask(path, "tools/call", params).await;
        assert_eq!(
            answer["result"]["structuredContent"],
            json!({ "sum": 3.5 }),
            "{path}: {answer}"
        );
    }
    bench.stop().await;
}

#[tokio::test]
async fn unknown_tools_are_unknown_on_every_face() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    for (path, name) in [
        ("/mcp", "a__add"),
        ("/mcp/all", "add"),
        ("/mcp/all", "retrieve_tools"),
        ("/mcp/server/a", "a__add"),
    ] {
        let answer = bench.ask(path, "tools/call", json!({ "name": name })).await;
        let expected = json!({ "code": -32602, "message": format!("Unknown tool: {name}") });
        assert_eq!(answer["error"], expected, "{path}");
    }
    bench.stop().await;
}

#[tokio::test]
async fn a_call_without_a_name_is_refused() {
    let bench = Bench::new(json!({})).await;
    let request = modern("/mcp", "tools/call", json!({ "arguments": {} }));
    let answer = bench.send(request).await;
    assert_eq!(answer.status, StatusCode::OK);
    let said = "`tools/call` needs the `name` of a tool";
    assert_eq!(
        answer.json()["error"],
        json!({ "code": -32602, "message": said })
    );
    bench.stop().await;
}

#[tokio::test]
async fn a_cursor_of_somebody_else_is_refused() {
    let bench = Bench::new(json!({})).await;
    for path in ["/mcp", "/mcp/all"] {
        let answer = bench
            .ask(path, "tools/list", json!({ "cursor": "x" }))
            .await;
        assert_eq!(answer["error"]["code"], -32602, "{path}");
        let none = bench
            .ask(path, "tools/list", json!({ "cursor": null }))
            .await;
        assert!(none["result"]["tools"].is_array(), "{path}");
    }
    bench.stop().await;
}

#[tokio::test]
async fn a_server_that_is_down_says_why_on_its_own_face() {
    let bench = Bench::new(json!({ "a": { "command": "no-such-program" } })).await;
    let answer = bench.ask("/mcp/server/a", "tools/list", json!({})).await;
    let error = &answer["error"];
    assert_eq!(error["data"], json!({ "state": "backing off" }));
    let said = error["message"].as_str().expect("text");
    assert!(
        said.starts_with("`a` is not running: The command `no-such-program` was not found"),
        "{said}"
    );
    let all = bench.ask("/mcp/all", "tools/list", json!({})).await;
    assert_eq!(all["result"]["tools"], json!([]), "one server is not all");
    bench.stop().await;
}

#[tokio::test]
async fn other_methods_go_to_the_one_server_of_the_face() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let listed = bench.ask("/mcp/server/a", "prompts/list", json!({})).await;
    assert_eq!(
        listed["error"]["message"], "Method not found: prompts/list",
        "the server's word"
    );
    let removed = bench
        .ask(
            "/mcp/server/a",
            "logging/setLevel",
            json!({ "level": "debug" }),
        )
        .await;
    assert_eq!(removed["error"]["code"], -32601, "not of the modern era");
    let foreign = bench.ask("/mcp/server/a", "vendor/secret", json!({})).await;
    assert_eq!(foreign["error"]["code"], -32601);
    bench.stop().await;
}

#[tokio::test]
async fn a_single_calling_tool_is_shown_where_configured() {
    let file = json!({ "callTools": "single", "mcpServers": {} });
    let bench = Bench::with(&file, crate::Overrides::default()).await;
    let answer = bench.ask("/mcp", "tools/list", json!({})).await;
    let names = names(&answer);
    assert!(
        names.contains(&"call_tool") && !names.contains(&"call_tool_read"),
        "{names:?}"
    );
    bench.stop().await;
}

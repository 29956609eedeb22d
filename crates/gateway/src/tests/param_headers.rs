//! Arguments that a tool wants repeated in headers.

use axum::http::HeaderValue;
use serde_json::{Value, json};

use super::events::full;
use super::modern;

const BOTH_FACES: [(&str, &str); 2] = [("/mcp/server/a", "routed"), ("/mcp/all", "a__routed")];

#[tokio::test]
async fn a_header_must_say_what_the_argument_says() {
    let (bench, seen) = full().await;
    let cases: [(Value, &[&'static str], u16); 9] = [
        (json!({ "region": "eu" }), &["eu"], 200),
        (json!({ "region": "eu" }), &["=?base64?ZXU=?="], 200),
        (json!({ "region": "日" }), &["=?base64?5pel?="], 200),
        (json!({ "query": "x" }), &[], 200),
        (json!({ "region": "eu" }), &[], 400),
        (json!({ "region": "eu" }), &["us"], 400),
        (json!({ "region": "eu" }), &["eu", "eu"], 400),
        (json!({ "query": "x" }), &["eu"], 400),
        (json!({ "region": "Hello" }), &["=?base64?SGVsbG8?="], 400),
    ];
    for (path, tool) in BOTH_FACES {
        for (arguments, said, status) in &cases {
            let before = seen.requests("tools/call").len();
            let params = json!({ "name": tool, "arguments": arguments });
            let mut call = modern(path, "tools/call", params);
            for value in *said {
                call.headers_mut()
                    .append("mcp-param-region", HeaderValue::from_static(value));
            }
            let answer = bench.send(call).await;
            assert_eq!(answer.status, *status, "{path} {arguments} {said:?}");
            let refused = *status == 400;
            if refused {
                assert_eq!(answer.json()["error"]["code"], -32020);
            }
            let reached = seen.requests("tools/call").len() - before;
            assert_eq!(reached, usize::from(!refused), "{arguments} {said:?}");
        }
    }
    bench.stop().await;
}

#[tokio::test]
async fn the_menu_and_other_tools_want_no_such_header() {
    let (bench, _) = full().await;
    let inner = json!({ "name": "a__routed", "arguments": { "region": "eu" } });
    let params = json!({ "name": "call_tool_read", "arguments": inner });
    let answer = bench.ask("/mcp", "tools/call", params).await;
    assert_eq!(answer["result"]["content"][0]["text"], "eu", "{answer}");
    let mut other = modern(
        "/mcp/all",
        "tools/call",
        json!({ "name": "a__count", "arguments": { "to": 0 } }),
    );
    other
        .headers_mut()
        .insert("mcp-param-region", HeaderValue::from_static("x"));
    assert_eq!(bench.send(other).await.status, 200);
    bench.stop().await;
}

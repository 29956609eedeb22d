//! Finding and describing tools.

use serde_json::{Value, json};

use super::{Bench, fake, refusal};

fn names(answer: &Value) -> Vec<&str> {
    let tools = answer["tools"].as_array().expect("tools");
    tools
        .iter()
        .map(|tool| tool["name"].as_str().expect("a name"))
        .collect()
}

#[tokio::test]
async fn a_found_tool_can_be_called_from_its_answer() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let query = json!({ "query": "add two numbers", "limit": 1 });
    let answer = bench.menu("retrieve_tools", query).await;
    insta::assert_json_snapshot!(answer, @r#"
    {
      "tools": [
        {
          "name": "a__add",
          "description": "Adds two numbers and returns the sum.",
          "arguments": "{a: number, b: number}",
          "call_with": "call_tool_read"
        }
      ]
    }
    "#);
    bench.stop().await;
}

#[tokio::test]
async fn detail_adds_schema_score_and_matches() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let query = json!({ "query": "add two numbers", "limit": 1, "detail": "full" });
    let tool = bench.menu("retrieve_tools", query).await["tools"][0].take();
    assert_eq!(tool["inputSchema"]["required"], json!(["a", "b"]));
    assert_eq!(tool["annotations"]["x-vendor-hint"], "cheap");
    assert!(tool["score"].as_f64().expect("a number") > 0.0);
    assert!(!tool["matched"].as_array().expect("words").is_empty());
    bench.stop().await;
}

#[tokio::test]
async fn limits_are_kept_and_odd_ones_mended() {
    let bench = Bench::new(json!({ "a": fake(&["--tools", "80"]) })).await;
    for (limit, expected) in [
        (json!(3), 3),
        (json!(0), 1),
        (json!("x"), 5),
        (json!(null), 5),
    ] {
        let query = json!({ "query": "create list get update delete", "limit": &limit });
        let answer = bench.menu("retrieve_tools", query).await;
        assert_eq!(names(&answer).len(), expected, "{limit}");
    }
    bench.stop().await;
}

#[tokio::test]
async fn a_search_in_one_server_finds_only_its_tools() {
    let bench = Bench::new(json!({ "a": fake(&[]), "my server": fake(&[]) })).await;
    for named in ["my server", "my_server"] {
        let query = json!({ "query": "add two numbers", "server": named, "limit": 50 });
        let answer = bench.menu("retrieve_tools", query).await;
        let names = names(&answer);
        assert!(!names.is_empty() && names.iter().all(|name| name.starts_with("my_server__")));
    }
    let query = json!({ "query": "add", "server": "nowhere" });
    let answer = bench.menu("retrieve_tools", query).await;
    let said = "unknown-server: There is no server `nowhere`. Leave `server` out, or use one of those listed.";
    assert_eq!(refusal(&answer), said);
    assert_eq!(answer["error"]["servers"], json!(["a", "my_server"]));
    bench.stop().await;
}

#[tokio::test]
async fn servers_that_could_not_take_part_are_named() {
    let missing = json!({ "command": "no-such-program" });
    let off = json!({ "command": "no-such-program", "disabled": true });
    let bench = Bench::new(json!({ "a": fake(&[]), "down": missing, "off": off })).await;
    let answer = bench
        .menu("retrieve_tools", json!({ "query": "add two numbers" }))
        .await;
    insta::assert_json_snapshot!(answer["unavailable"], @r#"
    [
      {
        "server": "down",
        "state": "backing off",
        "message": "`down` is not running: The command `no-such-program` was not found on PATH.",
        "fix": "It is tried again by itself. Install it, or write its full path; `toolgate doctor` shows the PATH in use."
      }
    ]
    "#);
    bench.stop().await;
}

#[tokio::test]
async fn nothing_found_comes_with_a_hint() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let answer = bench
        .menu("retrieve_tools", json!({ "query": "xyzzyplugh" }))
        .await;
    assert_eq!(answer["tools"], json!([]));
    let hint = answer["hint"].as_str().expect("a hint");
    assert!(
        hint.starts_with("None of ") && hint.contains("Try other words"),
        "{hint}"
    );
    bench.stop().await;
}

#[tokio::test]
async fn a_search_for_nothing_is_shown_how() {
    let bench = Bench::new(json!({})).await;
    for arguments in [
        json!({}),
        json!({ "query": "  " }),
        json!({ "query": 7 }),
        json!("text"),
    ] {
        let answer = bench.menu("retrieve_tools", arguments).await;
        let said = "invalid-arguments: retrieve_tools needs a `query`. Call it as in the example.";
        assert_eq!(refusal(&answer), said);
        assert_eq!(
            answer["error"]["example"],
            json!({ "query": "create issue github" })
        );
    }
    bench.stop().await;
}

#[tokio::test]
async fn a_description_is_whole() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let answer = bench
        .menu("describe_tools", json!({ "names": ["a__add", "a__fly"] }))
        .await;
    let add = &answer["tools"][0];
    assert_eq!(
        (&add["name"], &add["server"]),
        (&json!("a__add"), &json!("a"))
    );
    assert_eq!(
        add["inputSchema"]["properties"]["a"]["description"],
        "The first summand."
    );
    assert_eq!(add["outputSchema"]["required"], json!(["sum"]));
    assert_eq!(add["call_with"], "call_tool_read");
    assert_eq!(answer["unknown"], json!(["a__fly"]));
    assert!(
        answer["fix"]
            .as_str()
            .expect("a way out")
            .contains("retrieve_tools")
    );
    bench.stop().await;
}

#[tokio::test]
async fn one_name_may_stand_alone_and_many_are_cut() {
    let bench = Bench::new(json!({ "a": fake(&["--tools", "20"]) })).await;
    let one = bench
        .menu("describe_tools", json!({ "name": "a__echo" }))
        .await;
    assert_eq!(names(&one), ["a__echo"]);
    assert!(one.get("unknown").is_none());
    let catalog = bench.gateway.fleet().catalog();
    let all: Vec<&str> = catalog.tools().map(|tool| tool.id.as_str()).collect();
    let many = bench.menu("describe_tools", json!({ "names": all })).await;
    assert_eq!(names(&many).len(), 10);
    let none = bench.menu("describe_tools", json!({ "names": [] })).await;
    assert_eq!(none["error"]["code"], "invalid-arguments");
    bench.stop().await;
}

#[tokio::test]
async fn nothing_is_held_for_review() {
    let bench = Bench::new(json!({})).await;
    let list = bench
        .menu("quarantine_security", json!({ "operation": "list" }))
        .await;
    assert_eq!(
        list,
        json!({ "held": [], "message": "Nothing is held for review." })
    );
    let inspect = json!({ "operation": "inspect", "server": "a" });
    let inspected = bench.menu("quarantine_security", inspect).await;
    assert_eq!(inspected["error"]["code"], "unknown-server");
    for operation in ["inspect", "approve", ""] {
        let arguments = json!({ "operation": operation });
        let answer = bench.menu("quarantine_security", arguments).await;
        assert_eq!(answer["error"]["code"], "invalid-arguments", "{operation}");
    }
    bench.stop().await;
}

//! Tools: listed, searched, shown, called.

use model::{Effect, ToolDetail, ToolSummary};
use serde_json::{Value, json};

use super::{Bench, code, fake};

async fn find(bench: &Bench, query: &str) -> Vec<ToolSummary> {
    let (status, body) = bench.get(&format!("/api/v1/tools{query}")).await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_value(body).expect("summaries")
}

#[tokio::test]
async fn without_a_query_all_tools_come_in_order() {
    let bench = Bench::new(&json!({ "b": fake(&[]), "my server": fake(&[]) })).await;
    let all = find(&bench, "").await;
    assert_eq!(all.len(), bench.api.gateway.fleet().catalog().len());
    assert!(all.is_sorted_by_key(|tool| tool.id.clone()));
    assert!(all.iter().all(|tool| tool.score.is_none()));
    for named in ["my%20server", "my_server"] {
        let of_one = find(&bench, &format!("?server={named}")).await;
        assert_eq!(of_one.len(), all.len() / 2);
        assert!(of_one.iter().all(|tool| tool.server == "my server"));
    }
    assert_eq!(find(&bench, "?limit=3").await, all[..3]);
    bench.stop().await;
}

#[tokio::test]
async fn a_query_ranks() {
    let bench = Bench::new(&json!({ "a": fake(&[]), "b": fake(&[]) })).await;
    let found = find(&bench, "?query=add%20two%20numbers&limit=4&server=b").await;
    assert_eq!(
        (found[0].id.as_str(), found[0].effect),
        ("b__add", Effect::Read)
    );
    let scores: Vec<f32> = found
        .iter()
        .map(|tool| tool.score.expect("a score"))
        .collect();
    assert!(scores.is_sorted_by(|one, next| one >= next), "{scores:?}");
    assert!(found.len() <= 4 && found.iter().all(|tool| tool.server == "b"));
    assert_eq!(find(&bench, "?query=xyzzyplugh").await, []);
    bench.stop().await;
}

#[tokio::test]
async fn a_tool_is_shown_as_its_server_sent_it() {
    let bench = Bench::new(&json!({ "a": fake(&[]) })).await;
    let (status, body) = bench.get("/api/v1/tools/a__add").await;
    assert_eq!(status, 200);
    let detail: ToolDetail = serde_json::from_value(body).expect("a detail");
    assert_eq!(
        (detail.summary.name.as_str(), detail.summary.server.as_str()),
        ("add", "a")
    );
    assert_eq!(detail.definition["name"], "add");
    assert_eq!(
        detail.definition["vendorField"]["kept"],
        json!([1, 2.5, null])
    );
    let (status, body) = bench.get("/api/v1/tools/a__fly").await;
    assert_eq!((status.as_u16(), code(&body)), (404, "no-such-tool"));
    assert_eq!(body["error"]["message"], "There is no tool `a__fly`.");
    bench.stop().await;
}

#[tokio::test]
async fn a_call_runs_through_the_same_pipeline() {
    let bench = Bench::new(&json!({ "a": fake(&[]) })).await;
    let call = |name: &str, arguments: Value| json!({ "name": name, "arguments": arguments });
    let sum = call("a__add", json!({ "a": 1, "b": 2 }));
    let (status, body) = bench.post("/api/v1/tools/call", &sum).await;
    assert_eq!(
        (status.as_u16(), &body["result"]["structuredContent"]["sum"]),
        (200, &json!(3))
    );
    for (refused, expected) in [
        (call("a__add", json!({})), "invalid-arguments"),
        (call("a__fly", json!({})), "unknown-tool"),
    ] {
        let (status, body) = bench.post("/api/v1/tools/call", &refused).await;
        assert_eq!(
            (status.as_u16(), &body["result"]["isError"]),
            (200, &json!(true))
        );
        let text = body["result"]["content"][0]["text"]
            .as_str()
            .expect("a text");
        let refusal: Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(code(&refusal), expected);
    }
    bench.stop().await;
}

#[tokio::test]
async fn a_call_that_is_none_is_refused() {
    let bench = Bench::new(&json!({})).await;
    for body in [json!({}), json!({ "name": 7, "arguments": {} }), json!([])] {
        let (status, _) = bench.post("/api/v1/tools/call", &body).await;
        assert_eq!(status, 422, "{body}");
    }
    bench.stop().await;
}

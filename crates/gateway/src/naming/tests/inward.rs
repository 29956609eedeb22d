//! From clients to a server.

use serde_json::json;

use super::*;

/// What a client was given comes back as its server knows it, and says whose it is.
#[test]
fn requests_come_back() {
    let requests = r#"prompts/get { "name": "Git_hub__a__b", "arguments": { "of": "URI", "note": "x" } }
        resources/read { "uri": "URI", "requestState": "URI" }
        resources/subscribe { "uri": "ui://toolgate~.git..hub~a/b" }
        resources/unsubscribe { "uri": "URI" }
        resources/directory/read { "uri": "URI" }
        skills/get { "uri": "URI" }
        completion/complete { "ref": { "type": "ref/prompt", "name": "Git_hub__a" }, "argument": { "name": "of", "value": "URI" } }
        completion/complete { "ref": { "type": "ref/resource", "uri": "URI" }, "context": { "arguments": { "of": "URI" } } }
        tasks/get { "taskId": "Git_hub__7" }
        tasks/result { "taskId": "Git_hub__7" }
        tasks/cancel { "taskId": "Git_hub__7" }
        tasks/update { "taskId": "Git_hub__7", "inputResponses": { "a": { "role": "assistant", "content": [{ "type": "resource_link", "uri": "URI" }] }, "b": { "action": "accept", "content": { "uri": "URI" } } } }"#;
    let requests = requests.replace("URI", "toolgate+.git..hub+file://-/a");
    let shown = changes_in(&requests, |method, params| {
        let mut params = RawObject::parse(&params).expect("an object");
        let slug = addressee(method, &params);
        assert_eq!(slug.as_deref(), Some("Git_hub"), "{method}");
        NAMING.inward_params(method, &mut params);
        params.to_raw()
    });
    insta::assert_snapshot!(shown, @r"
    - prompts/get
    /name: Git_hub__a__b > a__b
    /arguments/of: toolgate+.git..hub+file://-/a > file:///a
    - resources/read
    /uri: toolgate+.git..hub+file://-/a > file:///a
    - resources/subscribe
    /uri: ui://toolgate~.git..hub~a/b > ui://a/b
    - resources/unsubscribe
    /uri: toolgate+.git..hub+file://-/a > file:///a
    - resources/directory/read
    /uri: toolgate+.git..hub+file://-/a > file:///a
    - skills/get
    /uri: toolgate+.git..hub+file://-/a > file:///a
    - completion/complete
    /ref/name: Git_hub__a > a
    /argument/value: toolgate+.git..hub+file://-/a > file:///a
    - completion/complete
    /ref/uri: toolgate+.git..hub+file://-/a > file:///a
    /context/arguments/of: toolgate+.git..hub+file://-/a > file:///a
    - tasks/get
    /taskId: Git_hub__7 > 7
    - tasks/result
    /taskId: Git_hub__7 > 7
    - tasks/cancel
    /taskId: Git_hub__7 > 7
    - tasks/update
    /taskId: Git_hub__7 > 7
    /inputResponses/a/content/0/uri: toolgate+.git..hub+file://-/a > file:///a
    ");
}

#[test]
fn what_speaks_of_nobody_has_no_addressee() {
    for (method, params) in [
        ("prompts/get", json!({ "name": "plain" })),
        ("prompts/get", json!({ "name": "__plain" })),
        ("prompts/get", json!({})),
        ("resources/read", json!({ "uri": "file:///a" })),
        ("tasks/get", json!({ "taskId": 7 })),
        (
            "completion/complete",
            json!({ "ref": { "type": "ref/other", "uri": "toolgate+a+x:y" } }),
        ),
        ("completion/complete", json!({ "ref": "a__b" })),
        ("tools/call", json!({ "name": "a__b" })),
    ] {
        assert_eq!(addressee(method, &object(&params)), None, "{method}");
    }
}

#[test]
fn names_of_another_server_are_kept() {
    let arguments = json!({ "of": "toolgate+a+file://-/a", "see": ["x toolgate+.git..hub+x:y"] });
    let related = json!({ "io.modelcontextprotocol/related-task": { "taskId": "a__7" } });
    let given = json!({ "name": "a__tool", "arguments": arguments, "_meta": related });
    let mut params = object(&given);
    NAMING.inward_params("tools/call", &mut params);
    assert_eq!(value(&params.to_raw()), given);
    let content = json!({ "type": "resource", "resource": { "uri": "toolgate+a+x:y" } });
    let answer = json!({ "content": content });
    assert_eq!(value(&NAMING.inward_answer(raw(&answer))), answer);
}

#[test]
fn a_tool_gets_the_link_that_another_gave() {
    let text = r#"{"a":[1.0,"toolgate+.git..hub+x:\"y"],"b" : "ui://toolgate~.git..hub~z","c":"\"toolgate+.git..hub+x:y"}"#;
    let mut params = RawObject::default();
    params.set(
        "arguments",
        RawValue::from_string(text.to_owned()).expect("JSON"),
    );
    NAMING.inward_params("tools/call", &mut params);
    let kept = params.get("arguments").map(RawValue::get);
    let expected = r#"{"a":[1.0,"x:\"y"],"b" : "ui://z","c":"\"toolgate+.git..hub+x:y"}"#;
    assert_eq!(kept, Some(expected));
}

#[test]
fn an_answer_loses_our_names() {
    let answer = r#"sampling/createMessage { "content": { "type": "resource_link", "uri": "toolgate+.git..hub+x:y" }, "_meta": { "io.modelcontextprotocol/related-task": { "taskId": "Git_hub__7" } }, "task": { "taskId": "Git_hub__7" } }"#;
    insta::assert_snapshot!(changes_in(answer, |_, result| NAMING.inward_answer(result)), @r"
    - sampling/createMessage
    /content/uri: toolgate+.git..hub+x:y > x:y
    /_meta/io.modelcontextprotocol/related-task/taskId: Git_hub__7 > 7
    ");
}

#[test]
fn a_filter_is_split_by_server() {
    let uris = [
        "toolgate+a+x:y",
        "ui://toolgate~b~z",
        "file:///nobody's",
        "toolgate+a+x:z",
    ];
    let filter = json!({
        "toolsListChanged": true, "taskIds": ["b__7", "plain"], "resourceSubscriptions": uris,
    });
    let parts = split_filter(&object(&filter));
    let line = |(slug, part): (&String, &RawObject)| format!("{slug} {}", part.to_raw());
    let parts: Vec<String> = parts.iter().map(line).collect();
    insta::assert_snapshot!(parts.join("\n"), @r#"
    a {"resourceSubscriptions":["x:y","x:z"]}
    b {"resourceSubscriptions":["ui://z"],"taskIds":["7"]}
    "#);
}

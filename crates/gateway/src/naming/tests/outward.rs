//! From a server to clients.

use serde_json::json;

use super::*;

#[test]
fn lists() {
    let lists = r#"tools/list { "tools": [{ "name": "clock", "inputSchema": { "properties": { "uri": { "default": "file:///a" } } }, "_meta": { "ui": { "resourceUri": "ui://clock/app.html", "visibility": ["app"] } } }, { "name": "uri" }], "nextCursor": "uri" }
        tools/list { "tools": [{ "name": "clock", "_meta": { "ui/resourceUri": "ui://clock/app.html", "openai/outputTemplate": "ui://clock/app.html" } }] }
        prompts/list { "prompts": [{ "name": "a", "arguments": [{ "name": "b" }] }] }
        resources/list { "resources": [{ "uri": "file:///a", "name": "a", "title": "file:///a" }] }
        resources/directory/read { "resources": [{ "uri": "file:///a/b" }] }
        resources/templates/list { "resourceTemplates": [{ "uriTemplate": "x://{a}", "name": "a" }] }
        skills/list { "skills": [{ "uri": "skill://s/SKILL.md", "resources": "dynamic" }] }
        skills/get { "skill": { "uri": "skill://s/SKILL.md", "resources": [{ "uri": "skill://s/a" }] } }
        tasks/list { "tasks": [{ "taskId": "7", "status": "working" }] }"#;
    insta::assert_snapshot!(changes_in(lists, |method, result| NAMING.outward_result(method, result)), @r"
    - tools/list
    /tools/0/_meta/ui/resourceUri: ui://clock/app.html > ui://toolgate~.git..hub~clock/app.html
    - tools/list
    /tools/0/_meta/ui/resourceUri: ui://clock/app.html > ui://toolgate~.git..hub~clock/app.html
    /tools/0/_meta/openai/outputTemplate: ui://clock/app.html > ui://toolgate~.git..hub~clock/app.html
    - prompts/list
    /prompts/0/name: a > Git_hub__a
    - resources/list
    /resources/0/uri: file:///a > toolgate+.git..hub+file://-/a
    - resources/directory/read
    /resources/0/uri: file:///a/b > toolgate+.git..hub+file://-/a/b
    - resources/templates/list
    /resourceTemplates/0/uriTemplate: x://{a} > toolgate+.git..hub+x://{a}
    - skills/list
    /skills/0/uri: skill://s/SKILL.md > toolgate+.git..hub+skill://s/SKILL.md
    - skills/get
    /skill/uri: skill://s/SKILL.md > toolgate+.git..hub+skill://s/SKILL.md
    /skill/resources/0/uri: skill://s/a > toolgate+.git..hub+skill://s/a
    - tasks/list
    /tasks/0/taskId: 7 > Git_hub__7
    ");
}

#[test]
fn a_definition_alone_is_treated_as_one_in_a_list() {
    let tool = json!({ "name": "a", "_meta": { "ui": { "resourceUri": "ui://a/b" } } });
    let listed = NAMING.outward_result("tools/list", raw(&json!({ "tools": [tool] })));
    let alone = NAMING.outward_tool(raw(&tool));
    assert_eq!(value(&listed)["tools"][0], value(&alone));
    assert_ne!(value(&alone), tool);
}

#[test]
fn results() {
    let results = r#"tools/call { "content": BLOCKS, "structuredContent": { "uri": "file:///a", "taskId": "7" }, "taskId": "7" }
        tools/call { "resultType": "task", "taskId": "7", "status": "working" }
        tools/call { "task": { "taskId": "7", "ttl": null }, "_meta": { "ui": { "resourceUri": "ui://a" } } }
        prompts/get { "messages": [{ "content": BLOCKS }, { "content": { "type": "resource_link", "uri": "x:y" } }] }
        resources/read { "contents": [{ "uri": "file:///a", "text": "" }] }
        tasks/result { "content": BLOCKS, "_meta": { "io.modelcontextprotocol/related-task": { "taskId": "7" }, "taskId": "7" } }
        tasks/cancel { "taskId": "7" }
        tasks/get { "resultType": "task", "taskId": "7", "status": "completed", "result": { "content": BLOCKS } }
        tasks/get { "taskId": "7", "error": { "data": { "uri": "file:///a" } } }
        completion/complete { "completion": { "values": ["file:///a"] }, "uri": "x" }"#;
    insta::assert_snapshot!(changes_in(results, |method, result| NAMING.outward_result(method, result)), @r"
    - tools/call
    /content/1/uri: file:///a > toolgate+.git..hub+file://-/a
    /content/2/resource/uri: memo:a > toolgate+.git..hub+memo:a
    - tools/call
    /taskId: 7 > Git_hub__7
    - tools/call
    /task/taskId: 7 > Git_hub__7
    /_meta/ui/resourceUri: ui://a > ui://toolgate~.git..hub~a
    - prompts/get
    /messages/0/content/1/uri: file:///a > toolgate+.git..hub+file://-/a
    /messages/0/content/2/resource/uri: memo:a > toolgate+.git..hub+memo:a
    /messages/1/content/uri: x:y > toolgate+.git..hub+x:y
    - resources/read
    /contents/0/uri: file:///a > toolgate+.git..hub+file://-/a
    - tasks/result
    /content/1/uri: file:///a > toolgate+.git..hub+file://-/a
    /content/2/resource/uri: memo:a > toolgate+.git..hub+memo:a
    /_meta/io.modelcontextprotocol/related-task/taskId: 7 > Git_hub__7
    - tasks/cancel
    /taskId: 7 > Git_hub__7
    - tasks/get
    /taskId: 7 > Git_hub__7
    /result/content/1/uri: file:///a > toolgate+.git..hub+file://-/a
    /result/content/2/resource/uri: memo:a > toolgate+.git..hub+memo:a
    - tasks/get
    /taskId: 7 > Git_hub__7
    /error/data/uri: file:///a > toolgate+.git..hub+file://-/a
    - completion/complete
    ");
}

#[test]
fn input_that_is_asked_for() {
    let asked = r#"{ "taskId": "7", "requestState": "uri", "inputRequests": {
        "a": { "method": "sampling/createMessage", "params": { "messages": [{ "content": { "type": "resource_link", "uri": "x:y" } }] } },
        "b": { "method": "elicitation/create", "params": { "uri": "x" } }, "c": { "method": "roots/list" }, "uri": 1 } }"#;
    let asked = asked.replace('\n', " ");
    let methods = ["tools/call", "prompts/get", "resources/read", "tasks/get"];
    let results = methods.map(|method| format!("{method} {asked}")).join("\n");
    insta::assert_snapshot!(changes_in(&results, |method, result| NAMING.outward_result(method, result)), @r"
    - tools/call
    /inputRequests/a/params/messages/0/content/uri: x:y > toolgate+.git..hub+x:y
    - prompts/get
    /inputRequests/a/params/messages/0/content/uri: x:y > toolgate+.git..hub+x:y
    - resources/read
    /inputRequests/a/params/messages/0/content/uri: x:y > toolgate+.git..hub+x:y
    - tasks/get
    /taskId: 7 > Git_hub__7
    /inputRequests/a/params/messages/0/content/uri: x:y > toolgate+.git..hub+x:y
    ");
    let notice = format!("notifications/tasks {asked}");
    insta::assert_snapshot!(changes_in(&notice, |method, params| NAMING.outward_notification(method, params)), @r"
    - notifications/tasks
    /taskId: 7 > Git_hub__7
    /inputRequests/a/params/messages/0/content/uri: x:y > toolgate+.git..hub+x:y
    ");
}

#[test]
fn requests() {
    let requests = r#"sampling/createMessage { "messages": [{ "content": [{ "type": "tool_result", "toolUseId": "1", "content": BLOCKS }] }, { "content": BLOCKS }] }
        sampling/createMessage { "messages": [], "tools": [{ "name": "a", "_meta": { "ui": { "resourceUri": "ui://a" } } }] }
        elicitation/create { "mode": "url", "elicitationId": "1", "url": "https://a" }
        roots/list { "_meta": { "io.modelcontextprotocol/related-task": { "taskId": "7" } } }
        tasks/get { "taskId": "the client's" }
        tasks/cancel { "taskId": "the client's" }"#;
    insta::assert_snapshot!(changes_in(requests, |method, params| NAMING.outward_request(method, params)), @r"
    - sampling/createMessage
    /messages/0/content/0/content/1/uri: file:///a > toolgate+.git..hub+file://-/a
    /messages/0/content/0/content/2/resource/uri: memo:a > toolgate+.git..hub+memo:a
    /messages/1/content/1/uri: file:///a > toolgate+.git..hub+file://-/a
    /messages/1/content/2/resource/uri: memo:a > toolgate+.git..hub+memo:a
    - sampling/createMessage
    /tools/0/_meta/ui/resourceUri: ui://a > ui://toolgate~.git..hub~a
    - elicitation/create
    /elicitationId: 1 > Git_hub__1
    - roots/list
    /_meta/io.modelcontextprotocol/related-task/taskId: 7 > Git_hub__7
    - tasks/get
    - tasks/cancel
    ");
}

#[test]
fn notifications() {
    let notifications = r#"notifications/resources/updated { "uri": "file:///a" }
        notifications/tasks/status { "taskId": "7", "status": "working" }
        notifications/tasks { "taskId": "7", "result": { "content": BLOCKS } }
        notifications/elicitation/complete { "elicitationId": "1" }
        notifications/subscriptions/acknowledged { "notifications": { "toolsListChanged": true, "resourceSubscriptions": ["file:///a"], "taskIds": ["7"] } }
        notifications/message { "data": { "uri": "file:///a" }, "logger": "uri" }"#;
    insta::assert_snapshot!(changes_in(notifications, |method, params| NAMING.outward_notification(method, params)), @r"
    - notifications/resources/updated
    /uri: file:///a > toolgate+.git..hub+file://-/a
    - notifications/tasks/status
    /taskId: 7 > Git_hub__7
    - notifications/tasks
    /taskId: 7 > Git_hub__7
    /result/content/1/uri: file:///a > toolgate+.git..hub+file://-/a
    /result/content/2/resource/uri: memo:a > toolgate+.git..hub+memo:a
    - notifications/elicitation/complete
    /elicitationId: 1 > Git_hub__1
    - notifications/subscriptions/acknowledged
    /notifications/resourceSubscriptions/0: file:///a > toolgate+.git..hub+file://-/a
    /notifications/taskIds/0: 7 > Git_hub__7
    - notifications/message
    ");
}

#[test]
fn errors() {
    let data =
        json!({ "uri": "file:///a", "elicitations": [{ "elicitationId": "1", "uri": "x" }] });
    let error = ErrorObject::new(-32042, "file:///a").with_data(&data);
    let error = NAMING.outward_error(error);
    insta::assert_snapshot!(changes(&data, &value(&error.data.expect("data"))).join("\n"), @r"
    /uri: file:///a > toolgate+.git..hub+file://-/a
    /elicitations/0/elicitationId: 1 > Git_hub__1
    ");
    assert_eq!(error.message, "file:///a");
    assert!(NAMING.outward_error(ErrorObject::new(1, "")).data.is_none());
}

#[test]
fn depth_ends_the_search_and_nothing_else() {
    let mut block = json!({ "type": "resource_link", "uri": "file:///a" });
    for _ in 0..60 {
        block = json!({ "type": "tool_result", "content": [block] });
    }
    let params = raw(&json!({ "messages": [{ "content": block }] }));
    let same = NAMING.outward_request("sampling/createMessage", params.clone());
    assert_eq!(same.get(), params.get());
}

#[test]
fn text_without_names_is_not_rewritten() {
    let text = r#"{ "content" : [ {"type":"text", "text":"uri"} ] , "n":1.0}"#;
    let result = RawValue::from_string(text.to_owned()).expect("JSON");
    assert_eq!(NAMING.outward_result("tools/call", result).get(), text);
}

#[test]
fn what_stands_beside_a_name_keeps_its_text() {
    let text = r#"{"n":1.0,"contents":[{ "a" : 1e3 },{"big":12345678901234567890,"uri":"x:\u0079","z":{ }}]}"#;
    let result = RawValue::from_string(text.to_owned()).expect("JSON");
    let expected = text.replace(r"x:\u0079", "toolgate+.git..hub+x:y");
    assert_eq!(
        NAMING.outward_result("resources/read", result).get(),
        expected
    );
}

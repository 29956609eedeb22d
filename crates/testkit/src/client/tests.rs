//! The client and the scripted server of `--full`, without anything between them.

use serde_json::{Value, json};

use super::*;
use crate::remote::Remote;

/// A client of each era with everything that can be asked, which answers with its own name.
async fn pair(server: &Remote, name: &'static str) -> Vec<McpClient> {
    let builder = || {
        let builder = McpClient::builder(server.url()).expect("a URL");
        builder
            .named(name)
            .able()
            .answering(move |method, params| match method {
                "elicitation/create" => json!({"action": "accept",
                                               "content": {"answer": name, "for": params["message"]}}),
                "sampling/createMessage" => json!({"role": "assistant", "model": name,
                                                   "content": {"type": "text", "text": name}}),
                _ => json!({"roots": [{"uri": format!("file:///{name}")}]}),
            })
    };
    vec![
        builder().legacy(LEGACY).await.expect("a session"),
        builder().modern(),
    ]
}

async fn full(more: &[&str]) -> Remote {
    let arguments = [&["--http", "0", "--full"], more].concat();
    Remote::start(&arguments).await.expect("it starts")
}

async fn called(client: &McpClient, tool: &str, arguments: Value) -> Answered {
    let params = json!({"name": tool, "arguments": arguments, "_meta": {"progressToken": "t"}});
    let answered = client.exchange("tools/call", &params).await;
    answered.expect("an answer")
}

#[tokio::test]
async fn every_question_is_answered_in_both_eras() {
    for more in [&[][..], &["--sse"]] {
        let server = full(more).await;
        for client in pair(&server, "ann").await {
            let form = called(&client, "ask", json!({"message": "Why?"})).await;
            let content = json!({"answer": "ann", "for": "Why?"});
            assert_eq!(form.text_json().expect("JSON")["content"], content);
            assert_eq!(form.asked("elicitation/create")[0]["mode"], "form");
            let page = called(&client, "ask", json!({"mode": "url"})).await;
            assert_eq!(page.asked("elicitation/create")[0]["mode"], "url");
            let sample = called(&client, "sample", json!({"prompt": "Hm"})).await;
            assert_eq!(sample.text_json().expect("JSON")["model"], "ann");
            let roots = called(&client, "roots", json!({})).await;
            let uri = &roots.text_json().expect("JSON")["roots"][0]["uri"];
            assert_eq!(uri, "file:///ann");
            let all = called(&client, "survey", json!({})).await;
            let answers = all.text_json().expect("JSON");
            assert_eq!(answers.as_array().expect("answers").len(), 3);
            let twice = called(&client, "ask", json!({"rounds": 2})).await;
            assert_eq!(twice.asked("elicitation/create").len(), 2);
        }
    }
}

#[tokio::test]
async fn who_cannot_be_asked_is_refused() {
    let server = full(&[]).await;
    let legacy = McpClient::legacy(server.url()).await.expect("a session");
    for client in [legacy, McpClient::modern(server.url()).expect("a URL")] {
        let refused = called(&client, "ask", json!({"mode": "url"})).await;
        assert_eq!(refused.error_code(), Some(-32021));
    }
}

#[tokio::test]
async fn progress_and_logs_come_before_the_answer() {
    let server = full(&[]).await;
    for client in pair(&server, "ann").await {
        let counted = called(&client, "count", json!({"to": 100, "total": 100})).await;
        let steps = counted.notifications("notifications/progress");
        let steps: Vec<_> = steps
            .iter()
            .filter_map(|p| p["progress"].as_u64())
            .collect();
        assert_eq!(steps, (1..=100).collect::<Vec<_>>());
        assert!(counted.came_after.is_empty());
    }
    let builder = || {
        McpClient::builder(server.url())
            .expect("a URL")
            .log_level("warning")
    };
    let legacy = builder().legacy(LEGACY).await.expect("a session");
    for client in [legacy, builder().modern()] {
        let quiet = called(&client, "log", json!({"level": "info"})).await;
        assert!(quiet.events.is_empty());
        let loud = called(&client, "log", json!({"level": "error", "times": 3})).await;
        assert_eq!(loud.notifications("notifications/message").len(), 3);
    }
}

#[tokio::test]
async fn a_cancelled_request_ends_and_the_server_saw_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let seen = crate::seen::Seen::in_file(folder.path().join("events"));
    let server = full(&["--sse", "--events", seen.argument()]).await;
    let client = McpClient::legacy(server.url()).await.expect("a session");
    let params = json!({"name": "wait", "arguments": {"ms": 60_000}});
    let mut call = client.open("tools/call", &params).await.expect("a stream");
    seen.request("tools/call").await.expect("it arrives");
    client.cancel(call.id()).await.expect("accepted");
    assert!(call.next().await.expect("readable").is_none());
    let dropped = |seen: &crate::seen::Seen| seen.of("dropped", "tools/call").into_iter().next();
    seen.wait("it is dropped", dropped).await.expect("dropped");
    seen.notification("notifications/cancelled")
        .await
        .expect("seen");
}

#[tokio::test]
async fn lists_have_pages_and_everything_listed_can_be_had() {
    let server = full(&["--paged", "2"]).await;
    for client in pair(&server, "ann").await {
        let resources = client.all("resources/list", "resources").await;
        for resource in resources.expect("resources") {
            let params = json!({"uri": resource["uri"]});
            let read = client.exchange("resources/read", &params).await;
            let read = read.expect("an answer");
            let contents = &read.result().expect("contents")["contents"];
            assert_eq!(contents[0]["uri"], resource["uri"]);
        }
        let prompts = client.all("prompts/list", "prompts").await;
        for prompt in prompts.expect("prompts") {
            let params = json!({"name": prompt["name"], "arguments": {"name": "Bo"}});
            let got = client.exchange("prompts/get", &params).await;
            assert!(got.expect("an answer").result().is_ok(), "{prompt}");
        }
        let missing = client
            .exchange("resources/read", &json!({"uri": "no:no"}))
            .await;
        assert!(matches!(
            missing.expect("an answer").error_code(),
            Some(-32002 | -32602)
        ));
    }
}

#[tokio::test]
async fn both_kinds_of_tasks_run_to_their_end() {
    let server = full(&[]).await;
    let [legacy, modern] = pair(&server, "ann").await.try_into().ok().expect("two");
    let params = json!({"name": "job", "arguments": {"question": "Sure?"}, "task": {"ttl": 9000}});
    let begun = legacy.result("tools/call", params).await.expect("a task");
    let id = json!({"taskId": begun["task"]["taskId"]});
    assert_eq!(begun["task"]["status"], "input_required");
    let ended = legacy
        .exchange("tasks/result", &id)
        .await
        .expect("a result");
    assert!(ended.text().expect("text").contains("ann"));
    let shown = legacy.result("tasks/get", id).await.expect("a task");
    assert_eq!(shown["status"], "completed");

    let begun = called(&modern, "job", json!({"question": "Sure?"})).await;
    let begun = begun.result().expect("a task");
    assert_eq!(begun["resultType"], "task");
    let id = json!({"taskId": begun["taskId"]});
    let mut update = id.clone();
    update["inputResponses"] = json!({"form": {"action": "decline"}});
    modern
        .result("tasks/update", update)
        .await
        .expect("accepted");
    let shown = modern.result("tasks/get", id).await.expect("a task");
    let text = shown["result"]["content"][0]["text"].as_str();
    assert_eq!(text, Some(r#"{"action":"decline"}"#));
}

#[tokio::test]
async fn subscriptions_bring_what_they_ask_for() {
    let server = full(&[]).await;
    let [legacy, modern] = pair(&server, "ann").await.try_into().ok().expect("two");
    let filter = json!({"notifications": {"promptsListChanged": true,
                                          "resourceSubscriptions": ["test://text"]}});
    let mut listening = modern
        .open("subscriptions/listen", &filter)
        .await
        .expect("open");
    let first = listening.next().await.expect("readable").expect("an event");
    assert_eq!(
        first.json["params"]["notifications"],
        filter["notifications"]
    );
    let mut stream = legacy.listen().await.expect("a stream");
    let uri = json!({"uri": "test://text"});
    legacy
        .result("resources/subscribe", uri.clone())
        .await
        .expect("watched");
    called(&legacy, "touch", json!({"uri": "test://blob"})).await;
    called(&legacy, "touch", uri).await;
    called(&legacy, "rename", json!({"list": "prompts"})).await;
    for expected in ["resources/updated", "prompts/list_changed"] {
        let event = listening.next().await.expect("readable").expect("an event");
        assert_eq!(event.method(), format!("notifications/{expected}"));
        let event = stream
            .next_message()
            .await
            .expect("readable")
            .expect("an event");
        assert!(event.contains(expected), "{event}");
    }
    called(&legacy, "hang_up", json!({})).await;
    let last = listening.next().await.expect("readable").expect("an end");
    assert_eq!(last.json["result"]["resultType"], "complete");
}

#[tokio::test]
async fn extras_are_the_same_for_everybody_and_forms_of_numbers_arrive() {
    let server = full(&["--extras", "7"]).await;
    let params = r#"{"name":"echo_params","arguments":{"n":1e3,"m":[1.0,-0]}}"#;
    for client in pair(&server, "ann").await {
        let one = client
            .exchange("tools/list", &json!({}))
            .await
            .expect("tools");
        let two = client
            .exchange("tools/list", &json!({}))
            .await
            .expect("tools");
        assert!(one.reply.text.contains("x-größe"));
        assert_eq!(one.reply.result(), two.reply.result());
        let echoed = client
            .exchange_text("tools/call", params)
            .await
            .expect("an echo");
        let echoed = echoed.text().expect("text").to_owned();
        assert_eq!(
            json::at(&echoed, &["arguments"]),
            Some(r#"{"n":1e3,"m":[1.0,-0]}"#)
        );
    }
}

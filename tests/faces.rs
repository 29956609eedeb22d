//! The other faces: every tool on `/mcp/all`, one server untouched on `/mcp/server/{slug}`.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::client::McpClient;
use testkit::fake::MIXED_RESULT;
use testkit::gateway::Gateway;

async fn two_servers() -> anyhow::Result<Gateway> {
    Gateway::builder()
        .fake("one", &[])?
        .fake("two servers", &[])?
        .start_ready()
        .await
}

fn named<'a>(tools: &'a [Value], name: &str) -> &'a Value {
    tools
        .iter()
        .find(|tool| tool["name"] == name)
        .unwrap_or(&Value::Null)
}

#[tokio::test]
async fn all_tools_of_all_servers_have_names_of_their_own() -> anyhow::Result<()> {
    let gateway = two_servers().await?;
    let client = gateway.client_of("/mcp/all").await?;
    let names = client.tool_names().await?;
    assert_eq!(names.len(), gateway.snapshot().await?.totals.tools);
    assert!(names.contains(&"one__add".to_owned()), "{names:?}");
    assert!(names.contains(&"two_servers__add".to_owned()), "{names:?}");
    assert_eq!(
        client
            .call_text("two_servers__add", json!({"a": 2, "b": 2}))
            .await?,
        "4"
    );
    Ok(())
}

#[tokio::test]
async fn a_definition_differs_from_the_servers_own_only_in_its_name() -> anyhow::Result<()> {
    let gateway = two_servers().await?;
    let all = gateway.client_of("/mcp/all").await?.tools().await?;
    let own = gateway.client_of("/mcp/server/one").await?.tools().await?;
    let mut renamed = named(&all, "one__add").clone();
    renamed["name"] = "add".into();
    assert_eq!(&renamed, named(&own, "add"));
    assert_eq!(renamed["vendorField"], json!({"kept": [1, 2.5, null]}));
    Ok(())
}

#[tokio::test]
async fn a_servers_own_face_shows_it_as_it_is() -> anyhow::Result<()> {
    let gateway = two_servers().await?;
    for client in [
        gateway.client_of("/mcp/server/two_servers").await?,
        McpClient::modern(&gateway.url("/mcp/server/two_servers"))?,
    ] {
        assert!(
            client
                .tool_names()
                .await?
                .contains(&"spawn-child".to_owned())
        );
        let answer = client.send("tools/call", json!({"name": "mixed"})).await?;
        assert!(answer.body.contains(MIXED_RESULT), "{}", answer.body);
    }
    Ok(())
}

#[tokio::test]
async fn the_face_of_an_unknown_server_is_not_found() -> anyhow::Result<()> {
    let gateway = two_servers().await?;
    let error = gateway.client_of("/mcp/server/three").await.err();
    let error = error.map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("404"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_malformed_definition_costs_only_itself() -> anyhow::Result<()> {
    let gateway = Gateway::builder()
        .fake("fake", &["--bad-tool"])?
        .start_ready()
        .await?;
    let names = gateway.client_of("/mcp/all").await?.tool_names().await?;
    assert!(names.contains(&"fake__delete_all".to_owned()), "{names:?}");
    assert!(!names.contains(&"fake__broken".to_owned()), "{names:?}");
    let status = gateway.server("fake").await?;
    assert_eq!(status.rejected_tools.len(), 1);
    assert!(
        status.rejected_tools[0].contains("broken"),
        "{:?}",
        status.rejected_tools
    );
    Ok(())
}

#[tokio::test]
async fn lists_in_pages_are_read_to_the_end() -> anyhow::Result<()> {
    let arguments = ["--bare", "--tools", "23", "--paged", "5"];
    let gateway = Gateway::builder()
        .fake("fake", &arguments)?
        .start_ready()
        .await?;
    assert_eq!(gateway.server("fake").await?.tools, 23);
    Ok(())
}

#[tokio::test]
async fn a_list_without_end_does_not_hang_the_start() -> anyhow::Result<()> {
    let gateway = Gateway::builder()
        .fake("endless", &["--page-forever"])?
        .fake("good", &[])?
        .setting("startTimeout", json!(5))
        .start()
        .await?;
    gateway
        .wait_server("good", "the other is ready", |good| good.state.is_ready())
        .await?;
    gateway
        .wait_server("endless", "the start has ended", |one| {
            one.state.is_settled()
        })
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_session_hears_that_a_list_changed() -> anyhow::Result<()> {
    let gateway = Gateway::builder().fake("fake", &[])?.start_ready().await?;
    for path in ["/mcp/all", "/mcp/server/fake"] {
        let client = gateway.client_of(path).await?;
        let mut stream = client.listen().await?;
        assert_eq!(stream.status, 200, "{path}");
        let grow = if path == "/mcp/all" {
            "fake__grow"
        } else {
            "grow"
        };
        let name = client.call_text(grow, json!({})).await?;
        let event = tokio::time::timeout(Duration::from_secs(10), stream.next_event()).await??;
        let data = event.map(|event| event.data).unwrap_or_default();
        assert!(
            data.contains("notifications/tools/list_changed"),
            "{path}: {data}"
        );
        assert!(
            client
                .tool_names()
                .await?
                .iter()
                .any(|known| known.ends_with(&name))
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_modern_client_that_listens_hears_that_a_list_changed() -> anyhow::Result<()> {
    let gateway = Gateway::builder().fake("fake", &[])?.start_ready().await?;
    let client = McpClient::modern(&gateway.url("/mcp/all"))?;
    let wanted = json!({"notifications": {"toolsListChanged": true}});
    let mut stream = client.stream("subscriptions/listen", wanted).await?;
    let first = stream
        .next_event()
        .await?
        .map(|event| event.data)
        .unwrap_or_default();
    assert!(
        first.contains("notifications/subscriptions/acknowledged"),
        "{first}"
    );
    client.call_text("fake__grow", json!({})).await?;
    let second = stream
        .next_event()
        .await?
        .map(|event| event.data)
        .unwrap_or_default();
    assert!(
        second.contains("notifications/tools/list_changed"),
        "{second}"
    );
    assert!(
        second.contains("io.modelcontextprotocol/subscriptionId"),
        "{second}"
    );
    Ok(())
}

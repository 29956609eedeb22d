//! One visit to the server behind the gateway: everything that it lists is used once.

use anyhow::Context as _;
use rmcp::model::{
    CallToolRequestParams, GetPromptRequestParams, ProtocolVersion, ReadResourceRequestParams, Tool,
};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt as _, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{RoleClient, ServiceError};
use serde_json::{Map, Value, json};

use super::user::User;
use super::{Scenario, sample};
use crate::gateway::Gateway;

/// A connected client and the person behind it.
pub(in crate::conformance) type Client = RunningService<RoleClient, User>;

/// A tool and the arguments to call it with.
type ToolCall = (String, Map<String, Value>);

/// Waits for the server and uses all that it offers.
///
/// What fails on the way is told and no more: whether it should have is for the suite to say.
pub(super) async fn visit(gateway: &Gateway, scenario: &Scenario) -> anyhow::Result<()> {
    let server = gateway
        .wait_server("it", "the suite's server is up or given up", |server| {
            server.state.is_settled()
        })
        .await?;
    anyhow::ensure!(
        server.state.is_ready(),
        "the suite's server is {}: {:?}",
        server.state.label(),
        server.state.problem()
    );
    let client = connect(&gateway.url("/mcp/server/it"), lifecycle(scenario)).await?;
    let tools = client.list_all_tools().await.context("no tools")?;
    for (name, arguments) in calls(scenario, &tools) {
        let call = CallToolRequestParams::new(name.clone()).with_arguments(arguments);
        report(&name, client.call_tool(call).await);
    }
    use_resources(&client).await;
    use_prompts(&client).await;
    client.cancel().await?;
    Ok(())
}

/// Opens a connection to an MCP server over HTTP.
pub(in crate::conformance) async fn connect(
    url: &str,
    lifecycle: ClientLifecycleMode,
) -> anyhow::Result<Client> {
    // Another user of TLS in this process may have chosen the same provider before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build()?;
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let transport = StreamableHttpClientTransport::with_client(http, config);
    let connected = User.serve_with_lifecycle(transport, lifecycle).await;
    connected.with_context(|| format!("no connection to {url}"))
}

/// The era in which the gateway is spoken to: that of the scenario, with one exception.
fn lifecycle(scenario: &Scenario) -> ClientLifecycleMode {
    // In the modern era the SDK leaves out tools with unusable headers, which here is for the
    // gateway to do.
    if scenario.is_legacy() || scenario.name == "http-invalid-tool-headers" {
        return ClientLifecycleMode::Initialize;
    }
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    ClientLifecycleMode::Discover { preferred_versions }
}

/// The calls that the scenario wants, which for most is one of each tool.
fn calls(scenario: &Scenario, tools: &[Tool]) -> Vec<ToolCall> {
    if let Some(wanted) = scenario.context["toolCalls"].as_array() {
        return wanted.iter().filter_map(wanted_call).collect();
    }
    tools
        .iter()
        .map(|tool| {
            let mut arguments = sample::required(&json!(tool.input_schema));
            // One scenario wants to see what a schema looks like on this side.
            if scenario.name == "json-schema-2020-12-preservation"
                && arguments.contains_key("schema")
            {
                arguments["schema"] = json!(tools[0].input_schema);
            }
            (tool.name.to_string(), arguments)
        })
        .collect()
}

fn wanted_call(call: &Value) -> Option<ToolCall> {
    let name = call["name"].as_str()?;
    let arguments = call["arguments"].as_object()?;
    Some((name.to_owned(), arguments.clone()))
}

async fn use_resources(client: &Client) {
    let Ok(resources) = client.list_all_resources().await else {
        return;
    };
    for resource in resources {
        let request = ReadResourceRequestParams::new(resource.uri.clone());
        report(&resource.uri, client.read_resource(request).await);
    }
}

async fn use_prompts(client: &Client) {
    let Ok(prompts) = client.list_all_prompts().await else {
        return;
    };
    for prompt in prompts {
        let request = GetPromptRequestParams::new(prompt.name.clone());
        report(&prompt.name, client.get_prompt(request).await);
    }
}

/// Tells how a use went, on the output that the suite keeps.
fn report<T: std::fmt::Debug>(what: &str, outcome: Result<T, ServiceError>) {
    match outcome {
        Ok(result) => eprintln!("{what}: {result:?}"),
        Err(error) => eprintln!("{what} failed: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(name: &str, context: Value) -> Scenario {
        Scenario {
            name: name.to_owned(),
            revision: "2026-07-28".to_owned(),
            context,
        }
    }

    fn tools() -> Vec<Tool> {
        let definitions = json!([
            {"name": "rich", "inputSchema": {"type": "object", "$defs": {}}},
            {"name": "echo", "inputSchema": {"type": "object", "required": ["schema"],
                "properties": {"schema": {"type": "object"}}}}
        ]);
        serde_json::from_value(definitions).expect("tools")
    }

    #[test]
    fn each_tool_is_called_once_unless_the_scenario_says_which() {
        let calls_of = |context| calls(&scenario("tools_call", context), &tools());
        let names: Vec<_> = calls_of(json!({})).into_iter().map(|call| call.0).collect();
        assert_eq!(names, ["rich", "echo"]);
        let wanted = json!({"toolCalls": [{"name": "other", "arguments": {"a": null}}]});
        let expected = json!({"a": null});
        let found = calls_of(wanted);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "other");
        assert_eq!(Value::from(found[0].1.clone()), expected);
    }

    #[test]
    fn a_schema_is_echoed_where_the_scenario_looks_for_it() {
        let scenario = scenario("json-schema-2020-12-preservation", json!({}));
        let calls = calls(&scenario, &tools());
        assert_eq!(calls[1].1["schema"], json!({"type": "object", "$defs": {}}));
    }
}

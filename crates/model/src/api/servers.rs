//! Bodies of the local HTTP API that are not part of the [`Snapshot`](crate::Snapshot).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{ServerStatus, ToolSummary};

/// One server with everything known about it: `GET /api/v1/servers/{name}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServerDetail {
    /// Where it stands.
    pub status: ServerStatus,
    /// Its entry in the configuration, secrets masked.
    pub config: Value,
    /// What the server tells models about its use.
    pub instructions: Option<String>,
    /// Its tools, ordered by name.
    pub tools: Vec<ToolSummary>,
}

/// One tool with its definition: `GET /api/v1/tools/{id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolDetail {
    /// The short form.
    #[serde(flatten)]
    pub summary: ToolSummary,
    /// The tool as its server sent it, unknown fields included.
    pub definition: Value,
}

/// What to add: body of `POST /api/v1/servers`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AddServer {
    /// The new server's name.
    pub name: String,
    /// Its entry, in any shape that the configuration file accepts.
    pub entry: Value,
    /// Whether a person has seen the whole of it and lets it start; otherwise it is held.
    #[serde(default)]
    pub consent: bool,
}

/// What to replace an entry by: body of `PUT /api/v1/servers/{name}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReplaceServer {
    /// The new entry; a masked value keeps what is there.
    pub entry: Value,
    /// Whether a person has seen the whole of it and lets it start; otherwise it is held.
    #[serde(default)]
    pub consent: bool,
}

/// What to call: body of `POST /api/v1/tools/call`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CallTool {
    /// The tool's id, for example `github__create_issue`.
    pub name: String,
    /// Its arguments, a JSON object.
    #[schema(value_type = BTreeMap<String, Value>)]
    pub arguments: Box<RawValue>,
}

/// What a call returned: reply of `POST /api/v1/tools/call`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CallReply {
    /// The tool's `CallToolResult`, byte for byte as the gateway returns it.
    #[schema(value_type = BTreeMap<String, Value>)]
    pub result: Box<RawValue>,
}

/// The body of every answer that is not a success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorReply {
    /// What went wrong.
    pub error: ApiError,
}

/// What went wrong with a request to the local API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiError {
    /// Stable, in kebab-case, for example `no-such-server`.
    pub code: String,
    /// What happened, one or two sentences.
    pub message: String,
    /// What to do about it, an imperative sentence; may be empty.
    #[serde(default)]
    pub fix: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tool_carries_its_definition_beside_the_short_form() {
        let text = json!({
            "id": "s__t", "server": "s", "name": "t", "description": "d", "effect": "read", "tokens": 3,
            "definition": {"name": "t", "vendor": {"kept": true}},
        });
        let tool: ToolDetail = serde_json::from_value(text.clone()).expect("reads");
        assert_eq!(tool.summary.id, "s__t");
        assert_eq!(serde_json::to_value(&tool).expect("writes"), text);
    }

    #[test]
    fn a_result_passes_unchanged() {
        let text = r#"{"result":{"z":1,"a":12345678901234567890123,"content":[]}}"#;
        let reply: CallReply = serde_json::from_str(text).expect("reads");
        assert_eq!(serde_json::to_string(&reply).expect("writes"), text);
    }
}

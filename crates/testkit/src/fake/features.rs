//! Resources, prompts and completion, as `--full` offers them.

use serde_json::{Value, json};

use super::asking::{Answers, ask, form};
use super::exchange::{Connection, Failure, Incoming, Outcome, members};
use super::lists::{Kind, Lists};

/// Answers `resources/read`.
pub(super) async fn read(
    lists: &Lists,
    incoming: &Incoming,
    connection: &Connection,
) -> Result<Outcome, Failure> {
    let uri = incoming.params()["uri"].as_str().unwrap_or_default();
    if uri == "test://asking" {
        return match ask(&[form("May this be read?")], 1, incoming, connection).await? {
            Answers::Given(answers) => Ok(contents(uri, "text", &answers[0], incoming)),
            Answers::Wanted(outcome) => Ok(outcome),
        };
    }
    if uri == "test://blob" {
        return Ok(contents(uri, "blob", "AAECAwQF/w==", incoming));
    }
    if lists.resource(uri).is_some() || uri.starts_with("test://items/") {
        return Ok(contents(uri, "text", &format!("This is {uri}"), incoming));
    }
    Err(Failure::Error {
        code: if incoming.is_modern() { -32602 } else { -32002 },
        message: "Resource not found".to_owned(),
        data: Some(json!({"uri": uri})),
    })
}

/// Answers `prompts/get`.
pub(super) async fn prompt(
    lists: &Lists,
    incoming: &Incoming,
    connection: &Connection,
) -> Result<Outcome, Failure> {
    let name = incoming.params()["name"].as_str().unwrap_or_default();
    let arguments = &incoming.params()["arguments"];
    let content = match name {
        "asking" => match ask(&[form("Is it ready?")], 1, incoming, connection).await? {
            Answers::Given(answers) => json!({"type": "text", "text": answers[0]}),
            Answers::Wanted(outcome) => return Ok(outcome),
        },
        "greet" if arguments["name"].is_null() => {
            return Err(Failure::error(-32602, "The argument name is missing"));
        }
        "with resource" => json!({
            "type": "resource",
            "resource": {"uri": "test://text", "mimeType": "text/plain", "text": "inside"}
        }),
        _ if lists.offers(Kind::Prompts, name) => {
            json!({"type": "text", "text": format!("{name} {arguments}")})
        }
        _ => return Err(Failure::error(-32602, format!("Unknown prompt: {name}"))),
    };
    let messages = json!({
        "description": format!("The prompt {name}"),
        "messages": [
            {"role": "user", "content": content},
            {"role": "assistant", "content": {"type": "resource_link", "uri": "test://text", "name": "text"}}
        ]
    });
    Ok(members(&messages).into())
}

/// Answers `completion/complete`: the values say what was asked.
pub(super) fn complete(params: &Value) -> Result<String, Failure> {
    let reference = &params["ref"];
    let of = match reference["type"].as_str() {
        Some("ref/prompt") => &reference["name"],
        Some("ref/resource") => &reference["uri"],
        _ => return Err(Failure::error(-32602, "Unknown kind of reference")),
    };
    let argument = &params["argument"];
    let said = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let values = [
        said(of),
        said(&argument["name"]),
        format!("{}…", said(&argument["value"])),
        params["context"].to_string(),
    ];
    let completion = json!({"completion": {"values": values, "total": 100, "hasMore": true}});
    Ok(members(&completion))
}

fn contents(uri: &str, member: &str, value: &str, incoming: &Incoming) -> Outcome {
    let mut result = json!({"contents": [{"uri": uri, "mimeType": "text/plain", member: value}]});
    if incoming.is_modern() {
        result["ttlMs"] = 60_000.into();
        result["cacheScope"] = "public".into();
    }
    members(&result).into()
}

//! The definitions of the fixed tools, and the changes that options make to all definitions.

use serde_json::{Value, json};

use super::generated::generated_tools;
use super::options::Options;

/// Everything that a server with these options offers at its start.
pub(super) fn offered(options: &Options) -> Vec<Value> {
    let mut tools = if options.bare {
        Vec::new()
    } else {
        fixed_tools()
    };
    if options.break_out {
        tools.push(attempt());
    }
    tools.extend(generated_tools(options.tools, options.seed));
    if let Some(dialect) = options.schema {
        for tool in &mut tools {
            tool["inputSchema"]["$schema"] = dialect.uri().into();
        }
    }
    if options.bad_tool {
        tools.insert(tools.len() / 2, malformed());
    }
    tools
}

/// A definition that breaks every rule about definitions except that it has a name.
fn malformed() -> Value {
    json!({
        "name": "broken",
        "description": 7,
        "inputSchema": "none",
        "annotations": {"readOnlyHint": "yes"}
    })
}

fn fixed_tools() -> Vec<Value> {
    let mut tools = answering_tools();
    tools.extend(troubling_tools());
    tools
}

/// Tools that answer.
fn answering_tools() -> Vec<Value> {
    vec![
        tool(
            "echo",
            "Returns its arguments as JSON text.",
            &json!({}),
            &json!({}),
        ),
        add(),
        tool(
            "big",
            "Returns a text of the given size, or an array of records as JSON text.",
            &json!({"chars": {"type": "integer", "minimum": 0}, "json": {"type": "boolean"}}),
            &json!({"readOnlyHint": true}),
        ),
        tool(
            "mixed",
            "Returns content of every kind, with fields that no specification knows.",
            &json!({}),
            &json!({"readOnlyHint": true}),
        ),
        tool(
            "env",
            "Returns the process's environment as JSON text.",
            &json!({}),
            &json!({"readOnlyHint": true}),
        ),
        tool(
            "pid",
            "Returns the process id as text.",
            &json!({}),
            &json!({"readOnlyHint": true}),
        ),
        tool(
            "calls",
            "Returns how many calls of `slow` and `echo` began and how many were cancelled.",
            &json!({}),
            &json!({"readOnlyHint": true}),
        ),
    ]
}

/// A definition with everything that a definition may have, and fields that no specification
/// knows.
fn add() -> Value {
    json!({
        "name": "add",
        "title": "Add two numbers",
        "description": "Adds two numbers and returns the sum.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "a": {"type": "number", "description": "The first summand."},
                "b": {"type": "number", "description": "The second summand."}
            },
            "required": ["a", "b"],
            "additionalProperties": false
        },
        "outputSchema": {
            "type": "object",
            "properties": {"sum": {"type": "number"}},
            "required": ["sum"]
        },
        "annotations": {"readOnlyHint": true, "x-vendor-hint": "cheap"},
        "execution": {"taskSupport": "forbidden"},
        "_meta": {"vendor.example/cost": 1.50},
        "vendorField": {"kept": [1, 2.50, null]}
    })
}

/// Tools that fail, wait, change or destroy.
fn troubling_tools() -> Vec<Value> {
    vec![
        tool(
            "slow",
            "Answers after a while, with progress on the way when asked for.",
            &json!({"ms": {"type": "integer", "minimum": 0}, "steps": {"type": "integer"}}),
            &json!({}),
        ),
        tool("crash", "Ends the process at once.", &json!({}), &json!({})),
        tool(
            "fail",
            "Returns a result that says it is an error.",
            &json!({}),
            &json!({}),
        ),
        tool(
            "grow",
            "Adds a tool and says that the list changed.",
            &json!({}),
            &json!({}),
        ),
        tool(
            "spawn-child",
            "Starts a process that lives long, in the own process group or in a session of its own.",
            &json!({"setsid": {"type": "boolean"}}),
            &json!({}),
        ),
        tool(
            "delete_all",
            "Deletes everything (in fact nothing).",
            &json!({}),
            &json!({"destructiveHint": true}),
        ),
    ]
}

fn attempt() -> Value {
    tool(
        "attempt",
        "Tries what a sandbox prevents, and returns what came of it.",
        &json!({"way": {"type": "string"}, "target": {"type": "string"}}),
        &json!({}),
    )
}

fn tool(name: &str, description: &str, properties: &Value, annotations: &Value) -> Value {
    json!({
        "name": name,
        "description": description,
        "inputSchema": {"type": "object", "properties": properties},
        "annotations": annotations
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    fn offered_with(arguments: &[&str]) -> Vec<Value> {
        offered(&Options::parse_from(
            std::iter::once(&"fake-server").chain(arguments),
        ))
    }

    #[test]
    fn bare_offers_only_generated_tools() {
        assert_eq!(offered_with(&["--bare", "--tools", "5"]).len(), 5);
        assert_eq!(offered_with(&["--bare"]).len(), 0);
    }

    #[test]
    fn a_declared_dialect_stands_in_every_schema() {
        let tools = offered_with(&["--schema", "draft-07", "--tools", "2"]);
        assert!(
            tools
                .iter()
                .all(|tool| tool["inputSchema"]["$schema"].is_string())
        );
    }

    #[test]
    fn the_bad_tool_stands_among_good_ones() {
        let tools = offered_with(&["--bad-tool"]);
        let place = tools
            .iter()
            .position(|tool| tool["name"] == "broken")
            .expect("it is there");
        assert!(place > 0 && place < tools.len() - 1);
    }
}

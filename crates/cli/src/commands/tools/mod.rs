//! `toolgate tools`: what an agent would find, see and call.

mod arguments;
mod cost;
mod result;

use std::fmt::Write as _;

use clap::Subcommand;
use model::{ToolDetail, ToolSummary};

use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, HEADING, Table, one_line, visible, visible_lines};

/// Characters of a description that a list shows.
const DESCRIPTION_WIDTH: usize = 80;

/// What to do with tools.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find tools, best first, as an agent would
    #[command(after_long_help = "Example:\n  toolgate tools search \"create an issue\" --limit 3")]
    Search {
        /// What the tool should do, in plain words
        query: String,
        /// Look only among the tools of this server
        #[arg(long, value_name = "NAME")]
        server: Option<String>,
        /// Show at most so many
        #[arg(long, default_value_t = 5, value_name = "NUMBER")]
        limit: usize,
    },
    /// Show a tool with its parameters
    Describe {
        /// The tool's id, for example `github__create_issue`
        id: String,
    },
    /// Call a tool
    Call(arguments::Args),
    /// Show what a model pays for being shown the tools
    Cost,
}

pub(crate) async fn run(context: &Context, command: Command) -> Result<Code, Failure> {
    match command {
        Command::Search {
            query,
            server,
            limit,
        } => search(context, &query, server.as_deref(), limit).await,
        Command::Describe { id } => describe(context, &id).await,
        Command::Call(args) => call(context, args).await,
        Command::Cost => cost::run(context).await,
    }
}

async fn search(
    context: &Context,
    query: &str,
    server: Option<&str>,
    limit: usize,
) -> Result<Code, Failure> {
    let tools = context
        .client()
        .await?
        .tools(Some(query), server, Some(limit))
        .await?;
    if context.json {
        output::json(&tools)?;
    } else if tools.is_empty() {
        output::note("No tool fits. Try other words, or see `toolgate servers list`.");
    } else {
        output::text(&table(&tools))?;
    }
    Ok(Code::Ok)
}

async fn describe(context: &Context, id: &str) -> Result<Code, Failure> {
    let tool = context.client().await?.tool(id).await?;
    if context.json {
        output::json(&tool)?;
    } else {
        output::text(&render(&tool))?;
    }
    Ok(Code::Ok)
}

async fn call(context: &Context, args: arguments::Args) -> Result<Code, Failure> {
    let client = context.client().await?;
    // Looked up first: an unknown tool is told apart from one that fails, and what `limit=5`
    // means depends on the type that the tool declares.
    let tool = client.tool(&args.id).await?;
    let arguments = match args.read()? {
        arguments::Given::Json(json) => json,
        arguments::Given::Pairs(pairs) => arguments::from_pairs(&pairs, &tool.definition),
    };
    let reply = client.call(&tool.summary.id, arguments).await?;
    if context.json {
        output::json(&reply.result)?;
    } else {
        output::text(&result::render(&reply.result))?;
    }
    if result::is_error(&reply.result) {
        output::note("The call returned an error.");
        return Ok(Code::ToolError);
    }
    Ok(Code::Ok)
}

/// Tools as a table, with the first line of each description.
pub(crate) fn table(tools: &[ToolSummary]) -> String {
    let mut table = Table::new(&["tool", "effect", "description"]);
    for tool in tools {
        table.row([
            tool.id.clone(),
            effect(tool).to_owned(),
            one_line(&tool.description, DESCRIPTION_WIDTH),
        ]);
    }
    table.render()
}

fn effect(tool: &ToolSummary) -> &'static str {
    match tool.effect {
        model::Effect::Read => "read",
        model::Effect::Write => "write",
        model::Effect::Destructive => "destructive",
    }
}

fn render(tool: &ToolDetail) -> String {
    let summary = &tool.summary;
    let mut text = format!("{HEADING}{}{HEADING:#}\n", visible(&summary.id));
    // Writing to a string cannot fail.
    let _ = writeln!(text, "Server  {}", visible(&summary.server));
    let _ = writeln!(text, "Name    {}", visible(&summary.name));
    let _ = writeln!(text, "Effect  {}", effect(summary));
    if !summary.description.trim().is_empty() {
        let _ = writeln!(text, "\n{}", visible_lines(summary.description.trim()));
    }
    if let Some(schema) = tool.definition.get("inputSchema") {
        let schema = serde_json::to_string_pretty(schema).unwrap_or_default();
        let _ = write!(
            text,
            "\n{HEADING}Parameters{HEADING:#}\n{}\n",
            visible_lines(&schema)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use model::Effect;
    use serde_json::json;

    use super::*;
    use crate::output::plain;

    fn tool() -> ToolSummary {
        ToolSummary {
            id: "github__create_issue".into(),
            server: "github".into(),
            name: "create_issue".into(),
            description: "Creates an issue.\nIn a repository.".into(),
            effect: Effect::Write,
            score: Some(1.0),
            matched: Vec::new(),
            tokens: 0,
        }
    }

    #[test]
    fn a_list_shows_one_line_for_each() {
        assert_eq!(
            plain(&table(&[tool()])),
            "TOOL                  EFFECT  DESCRIPTION\n\
             github__create_issue  write   Creates an issue.\n"
        );
    }

    #[test]
    fn a_description_shows_what_a_call_needs() {
        let definition = json!({"inputSchema": {"type": "object"}});
        let text = plain(&render(&ToolDetail {
            summary: tool(),
            definition,
        }));
        assert_eq!(
            text,
            "github__create_issue\nServer  github\nName    create_issue\nEffect  write\n\n\
             Creates an issue.\nIn a repository.\n\nParameters\n{\n  \"type\": \"object\"\n}\n"
        );
    }
}

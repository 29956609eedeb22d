//! `toolgate servers add`.

use std::io::Read as _;

use api_client::Client;
use config::Edit;
use model::{AddServer, ServerStatus, TrustMode};
use serde_json::json;

use super::{entry, offline};
use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, count, visible};
use crate::progress;

const AFTER_HELP: &str = "\
Examples:
  toolgate servers add time -- uvx mcp-server-time
  toolgate servers add files -- npx -y @modelcontextprotocol/server-filesystem ~/notes
  toolgate servers add github --url https://api.githubcopilot.com/mcp/ \\
      --header 'Authorization=Bearer ${keyring:github}'
  toolgate servers add --json-entry '{\"mcpServers\": {\"x\": {\"command\": \"npx\"}}}'
  pbpaste | toolgate servers add --json-entry -

Values may refer to ${env:NAME} and ${keyring:name}, which are looked up when the server starts,
so that no secret has to stand in the file.";

/// The new server.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["url", "json_entry", "command"]))]
pub(crate) struct Args {
    /// Its name; may be left out where the pasted text has one
    name: Option<String>,
    /// The address of a server that runs elsewhere
    #[arg(long)]
    url: Option<String>,
    /// A header for every request to the URL; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value, conflicts_with_all = ["command", "json_entry"])]
    header: Vec<(String, String)>,
    /// A variable for the command's environment; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value, conflicts_with_all = ["url", "json_entry"])]
    env: Vec<(String, String)>,
    /// An entry as any client's documentation shows it, or `-` to read it from standard input
    #[arg(long, value_name = "JSON")]
    json_entry: Option<String>,
    /// How its definitions come in: `manual` (you approve each), `scan` (those in which nothing is
    /// found pass) or `auto` (all pass)
    #[arg(long, value_name = "MODE")]
    trust: Option<TrustMode>,
    /// Do not wait until the server is ready
    #[arg(long)]
    no_wait: bool,
    /// The command that starts the server, after `--`
    #[arg(last = true)]
    command: Vec<String>,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let wait = !args.no_wait;
    let server = server(args)?;
    let Some(client) = context.client_if_running().await? else {
        return add_offline(context, server).await;
    };
    let added = client.add_server(&server).await?;
    let status = if wait {
        settle(&client, &added).await?
    } else {
        added
    };
    report(context, "Added", &status)
}

async fn add_offline(context: &Context, server: AddServer) -> Result<Code, Failure> {
    let AddServer { name, entry, .. } = server;
    let edit = Edit::Add {
        name: name.clone(),
        entry,
    };
    offline::edit(&context.paths.config_file, edit).await?;
    if context.json {
        output::json(&json!({"name": name}))?;
    }
    let name = visible(&name);
    output::note(&format!(
        "Added {name}. No gateway is running; the server starts with `toolgate serve`."
    ));
    Ok(Code::Ok)
}

/// What to add, from whichever form it was given in.
fn server(args: Args) -> Result<AddServer, Failure> {
    // Who has typed a command knows it; what is pasted is shown before it starts.
    let consent = args.json_entry.is_none();
    let named = match (&args.json_entry, &args.url) {
        (Some(text), _) if text == "-" => entry::pasted(&read_input()?)?,
        (Some(text), _) => entry::pasted(text)?,
        (None, Some(url)) => unnamed(entry::remote(url, &args.header.into_iter().collect())),
        (None, None) => unnamed(entry::stdio(&args.command, &args.env.into_iter().collect())),
    };
    let name = args.name.or(named.name).ok_or_else(|| {
        let fix = "Put it first: `toolgate servers add NAME …`.";
        Failure::new(Code::Usage, "The server has no name.", fix)
    })?;
    let mut entry = named.entry;
    if let (Some(trust), Some(entry)) = (args.trust, entry.as_object_mut()) {
        entry.insert("trust".to_owned(), trust.as_str().into());
    }
    Ok(AddServer {
        name,
        entry,
        consent,
    })
}

fn unnamed(entry: serde_json::Value) -> entry::Named {
    entry::Named { name: None, entry }
}

fn read_input() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin().lock().read_to_string(&mut text)?;
    Ok(text)
}

/// Waits until the server is ready or has failed, whichever its first start comes to.
pub(crate) async fn settle(client: &Client, added: &ServerStatus) -> Result<ServerStatus, Failure> {
    let events = client.events().await?;
    let snapshot = progress::wait(events, Some(&added.name), output::is_watched()).await?;
    let found = snapshot
        .servers
        .into_iter()
        .find(|server| server.name == added.name);
    found.ok_or_else(|| {
        let message = format!(
            "{} was removed while it was starting.",
            visible(&added.name)
        );
        Failure::new(Code::NotFound, message, "")
    })
}

/// Says how the new server is, after a word for what was done to it.
pub(crate) fn report(
    context: &Context,
    done: &str,
    status: &ServerStatus,
) -> Result<Code, Failure> {
    if context.json {
        output::json(status)?;
    }
    output::note(&said(done, status)?);
    Ok(Code::Ok)
}

/// How the new server is. It stays in the configuration even if it could not start.
pub(super) fn said(done: &str, status: &ServerStatus) -> Result<String, Failure> {
    let name = visible(&status.name);
    let Some(problem) = status.state.problem() else {
        let how = status.state.label();
        let tools = count(status.tools, "tool");
        return Ok(format!("{done} {name}: {how}, {tools}."));
    };
    let code = problem.code.as_str();
    let message = format!(
        "{done} {name}, but it is not working ({code}): {}",
        problem.message
    );
    Err(Failure::other(visible(&message), visible(&problem.fix)))
}

/// Splits `KEY=VALUE`, or a header as it is usually written, `Key: value`.
fn key_value(text: &str) -> Result<(String, String), String> {
    let at = text
        .find(['=', ':'])
        .filter(|at| *at > 0)
        .ok_or("use KEY=VALUE")?;
    let (key, value) = (text[..at].trim(), &text[at + 1..]);
    let value = if text[at..].starts_with(':') {
        value.trim_start()
    } else {
        value
    };
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::testing;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn parse(line: &[&str]) -> Result<AddServer, Failure> {
        let line = [&["add"], line].concat();
        let line = Line::try_parse_from(line);
        server(
            line.map_err(|error| Failure::new(Code::Usage, error.to_string(), ""))?
                .args,
        )
    }

    #[test]
    fn commands_keep_their_own_options() {
        let added =
            parse(&["t", "--env", "A=b=c", "--", "npx", "-y", "x", "--json"]).expect("fine");
        let entry = json!({"command": "npx", "args": ["-y", "x", "--json"], "env": {"A": "b=c"}});
        assert_eq!(
            added,
            AddServer {
                name: "t".into(),
                entry,
                consent: true,
            }
        );
    }

    #[test]
    fn headers_are_taken_in_both_spellings() {
        let bearer = ("Authorization".to_owned(), "Bearer a=b".to_owned());
        assert_eq!(key_value("Authorization: Bearer a=b"), Ok(bearer.clone()));
        assert_eq!(key_value("Authorization=Bearer a=b"), Ok(bearer));
        assert!(key_value("=x").is_err() && key_value("x").is_err());
    }

    #[test]
    fn a_pasted_name_is_used_unless_another_is_given() {
        let text = r#"{"mcpServers": {"a": {"url": "https://example.com"}}}"#;
        assert_eq!(parse(&["--json-entry", text]).expect("fine").name, "a");
        assert_eq!(parse(&["b", "--json-entry", text]).expect("fine").name, "b");
        let nameless = parse(&["--url", "https://example.com"]).expect_err("no name");
        assert_eq!(nameless.code, Code::Usage);
    }

    #[test]
    fn exactly_one_form_is_needed() {
        assert!(parse(&["a"]).is_err());
        assert!(parse(&["a", "--url", "u", "--", "npx"]).is_err());
        assert!(
            parse(&["a", "--header", "A=b", "--", "npx"]).is_err(),
            "headers need a URL"
        );
    }

    #[test]
    fn a_server_that_fails_is_reported_with_its_way_out() {
        let context = Context {
            paths: testing::paths(),
            json: false,
        };
        assert_eq!(
            report(&context, "Added", &testing::ready("a", 3)).ok(),
            Some(Code::Ok)
        );
        let failure = report(&context, "Added", &testing::failed("a")).expect_err("it failed");
        assert!(failure.message.contains("command-not-found"));
        assert_eq!(failure.fix, "Install Node.js.");
    }
}

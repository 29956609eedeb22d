//! `toolgate servers list`, with or without a running gateway.

use std::fmt::Write as _;

use config::Settings;
use model::{ServerStatus, now_millis};
use serde_json::{Value, json};

use super::offline;
use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, BAD, HINT, Table, age, one_line, visible};

/// Characters of a command line or URL that a list shows.
const TARGET_WIDTH: usize = 60;

pub(crate) async fn run(context: &Context) -> Result<Code, Failure> {
    if let Some(client) = context.client_if_running().await? {
        let servers = client.servers().await?;
        print(context, &servers, || render(&servers, now_millis()))?;
    } else {
        let settings = offline::settings(&context.paths.config_file)?;
        print(context, &configured(&settings), || {
            render_configured(&settings)
        })?;
        output::note("No gateway is running; this is what the configuration says.");
    }
    Ok(Code::Ok)
}

fn print(
    context: &Context,
    data: &impl serde::Serialize,
    text: impl FnOnce() -> String,
) -> std::io::Result<()> {
    if context.json {
        output::json(data)
    } else {
        output::text(&text())
    }
}

/// The servers as a table, and below it what is wrong with which.
pub(crate) fn render(servers: &[ServerStatus], now: u64) -> String {
    if servers.is_empty() {
        return NONE.to_owned();
    }
    let mut table = Table::new(&[
        "name",
        "state",
        "since",
        "tools",
        "calls",
        "transport",
        "target",
    ]);
    for server in servers {
        table.row([
            server.name.clone(),
            server.state.label().to_owned(),
            age(server.since, now),
            server.tools.to_string(),
            server.calls.to_string(),
            server.transport.clone(),
            one_line(&server.target, TARGET_WIDTH),
        ]);
    }
    table.render() + &problems(servers)
}

const NONE: &str = "No servers are configured. Add one with `toolgate servers add`.\n";

fn problems(servers: &[ServerStatus]) -> String {
    let mut text = String::new();
    for server in servers {
        if let Some(problem) = server.state.problem() {
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "\n{BAD}{}{BAD:#} ({}): {}\n  {HINT}fix{HINT:#}: {}\n",
                visible(&server.name),
                problem.code.as_str(),
                visible(&problem.message),
                visible(&problem.fix)
            );
        }
    }
    text
}

fn configured(settings: &Settings) -> Vec<Value> {
    let entry = |server: &config::ServerConfig| {
        json!({
            "name": server.name,
            "enabled": server.enabled,
            "transport": server.transport(),
            "target": server.target(),
        })
    };
    settings.servers.values().map(entry).collect()
}

fn render_configured(settings: &Settings) -> String {
    if settings.servers.is_empty() {
        return NONE.to_owned();
    }
    let mut table = Table::new(&["name", "state", "transport", "target"]);
    for server in settings.servers.values() {
        table.row([
            server.name.to_string(),
            if server.enabled {
                "enabled"
            } else {
                "disabled"
            }
            .to_owned(),
            server.transport().to_owned(),
            one_line(&server.target(), TARGET_WIDTH),
        ]);
    }
    table.render()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::plain;
    use crate::testing::{failed, ready};

    #[test]
    fn each_server_has_a_line_and_each_problem_its_way_out() {
        let text = plain(&render(&[ready("github", 40), failed("files")], 1_060_000));
        assert_eq!(
            text,
            "NAME    STATE        SINCE  TOOLS  CALLS  TRANSPORT  TARGET\n\
             github  ready        1 min  40     0      stdio      npx -y github\n\
             files   backing off  1 min  0      0      stdio      npx -y files\n\
             \n\
             files (command-not-found): The command `npx` was not found.\n  \
             fix: Install Node.js.\n"
        );
    }

    #[test]
    fn an_empty_list_says_what_to_do() {
        assert!(render(&[], 0).contains("toolgate servers add"));
        assert!(render_configured(&Settings::default()).contains("toolgate servers add"));
    }

    #[test]
    fn without_a_gateway_the_configuration_speaks() {
        let text = r#"{"mcpServers": {"a": {"command": "npx", "disabled": true}}}"#;
        let settings = config::parse(text, std::path::Path::new("c"))
            .settings
            .expect("valid");
        let table = plain(&render_configured(&settings));
        assert_eq!(
            table,
            "NAME  STATE     TRANSPORT  TARGET\na     disabled  stdio      npx\n"
        );
        assert_eq!(configured(&settings)[0]["enabled"], false);
    }
}

//! The command line as a whole; each command owns its own part.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    activity, bridge, bundle, completions, config, logs, pause, registry, review, serve, servers,
    settings, tokens, tools, ui,
};

/// Shown at the end of the long help.
const AFTER_HELP: &str = "\
Examples:
  toolgate serve                                    run the gateway in this terminal
  toolgate servers add time -- uvx mcp-server-time  add a server and wait until it is ready
  toolgate tokens add \"VS Code\"                     let a client in, and show what to paste
  toolgate tools search \"create an issue\"           what an agent would find
  toolgate doctor                                   find out why something does not work

Exit codes:
  0  success
  1  general failure
  2  the command line could not be understood
  3  no gateway is running
  4  the configuration is invalid
  5  no such server, tool, setting or id
  6  the tool ran and returned an error
  7  another gateway already runs on this data directory";

/// Where the options of every command stand in its help.
const GLOBAL: &str = "Global options";

/// One local endpoint in front of all your MCP servers.
///
/// Every MCP client on this machine connects to the gateway; the gateway runs the servers of its
/// configuration, finds the few tools that fit a task and calls them.
#[derive(Debug, Parser)]
#[command(name = "toolgate", bin_name = "toolgate", version, after_long_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Global {
    /// Use this configuration file instead of the user's own
    #[arg(long, value_name = "FILE", env = "TOOLGATE_CONFIG")]
    #[arg(global = true, help_heading = GLOBAL)]
    pub(crate) config: Option<PathBuf>,
    /// Keep socket, logs and caches here instead of in the user's data directory
    #[arg(long, value_name = "DIR", env = "TOOLGATE_DATA_DIR")]
    #[arg(global = true, help_heading = GLOBAL)]
    pub(crate) data_dir: Option<PathBuf>,
    /// Print JSON for programs instead of text for people
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub(crate) json: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the gateway until it is interrupted
    Serve(serve::Args),
    /// Open the gateway's web UI in the browser
    Ui(ui::Args),
    /// Show how the gateway and its servers are
    Status,
    /// List, add, remove and control servers
    #[command(subcommand)]
    Servers(servers::Command),
    /// Search the registries of servers, and add from them
    #[command(subcommand)]
    Registry(registry::Command),
    /// Search, describe and call tools
    #[command(subcommand)]
    Tools(tools::Command),
    /// Say which clients may call: list, make and revoke their tokens
    Tokens {
        #[command(subcommand)]
        command: Option<tokens::Command>,
    },
    /// Let no call of a client through, for some minutes or until `toolgate resume`
    Pause(pause::Args),
    /// Let calls through again
    Resume,
    /// Decide what clients may see: new servers, new and changed definitions, proposals
    Review(review::Args),
    /// Show what happened: calls, changes, servers, sign-ins
    Activity(activity::Args),
    /// Show the log of a server, or of the gateway itself
    Logs(logs::Args),
    /// Check the configuration, or show where it is
    #[command(subcommand)]
    Config(config::Command),
    /// List and change the settings of the gateway
    #[command(subcommand)]
    Settings(settings::Command),
    /// Check everything the gateway needs, and say how to fix what is missing
    Doctor,
    /// Write a file for those who help, without secrets
    SupportBundle(bundle::Args),
    /// Connect a client that speaks only stdio to the gateway
    Bridge(bridge::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_exit_code_is_documented() {
        for code in 0..=7 {
            assert!(AFTER_HELP.contains(&format!("\n  {code}  ")), "{code}");
        }
    }

    #[test]
    fn global_options_work_after_the_command() {
        let cli = Cli::parse_from([
            "toolgate", "servers", "list", "--json", "--config", "c.json",
        ]);
        assert!(cli.global.json);
        assert_eq!(cli.global.config, Some(PathBuf::from("c.json")));
    }
}

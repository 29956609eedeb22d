//! `toolgate servers`: what is configured, and how it is.

mod add;
mod change;
mod entry;
mod inspect;
pub(crate) mod list;
mod offline;

use clap::Subcommand;

pub(crate) use offline::{read as read_config, settings as configured};

use crate::context::Context;
use crate::exit::{Code, Failure};

/// What to do with servers.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List all servers with their state
    List,
    /// Add a server to the configuration
    ///
    /// Works with and without a running gateway; a running one starts the server at once, and
    /// the command waits until it is ready or has failed.
    Add(add::Args),
    /// Remove a server from the configuration
    Remove(Name),
    /// Switch a server on
    Enable(Name),
    /// Switch a server off, but keep its entry
    Disable(Name),
    /// Stop a server and start it again
    Restart(Name),
    /// Show everything about one server
    Inspect(Name),
}

/// Which server.
#[derive(Debug, clap::Args)]
pub(crate) struct Name {
    /// The server's name, as in the configuration
    name: String,
}

pub(crate) async fn run(context: &Context, command: Command) -> Result<Code, Failure> {
    match command {
        Command::List => list::run(context).await,
        Command::Add(args) => add::run(context, args).await,
        Command::Remove(server) => change::remove(context, &server.name).await,
        Command::Enable(server) => change::set_enabled(context, &server.name, true).await,
        Command::Disable(server) => change::set_enabled(context, &server.name, false).await,
        Command::Restart(server) => change::restart(context, &server.name).await,
        Command::Inspect(server) => inspect::run(context, &server.name).await,
    }
}

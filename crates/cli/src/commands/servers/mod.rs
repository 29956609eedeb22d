//! `toolgate servers`: what is configured, and how it is.

mod add;
mod change;
mod entry;
mod history;
mod import;
mod inspect;
pub(crate) mod list;
mod offline;
mod sign_in;

use clap::Subcommand;

pub(crate) use add::{report, settle};
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
    /// Add the servers that a file of another client describes
    ///
    /// Shows what each would run or reach and asks before anything is added.
    Import(import::Args),
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
    /// Sign in to a server in the browser
    SignIn(sign_in::Args),
    /// Show who changed a server's entry, and how
    #[command(after_long_help = "Example:\n  toolgate servers history github")]
    History(Name),
    /// Put a server back to what it was before a change
    #[command(after_long_help = "Example:\n  toolgate servers revert 12")]
    Revert {
        /// The change's id, as `toolgate servers history` shows it
        id: u64,
    },
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
        Command::Import(args) => import::run(context, &args).await,
        Command::Remove(server) => change::remove(context, &server.name).await,
        Command::Enable(server) => change::set_enabled(context, &server.name, true).await,
        Command::Disable(server) => change::set_enabled(context, &server.name, false).await,
        Command::Restart(server) => change::restart(context, &server.name).await,
        Command::Inspect(server) => inspect::run(context, &server.name).await,
        Command::SignIn(args) => sign_in::run(context, &args).await,
        Command::History(server) => history::show(context, &server.name).await,
        Command::Revert { id } => history::revert(context, id).await,
    }
}

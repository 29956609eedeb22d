//! The commands, one module each.

pub(crate) mod bridge;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod logs;
pub(crate) mod serve;
pub(crate) mod servers;
pub(crate) mod status;
pub(crate) mod tools;
pub(crate) mod ui;

use crate::args::Command;
use crate::context::Context;
use crate::exit::{Code, Failure};

/// Carries out a command.
pub(crate) async fn run(context: &Context, command: Command) -> Result<Code, Failure> {
    match command {
        Command::Serve(args) => Box::pin(serve::run(context, args)).await,
        Command::Ui(args) => ui::run(context, &args).await,
        Command::Status => status::run(context).await,
        Command::Servers(command) => servers::run(context, command).await,
        Command::Tools(command) => tools::run(context, command).await,
        Command::Logs(args) => logs::run(context, args).await,
        Command::Config(command) => config::run(context, command),
        Command::Doctor => doctor::run(context).await,
        Command::Bridge(args) => Box::pin(bridge::run(context, args)).await,
        Command::Completions(args) => completions::run(&args),
    }
}

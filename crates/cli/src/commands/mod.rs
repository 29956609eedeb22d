//! The commands, one module each.

pub(crate) mod activity;
pub(crate) mod bridge;
pub(crate) mod bundle;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod doctor;
mod evidence;
pub(crate) mod logs;
pub(crate) mod pause;
pub(crate) mod registry;
pub(crate) mod review;
pub(crate) mod serve;
pub(crate) mod servers;
pub(crate) mod settings;
pub(crate) mod status;
pub(crate) mod tokens;
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
        Command::Registry(command) => registry::run(context, command).await,
        Command::Tokens { command } => {
            tokens::run(context, command.unwrap_or(tokens::Command::List)).await
        }
        Command::Pause(args) => pause::run(context, &args).await,
        Command::Resume => pause::resume(context).await,
        Command::Review(command) => review::run(context, command).await,
        Command::Activity(args) => activity::run(context, &args).await,
        Command::Logs(args) => logs::run(context, args).await,
        Command::Config(command) => config::run(context, command),
        Command::Settings(command) => settings::run(context, command).await,
        Command::Doctor => doctor::run(context).await,
        Command::SupportBundle(args) => bundle::run(context, &args).await,
        Command::Bridge(args) => Box::pin(bridge::run(context, args)).await,
        Command::Completions(args) => completions::run(&args),
    }
}

//! The `toolgate` command: the gateway, everything to control it, and the bridge to it.

mod args;
mod bridge;
mod commands;
mod context;
mod exit;
mod output;
mod progress;
#[cfg(test)]
mod testing;

use std::process::ExitCode;

use clap::Parser as _;
use tokio::runtime::{Builder, Runtime};

use args::{Cli, Command};
use context::Context;
use exit::{Code, Failure};

/// The first argument of the process that cleans up after a killed gateway.
const REAPER: &str = "__reaper";

fn main() -> ExitCode {
    // Before anything else: both must stay tiny, without threads and without logs.
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next().unwrap_or_default();
    if first == REAPER {
        return upstream::reaper::main(&arguments.next().unwrap_or_default());
    }
    if first == upstream::SANDBOX_HELPER {
        return upstream::sandbox_main(arguments);
    }
    match run(Cli::parse()) {
        Ok(code) => code.into(),
        Err(failure) => {
            if !failure.message.is_empty() {
                output::failure(&failure.message, &failure.fix);
            }
            failure.code.into()
        }
    }
}

fn run(cli: Cli) -> Result<Code, Failure> {
    let context = Context::new(cli.global)?;
    let runtime = runtime(&cli.command)?;
    let ended = runtime.block_on(commands::run(&context, cli.command));
    // A thread that still reads standard input would be waited for until its next line.
    runtime.shutdown_background();
    ended
}

/// The gateway gets worker threads; everything else is one conversation at a time.
fn runtime(command: &Command) -> std::io::Result<Runtime> {
    let mut builder = match command {
        Command::Serve(_) => Builder::new_multi_thread(),
        _ => Builder::new_current_thread(),
    };
    builder.worker_threads(2).enable_all().build()
}

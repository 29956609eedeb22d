//! The tray: Toolgate's desktop application, with the gateway inside.
//!
//! It links no toolkit on Linux; the window is a program of its own, `toolgate-window`, which
//! lives only while it is open.

mod arguments;
mod clipboard;
mod clock;
mod core;
mod handover;
mod login_item;
mod screen;
mod session;
mod window_process;

#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod platform;
#[cfg(not(target_os = "linux"))]
#[path = "elsewhere/mod.rs"]
mod platform;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use config::Paths;
use tokio::runtime::Builder;

use arguments::Arguments;

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
    match start(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be looking, in which case there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: &Arguments) -> anyhow::Result<()> {
    let paths = Paths::resolve(arguments.config.clone(), arguments.data_dir.clone())?;
    let links = arguments.links()?;
    let mut runtime = Builder::new_multi_thread();
    // Worker threads have their own stacks and arenas, and two carry any load of one person.
    let runtime = runtime.worker_threads(2).enable_all().build()?;
    let was_running = runtime.block_on(handover::hand_over(&paths.socket, &links))?;
    if was_running {
        return Ok(());
    }
    platform::check_session()?;
    let plan = session::Plan {
        paths,
        links,
        in_background: arguments.background,
        vouched: arguments.trust,
    };
    let ended = platform::run(&runtime, plan);
    // A thread that waits for a notice to be clicked would be waited for until it is.
    runtime.shutdown_background();
    ended
}

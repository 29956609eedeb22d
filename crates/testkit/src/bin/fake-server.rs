//! The scripted MCP server as a program; see [`testkit::fake`].

use std::process::ExitCode;

use clap::Parser as _;
use testkit::fake;

fn main() -> anyhow::Result<ExitCode> {
    let options = fake::Options::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let code = runtime.block_on(fake::run(options))?;
    // The thread that reads stdin may be waiting for input that never comes.
    runtime.shutdown_background();
    Ok(code)
}

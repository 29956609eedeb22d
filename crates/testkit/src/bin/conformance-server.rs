//! The server that the conformance suite is run against; see [`testkit::conformance::server`].

use clap::Parser as _;
use testkit::conformance::server;

fn main() -> anyhow::Result<()> {
    let options = server::Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(server::run(options))
}

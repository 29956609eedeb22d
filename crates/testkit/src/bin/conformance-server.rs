//! The server that the conformance suite is run against; see [`testkit::conformance`].

use clap::Parser as _;
use testkit::conformance;

fn main() -> anyhow::Result<()> {
    let options = conformance::Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(conformance::run(options))
}

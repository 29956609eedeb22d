//! The client that the conformance suite starts; see [`testkit::conformance::client`].

use clap::Parser as _;
use testkit::conformance::client;

fn main() -> anyhow::Result<()> {
    let options = client::Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(client::run(options))
}

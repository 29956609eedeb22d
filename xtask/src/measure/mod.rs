//! `cargo xtask measure`: the product's bars, measured on the optimised programs.
//!
//! Everything runs on this machine with scripted servers and a folder of its own, so that two
//! runs differ only by what else the machine does.

mod bars;
mod desktop;
pub(crate) mod gateway;
pub(crate) mod http;
mod mcp;
mod resources;
mod samples;

use anyhow::Result;

use crate::measure::bars::Bar;
use crate::shell;
use crate::workspace::Workspace;

/// What to measure; all of it, unless told otherwise.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only the desktop application: memory, idle load, opening the window (Linux).
    #[arg(long)]
    desktop: bool,
    /// Only the gateway.
    #[arg(long, conflicts_with = "desktop")]
    gateway: bool,
}

/// Builds the programs, measures every bar and prints a Markdown table.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut bars = Vec::new();
    if !options.desktop {
        bars.extend(of_the_gateway(workspace)?);
    }
    if !options.gateway {
        bars.extend(desktop::bars(workspace)?);
    }
    anstream::println!("{}", table(&bars));
    Ok(())
}

fn of_the_gateway(workspace: &Workspace) -> Result<Vec<Bar>> {
    // The gateway comes last and alone, so that nothing is measured of what only the fakes need
    // of a crate that both build on.
    for package in ["testkit", "cli"] {
        shell::run(shell::cargo().args(["build", "--release", "-p", package]))?;
    }
    anstream::eprintln!("Measuring; this takes about two minutes and wants a quiet machine.");
    let mut bars = bars::without_servers(workspace)?;
    bars.extend(bars::with_many_servers(workspace)?);
    Ok(bars)
}

fn table(bars: &[Bar]) -> String {
    let mut text = String::from("| Bar | Measured | Target |\n|---|---|---|\n");
    for bar in bars {
        text += &row(bar);
    }
    text
}

fn row(
    Bar {
        name,
        measured,
        target,
    }: &Bar,
) -> String {
    let target = target.unwrap_or("–");
    format!("| {name} | {measured} | {target} |\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_become_rows() {
        let bars = [
            Bar {
                name: "Menu",
                measured: "6,100 bytes".to_owned(),
                target: Some("≤ 8,000 bytes"),
            },
            Bar {
                name: "Memory",
                measured: "20.1 MB".to_owned(),
                target: None,
            },
        ];
        let expected = "\
| Bar | Measured | Target |
|---|---|---|
| Menu | 6,100 bytes | ≤ 8,000 bytes |
| Memory | 20.1 MB | – |
";
        assert_eq!(table(&bars), expected);
    }
}

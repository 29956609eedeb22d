//! `cargo xtask eval`: parts of the product, scored on labelled cases.
//!
//! The cases hold attack text under several licences and are not part of the repository.

mod asset;
mod data;
mod folds;
mod messages;
mod report;
mod scan;
mod tools;
mod train;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use crate::workspace::Workspace;

/// What is scored.
#[derive(clap::Subcommand)]
pub(crate) enum Part {
    /// The scanner: poisoned definitions, frames, rug pulls, time. Fails when a bar is missed.
    Scan(Options),
}

/// Where the cases are, and what to do with them.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Folder of the labelled cases.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Train the linear model on them first, and write it to `crates/scan/assets`.
    #[arg(long)]
    train: bool,
    /// Name every case that was judged wrongly.
    #[arg(long)]
    list: bool,
    /// Print JSON instead of a table.
    #[arg(long, conflicts_with = "list")]
    json: bool,
}

/// Scores the part and prints what came of it.
pub(crate) fn run(workspace: &Workspace, part: &Part) -> Result<ExitCode> {
    let Part::Scan(options) = part;
    let folder = options.data.clone();
    let folder = folder.unwrap_or_else(|| workspace.root.join("../shared/data/security"));
    scan::run(workspace, options, &folder)
}

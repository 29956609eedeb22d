//! `cargo xtask conformance`: the public MCP conformance suite against the gateway.
//!
//! As a server the gateway stands in front of `conformance-server` of the testkit, which scores
//! fully by itself, and shows it on `/mcp/server/…`. Besides the upstream that speaks both eras,
//! one for each era alone shows how well the gateway translates; not all that the suite asks for
//! can cross from one era to the other, so those rows are for reading. As a client, the suite
//! plays the server and starts `conformance-client`, which has a gateway connect to it.

mod requirements;
mod score;
mod servers;
mod suite;

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use anyhow::{Result, bail, ensure};

use crate::fixtures;
use crate::shell;
use crate::workspace::Workspace;

use score::Score;
use servers::{Era, Servers};
use suite::Suite;

/// The revisions that the suite has requirements for.
const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];

/// What to run.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Run only this side.
    #[arg(value_enum)]
    role: Option<Role>,
    /// Run the suite against the upstream itself, without a gateway.
    #[arg(long)]
    direct: bool,
    /// Keep what the suite wrote in this folder.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// A side of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Role {
    /// What MCP clients see.
    Server,
    /// What upstream servers see.
    Client,
}

/// Installs and builds what is needed, runs the suite and prints the scores.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    if options.direct && options.role == Some(Role::Client) {
        bail!("the upstream is only a server; leave `--direct` or `client` away");
    }
    shell::run(shell::cargo().args(["build", "-p", "cli", "-p", "testkit"]))?;
    let scores = scores(workspace, options, &Era::ALL)?;
    anstream::println!("{}", score::table(&scores));
    Ok(if scores.iter().all(Score::is_full) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Fails unless the gateway passes all that is scored; the programs must have been built.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let scores = scores(workspace, &Options::default(), &[Era::Both])?;
    anstream::eprintln!("{}", score::table(&scores));
    ensure!(
        scores.iter().all(Score::is_full),
        "the gateway does not conform"
    );
    Ok(())
}

fn scores(workspace: &Workspace, options: &Options, eras: &[Era]) -> Result<Vec<Score>> {
    let suite = Suite::new(
        &fixtures::install_folder(workspace, "conformance")?,
        options.keep.as_deref(),
    )?;
    let mut scores = Vec::new();
    if options.role != Some(Role::Client) {
        let servers = Servers::start(workspace, eras, options.direct)?;
        scores.extend(as_server(&suite, &servers, eras)?);
    }
    if options.role != Some(Role::Server) && !options.direct {
        for revision in REVISIONS {
            scores.push(suite.client(&workspace.target.join("debug"), revision)?);
        }
    }
    Ok(scores)
}

/// Scores every upstream; those of different eras at the same time, since the suite mostly waits.
fn as_server(suite: &Suite, servers: &Servers, eras: &[Era]) -> Result<Vec<Score>> {
    let scores: Vec<_> = thread::scope(|scope| {
        let runs: Vec<_> = eras
            .iter()
            .map(|&era| scope.spawn(move || of_upstream(suite, servers, era)))
            .collect();
        runs.into_iter()
            .map(|run| run.join().unwrap_or_else(|_| bail!("a run broke off")))
            .collect::<Result<_>>()
    })?;
    Ok(scores.concat())
}

fn of_upstream(suite: &Suite, servers: &Servers, era: Era) -> Result<Vec<Score>> {
    let url = servers.url(era);
    // Only a gateway answers in an era that its upstream does not know.
    let asked = |revision: &&&str| !servers.are_direct() || era.speaks(revision);
    REVISIONS
        .iter()
        .filter(asked)
        .map(|revision| suite.server(era, &url, revision))
        .collect()
}

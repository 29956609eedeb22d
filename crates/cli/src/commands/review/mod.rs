//! `toolgate review`: what waits for a person's decision.

mod decide;
mod definitions;
mod proposals;
mod server;

use clap::Subcommand;
use model::{Snapshot, TrustMode, now_millis};

use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output;

const AFTER_HELP: &str = "\
Examples:
  toolgate review
  toolgate review show github
  toolgate review start github --trust scan
  toolgate review approve github --all
  toolgate review approve github create_issue list_issues
  toolgate review block github delete_repo

A new server is not started before you let it start, and clients see nothing of it before you
approve it. What changes later is held again until you have seen the change.";

/// What to do with what waits.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what waits, and what it would run or reach
    List,
    /// Show everything that is known of a held server: findings, changes, what it runs
    Show {
        /// The server
        server: String,
        /// Also what does not wait
        #[arg(long)]
        all: bool,
    },
    /// Let a held server start, so that its definitions can be looked at
    Start {
        /// The server
        server: String,
        /// How its definitions come in from now on: manual, scan or auto
        #[arg(long, value_name = "MODE")]
        trust: Option<TrustMode>,
    },
    /// Let clients see definitions of a server
    Approve(decide::Which),
    /// Keep definitions of a server from clients
    Block(decide::Which),
    /// Say how definitions of a server come in: manual, scan or auto
    Trust {
        /// The server
        server: String,
        /// The mode
        mode: TrustMode,
    },
    /// Take the last decision about a server back, within ten seconds
    Undo {
        /// The decision, as it was printed
        id: String,
    },
    #[command(flatten)]
    Proposal(proposals::Command),
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    match args.command.unwrap_or(Command::List) {
        Command::List => list(context).await,
        Command::Show { server, all } => server::show(context, &server, all).await,
        Command::Start { server, trust } => decide::start(context, &server, trust).await,
        Command::Approve(which) => decide::rule(context, which, true).await,
        Command::Block(which) => decide::rule(context, which, false).await,
        Command::Trust { server, mode } => decide::trust(context, &server, mode).await,
        Command::Undo { id } => decide::undo(context, &id).await,
        Command::Proposal(command) => proposals::run(context, command).await,
    }
}

async fn list(context: &Context) -> Result<Code, Failure> {
    let snapshot = context.client().await?.status().await?;
    if context.json {
        output::json(&waiting(&snapshot))?;
        return Ok(Code::Ok);
    }
    let mut blocks: Vec<String> = Vec::new();
    if !snapshot.review.is_empty() {
        blocks.push(proposals::render(&snapshot.review, now_millis()));
    }
    let held = snapshot.servers.iter();
    blocks.extend(held.filter_map(server::line));
    if blocks.is_empty() {
        output::note("Nothing waits for a review.");
        return Ok(Code::Ok);
    }
    output::text(&blocks.join("\n"))?;
    output::note(
        "Look closer with `toolgate review show SERVER`; what you let start runs with your rights.",
    );
    Ok(Code::Ok)
}

fn waiting(snapshot: &Snapshot) -> serde_json::Value {
    let held = snapshot.servers.iter();
    let held = held.filter(|server| server.trust.hold.is_some());
    let held: Vec<_> = held
        .map(|server| serde_json::json!({ "server": server.name, "trust": server.trust }))
        .collect();
    serde_json::json!({ "proposals": snapshot.review, "servers": held })
}

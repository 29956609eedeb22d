//! Servers that somebody proposed, or an agent has added.

use clap::Subcommand;
use model::{AcceptReview, ReviewItem, ReviewSource};
use serde_json::json;

use crate::commands::evidence::{self, fact};
use crate::commands::servers;
use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, age, visible};

/// What to do with what waits.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add or switch on a server that waits
    #[command(
        after_long_help = "Examples:\n  toolgate review accept proposal-1\n  toolgate review accept proposal-1 --name work-github"
    )]
    Accept {
        /// Its id, as `toolgate review list` shows it
        id: String,
        /// Give it another name than proposed
        #[arg(long)]
        name: Option<String>,
        /// Do not wait until the server is ready
        #[arg(long)]
        no_wait: bool,
    },
    /// Drop a proposal, or stop asking about a server that an agent has added
    #[command(after_long_help = "Example:\n  toolgate review dismiss proposal-1")]
    Dismiss {
        /// Its id, as `toolgate review list` shows it
        id: String,
    },
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Code, Failure> {
    match command {
        Command::Accept { id, name, no_wait } => accept(context, &id, name, no_wait).await,
        Command::Dismiss { id } => dismiss(context, &id).await,
    }
}

async fn accept(
    context: &Context,
    id: &str,
    name: Option<String>,
    no_wait: bool,
) -> Result<Code, Failure> {
    let client = context.client().await?;
    let accept = AcceptReview { name, entry: None };
    let accepted = client.accept_review(id, &accept).await?;
    let status = if no_wait {
        accepted
    } else {
        servers::settle(&client, &accepted).await?
    };
    servers::report(context, "Accepted", &status)
}

async fn dismiss(context: &Context, id: &str) -> Result<Code, Failure> {
    context.client().await?.dismiss_review(id).await?;
    if context.json {
        output::json(&json!({ "id": id }))?;
    } else {
        output::note(&format!("Dismissed {}.", visible(id)));
    }
    Ok(Code::Ok)
}

/// What waits, a block each.
pub(super) fn render(waiting: &[ReviewItem], now: u64) -> String {
    let block = |item: &ReviewItem| {
        let heading = format!("{} ({})", item.name, item.id);
        let mut text = evidence::render(&heading, &item.evidence);
        let from = format!("{}, {} ago", origin(item), age(item.at, now));
        fact(&mut text, "from", &from);
        if item.configured {
            fact(&mut text, "state", "in the configuration, switched off");
        }
        text
    };
    let blocks: Vec<String> = waiting.iter().map(block).collect();
    blocks.join("\n")
}

fn origin(item: &ReviewItem) -> String {
    let source = match item.source {
        ReviewSource::Link => "an install link",
        ReviewSource::Agent => "an agent",
        ReviewSource::Paste => "pasted text",
    };
    match &item.by {
        Some(by) => format!("{source} ({by})"),
        None => source.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use model::Evidence;

    use super::*;
    use crate::output::plain;

    #[test]
    fn what_waits_is_shown_with_its_origin() {
        let link = ReviewItem {
            id: "proposal-1".into(),
            source: ReviewSource::Link,
            by: None,
            at: 1_000,
            name: "time".into(),
            entry: json!({}),
            evidence: Evidence {
                transport: "stdio".into(),
                target: "uvx mcp-server-time".into(),
                ..Evidence::default()
            },
            configured: false,
        };
        let agent = ReviewItem {
            id: "change-7".into(),
            source: ReviewSource::Agent,
            by: Some("claude\u{202e}".into()),
            configured: true,
            ..link.clone()
        };
        assert_eq!(
            plain(&render(&[link, agent], 121_000)),
            "time (proposal-1)\n  runs       uvx mcp-server-time\n  \
             from       an install link, 2 min ago\n\n\
             time (change-7)\n  runs       uvx mcp-server-time\n  \
             from       an agent (claude\\u{202e}), 2 min ago\n  \
             state      in the configuration, switched off\n"
        );
    }
}

//! A held server: one line of it in a list, and everything about it.

use std::fmt::Write as _;

use model::{DefinitionReview, HoldReason, ServerReview, ServerStatus, TrustStatus};

use super::definitions;
use crate::commands::evidence::{self, fact};
use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, HEADING, count, visible};

/// A held server in a list; `None` for one that is not.
pub(super) fn line(server: &ServerStatus) -> Option<String> {
    let reason = server.trust.hold?;
    let name = visible(&server.name);
    let mut text = format!("{HEADING}{name}{HEADING:#}: {}\n", why(reason));
    if !server.trust.may_start {
        let verb = if server.transport == "stdio" {
            "runs"
        } else {
            "reaches"
        };
        fact(&mut text, verb, &server.target);
    }
    fact(&mut text, "waiting", &waiting(&server.trust));
    let next = if server.trust.may_start {
        format!("toolgate review show {name}, then: toolgate review approve {name} --all")
    } else {
        format!("toolgate review start {name}")
    };
    fact(&mut text, "next", &next);
    Some(text)
}

fn waiting(trust: &TrustStatus) -> String {
    let mut parts = Vec::new();
    for (number, word) in [
        (trust.pending, "new"),
        (trust.changed, "changed"),
        (trust.flagged, "with findings"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    parts.join(", ")
}

fn why(reason: HoldReason) -> &'static str {
    match reason {
        HoldReason::NewServer => "new, and not started yet",
        HoldReason::LaunchChanged => "it would be started in another way than you approved",
        HoldReason::NewDefinitions => "new; clients see nothing of it yet",
        HoldReason::AddedDefinitions => "it has new definitions",
        HoldReason::ChangedDefinitions => "what you approved has changed",
    }
}

/// Everything about one server, in the order in which a person judges it.
pub(super) async fn show(context: &Context, server: &str, all: bool) -> Result<Code, Failure> {
    let review = context.client().await?.server_review(server).await?;
    if context.json {
        output::json(&review)?;
    } else {
        output::text(&render(&review, all))?;
    }
    Ok(Code::Ok)
}

pub(super) fn render(review: &ServerReview, all: bool) -> String {
    let mut text = evidence::render(&review.server, &review.evidence);
    let trust = &review.trust;
    if let Some(before) = &review.approved_evidence {
        fact(&mut text, "before", &before.target);
    }
    fact(&mut text, "changed", &review.changes.join(", "));
    fact(&mut text, "why", trust.hold.map_or("nothing waits", why));
    let mode = match &trust.wanted {
        Some(wanted) => format!(
            "{} (the configuration asks for {wanted})",
            trust.mode.as_str()
        ),
        None => trust.mode.as_str().to_owned(),
    };
    fact(&mut text, "trust", &mode);
    let audience = match review.audience.len() {
        0 => "every client that connects".to_owned(),
        _ => review.audience.join(", "),
    };
    fact(&mut text, "seen by", &audience);
    let shown: Vec<&DefinitionReview> = review
        .definitions
        .iter()
        .filter(|one| all || (one.listed && one.standing.waits()))
        .collect();
    for one in &shown {
        let _ = write!(text, "\n{}", definitions::render(one));
    }
    let left = review.definitions.len() - shown.len();
    if left > 0 {
        let _ = writeln!(text, "\n{} more with --all", count(left, "definition"));
    }
    text
}

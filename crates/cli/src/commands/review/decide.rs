//! Decisions about servers and their definitions.

use api_client::Client;
use model::{
    Decided, Decision, DefinitionReview, SeenDefinition, ServerReview, TrustMode, Verdict,
};

use super::definitions::{self, label, named};
use super::server;
use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, GOOD, ODD, count, visible};

/// Definitions of a server.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// The server
    server: String,
    /// Names of tools, prompts or resources, where needed with their kind: `prompt:greet`; its
    /// instructions are `instructions`
    #[arg(required_unless_present = "all")]
    names: Vec<String>,
    /// Everything that waits; what is found to mislead a model has to be named to be approved
    #[arg(long, conflicts_with = "names")]
    all: bool,
}

pub(super) async fn start(
    context: &Context,
    server: &str,
    mode: Option<TrustMode>,
) -> Result<Code, Failure> {
    let client = context.client().await?;
    let review = client.server_review(server).await?;
    if output::is_asked() {
        output::text(&server::render(&review, false))?;
        agreed("Let it start? It runs with your rights.")?;
    }
    let launch = review.launch;
    let decided = decide(&client, server, &Decision::Start { launch, mode }).await?;
    report(
        context,
        &format!("Let {} start.", visible(server)),
        &decided,
    )
}

pub(super) async fn trust(
    context: &Context,
    server: &str,
    mode: TrustMode,
) -> Result<Code, Failure> {
    let client = context.client().await?;
    let decided = decide(&client, server, &Decision::Trust { mode }).await?;
    let text = format!("The trust in {} is {}.", visible(server), mode.as_str());
    report(context, &text, &decided)
}

pub(super) async fn undo(context: &Context, id: &str) -> Result<Code, Failure> {
    context.client().await?.undo_decision(id).await?;
    output::note("It is as it was before.");
    Ok(Code::Ok)
}

/// Approves or blocks.
pub(super) async fn rule(context: &Context, which: Which, approve: bool) -> Result<Code, Failure> {
    let client = context.client().await?;
    let review = client.server_review(&which.server).await?;
    let chosen = chosen(&review, &which, approve)?;
    if chosen.is_empty() {
        output::note(&format!("Nothing of {} waits.", visible(&which.server)));
        return Ok(Code::Ok);
    }
    if approve && output::is_asked() {
        for one in &chosen {
            output::text(&definitions::render(one))?;
        }
        agreed("Let clients see this?")?;
    }
    let definitions: Vec<SeenDefinition> = chosen.iter().map(|one| seen(one)).collect();
    let names: Vec<String> = chosen.iter().map(|one| label(&one.id)).collect();
    let verb = if approve { "Approved" } else { "Blocked" };
    let text = match names.as_slice() {
        [one] => format!("{verb} {one}."),
        _ => format!("{verb} {}.", count(names.len(), "definition")),
    };
    let decision = if approve {
        Decision::Approve { definitions }
    } else {
        Decision::Block { definitions }
    };
    let decided = decide(&client, &which.server, &decision).await?;
    if which.all && approve {
        warn_of_the_rest(&review);
    }
    report(context, &text, &decided)
}

/// Goes on only if the person says so.
fn agreed(question: &str) -> Result<(), Failure> {
    if output::confirm(question)? {
        Ok(())
    } else {
        Err(Failure::other("Nothing was decided.", ""))
    }
}

fn chosen<'a>(
    review: &'a ServerReview,
    which: &Which,
    approve: bool,
) -> Result<Vec<&'a DefinitionReview>, Failure> {
    if which.all {
        let takes =
            |one: &&DefinitionReview| waits(one) && !(approve && one.verdict == Verdict::Block);
        return Ok(review.definitions.iter().filter(takes).collect());
    }
    let found = which.names.iter().map(|name| named(review, name));
    found.collect()
}

fn waits(one: &DefinitionReview) -> bool {
    one.listed && one.standing.waits()
}

fn seen(one: &DefinitionReview) -> SeenDefinition {
    SeenDefinition {
        id: one.id.clone(),
        hash: one.hash.clone(),
    }
}

/// Says what `--all` has left out, and why.
fn warn_of_the_rest(review: &ServerReview) {
    let left = review.definitions.iter();
    let left = left.filter(|one| waits(one) && one.verdict == Verdict::Block);
    for one in left {
        let label = label(&one.id);
        output::note(&format!(
            "{ODD}held{ODD:#}: {label} looks as if it was made to mislead a model; see `toolgate \
             review show {}`",
            visible(&review.server)
        ));
    }
}

async fn decide(client: &Client, server: &str, decision: &Decision) -> Result<Decided, Failure> {
    Ok(client.decide(server, decision).await?)
}

fn report(context: &Context, text: &str, decided: &Decided) -> Result<Code, Failure> {
    if context.json {
        output::json(decided)?;
        return Ok(Code::Ok);
    }
    output::note(&format!("{GOOD}{text}{GOOD:#}"));
    for id in &decided.left {
        let label = label(id);
        output::note(&format!(
            "{ODD}left{ODD:#}: {label} changed while it was looked at"
        ));
    }
    let trust = &decided.trust;
    if trust.pending + trust.changed > 0 {
        let waiting = count(trust.pending + trust.changed, "definition");
        output::note(&format!("{waiting} of it wait for you."));
    }
    output::note(&format!(
        "Take it back: toolgate review undo {}",
        decided.undo.id
    ));
    Ok(Code::Ok)
}

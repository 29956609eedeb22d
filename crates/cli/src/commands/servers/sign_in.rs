//! `toolgate servers sign-in`: the sign-in in the browser, watched from here.

use std::time::Duration;

use api_client::{ApiEvent, EventStream};
use futures_util::StreamExt as _;
use model::{SignInState, SignInStatus, Snapshot, now_millis};
use tokio::time::timeout;

use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, visible};

const AFTER_HELP: &str = "\
The browser opens on the machine where the gateway runs. If you end the command meanwhile, the
sign-in goes on.

Examples:
  toolgate servers sign-in github
  toolgate servers sign-in github --cancel";

/// Longer than the gateway waits for a person who signs in.
const PATIENCE: Duration = Duration::from_mins(6);

/// Which server, and whether to sign in or out.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The server's name, as in the configuration
    name: String,
    /// Call off a sign-in that is under way, and forget what an earlier one gave
    #[arg(long)]
    cancel: bool,
    /// Do not wait until the sign-in has ended
    #[arg(long, conflicts_with = "cancel")]
    no_wait: bool,
}

pub(super) async fn run(context: &Context, args: &Args) -> Result<Code, Failure> {
    let client = context.client().await?;
    if args.cancel {
        client.sign_out(&args.name).await?;
        let done = format!("No sign-in to {} is left.", visible(&args.name));
        return report(context, None, &done);
    }
    // Watched from before it begins, so that no end of it is missed; what the state says of the
    // time before belongs to an earlier attempt.
    let mut events = client.events().await?;
    let begun = now_millis();
    client.sign_in(&args.name).await?;
    if args.no_wait {
        return report(context, None, "Sign in in the browser that opens.");
    }
    output::note("Sign in in the browser that opens…");
    let ended = timeout(PATIENCE, wait(&mut events, &args.name, begun)).await;
    let ended = ended.map_err(|_| too_long())??;
    match verdict(ended, &args.name) {
        Ok(status) => report(
            context,
            Some(&status),
            &format!("Signed in to {}.", visible(&args.name)),
        ),
        Err(failure) => Err(failure),
    }
}

fn report(context: &Context, status: Option<&SignInStatus>, text: &str) -> Result<Code, Failure> {
    if context.json {
        output::json(&status)?;
    } else {
        output::note(text);
    }
    Ok(Code::Ok)
}

/// Follows the state until the sign-in that began then has ended; `None` where it was called off.
async fn wait(
    events: &mut EventStream,
    name: &str,
    begun: u64,
) -> Result<Option<SignInStatus>, Failure> {
    let mut was_seen = false;
    while let Some(event) = events.next().await {
        let ApiEvent::Snapshot(snapshot) = event? else {
            continue;
        };
        match current(&snapshot, name, begun) {
            Some(status) if status.state == SignInState::Waiting => was_seen = true,
            Some(status) => return Ok(Some(status.clone())),
            // The first states may come from before it began.
            None if was_seen => return Ok(None),
            None => {}
        }
    }
    Err(Failure::other(
        "The gateway stopped during the sign-in.",
        "Start it with `toolgate serve` and try again.",
    ))
}

/// How the attempt stands that began then, if the state knows of it.
fn current<'a>(snapshot: &'a Snapshot, name: &str, begun: u64) -> Option<&'a SignInStatus> {
    let mut servers = snapshot.servers.iter();
    let server = servers.find(|server| server.name == name || server.slug == name)?;
    let status = server.sign_in.as_ref()?;
    let is_of_this_attempt = status.since >= begun && status.state != SignInState::Needed;
    is_of_this_attempt.then_some(status)
}

fn verdict(ended: Option<SignInStatus>, name: &str) -> Result<SignInStatus, Failure> {
    let name = visible(name);
    let Some(status) = ended else {
        let fix = format!("Sign in again: toolgate servers sign-in {name}");
        return Err(Failure::other("The sign-in was called off.", fix));
    };
    match status.problem {
        Some(problem) if status.state == SignInState::Failed => Err(Failure::other(
            format!("Not signed in to {name}: {}", visible(&problem.message)),
            visible(&problem.fix),
        )),
        _ => Ok(status),
    }
}

fn too_long() -> Failure {
    Failure::other(
        "Nobody has signed in within six minutes.",
        "Try again, or call it off with --cancel.",
    )
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use model::{Problem, ProblemCode};

    use super::*;
    use crate::testing;

    fn status(state: SignInState, since: u64) -> SignInStatus {
        SignInStatus {
            state,
            since,
            scopes: Vec::new(),
            expires_at: None,
            problem: None,
        }
    }

    /// What the wait for the attempt that began at 100 comes to.
    async fn ended(states: Vec<Option<SignInStatus>>) -> Result<Option<SignInStatus>, Failure> {
        let snapshots = states.into_iter().map(|sign_in| {
            let mut server = testing::ready("a", 1);
            server.sign_in = sign_in;
            let snapshot = testing::snapshot(vec![server]);
            Ok(ApiEvent::Snapshot(Box::new(snapshot)))
        });
        let mut events: EventStream = Box::pin(stream::iter(snapshots.collect::<Vec<_>>()));
        wait(&mut events, "a", 100).await
    }

    #[tokio::test]
    async fn what_was_before_does_not_end_the_wait() {
        let done = status(SignInState::SignedIn, 200);
        let states = vec![
            Some(status(SignInState::Failed, 50)),
            None,
            Some(status(SignInState::Needed, 150)),
            Some(status(SignInState::Waiting, 100)),
            Some(done.clone()),
        ];
        assert_eq!(ended(states).await.expect("an end"), Some(done));
    }

    #[tokio::test]
    async fn a_sign_in_may_be_called_off_and_the_gateway_may_stop() {
        let waiting = || Some(status(SignInState::Waiting, 100));
        assert_eq!(ended(vec![waiting(), None]).await.expect("an end"), None);
        let failure = verdict(None, "a").expect_err("called off");
        assert!(failure.fix.contains("toolgate servers sign-in a"));
        let stopped = ended(vec![waiting()]).await.expect_err("no more events");
        assert!(stopped.fix.contains("toolgate serve"));
    }

    #[test]
    fn a_failure_keeps_its_way_out() {
        let mut failed = status(SignInState::Failed, 200);
        failed.problem = Some(Problem::new(
            ProblemCode::SignInRequired,
            "It was refused.",
            "Try again.",
        ));
        let failure = verdict(Some(failed), "a").expect_err("failed");
        assert_eq!(failure.message, "Not signed in to a: It was refused.");
        assert_eq!(failure.fix, "Try again.");
        assert!(verdict(Some(status(SignInState::SignedIn, 200)), "a").is_ok());
    }
}

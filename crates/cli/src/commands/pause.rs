//! `toolgate pause` and `toolgate resume`: a person's stop to all calls of clients.

use model::Pause;

use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, age};

const AFTER_HELP: &str = "\
Servers keep running and clients stay connected, but their calls are refused with a word about the
pause. What you call yourself with `toolgate tools call` still runs.

Examples:
  toolgate pause        until `toolgate resume`
  toolgate pause 15     for a quarter of an hour";

/// The longest pause that ends by itself, a year.
const MOST: i64 = 525_600;

/// How long to pause.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Resume by itself after so many minutes; without it, only `toolgate resume` does
    #[arg(value_parser = clap::value_parser!(u32).range(1..=MOST))]
    minutes: Option<u32>,
}

pub(crate) async fn run(context: &Context, args: &Args) -> Result<Code, Failure> {
    let pause = context.client().await?.pause(args.minutes).await?;
    if context.json {
        output::json(&pause)?;
    } else {
        output::note(&said(pause));
    }
    Ok(Code::Ok)
}

pub(crate) async fn resume(context: &Context) -> Result<Code, Failure> {
    context.client().await?.resume().await?;
    if context.json {
        output::json(&None::<Pause>)?;
    } else {
        output::note("Calls are let through again.");
    }
    Ok(Code::Ok)
}

fn said(pause: Pause) -> String {
    match pause.until {
        Some(until) => format!(
            "Calls are paused for {}. End it sooner with `toolgate resume`.",
            age(pause.since, until)
        ),
        None => "Calls are paused until `toolgate resume`.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn a_pause_lasts_at_least_a_minute() {
        let minutes = |words: &[&str]| {
            let line = Line::try_parse_from([&["pause"], words].concat());
            line.map(|line| line.args.minutes)
        };
        assert_eq!(minutes(&[]).ok(), Some(None));
        assert_eq!(minutes(&["15"]).ok(), Some(Some(15)));
        for wrong in ["0", "1.5", "soon", "525601"] {
            assert!(minutes(&[wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_way_back_is_always_named() {
        let since = 1_000;
        let timed = said(Pause {
            since,
            until: Some(since + 900_000),
        });
        assert!(timed.contains("15 min") && timed.contains("toolgate resume"));
        assert!(said(Pause { since, until: None }).contains("until `toolgate resume`"));
    }
}

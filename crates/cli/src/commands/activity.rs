//! `toolgate activity`: what happened, the newest first.

use api_client::ActivityQuery;
use model::{Activity, ActivityKind, now_millis};

use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, Table, age, one_line};

/// Characters of a text that a list shows.
const TEXT_WIDTH: usize = 80;

const AFTER_HELP: &str = "\
What calls carried is never kept, so it is not shown either.

Examples:
  toolgate activity
  toolgate activity --server github --limit 50
  toolgate activity --json --before 1200    the page before";

/// Which activities to show.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Show only what concerns this server
    #[arg(long, value_name = "NAME")]
    server: Option<String>,
    /// Show only what this client caused
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    /// Show only what is older than the one of this id
    #[arg(long, value_name = "ID")]
    before: Option<u64>,
    /// Show at most so many
    #[arg(long, default_value_t = 20, value_name = "NUMBER")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
}

pub(crate) async fn run(context: &Context, args: &Args) -> Result<Code, Failure> {
    let query = ActivityQuery {
        server: args.server.as_deref(),
        client: args.client.as_deref(),
        before: args.before,
        limit: args.limit as usize,
    };
    let page = context.client().await?.activity(&query).await?;
    if context.json {
        output::json(&page)?;
    } else if page.items.is_empty() {
        output::note("Nothing of this kind has happened, or it is no longer kept.");
    } else {
        output::text(&table(&page.items, now_millis()))?;
    }
    Ok(Code::Ok)
}

fn table(items: &[Activity], now: u64) -> String {
    let headings = [
        "id", "ago", "kind", "client", "server", "what", "result", "took",
    ];
    let mut table = Table::new(&headings);
    for item in items {
        let what = match (&item.tool, &item.text) {
            (Some(tool), None) => tool.clone(),
            (Some(tool), Some(text)) => format!("{tool}: {text}"),
            (None, text) => text.clone().unwrap_or_default(),
        };
        let result = item.outcome.map_or("-", |outcome| outcome.as_str());
        let took = item.millis.map(|millis| format!("{millis} ms"));
        table.row([
            item.id.to_string(),
            age(item.at, now),
            kind(item.kind).to_owned(),
            or_dash(item.client.clone()),
            or_dash(Some(item.server.clone())),
            one_line(&what, TEXT_WIDTH),
            result.to_owned(),
            or_dash(took),
        ]);
    }
    table.render()
}

fn or_dash(text: Option<String>) -> String {
    let text = text.filter(|text| !text.is_empty());
    text.unwrap_or_else(|| "-".to_owned())
}

fn kind(kind: ActivityKind) -> &'static str {
    match kind {
        ActivityKind::Call => "call",
        ActivityKind::Change => "change",
        ActivityKind::Server => "server",
        ActivityKind::SignIn => "sign-in",
        ActivityKind::Quarantine => "quarantine",
        ActivityKind::Access => "access",
    }
}

#[cfg(test)]
mod tests {
    use model::CallOutcome;

    use super::*;
    use crate::output::plain;

    #[test]
    fn calls_and_other_things_share_a_table() {
        let call = Activity {
            id: 12,
            at: 1_000,
            kind: ActivityKind::Call,
            client: Some("claude 1\u{1b}".into()),
            server: "time".into(),
            tool: Some("convert".into()),
            outcome: Some(CallOutcome::TimedOut),
            millis: Some(1_500),
            text: None,
        };
        let change = Activity {
            id: 3,
            kind: ActivityKind::Change,
            client: None,
            tool: None,
            outcome: None,
            millis: None,
            text: Some("added".into()),
            ..call.clone()
        };
        assert_eq!(
            plain(&table(&[call, change], 61_000)),
            "ID  AGO    KIND    CLIENT          SERVER  WHAT     RESULT     TOOK\n\
             12  1 min  call    claude 1\\u{1b}  time    convert  timed-out  1500 ms\n\
             3   1 min  change  -               time    added    -          -\n"
        );
    }
}

//! `toolgate status`: the whole state on one page.

use std::fmt::Write as _;

use model::{Pause, Snapshot, now_millis};

use crate::commands::servers::list;
use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, BAD, HEADING, age, count, visible};

pub(crate) async fn run(context: &Context) -> Result<Code, Failure> {
    let snapshot = context.client().await?.status().await?;
    if context.json {
        output::json(&snapshot)?;
    } else {
        output::text(&render(&snapshot, now_millis()))?;
    }
    Ok(Code::Ok)
}

fn render(snapshot: &Snapshot, now: u64) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{HEADING}Toolgate {}{HEADING:#}, running for {} (process {})",
        visible(&snapshot.version),
        age(snapshot.started_at, now),
        snapshot.pid
    );
    let _ = writeln!(text, "Endpoint       {}", visible(&snapshot.endpoint));
    let _ = writeln!(text, "Configuration  {}", visible(&snapshot.config.path));
    let _ = writeln!(text, "Servers        {}", totals(snapshot));
    if let Some(pause) = snapshot.pause {
        let _ = writeln!(text, "Calls          {}", paused(pause, now));
    }
    if !snapshot.review.is_empty() {
        let waiting = count(snapshot.review.len(), "server");
        let _ = writeln!(
            text,
            "Review         {waiting} to decide about; see `toolgate review list`"
        );
    }
    if snapshot.config.has_errors() {
        let _ = writeln!(
            text,
            "\n{BAD}error{BAD:#}: the configuration file has errors; the last good state stays \
             live. Run `toolgate config check`."
        );
    }
    if !snapshot.servers.is_empty() {
        text.push('\n');
        text.push_str(&list::render(&snapshot.servers, now));
    }
    text
}

fn paused(pause: Pause, now: u64) -> String {
    match pause.until {
        Some(until) => format!("paused for another {}", age(now, until)),
        None => "paused until `toolgate resume`".to_owned(),
    }
}

fn totals(snapshot: &Snapshot) -> String {
    let totals = &snapshot.totals;
    format!(
        "{} of {} ready, {}, {}",
        totals.ready,
        totals.servers,
        count(totals.tools, "tool"),
        processes(totals.processes),
    )
}

fn processes(number: usize) -> String {
    if number == 1 {
        "1 process".to_owned()
    } else {
        format!("{number} processes")
    }
}

#[cfg(test)]
mod tests {
    use model::{Diagnostic, Evidence, ReviewItem, ReviewSource, Severity};

    use super::*;
    use crate::output::plain;
    use crate::testing;

    #[test]
    fn the_page_says_where_and_how_things_are() {
        let snapshot = testing::snapshot(vec![testing::ready("github", 40)]);
        let page = plain(&render(&snapshot, snapshot.started_at + 7_200_000));
        let (head, servers) = page.split_once("\n\n").expect("two parts");
        assert_eq!(
            head,
            "Toolgate 0.1.0, running for 2 h (process 7)\n\
             Endpoint       http://127.0.0.1:8665/mcp\n\
             Configuration  /c/config.json\n\
             Servers        1 of 1 ready, 40 tools, 1 process"
        );
        assert!(servers.contains("github"));
    }

    #[test]
    fn a_pause_and_what_waits_are_mentioned() {
        let mut snapshot = testing::snapshot(Vec::new());
        snapshot.pause = Some(Pause {
            since: 0,
            until: Some(660_000),
        });
        snapshot.review.push(ReviewItem {
            id: "proposal-1".into(),
            source: ReviewSource::Link,
            by: None,
            at: 0,
            name: "a".into(),
            entry: serde_json::Value::Null,
            evidence: Evidence::default(),
            configured: false,
        });
        let page = plain(&render(&snapshot, 60_000));
        assert!(page.contains("Calls          paused for another 10 min\n"));
        assert!(page.contains("Review         1 server to decide about"));
        snapshot.pause = Some(Pause {
            since: 0,
            until: None,
        });
        assert!(plain(&render(&snapshot, 0)).contains("until `toolgate resume`"));
    }

    #[test]
    fn an_unusable_file_is_mentioned() {
        let mut snapshot = testing::snapshot(Vec::new());
        snapshot.config.diagnostics.push(Diagnostic {
            severity: Severity::Error,
            file: "/c/config.json".into(),
            line: 1,
            column: 1,
            key: String::new(),
            message: "M.".into(),
            fix: "F.".into(),
        });
        assert!(plain(&render(&snapshot, 0)).contains("Run `toolgate config check`"));
    }
}

//! `toolgate status`: the whole state on one page.

use std::fmt::Write as _;

use model::{Snapshot, now_millis};

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
    use model::{Diagnostic, Severity};

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

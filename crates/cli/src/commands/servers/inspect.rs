//! `toolgate servers inspect`: everything about one server.

use std::fmt::Write as _;

use model::{SandboxStatus, ServerDetail, now_millis};

use crate::commands::tools;
use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, BAD, HEADING, HINT, ODD, age, count, visible, visible_lines};

pub(super) async fn run(context: &Context, name: &str) -> Result<Code, Failure> {
    let detail = context.client().await?.server(name).await?;
    if context.json {
        output::json(&detail)?;
    } else {
        output::text(&render(&detail, now_millis()))?;
    }
    Ok(Code::Ok)
}

fn render(detail: &ServerDetail, now: u64) -> String {
    let mut text = facts(detail, now);
    for note in detail.status.sandbox.iter().flat_map(|known| &known.notes) {
        let _ = writeln!(text, "{:<13} {HINT}{}{HINT:#}", "", visible(note));
    }
    problem(&mut text, detail);
    // Writing to a string cannot fail; an entry without secrets always serialises.
    let entry = serde_json::to_string_pretty(&detail.config).unwrap_or_default();
    let _ = write!(
        text,
        "\n{HEADING}Entry{HEADING:#}\n{}\n",
        visible_lines(&entry)
    );
    if let Some(instructions) = &detail.instructions {
        let _ = write!(
            text,
            "\n{HEADING}Instructions{HEADING:#}\n{}\n",
            visible_lines(instructions.trim())
        );
    }
    if !detail.tools.is_empty() {
        text.push('\n');
        text.push_str(&tools::table(&detail.tools));
    }
    text
}

fn facts(detail: &ServerDetail, now: u64) -> String {
    let status = &detail.status;
    let none = || "-".to_owned();
    let facts = [
        (
            "State",
            format!("{} for {}", status.state.label(), age(status.since, now)),
        ),
        ("Target", status.target.clone()),
        ("Transport", status.transport.clone()),
        (
            "Process",
            status.pid.map_or_else(none, |pid| pid.to_string()),
        ),
        (
            "Sandbox",
            sandbox(status.sandbox.as_ref()).unwrap_or_else(none),
        ),
        ("Starts", status.starts.to_string()),
        ("Protocol", status.protocol.clone().unwrap_or_else(none)),
        (
            "Calls itself",
            status.server_info.clone().unwrap_or_else(none),
        ),
        ("Tools", count(status.tools, "tool")),
        ("Calls", calls(status.calls, status.last_call, now)),
    ];
    let mut text = format!("{HEADING}{}{HEADING:#}\n", visible(&status.name));
    for (name, value) in facts {
        let _ = writeln!(text, "{name:<13} {}", visible(&value));
    }
    text
}

fn sandbox(status: Option<&SandboxStatus>) -> Option<String> {
    let status = status?;
    Some(format!("{}: {status}", status.profile.as_str()))
}

fn calls(number: u64, last: Option<u64>, now: u64) -> String {
    match last {
        Some(last) => format!("{number}, the last one {} ago", age(last, now)),
        None => number.to_string(),
    }
}

fn problem(text: &mut String, detail: &ServerDetail) {
    if let Some(problem) = detail.status.state.problem() {
        let _ = write!(
            text,
            "\n{BAD}{}{BAD:#}: {}\n  {HINT}fix{HINT:#}: {}\n",
            problem.code.as_str(),
            visible(&problem.message),
            visible(&problem.fix)
        );
    }
    for rejected in &detail.status.rejected_tools {
        let _ = write!(text, "\n{ODD}left out{ODD:#}: {}\n", visible(rejected));
    }
}

#[cfg(test)]
mod tests {
    use model::{Effect, ToolSummary};
    use serde_json::json;

    use super::*;
    use crate::output::plain;
    use crate::testing;

    fn detail() -> ServerDetail {
        let tool = ToolSummary {
            id: "files__read".into(),
            server: "files".into(),
            name: "read".into(),
            description: "Reads a file.\nMore.".into(),
            effect: Effect::Read,
            score: None,
            matched: Vec::new(),
            tokens: 0,
        };
        ServerDetail {
            status: testing::failed("files"),
            config: json!({"command": "npx", "env": {"TOKEN": "••••"}}),
            instructions: Some("Use \u{1b}[31mwith care.\nAlways.".into()),
            tools: vec![tool],
        }
    }

    #[test]
    fn everything_known_is_shown() {
        let text = plain(&render(&detail(), 1_060_000));
        for part in [
            "files\nState         backing off for 1 min\n",
            "command-not-found: The command `npx` was not found.\n  fix: Install Node.js.\n",
            "\"TOKEN\": \"••••\"",
            "files__read  read",
            "Reads a file.",
        ] {
            assert!(text.contains(part), "{part:?} is missing in:\n{text}");
        }
    }

    #[test]
    fn instructions_keep_their_lines_but_cannot_steer_the_terminal() {
        let text = render(&detail(), 1_060_000);
        assert!(
            text.contains("Use \\u{1b}[31mwith care.\nAlways."),
            "{text}"
        );
    }

    #[test]
    fn the_sandbox_is_told_with_what_it_cannot_do() {
        let mut detail = detail();
        let off = SandboxStatus::open(model::SandboxProfile::Off, "Nothing fences it in.");
        detail.status.sandbox = Some(off);
        let text = plain(&render(&detail, 0));
        assert!(text.contains("off: files open, network open"), "{text}");
        assert!(text.contains("Nothing fences it in."), "{text}");
    }

    #[test]
    fn definitions_that_were_left_out_are_named() {
        let mut detail = detail();
        detail.status.rejected_tools.push("`x` has no name".into());
        assert!(plain(&render(&detail, 0)).contains("left out: `x` has no name"));
    }
}

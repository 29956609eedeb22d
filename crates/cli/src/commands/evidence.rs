//! What a proposed server would run or reach, so that a person can judge it.

use std::fmt::Write as _;

use model::Evidence;

use crate::output::{HEADING, ODD, visible};

/// A heading and below it the evidence, indented; every line ends in a line break.
pub(crate) fn render(heading: &str, evidence: &Evidence) -> String {
    let mut text = format!("{HEADING}{}{HEADING:#}\n", visible(heading));
    let verb = match evidence.transport.as_str() {
        "stdio" => "runs",
        _ => "reaches",
    };
    fact(&mut text, verb, &evidence.target);
    fact(&mut text, "variables", &evidence.env.join(", "));
    fact(&mut text, "headers", &evidence.headers.join(", "));
    fact(&mut text, "folder", evidence.cwd.as_deref().unwrap_or(""));
    for warning in &evidence.warnings {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {ODD}warning{ODD:#}: {}", visible(warning));
    }
    text
}

/// A line under a heading, unless there is nothing to say.
pub(crate) fn fact(text: &mut String, name: &str, value: &str) {
    if !value.is_empty() {
        let _ = writeln!(text, "  {name:<9}  {}", visible(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::plain;

    #[test]
    fn everything_that_is_known_is_shown_and_nothing_else() {
        let mut evidence = Evidence {
            transport: "stdio".into(),
            target: "npx -y x\u{1b}[2J".into(),
            env: vec!["A".into(), "B".into()],
            headers: Vec::new(),
            cwd: Some("/w".into()),
            warnings: vec!["It runs a shell.".into()],
        };
        assert_eq!(
            plain(&render("x", &evidence)),
            "x\n  runs       npx -y x\\u{1b}[2J\n  variables  A, B\n  folder     /w\n  \
             warning: It runs a shell.\n"
        );
        evidence = Evidence {
            transport: "http".into(),
            target: "https://example.com/".into(),
            headers: vec!["Authorization".into()],
            ..Evidence::default()
        };
        assert_eq!(
            plain(&render("y", &evidence)),
            "y\n  reaches    https://example.com/\n  headers    Authorization\n"
        );
    }
}

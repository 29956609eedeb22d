//! What people and programs read: data on standard output, everything else on standard error.

mod table;
mod words;

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;

pub(crate) use doctor::{age, count};
pub(crate) use table::Table;
pub(crate) use words::{bytes, one_line, visible, visible_lines};

/// Most bytes of an answer that are read.
const ANSWER: u64 = 1_024;

/// Headings; never the only bearer of a meaning.
pub(crate) const HEADING: Style = Style::new().bold();
/// The word before a failure.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// The word before a warning.
pub(crate) const ODD: Style = AnsiColor::Yellow.on_default().bold();
/// The word before what is well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// The word before a way out.
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default();

/// Writes text to standard output, without colours where they are not wanted. A line break is
/// added if the text has none at its end.
pub(crate) fn text(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') && !text.is_empty() {
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// Writes a value to standard output as indented JSON.
pub(crate) fn json(value: &(impl Serialize + ?Sized)) -> io::Result<()> {
    text(&serde_json::to_string_pretty(value)?)
}

/// Writes a line to standard error.
pub(crate) fn note(line: &str) {
    // Nobody can be told that standard error is closed.
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// Writes to the current line of standard error, without ending it. What moves the cursor is no
/// colour and is written even where colours are not wanted.
pub(crate) fn redraw(text: &str) {
    let mut out = io::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes why something failed, and the way out, to standard error.
pub(crate) fn failure(message: &str, fix: &str) {
    note(&format!("{BAD}error{BAD:#}: {message}"));
    if !fix.is_empty() {
        note(&format!("  {HINT}fix{HINT:#}: {fix}"));
    }
}

/// Asks on standard error and reads the answer from standard input; what is not a yes is a no.
pub(crate) fn confirm(question: &str) -> io::Result<bool> {
    redraw(&format!("{question} [y/N] "));
    let mut answer = String::new();
    io::stdin().lock().take(ANSWER).read_line(&mut answer)?;
    Ok(is_yes(&answer))
}

fn is_yes(answer: &str) -> bool {
    let answer = answer.trim();
    ["y", "yes"]
        .iter()
        .any(|yes| answer.eq_ignore_ascii_case(yes))
}

/// Whether a person can be asked: one who types commands by hand sees what a decision is about.
pub(crate) fn is_asked() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Whether a person watches standard error.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Text as it looks without colours.
#[cfg(test)]
pub(crate) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        assert!(is_yes("y\n") && is_yes(" Yes \r\n"));
        for no in ["", "\n", "n", "yess", "ja"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}

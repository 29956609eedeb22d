//! What a server says besides the protocol, kept for the words of a problem.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Lines of standard error quoted in a problem.
const QUOTED_LINES: usize = 3;

/// What a server said besides the protocol, for the words of a problem.
#[derive(Default)]
pub(crate) struct Remarks {
    stderr: Mutex<VecDeque<String>>,
    junk: Mutex<Option<String>>,
}

impl Remarks {
    /// The last words on standard error, as a sentence to append; empty if there were none.
    pub(crate) fn quote(&self) -> String {
        let lines = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.is_empty() {
            return String::new();
        }
        let text: Vec<&str> = lines.iter().map(String::as_str).collect();
        format!(" Its last words: {}", text.join(" | "))
    }

    /// The first line on standard output that was not a message.
    pub(crate) fn junk(&self) -> Option<String> {
        self.junk
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn note_stderr(&self, line: &[u8]) {
        let text = readable(line);
        if text.is_empty() {
            return;
        }
        let mut lines = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == QUOTED_LINES {
            lines.pop_front();
        }
        lines.push_back(text);
    }

    pub(super) fn note_junk(&self, line: &[u8]) {
        let mut junk = self.junk.lock().unwrap_or_else(PoisonError::into_inner);
        if junk.is_none() {
            *junk = Some(readable(line));
        }
    }
}

/// At most 200 printable characters of a line.
pub(super) fn readable(line: &[u8]) -> String {
    let head = &line[..line.len().min(800)];
    let text = String::from_utf8_lossy(head);
    text.chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_short_and_printable() {
        let remarks = Remarks::default();
        assert_eq!(remarks.quote(), "");
        for line in [
            b"one".as_slice(),
            b"two",
            b"",
            b"\x1b[31mthree",
            &[b'x'; 9000],
        ] {
            remarks.note_stderr(line);
        }
        let quote = remarks.quote();
        assert!(
            quote.starts_with(" Its last words: two | [31mthree | xxx"),
            "{quote}"
        );
        assert!(quote.len() < 300);
    }
}

//! Makes text from outside harmless in a file that people read in a terminal.
//!
//! Whoever writes a log line must not be able to forge another one, to move the cursor or to
//! reorder what stands beside it. So everything invisible is drawn.

use std::fmt::Write;

use model::is_invisible;

/// Longest text of a record, in bytes.
pub(crate) const MAX_LINE: usize = 8 * 1024;

/// Appends `bytes` on one line: control and other invisible characters are written as `\n`,
/// `\x1b` or `\u{202e}`, what is not UTF-8 as U+FFFD; after `MAX_LINE` bytes it is cut with a
/// mark that says how much is missing.
pub(crate) fn push_line(out: &mut String, bytes: &[u8]) {
    let end = out.len() + MAX_LINE;
    let mut taken = 0;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if out.len() >= end {
                return push_cut(out, bytes.len() - taken);
            }
            push_char(out, c);
            taken += c.len_utf8();
        }
        if !chunk.invalid().is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
            taken += chunk.invalid().len();
        }
    }
}

fn push_cut(out: &mut String, missing: usize) {
    // Writing to a string cannot fail.
    let _ = write!(out, " [{missing} more bytes]");
}

fn push_char(out: &mut String, c: char) {
    let code = u32::from(c);
    match c {
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        _ if code < 0x20 || code == 0x7F => {
            let _ = write!(out, "\\x{code:02x}");
        }
        _ if c.is_control() || is_invisible(c) => {
            let _ = write!(out, "\\u{{{code:x}}}");
        }
        _ => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: &[u8]) -> String {
        let mut out = String::new();
        push_line(&mut out, bytes);
        out
    }

    #[test]
    fn plain_text_stays() {
        let text = "Grüße, 漢字 🦀 C:\\dir \"quoted\"";
        assert_eq!(line(text.as_bytes()), text);
    }

    #[test]
    fn a_terminal_gets_no_commands() {
        assert_eq!(
            line(b"\x1b]0;title\x07\x1b[2J"),
            "\\x1b]0;title\\x07\\x1b[2J"
        );
        assert_eq!(line("\u{9b}31m\u{7f}\0".as_bytes()), "\\u{9b}31m\\x7f\\x00");
    }

    #[test]
    fn a_line_stays_one_line() {
        let forged = "a\r\n2026-01-01T00:00:00.000Z gateway b\u{85}c\u{2028}d\te\u{b}";
        let escaped = line(forged.as_bytes());
        assert_eq!(escaped.lines().count(), 1);
        assert_eq!(
            escaped,
            "a\\r\\n2026-01-01T00:00:00.000Z gateway b\\u{85}c\\u{2028}d\\te\\x0b"
        );
    }

    #[test]
    fn reordering_and_hidden_characters_are_drawn() {
        assert_eq!(
            line("a\u{202e}b\u{2066}c".as_bytes()),
            "a\\u{202e}b\\u{2066}c"
        );
        assert_eq!(
            line("\u{feff}\u{200b}\u{e0041}".as_bytes()),
            "\\u{feff}\\u{200b}\\u{e0041}"
        );
    }

    #[test]
    fn invalid_utf8_is_replaced() {
        assert_eq!(line(b"a\xff\xfeb\xc3"), "a\u{fffd}\u{fffd}b\u{fffd}");
    }

    #[test]
    fn long_lines_are_cut_with_a_mark() {
        assert_eq!(line(&vec![b'x'; MAX_LINE]), "x".repeat(MAX_LINE));
        let cut = line(&vec![b'x'; MAX_LINE + 100]);
        assert!(cut.ends_with("x [100 more bytes]"));
        // What is escaped counts as it is written.
        let escaped = line(&vec![0x1b; MAX_LINE]);
        assert!(escaped.len() < MAX_LINE + 40);
        assert!(escaped.ends_with(" [6144 more bytes]"));
    }
}

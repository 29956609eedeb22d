//! Numbers, times and foreign text in words.

use model::is_invisible;

/// A size in its largest unit: `12 B`, `3 kB`, `4 MB`.
pub(crate) fn bytes(size: usize) -> String {
    match size {
        0..1_000 => format!("{size} B"),
        1_000..1_000_000 => format!("{} kB", size / 1_000),
        _ => format!("{} MB", size / 1_000_000),
    }
}

/// Text of others with everything escaped that would steer a terminal or reorder its line.
pub(crate) fn visible(text: &str) -> String {
    escape(text, |c| c.is_control() || is_invisible(c))
}

/// [`visible`], but line breaks and tabs stay what they are.
pub(crate) fn visible_lines(text: &str) -> String {
    escape(text, |c| {
        (c.is_control() && !matches!(c, '\n' | '\t')) || is_invisible(c)
    })
}

/// The first line that is not blank, cut to `limit` characters.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let mut cut: String = line.chars().take(limit).collect();
    if line.chars().nth(limit).is_some() {
        cut.pop();
        cut.push('…');
    }
    cut
}

fn escape(text: &str, is_bad: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_bad(c) {
            out.extend(c.escape_debug());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(
            [999, 1_000, 2_500_000].map(bytes),
            ["999 B", "1 kB", "2 MB"]
        );
    }

    #[test]
    fn foreign_text_is_made_harmless() {
        assert_eq!(visible("a\u{202e}b\r"), "a\\u{202e}b\\r");
        assert_eq!(visible_lines("a\n\tb\u{7}"), "a\n\tb\\u{7}");
        assert_eq!(visible("naïve 日本"), "naïve 日本");
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        assert_eq!(one_line("\n  ünï code \nmore", 20), "ünï code");
        assert_eq!(one_line("äöüß", 3), "äö…");
        assert_eq!(one_line("", 3), "");
    }
}

//! Numbers, times and foreign text in words.

use model::is_invisible;

/// `1 server`, `2 servers`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// A span of time in its largest unit: `8 s`, `3 min`, `5 h`, `2 d`.
fn span(millis: u64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86400),
    }
}

/// How long ago `then` was, both in Unix milliseconds.
pub(crate) fn age(then: u64, now: u64) -> String {
    span(now.saturating_sub(then))
}

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
    fn spans_use_their_largest_unit() {
        let spans = [
            0,
            59_999,
            60_000,
            3_599_000,
            7_200_000,
            86_400_000,
            172_800_000,
        ]
        .map(span);
        assert_eq!(
            spans,
            ["0 s", "59 s", "1 min", "59 min", "2 h", "24 h", "2 d"]
        );
        assert_eq!(
            age(5_000, 2_000),
            "0 s",
            "a clock that went back is no reason to fail"
        );
    }

    #[test]
    fn sizes_and_counts() {
        assert_eq!(
            [999, 1_000, 2_500_000].map(bytes),
            ["999 B", "1 kB", "2 MB"]
        );
        assert_eq!(
            (count(1, "tool"), count(0, "tool")),
            ("1 tool".into(), "0 tools".into())
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

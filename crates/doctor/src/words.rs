//! Numbers and times in words.

/// `1 server`, `2 servers`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// How long ago `then` was, both in Unix milliseconds, in its largest unit: `8 s`, `3 min`,
/// `5 h`, `2 d`.
pub fn age(then: u64, now: u64) -> String {
    span(now.saturating_sub(then))
}

fn span(millis: u64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86400),
    }
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
    fn counts() {
        assert_eq!(
            (count(1, "tool"), count(0, "tool")),
            ("1 tool".into(), "0 tools".into())
        );
    }
}

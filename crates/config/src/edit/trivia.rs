//! White space, comments and commas between values, by byte offset.

/// White space as JSON defines it: RFC 8259, section 2.
const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// Where the white space that ends at `at` begins.
pub(super) fn space_before(text: &str, at: usize) -> usize {
    text[..at].trim_end_matches(SPACE).len()
}

/// The indentation of the line that holds `at`.
pub(super) fn line_indent(text: &str, at: usize) -> &str {
    let line = &text[line_start(text, at)..at];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |at| at + 1)
}

/// Whether nothing but white space stands before `at` on its line.
pub(super) fn starts_line(text: &str, at: usize) -> bool {
    let start = line_start(text, at);
    start > 0 && text[start..at].trim_matches([' ', '\t']).is_empty()
}

/// The end of a comment that starts at `at`, where one does; a line break is not part of it.
fn comment_end(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    if rest.starts_with("//") {
        return Some(at + rest.find(['\n', '\r']).unwrap_or(rest.len()));
    }
    let inside = rest.strip_prefix("/*")?;
    Some(at + inside.find("*/").map_or(rest.len(), |end| end + 4))
}

/// The end of the last comment that starts on the same line as `at`; `at` where there is none.
pub(super) fn same_line_comments(text: &str, at: usize) -> usize {
    let mut end = at;
    loop {
        let rest = &text[end..];
        let next = end + rest.len() - rest.trim_start_matches([' ', '\t']).len();
        match comment_end(text, next) {
            Some(comment) => end = comment,
            None => return end,
        }
    }
}

/// Whether the comment that ends at `end` goes on to the end of its line; `start` is before it.
pub(super) fn ends_in_line_comment(text: &str, start: usize, end: usize) -> bool {
    let mut at = start;
    while at < end {
        match comment_end(text, at) {
            Some(comment) if text[at..].starts_with("//") && comment == end => return true,
            Some(comment) => at = comment,
            None => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    false
}

/// Where the next thing after `at` is that is neither white space nor a comment.
pub(super) fn next_token(text: &str, mut at: usize) -> usize {
    loop {
        let rest = &text[at..];
        at += rest.len() - rest.trim_start_matches(SPACE).len();
        match comment_end(text, at) {
            Some(end) => at = end,
            None => return at,
        }
    }
}

/// The offset behind the comma that follows `at`, where one does.
pub(super) fn behind_comma(text: &str, at: usize) -> Option<usize> {
    let token = next_token(text, at);
    text[token..].starts_with(',').then_some(token + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_are_found_behind_comments() {
        assert_eq!(behind_comma("1 /* , */ // ,\n , 2", 1), Some(17));
        assert_eq!(behind_comma("1 // ,", 1), None);
        assert_eq!(behind_comma("1 }", 1), None);
    }

    #[test]
    fn comments_belong_to_the_line_they_start_on() {
        assert_eq!(same_line_comments("1 // a\n// b", 1), 6);
        assert_eq!(same_line_comments("1 /* a\n */ // b\n", 1), 15);
        assert_eq!(same_line_comments("1\n// b", 1), 1);
        assert!(ends_in_line_comment("1 // a\n", 1, 6));
        assert!(!ends_in_line_comment("1 /* // */", 1, 10));
    }

    #[test]
    fn lines_have_indents() {
        let text = "{\r\n\t\"a\": 1\n}";
        let at = text.find('"').expect("a key");
        assert_eq!(line_indent(text, at), "\t");
        assert!(starts_line(text, at));
        assert!(!starts_line(text, at + 2));
        assert!(
            !starts_line(text, 0),
            "the start of the text is no line break"
        );
        assert_eq!(space_before(text, at), 1);
    }
}

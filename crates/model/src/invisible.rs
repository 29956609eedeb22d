//! Characters that do not show.

/// Whether a character has no shape of its own but reorders, hides or breaks what stands beside
/// it. Control characters are apart: see [`char::is_control`].
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' // soft hyphen
        | '\u{61c}' // Arabic letter mark
        | '\u{180b}'..='\u{180f}' // Mongolian selectors and vowel separator
        | '\u{200b}'..='\u{200f}' // zero width, left-to-right and right-to-left marks
        | '\u{2028}'..='\u{202e}' // line and paragraph separators, bidirectional embeddings
        | '\u{2060}'..='\u{206f}' // invisible operators, bidirectional isolates
        | '\u{feff}' // byte order mark
        | '\u{fff9}'..='\u{fffb}' // interlinear annotation
        | '\u{e0000}'..='\u{e0fff}' // tags and supplementary variation selectors
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_is_visible() {
        assert!("aß漢🦀 \n".chars().all(|c| !is_invisible(c)));
        assert!(
            "\u{202e}\u{200b}\u{feff}\u{e0041}"
                .chars()
                .all(is_invisible)
        );
    }
}

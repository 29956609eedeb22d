//! What changed between two texts, word by word, for a person to read.

use similar::{ChangeTag, TextDiff};

/// Texts longer than this, together and in bytes, are compared as wholes.
const LIMIT: usize = 64 * 1024;

/// A piece of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// In both texts.
    Kept(String),
    /// Only in the earlier text.
    Removed(String),
    /// Only in the later text.
    Added(String),
}

/// The pieces of which both texts are made, in order; without the added ones they are the earlier
/// text, without the removed ones the later text. Hidden characters are in them as they are.
pub fn diff(before: &str, after: &str) -> Vec<Piece> {
    if before.len() + after.len() > LIMIT {
        return whole(before, after);
    }
    let comparison = TextDiff::from_words(before, after);
    let mut pieces: Vec<Piece> = Vec::new();
    for change in comparison.iter_all_changes() {
        let word = change.value();
        match (change.tag(), pieces.last_mut()) {
            (ChangeTag::Equal, Some(Piece::Kept(text)))
            | (ChangeTag::Delete, Some(Piece::Removed(text)))
            | (ChangeTag::Insert, Some(Piece::Added(text))) => text.push_str(word),
            (ChangeTag::Equal, _) => pieces.push(Piece::Kept(word.to_owned())),
            (ChangeTag::Delete, _) => pieces.push(Piece::Removed(word.to_owned())),
            (ChangeTag::Insert, _) => pieces.push(Piece::Added(word.to_owned())),
        }
    }
    pieces
}

fn whole(before: &str, after: &str) -> Vec<Piece> {
    if before == after {
        return vec![Piece::Kept(before.to_owned())];
    }
    vec![
        Piece::Removed(before.to_owned()),
        Piece::Added(after.to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_that_changed_stand_out() {
        let expected = [
            Piece::Kept("Reads a ".to_owned()),
            Piece::Removed("file.".to_owned()),
            Piece::Added("folder.".to_owned()),
        ];
        assert_eq!(diff("Reads a file.", "Reads a folder."), expected);
    }

    #[test]
    fn long_texts_are_compared_as_wholes() {
        let (one, other) = ("a ".repeat(LIMIT), "b".to_owned());
        let expected = [Piece::Removed(one.clone()), Piece::Added(other.clone())];
        assert_eq!(diff(&one, &other), expected);
        assert_eq!(diff(&one, &one), [Piece::Kept(one.clone())]);
    }

    proptest! {
        #[test]
        fn the_pieces_make_both_texts(
            before in crate::arbitrary::text(),
            after in crate::arbitrary::text(),
        ) {
            let mut texts = [String::new(), String::new()];
            for piece in diff(&before, &after) {
                match piece {
                    Piece::Kept(text) => texts.iter_mut().for_each(|all| all.push_str(&text)),
                    Piece::Removed(text) => texts[0].push_str(&text),
                    Piece::Added(text) => texts[1].push_str(&text),
                }
            }
            prop_assert_eq!(texts, [before, after]);
        }
    }
}

//! What a name looks like: names with one skeleton are easily taken for one another.

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::confusable_detection::skeleton as confusable;

use crate::hidden;

/// The skeleton of a name, after UTS 39, made coarser for how names of tools are read.
///
/// Compatibility forms, upper and lower case, and hidden characters make no difference. Neither
/// do separators: `get_user`, `get-user` and `getUser` are the same words to a model. `i` and `l`
/// are one, because a capital `I` looks like the one and is the other. A skeleton is only ever
/// compared with another one; it is no name.
pub fn skeleton(name: &str) -> String {
    let bare = hidden::removed(name);
    let folded: String = bare.nfkc().flat_map(char::to_lowercase).collect();
    let shape: String = confusable(&folded).flat_map(char::to_lowercase).collect();
    shape
        .chars()
        .filter(|letter| !is_separator(*letter))
        .map(|letter| if letter == 'i' { 'l' } else { letter })
        .collect()
}

fn is_separator(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '_' | '-' | '.' | '/' | ':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_have_one_skeleton() {
        for (one, other) in [
            ("search", "Search"),
            ("search", "se\u{0430}rch"),
            ("search", "\u{ff53}\u{ff45}arch"),
            ("search", "sea\u{200b}rch"),
            ("get_user", "get-user"),
            ("get_user", "getUser"),
            ("file_list", "fIle_l1st"),
            ("modern", "rnodern"),
            ("open", "0pen"),
        ] {
            assert_eq!(skeleton(one), skeleton(other), "{one} and {other}");
        }
    }

    #[test]
    fn other_names_have_other_skeletons() {
        for (one, other) in [
            ("search", "research"),
            ("get_user", "get_users"),
            ("read", "write"),
            ("\u{6771}\u{4eac}", "\u{5317}\u{4eac}"),
        ] {
            assert_ne!(skeleton(one), skeleton(other), "{one} and {other}");
        }
    }
}

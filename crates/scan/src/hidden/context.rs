//! Whether what stands around a character gives it a purpose.

use super::Class;

/// Tags that make the flags of England, Scotland and Wales.
const FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

/// The characters of a text with their places.
pub(super) struct Context {
    letters: Vec<(usize, char)>,
    has_right_to_left: bool,
}

impl Context {
    pub(super) fn of(text: &str) -> Self {
        let letters: Vec<_> = text.char_indices().collect();
        let has_right_to_left = letters.iter().any(|(_, letter)| is_right_to_left(*letter));
        Self {
            letters,
            has_right_to_left,
        }
    }

    pub(super) fn at(&self, position: usize) -> Option<(usize, char)> {
        self.letters.get(position).copied()
    }

    fn letter(&self, position: Option<usize>) -> Option<char> {
        self.letters.get(position?).map(|(_, letter)| *letter)
    }

    /// How many characters a subdivision flag that begins here takes; 0 if none does.
    pub(super) fn flag(&self, position: usize) -> usize {
        if self.letter(Some(position)) != Some('\u{1f3f4}') {
            return 0;
        }
        let shown = usize::from(self.letter(Some(position + 1)) == Some('\u{fe0f}'));
        let start = position + 1 + shown;
        let Some(tags) = self.letters.get(start..start + 6) else {
            return 0;
        };
        let is = |flag: &str| {
            let wanted = flag
                .bytes()
                .chain([0x7f])
                .map(|byte| 0xe_0000 + u32::from(byte));
            tags.iter().map(|(_, letter)| u32::from(*letter)).eq(wanted)
        };
        let known = FLAGS.iter().any(|flag| is(flag));
        if known { 1 + shown + 6 } else { 0 }
    }

    /// Whether the character, of this class, has a purpose where it stands.
    pub(super) fn needs(&self, position: usize, class: Class) -> bool {
        let letter = self.letter(Some(position));
        let before = self.letter(position.checked_sub(1));
        let after = self.letter(Some(position + 1));
        match (class, letter) {
            (Class::ZeroWidth, Some('\u{feff}')) => position == 0,
            (Class::ZeroWidth, Some('\u{200c}' | '\u{200d}')) => joins(before, after),
            (Class::Direction, Some('\u{202d}' | '\u{202e}')) => false,
            (Class::Direction, _) => self.has_right_to_left,
            (Class::Selector, _) => {
                before.is_some_and(takes_variations)
                    && !after.is_some_and(|next| super::classes::of(next) == Some(Class::Selector))
            }
            _ => false,
        }
    }
}

fn joins(before: Option<char>, after: Option<char>) -> bool {
    let (Some(before), Some(after)) = (before, after) else {
        return false;
    };
    let emoji = is_emoji(before) || before == '\u{fe0f}';
    (emoji && is_emoji(after)) || (has_joiners(before) && (has_joiners(after) || after == ' '))
}

fn takes_variations(letter: char) -> bool {
    !letter.is_ascii() && super::classes::of(letter).is_none()
        || letter.is_ascii_digit()
        || matches!(letter, '#' | '*')
}

/// Pictures, symbols that can be shown as pictures, and skin tones.
fn is_emoji(letter: char) -> bool {
    matches!(letter,
        '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{2600}'..='\u{27bf}'
        | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// Scripts whose letters change shape by their neighbours: Arabic to Mongolian, and those of
/// India and South-East Asia.
fn has_joiners(letter: char) -> bool {
    matches!(letter, '\u{600}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{e00}'..='\u{109f}'
        | '\u{1780}'..='\u{18af}' | '\u{1900}'..='\u{1cff}' | '\u{a800}'..='\u{abff}'
        | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10a00}'..='\u{11fff}')
}

fn is_right_to_left(letter: char) -> bool {
    matches!(letter, '\u{590}'..='\u{61b}' | '\u{61d}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

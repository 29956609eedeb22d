//! Which characters are hidden, what they are called, and what they may carry.

/// A class of hidden characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Takes no space: joiners, word joiners, zero width spaces.
    ZeroWidth,
    /// Shown only where a line is broken.
    SoftHyphen,
    /// Turns the direction of what follows.
    Direction,
    /// Tags, which once named languages: an invisible ASCII.
    Tag,
    /// Variation selectors where there is nothing to vary, or several in a row.
    Selector,
    /// Blank letters, invisible operators, format characters that nothing shows.
    Filler,
    /// Characters without a meaning of their own.
    PrivateUse,
    /// Control characters; the escape character steers terminals.
    Control,
}

impl Class {
    /// Whether the characters show nothing anywhere.
    pub(crate) fn is_invisible(self) -> bool {
        !matches!(self, Self::PrivateUse | Self::Control)
    }
}

/// The class of a character that is hidden wherever nothing around it needs it.
pub(super) fn of(letter: char) -> Option<Class> {
    Some(match letter {
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{180e}' => Class::ZeroWidth,
        '\u{ad}' => Class::SoftHyphen,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Class::Direction
        }
        '\u{e0000}'..='\u{e007f}' => Class::Tag,
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{180b}'..='\u{180d}' => {
            Class::Selector
        }
        '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{2061}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0080}'..='\u{e00ff}'
        | '\u{e01f0}'..='\u{e0fff}' => Class::Filler,
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10fffd}' => Class::PrivateUse,
        '\t' | '\n' | '\r' => return None,
        control if control.is_control() => Class::Control,
        _ => return None,
    })
}

/// What a run of tags or variation selectors says, if it says anything readable.
pub(super) fn decoded(class: Class, run: &str) -> Option<String> {
    let bytes: Vec<u8> = match class {
        Class::Tag => run.chars().filter_map(tag).collect(),
        Class::Selector => run.chars().filter_map(selector).collect(),
        _ => return None,
    };
    let text = String::from_utf8(bytes).ok()?;
    let text = text.trim_matches(|letter: char| letter.is_control());
    (!text.is_empty() && !text.contains(|letter: char| letter.is_control() && letter != '\n'))
        .then(|| text.to_owned())
}

/// The ASCII character that a tag stands for; the end tag stands for none.
fn tag(letter: char) -> Option<u8> {
    let code = u32::from(letter).checked_sub(0xe_0000)?;
    u8::try_from(code)
        .ok()
        .filter(|byte| (0x20..0x7f).contains(byte))
}

/// The byte that a variation selector stands for where selectors carry data: the first sixteen
/// for 0 to 15, the supplementary ones for the rest.
fn selector(letter: char) -> Option<u8> {
    let code = u32::from(letter);
    let byte = match code {
        0xfe00..=0xfe0f => code - 0xfe00,
        0xe_0100..=0xe_01ef => code - 0xe_0100 + 16,
        _ => return None,
    };
    u8::try_from(byte).ok()
}

/// What a hidden character is called, without its code.
pub(crate) fn label(letter: char) -> &'static str {
    match letter {
        '\u{200b}' => "zero width space",
        '\u{200c}' => "zero width non-joiner",
        '\u{200d}' => "zero width joiner",
        '\u{2060}' => "word joiner",
        '\u{feff}' => "byte order mark",
        '\u{ad}' => "soft hyphen",
        '\u{200e}' => "left-to-right mark",
        '\u{200f}' => "right-to-left mark",
        '\u{61c}' => "arabic letter mark",
        '\u{202a}' => "left-to-right embedding",
        '\u{202b}' => "right-to-left embedding",
        '\u{202c}' => "end of embedding",
        '\u{202d}' => "left-to-right override",
        '\u{202e}' => "right-to-left override",
        '\u{2066}' => "left-to-right isolate",
        '\u{2067}' => "right-to-left isolate",
        '\u{2068}' => "first strong isolate",
        '\u{2069}' => "end of isolate",
        '\u{1b}' => "escape",
        '\u{0}' => "null",
        '\u{7}' => "bell",
        '\u{8}' => "backspace",
        '\u{7f}' => "delete",
        _ => match of(letter) {
            Some(Class::Tag) => "tag",
            Some(Class::Selector) => "variation selector",
            Some(Class::PrivateUse) => "private use",
            Some(Class::Control) => "control character",
            _ => "invisible character",
        },
    }
}

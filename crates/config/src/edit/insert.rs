//! Where a new property goes, and how it is laid out there.
//!
//! No two texts may become the same one, or removing could not give back the text from before.
//! So a new section takes several lines, a server in an empty section one, and what stands
//! between the braces of an empty object stays behind the new property.

use std::ops::Range;

use serde_json::Value;

use super::render::{self, Style};
use super::trivia;

/// How a new property of an empty object is laid out; in others it follows the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Its value on one line.
    OneLine,
    /// Its value on several lines.
    Lines,
}

/// A property that is about to be added.
pub(super) struct New<'a> {
    pub(super) key: &'a str,
    pub(super) value: &'a Value,
    pub(super) layout: Layout,
    pub(super) style: Style,
}

/// A range of the text and what takes its place.
pub(super) type Splice = (Range<usize>, String);

impl New<'_> {
    /// Adds it behind the last property of an object, which stands at `last` with its value at
    /// `value`.
    pub(super) fn behind(
        &self,
        text: &str,
        last: Range<usize>,
        value: Range<usize>,
    ) -> Vec<Splice> {
        let comma = trivia::behind_comma(text, last.end);
        let bare = comma.unwrap_or(last.end);
        let at = trivia::same_line_comments(text, bare);
        let own_line = trivia::starts_line(text, last.start);
        let indent = trivia::line_indent(text, last.start);
        let separator = if own_line || trivia::ends_in_line_comment(text, bare, at) {
            let deeper = if own_line { "" } else { &self.style.unit };
            format!("{}{indent}{deeper}", self.style.line_break)
        } else {
            " ".to_owned()
        };
        let like_last = text[value].contains('\n');
        let layout = if like_last {
            Layout::Lines
        } else {
            self.layout
        };
        let property = self.render(layout, indent);
        match comma {
            Some(_) => vec![(at..at, format!("{separator}{property},"))],
            None => vec![
                (last.end..last.end, ",".to_owned()),
                (at..at, format!("{separator}{property}")),
            ],
        }
    }

    /// Adds it to an empty object, which stands at `object`.
    pub(super) fn in_empty(&self, text: &str, object: Range<usize>) -> Splice {
        let inside = &text[object.start + 1..object.end - 1];
        let outer = trivia::line_indent(text, object.start);
        let inner = format!("{outer}{}", self.style.unit);
        let line_break = self.style.line_break;
        let at = object.start + 1..object.start + 1;
        let new = if inside.is_empty() {
            match self.layout {
                Layout::Lines => self.render(self.layout, outer),
                Layout::OneLine => {
                    let property = self.render(self.layout, &inner);
                    format!("{line_break}{inner}{property}{line_break}{outer}")
                }
            }
        } else if is_comment_on_next_line(inside) {
            format!("{line_break}{inner}{}", self.render(self.layout, &inner))
        } else {
            format!(" {}", self.render(self.layout, outer))
        };
        (at, new)
    }

    /// Adds it, in an object of its own, to a text that holds no value.
    pub(super) fn in_nothing(&self, text: &str) -> String {
        let (line_break, unit) = (self.style.line_break, &self.style.unit);
        let property = self.render(self.layout, unit);
        let object = format!("{{{line_break}{unit}{property}{line_break}}}");
        if text.is_empty() || text.ends_with('\n') {
            format!("{text}{object}{line_break}")
        } else {
            format!("{text}{line_break}{object}")
        }
    }

    fn render(&self, layout: Layout, indent: &str) -> String {
        let value = match layout {
            Layout::OneLine => render::one_line(self.value),
            Layout::Lines => render::lines(self.value, &self.style, indent),
        };
        render::property(self.key, &value)
    }
}

fn is_comment_on_next_line(inside: &str) -> bool {
    let rest = inside.trim_start_matches([' ', '\t']);
    rest.starts_with(['\r', '\n']) && !rest.trim().is_empty()
}

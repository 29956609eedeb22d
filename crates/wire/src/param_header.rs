//! Arguments that a tool wants repeated in headers: `x-mcp-header` in its input schema, and
//! `Mcp-Param-…` on the call (MCP 2026-07-28, basic/transports/streamable-http and server/tools).

mod annotation;

use serde_json::value::RawValue;

use crate::{RawObject, decode_value, encode_value};

pub use annotation::InvalidAnnotation;

/// What precedes the annotated name in a header's name.
const PREFIX: &str = "Mcp-Param-";

/// The annotation in a property's schema.
const ANNOTATION: &str = "x-mcp-header";

/// Integers beyond this are not told apart by every reader of JSON.
const SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// The headers that one tool wants on its calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParamHeaders(Vec<ParamHeader>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct ParamHeader {
    /// The whole name, such as `Mcp-Param-Region`.
    name: String,
    /// The keys that lead from the arguments to the value.
    path: Vec<String>,
}

/// Why the headers of a call do not fit its arguments; the answer is -32020 with HTTP 400.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderMismatch {
    /// The argument is there and the header is not.
    #[error("the header {0} is missing, which repeats the argument `{1}`")]
    Missing(String, String),
    /// The header is there and the argument is not, or has no form that a header could repeat.
    #[error("the header {0} repeats the argument `{1}`, which has no such value")]
    Unexpected(String, String),
    /// They say different things.
    #[error("the header {0} does not say the same as the argument `{1}`")]
    Different(String, String),
    /// The header is there twice, or holds what a header cannot say.
    #[error("the header {0} cannot be read")]
    Unreadable(String),
}

impl ParamHeaders {
    /// Reads the annotations of a tool's `inputSchema`. A tool with an invalid one is not to be
    /// offered to anybody who would call it over HTTP.
    pub fn of_schema(schema: &RawValue) -> Result<Self, InvalidAnnotation> {
        annotation::read(schema.get()).map(Self)
    }

    /// Whether the tool wants no such header.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and encoded values of the headers for a call with these arguments. What is absent,
    /// `null`, or neither a text, an integer nor a boolean has no header.
    pub fn values(&self, arguments: Option<&RawValue>) -> Vec<(&str, String)> {
        let values = self.0.iter().filter_map(|header| {
            let value = header.value_in(arguments)?;
            Some((header.name.as_str(), encode_value(&value.text)))
        });
        values.collect()
    }

    /// Compares the headers of a call with its arguments. `lookup` gives the values of all headers
    /// of a name, whose case does not matter.
    pub fn check<'h>(
        &self,
        lookup: impl Fn(&str) -> Vec<&'h [u8]>,
        arguments: Option<&RawValue>,
    ) -> Result<(), HeaderMismatch> {
        let mut all = self.0.iter();
        all.try_for_each(|header| header.check(&lookup(&header.name), arguments))
    }
}

/// An argument as a header has it.
struct Mirrored {
    text: String,
    is_number: bool,
}

impl ParamHeader {
    /// The argument as text, where it has one.
    fn value_in(&self, arguments: Option<&RawValue>) -> Option<Mirrored> {
        let (last, steps) = self.path.split_last()?;
        let mut object = RawObject::parse(arguments?)?;
        for step in steps {
            object = object.object(step)?;
        }
        mirror(object.get(last)?)
    }

    fn check(&self, found: &[&[u8]], arguments: Option<&RawValue>) -> Result<(), HeaderMismatch> {
        let (name, argument) = (self.name.clone(), self.path.join("."));
        let said = match found {
            [] => None,
            [value] => match read(value) {
                Some(said) => Some(said),
                None => return Err(HeaderMismatch::Unreadable(name)),
            },
            _ => return Err(HeaderMismatch::Unreadable(name)),
        };
        match (said, self.value_in(arguments)) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(HeaderMismatch::Missing(name, argument)),
            (Some(_), None) => Err(HeaderMismatch::Unexpected(name, argument)),
            (Some(said), Some(meant)) if meant.is_said_by(&said) => Ok(()),
            (Some(_), Some(_)) => Err(HeaderMismatch::Different(name, argument)),
        }
    }
}

/// What a header's value stands for; `None` if it holds anything but printable ASCII and tabs.
fn read(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?.trim_matches([' ', '\t']);
    let plain = text
        .bytes()
        .all(|b| b == b'\t' || (0x20..=0x7e).contains(&b));
    if plain { decode_value(text) } else { None }
}

/// A text as it is, an integer in decimal, a boolean as a word.
fn mirror(value: &RawValue) -> Option<Mirrored> {
    let json = value.get();
    let (text, is_number) = match json.as_bytes().first()? {
        b'"' => (serde_json::from_str(json).ok()?, false),
        b't' | b'f' => (json.to_owned(), false),
        b'-' | b'0'..=b'9' => (integer(json)?, true),
        _ => return None,
    };
    Some(Mirrored { text, is_number })
}

/// Digits as they are; other ways to write an integer, such as `42.0` and `1e3`, in digits.
fn integer(text: &str) -> Option<String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.to_owned());
    }
    let number: f64 = text.parse().ok()?;
    let whole = number.fract() == 0.0 && number.abs() <= SAFE_INTEGER;
    whole.then(|| format!("{number:.0}"))
}

impl Mirrored {
    /// Whether a header says what is meant: the same text, or another form of the same number.
    fn is_said_by(&self, said: &str) -> bool {
        // Only what JSON calls a number is one; Rust would also take `inf` and `+1`.
        let number = |text: &str| serde_json::from_str::<f64>(text).ok();
        let same_number = || match (number(said), number(&self.text)) {
            (Some(said), Some(meant)) => said.abs() <= SAFE_INTEGER && said - meant == 0.0,
            _ => false,
        };
        said == self.text || self.is_number && same_number()
    }
}

#[cfg(test)]
mod tests;

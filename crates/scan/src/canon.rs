//! One text for one JSON value: the canonical form of RFC 8785.
//!
//! It differs from the RFC in one point. The RFC takes every number for a double, so that large
//! integers which differ in their last digits become one; here an integer keeps all its digits,
//! and so does a whole double of a size at which integers exist.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

/// From here on neighbouring integers share a double.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// From here on there are only doubles: 2^64.
const BEYOND_INTEGERS: f64 = 18_446_744_073_709_551_616.0;

/// The canonical text of a value: members sorted by their UTF-16 code units, no white space, one
/// form for every string and number.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => write_object(members, text),
        Value::Array(items) => {
            text.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Number(number) => text.push_str(&number_text(number)),
        // Serde writes strings as the RFC asks: only what must be escaped is.
        plain => text.push_str(&plain.to_string()),
    }
}

fn write_object(members: &Map<String, Value>, text: &mut String) {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|(one, _), (other, _)| by_utf16(one, other));
    text.push('{');
    for (position, (name, value)) in sorted.into_iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push(':');
        write(value, text);
    }
    text.push('}');
}

fn by_utf16(one: &str, other: &str) -> Ordering {
    one.encode_utf16().cmp(other.encode_utf16())
}

fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(double) if number.is_f64() => double_text(double),
        _ => number.to_string(),
    }
}

/// A double as ECMAScript writes it, except for the whole ones among the large integers.
fn double_text(double: f64) -> String {
    let size = double.abs();
    if double == 0.0 {
        return "0".to_owned();
    }
    if (EXACT..BEYOND_INTEGERS).contains(&size) {
        // With a precision all digits are exact; without one, those that do not matter are zeros.
        return format!("{double:.0}");
    }
    let scientific = format!("{size:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = mantissa.replace('.', "");
    let point = exponent.parse::<i32>().unwrap_or_default() + 1;
    let sign = if double < 0.0 { "-" } else { "" };
    format!("{sign}{}", placed(&digits, point))
}

/// Significant digits with the decimal point behind the `point`th of them: ECMA-262, section
/// `Number::toString`.
fn placed(digits: &str, point: i32) -> String {
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |number: i32| "0".repeat(usize::try_from(number).unwrap_or_default());
    if count <= point && point <= 21 {
        return format!("{digits}{}", zeros(point - count));
    }
    if 0 < point && point <= 21 {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or_default());
        return format!("{whole}.{fraction}");
    }
    if -6 < point && point <= 0 {
        return format!("0.{}{digits}", zeros(-point));
    }
    let (first, rest) = digits.split_at(1);
    let fraction = if rest.is_empty() {
        String::new()
    } else {
        format!(".{rest}")
    };
    format!("{first}{fraction}e{:+}", point - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_sorted_by_their_utf16_code_units() {
        // In UTF-8 order the emoji would come last; its surrogates sort before U+FB33.
        let value: Value =
            serde_json::from_str(r#"{"\ufb33": 1, "\ud83d\ude00": 2, "b": {"z": 1, "a": 2}}"#)
                .expect("valid JSON");
        let expected = "{\"b\":{\"a\":2,\"z\":1},\"\u{1f600}\":2,\"\u{fb33}\":1}";
        assert_eq!(canonical(&value), expected);
    }

    #[test]
    fn strings_are_escaped_only_where_they_must_be() {
        let value = json!("\u{8}\t\n\u{c}\r\u{f} \"\\/ \u{7f} \u{20ac}");
        let expected = r#""\b\t\n\f\r\u000f \"\\/ "#.to_owned() + "\u{7f} \u{20ac}\"";
        assert_eq!(canonical(&value), expected);
    }

    #[test]
    fn numbers_take_the_form_of_ecmascript() {
        for (number, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (1e21, "1e+21"),
            (1e20, "100000000000000000000"),
            (1.25e-7, "1.25e-7"),
            (0.000_001, "0.000001"),
            (333_333_333.333_333_3, "333333333.3333333"),
            (5e-324, "5e-324"),
            (1e300, "1e+300"),
        ] {
            assert_eq!(canonical(&json!(number)), expected);
        }
        assert_eq!(canonical(&json!([4.5, 2, -3])), "[4.5,2,-3]");
    }

    #[test]
    fn integers_keep_their_last_digits() {
        let one = canonical(&json!(9_007_199_254_740_993_u64));
        let other = canonical(&json!(9_007_199_254_740_992_u64));
        assert_ne!(one, other);
        // As doubles both of these would be written 9223372036854776000.
        let double = canonical(&json!(9_223_372_036_854_775_808.0));
        assert_ne!(double, canonical(&json!(9_223_372_036_854_776_000_u64)));
        assert_eq!(double, canonical(&json!(9_223_372_036_854_775_808_u64)));
    }

    #[test]
    fn a_whole_double_is_the_integer_that_it_is() {
        assert_eq!(canonical(&json!(3.0)), canonical(&json!(3)));
    }

    proptest! {
        #[test]
        fn the_form_is_stable(value in crate::arbitrary::json()) {
            let text = canonical(&value);
            let again: Value = serde_json::from_str(&text).expect("valid JSON");
            prop_assert_eq!(canonical(&again), text);
        }
    }
}

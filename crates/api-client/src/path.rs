//! Paths and queries of the local API.

use std::fmt::Write as _;

/// Puts a path together from segments, each percent-encoded: `/api/v1/servers/my%20server`.
pub(crate) fn path(segments: &[&str]) -> String {
    let mut path = "/api/v1".to_owned();
    for segment in segments {
        path.push('/');
        encode_into(&mut path, segment);
    }
    path
}

/// Appends `key=value` pairs as a query; pairs without a value are left out.
pub(crate) fn with_query(mut path: String, pairs: &[(&str, Option<&str>)]) -> String {
    let mut mark = '?';
    for (key, value) in pairs {
        if let Some(value) = value {
            path.push(mark);
            path.push_str(key);
            path.push('=');
            encode_into(&mut path, value);
            mark = '&';
        }
    }
    path
}

/// Percent-encodes everything but the unreserved characters of RFC 3986 §2.3.
fn encode_into(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_segment() {
        assert_eq!(
            path(&["servers", "a/../b c"]),
            "/api/v1/servers/a%2F..%2Fb%20c"
        );
        assert_eq!(path(&["servers", "日"]), "/api/v1/servers/%E6%97%A5");
    }

    #[test]
    fn absent_values_leave_no_trace() {
        let all = with_query(
            path(&["tools"]),
            &[("query", Some("a&b")), ("limit", Some("5"))],
        );
        assert_eq!(all, "/api/v1/tools?query=a%26b&limit=5");
        assert_eq!(
            with_query(path(&["tools"]), &[("query", None)]),
            "/api/v1/tools"
        );
    }
}

//! URIs of resources, inside and outside.
//!
//! A server's slug goes in front of the whole URI as part of its scheme, as in `git+ssh://`:
//! `toolgate+{label}+{URI}`. Clients parse and rebuild URIs, by the WHATWG's rules, by RFC 3986's
//! or by an editor's own: they resolve dot segments, fold `//` within paths, lower the case of
//! schemes and hosts, escape `:` and `+` within paths. With the scheme extended, authority, path,
//! query and fragment stay what they were, so that whatever would have come back of the original
//! comes back of this. An original within a path (`toolgate://slug/file:///a`) does not survive
//! that. A template stays one: its expansion is the outer form of what it would have been.
//!
//! The URI of an app's page must keep the scheme `ui`, which hosts check before they show it:
//! `ui://toolgate~{label}~{rest}`. `~` is one of the few signs that no encoder escapes in a host.
//! The page's host stays a host, in reach of no `..`, and differs from every other server's.
//!
//! A label is a slug in what schemes allow and no one changes, lower-case letters, digits, `-` and
//! `.`: a capital becomes `.` and its small letter, `_` becomes `..`.
//!
//! Writers of URIs drop an empty authority from schemes that they do not know (`x:///a` becomes
//! `x:/a`), though not from `file:///a`; it is therefore written as `-`, and an authority that
//! begins with `-` gets a second one.

const APP: &str = "ui://";
const APP_MARK: &str = "ui://toolgate~";
const MARK: &str = "toolgate+";

/// The URI or URI template `inner` of the server `slug`, for clients.
pub(super) fn outer(slug: &str, inner: &str) -> String {
    if let Some(rest) = inner.strip_prefix(APP) {
        return format!("{APP_MARK}{}~{rest}", label(slug));
    }
    let (scheme, rest) = split_authority(inner);
    let empty = !scheme.is_empty() && (rest.is_empty() || rest.starts_with(['/', '?', '#', '-']));
    let filler = if empty { "-" } else { "" };
    format!("{MARK}{}+{scheme}{filler}{rest}", label(slug))
}

/// The slug and the server's own URI; `None` if `outer` did not give it out.
pub(super) fn inner(outer: &str) -> Option<(String, String)> {
    if let Some(marked) = outer.strip_prefix(APP_MARK) {
        let (label, rest) = marked.split_once('~')?;
        return Some((slug(label)?, format!("{APP}{rest}")));
    }
    let (label, whole) = outer.strip_prefix(MARK)?.split_once('+')?;
    let (scheme, rest) = split_authority(whole);
    let rest = match rest.strip_prefix('-') {
        Some(filled) if !scheme.is_empty() => filled,
        _ => rest,
    };
    Some((slug(label)?, format!("{scheme}{rest}")))
}

/// Where in a JSON text strings begin that may be URIs of this server's; the places of their
/// opening quotes, in order.
pub(super) fn openings(slug: &str, json: &str) -> Vec<usize> {
    let label = label(slug);
    let forms = [format!("\"{MARK}{label}+"), format!("\"{APP_MARK}{label}~")];
    let mut places: Vec<usize> = forms
        .iter()
        .flat_map(|form| json.match_indices(form.as_str()))
        .map(|(at, _)| at)
        // A quote that text follows opens a string, or is part of one and escaped.
        .filter(|at| !json[..*at].ends_with('\\'))
        .collect();
    places.sort_unstable();
    places
}

/// `scheme://` and what follows; an empty first part where there is no such beginning.
fn split_authority(uri: &str) -> (&str, &str) {
    let is_scheme = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    match uri.find("://") {
        Some(end) if is_scheme(&uri[..end]) => uri.split_at(end + "://".len()),
        _ => ("", uri),
    }
}

fn label(slug: &str) -> String {
    let mut label = String::with_capacity(slug.len() + 4);
    for c in slug.chars() {
        match c {
            '_' => label.push_str(".."),
            'A'..='Z' => label.extend(['.', c.to_ascii_lowercase()]),
            _ => label.push(c),
        }
    }
    label
}

fn slug(label: &str) -> Option<String> {
    let mut slug = String::with_capacity(label.len());
    let mut rest = label.chars();
    while let Some(c) = rest.next() {
        slug.push(match c {
            '.' => match rest.next()? {
                '.' => '_',
                c @ 'a'..='z' => c.to_ascii_uppercase(),
                _ => return None,
            },
            'a'..='z' | '0'..='9' | '-' => c,
            _ => return None,
        });
    }
    (!slug.is_empty()).then_some(slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms() {
        let forms: Vec<String> = [
            "file:///a/b",
            "memo:insights",
            "https://example.com:80/a?b#c",
            "ui://clock/app.html",
            "ui:///app.html",
            "note://",
            "x://-/a",
            "{+anything}",
            "file:///{path}{?q}",
        ]
        .iter()
        .map(|uri| outer("My_server", uri))
        .collect();
        insta::assert_snapshot!(forms.join("\n"), @r"
    toolgate+.my..server+file://-/a/b
    toolgate+.my..server+memo:insights
    toolgate+.my..server+https://example.com:80/a?b#c
    ui://toolgate~.my..server~clock/app.html
    ui://toolgate~.my..server~/app.html
    toolgate+.my..server+note://-
    toolgate+.my..server+x://--/a
    toolgate+.my..server+{+anything}
    toolgate+.my..server+file://-/{path}{?q}
    ");
    }

    #[test]
    fn what_was_not_given_out_is_nobodys() {
        for uri in [
            "",
            "file:///a",
            "ui://clock/app.html",
            "toolgate+x",
            "toolgate++x:y",
            "toolgate+A+x:y",
            "toolgate+a.+x:y",
            "toolgate+a.1+x:y",
            "toolgate://a/x:y",
            "ui://toolgate~a",
        ] {
            assert_eq!(inner(uri), None, "{uri}");
        }
    }

    #[test]
    fn an_expanded_template_is_the_outer_form_of_the_expanded_original() {
        let expand = |template: &str| {
            let plain = template.replace("{+whole}", "file:///a/b");
            plain.replace("{path}", "a%2Fb").replace("{?q}", "?q=1")
        };
        for template in [
            "file:///{path}{?q}",
            "ui://app/{path}",
            "memo:{path}",
            "{+whole}",
        ] {
            let outside = expand(&outer("a", template));
            let inside = ("a".to_owned(), expand(template));
            assert_eq!(inner(&outside), Some(inside), "{template}");
        }
    }

    #[test]
    fn strings_that_only_look_like_openings_are_passed_over() {
        let json =
            r#"{"toolgate+a+k:":"toolgate+a+x:y","b":"\"toolgate+a+x:y","c":"see toolgate+a+x:y"}"#;
        let found = openings("a", json);
        assert_eq!(found, [1, json.find(r#""toolgate+a+x"#).expect("there")]);
    }
}

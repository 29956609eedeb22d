//! Definitions by name, and what is shown of one.

use std::fmt::Write as _;

use model::{DefinitionId, DefinitionKind, DefinitionReview, ServerReview, Standing, Verdict};
use scan::Piece;
use serde_json::Value;

use crate::exit::{Code, Failure};
use crate::output::{BAD, GOOD, HEADING, ODD, visible};

/// Characters shown of one text.
const SHOWN: usize = 100_000;

/// A definition in words, for example `tool create_issue`.
pub(super) fn label(id: &DefinitionId) -> String {
    match id.kind {
        DefinitionKind::Instructions => "instructions".to_owned(),
        kind => format!("{} {}", kind.as_str(), visible(&id.name)),
    }
}

/// The definition that a person means; an error if it is none or not clear which.
pub(super) fn named<'a>(
    review: &'a ServerReview,
    name: &str,
) -> Result<&'a DefinitionReview, Failure> {
    let means = |one: &&DefinitionReview| {
        let kind = one.id.kind.as_str();
        let whole = name
            .strip_prefix(kind)
            .and_then(|rest| rest.strip_prefix(':'));
        one.id.name == name
            || whole == Some(&one.id.name)
            || (one.id.kind == DefinitionKind::Instructions && name == kind)
    };
    let found: Vec<&DefinitionReview> = review.definitions.iter().filter(means).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(Failure::new(
            Code::Usage,
            format!(
                "{} has nothing named {}.",
                visible(&review.server),
                visible(name)
            ),
            format!(
                "See what it has: toolgate review show {} --all",
                visible(&review.server)
            ),
        )),
        [first, ..] => Err(Failure::new(
            Code::Usage,
            format!("{} is the name of several things.", visible(name)),
            format!(
                "Say which, for example `{}:{}`.",
                first.id.kind.as_str(),
                visible(name)
            ),
        )),
    }
}

/// A definition as a block of text.
pub(super) fn render(one: &DefinitionReview) -> String {
    let mut text = format!(
        "{HEADING}{}{HEADING:#} ({})\n",
        label(&one.id),
        standing(one)
    );
    for found in &one.findings {
        let style = if found.verdict == Verdict::Block {
            BAD
        } else {
            ODD
        };
        let place = visible(&found.place);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "  {style}{}{style:#}: {} ({place}: \"{}\")",
            found.code,
            visible(&found.message),
            scan::visible(&found.excerpt)
        );
    }
    match &one.approved {
        Some(before) => changes(&mut text, before, &one.now),
        None => members(&mut text, &one.now),
    }
    text
}

fn standing(one: &DefinitionReview) -> &'static str {
    match one.standing {
        _ if !one.listed => "no longer listed",
        Standing::Pending => "waits",
        Standing::Changed => "changed",
        Standing::Approved => "approved",
        Standing::Blocked => "blocked",
    }
}

/// Every member, with what does not show spelt out.
fn members(text: &mut String, definition: &Value) {
    for (name, value) in entries(definition) {
        let _ = writeln!(text, "  {}: {}", visible(&name), cut(&words(&value)));
    }
}

/// What is other than before, word by word.
fn changes(text: &mut String, before: &Value, now: &Value) {
    let (old, new) = (entries(before), entries(now));
    let mut names: Vec<&String> = old.iter().chain(&new).map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    for name in names {
        let of = |entries: &[(String, Value)]| {
            let found = entries.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| words(value)).unwrap_or_default()
        };
        let (old, new) = (of(&old), of(&new));
        if old != new {
            let _ = writeln!(text, "  {}: {}", visible(name), pieces(&old, &new));
        }
    }
}

fn pieces(old: &str, new: &str) -> String {
    let shown = scan::diff(old, new).into_iter().map(|piece| match piece {
        Piece::Kept(words) => cut(&words),
        Piece::Removed(words) => format!("{BAD}[-{}-]{BAD:#}", cut(&words)),
        Piece::Added(words) => format!("{GOOD}{{+{}+}}{GOOD:#}", cut(&words)),
    });
    shown.collect()
}

fn entries(definition: &Value) -> Vec<(String, Value)> {
    match definition {
        Value::Object(members) => {
            let entries = members.iter().filter(|(name, _)| *name != "name");
            entries
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        }
        other => vec![("text".to_owned(), other.clone())],
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn cut(text: &str) -> String {
    let shown = scan::visible(text);
    match shown.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use model::ScanFinding;
    use serde_json::json;

    use super::*;
    use crate::output::plain;

    fn changed() -> DefinitionReview {
        DefinitionReview {
            id: DefinitionId {
                kind: DefinitionKind::Tool,
                name: "add".to_owned(),
            },
            standing: Standing::Changed,
            hash: "h".to_owned(),
            now: json!({ "name": "add", "description": "Adds two\u{200b} numbers, quietly." }),
            approved: Some(json!({ "name": "add", "description": "Adds two numbers." })),
            verdict: Verdict::Block,
            findings: vec![ScanFinding {
                code: "hidden-characters".to_owned(),
                verdict: Verdict::Block,
                message: "It holds characters that do not show.".to_owned(),
                place: "description".to_owned(),
                excerpt: "two\u{200b}".to_owned(),
            }],
            since: 1,
            listed: true,
        }
    }

    #[test]
    fn a_change_shows_its_words_and_what_is_hidden_in_them() {
        let text = plain(&render(&changed()));
        assert!(text.starts_with("tool add (changed)\n"), "{text}");
        assert!(text.contains("hidden-characters: It holds"), "{text}");
        assert!(text.contains("U+200B"), "{text}");
        assert!(text.contains("[-") && text.contains("{+"), "{text}");
        assert!(!text.contains('\u{200b}'), "{text}");
    }

    #[test]
    fn a_name_that_two_things_bear_needs_its_kind() {
        let mut prompt = changed();
        prompt.id.kind = DefinitionKind::Prompt;
        let review = ServerReview {
            server: "s".to_owned(),
            trust: model::TrustStatus::default(),
            evidence: model::Evidence::default(),
            approved_evidence: None,
            changes: Vec::new(),
            launch: String::new(),
            definitions: vec![changed(), prompt],
            audience: Vec::new(),
            undo: None,
        };
        assert!(named(&review, "add").is_err());
        assert!(named(&review, "sub").is_err());
        let found = named(&review, "prompt:add").expect("one");
        assert_eq!(found.id.kind, DefinitionKind::Prompt);
    }
}

//! From a definition as sent to what is pinned of it, and what a scan makes of it.

use std::collections::{BTreeMap, BTreeSet};

use model::{DefinitionId, DefinitionKind, ScanFinding, Verdict};
use scan::Others;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wire::Raw;

use super::record::{Pin, Record, Seen};

/// Bytes kept of what a prompt gave.
const SHOWN: usize = 16 * 1024;

/// The definition that a server has sent; `None` for what is none.
pub(super) fn read(kind: DefinitionKind, raw: &Raw) -> Option<(DefinitionId, Pin)> {
    let definition: Value = serde_json::from_str(raw.get()).ok()?;
    let key = match kind {
        DefinitionKind::Instructions | DefinitionKind::PromptText => return None,
        DefinitionKind::Tool | DefinitionKind::Prompt => "name",
        DefinitionKind::Resource => "uri",
        DefinitionKind::ResourceTemplate => "uriTemplate",
    };
    let name = definition.get(key)?.as_str()?.to_owned();
    Some((DefinitionId { kind, name }, pin(kind, &definition)))
}

/// A server's instructions as a definition.
pub(super) fn instructions(text: &str) -> (DefinitionId, Pin) {
    let kind = DefinitionKind::Instructions;
    let name = String::new();
    (DefinitionId { kind, name }, pin(kind, &Value::from(text)))
}

/// What a prompt gave for its arguments; `None` for what cannot be read. The arguments are told by
/// their hash, because they are the client's affair.
pub(super) fn prompt_text(
    prompt: &str,
    arguments: Option<&RawValue>,
    result: &Raw,
) -> Option<(DefinitionId, Pin)> {
    let read = |raw: &RawValue| serde_json::from_str::<Value>(raw.get()).ok();
    let arguments = match arguments {
        Some(arguments) => scan::canonical(&read(arguments)?),
        None => String::new(),
    };
    let mut result = read(result)?;
    result.as_object_mut()?.remove("_meta");
    let digest = model::hex(&Sha256::digest(arguments.as_bytes())[..8]);
    let kind = DefinitionKind::PromptText;
    let pin = pin(kind, &json!({ "prompt": prompt, "given": result }));
    let name = format!("{prompt} #{digest}");
    Some((DefinitionId { kind, name }, pin))
}

fn pin(kind: DefinitionKind, definition: &Value) -> Pin {
    let text = scan::canonical(&scan::pinned(kind, definition));
    Pin {
        hash: model::hex(&Sha256::digest(text.as_bytes())),
        text,
    }
}

/// Judges a definition, unless it is known as it is.
pub(super) fn judged(
    record: &Record,
    (id, mut pin): (DefinitionId, Pin),
    names: &Names<'_>,
) -> Seen {
    let known = record.definitions.get(&id);
    let known = known.filter(|kept| kept.pin().is_some_and(|known| known.hash == pin.hash));
    let mut verdict = if let Some(kept) = known {
        kept.verdict
    } else {
        let findings = findings(record, &id, &pin, names);
        let worst = findings.iter().map(|finding| finding.verdict).max();
        worst.unwrap_or_default()
    };
    if id.kind == DefinitionKind::PromptText && pin.text.len() > SHOWN {
        // Its hash tells a change all the same; what nobody can be shown is not clean.
        let cut = &pin.text[..pin.text.floor_char_boundary(SHOWN)];
        pin.text = scan::canonical(&json!({ "cut": cut }));
        verdict = verdict.max(Verdict::Review);
    }
    Seen { id, pin, verdict }
}

/// Names that a definition may be taken for, or speak of.
pub(super) struct Names<'a> {
    /// Tools of other servers.
    pub(super) others: Others<'a>,
    /// Of this server, what was decided about, by skeletons.
    twins: BTreeMap<(DefinitionKind, String), BTreeSet<&'a str>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(record: &'a Record, others: Others<'a>) -> Self {
        let mut twins: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
        let decided = record.definitions.values();
        for kept in decided.filter(|kept| kept.ruling.is_some() && is_named(kept.id.kind)) {
            let key = (kept.id.kind, scan::skeleton(&kept.id.name));
            twins.entry(key).or_default().insert(&kept.id.name);
        }
        Self { others, twins }
    }

    /// Another definition of the same kind and server whose name looks the same.
    fn twin(&self, id: &DefinitionId) -> Option<&str> {
        if !is_named(id.kind) {
            return None;
        }
        let alike = self.twins.get(&(id.kind, scan::skeleton(&id.name)))?;
        alike.iter().copied().find(|name| *name != id.name)
    }
}

/// Whether a name is a word; an address is told apart by every character.
fn is_named(kind: DefinitionKind) -> bool {
    matches!(kind, DefinitionKind::Tool | DefinitionKind::Prompt)
}

/// What is found in a definition, the worst first.
pub(super) fn findings(
    record: &Record,
    id: &DefinitionId,
    pin: &Pin,
    names: &Names<'_>,
) -> Vec<ScanFinding> {
    let definition: Value = serde_json::from_str(&pin.text).unwrap_or_default();
    let mut findings = scan::scan(id.kind, &definition, names.others).findings;
    findings.extend(names.twin(id).map(|twin| confusable(id, twin)));
    if record.definitions.get(id).is_some_and(|kept| kept.restless) {
        findings.push(ScanFinding {
            code: "changed-while-held".to_owned(),
            verdict: Verdict::Review,
            message: "Its server changed it before anybody had decided about it.".to_owned(),
            place: String::new(),
            excerpt: id.name.clone(),
        });
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
    findings
}

fn confusable(id: &DefinitionId, twin: &str) -> ScanFinding {
    ScanFinding {
        code: "confusable-name".to_owned(),
        verdict: Verdict::Block,
        message: format!(
            "Its name looks like that of `{}`, which is another {}.",
            scan::visible(twin),
            id.kind.as_str()
        ),
        place: "name".to_owned(),
        excerpt: id.name.clone(),
    }
}

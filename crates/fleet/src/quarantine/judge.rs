//! From a definition as sent to what is pinned of it, and what a scan makes of it.

use model::{DefinitionId, DefinitionKind, ScanFinding, Verdict};
use scan::Others;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wire::Raw;

use super::record::{Pin, Record, Seen};

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

/// What a prompt gave for its arguments.
pub(super) fn prompt_text(
    prompt: &str,
    arguments: Option<&RawValue>,
    result: &Raw,
) -> (DefinitionId, Pin) {
    const SHOWN: usize = 64 * 1024;
    let read = |raw: &RawValue| serde_json::from_str::<Value>(raw.get()).unwrap_or_default();
    let arguments = scan::canonical(&arguments.map_or(Value::Null, read));
    let result = read(result);
    let given = json!({
        "prompt": prompt, "arguments": arguments,
        "description": result.get("description"), "messages": result.get("messages"),
    });
    let kind = DefinitionKind::PromptText;
    let mut pin = pin(kind, &given);
    if pin.text.len() > SHOWN {
        // Too long to be kept; its hash tells a change all the same.
        let cut = &pin.text[..pin.text.floor_char_boundary(SHOWN)];
        pin.text = scan::canonical(&json!({ "prompt": prompt, "cut": cut }));
    }
    let name = format!("{prompt} {arguments}");
    (DefinitionId { kind, name }, pin)
}

fn pin(kind: DefinitionKind, definition: &Value) -> Pin {
    let text = scan::canonical(&scan::pinned(kind, definition));
    Pin {
        hash: model::hex(&Sha256::digest(text.as_bytes())),
        text,
    }
}

/// Judges a definition, unless it is known as it is.
pub(super) fn judged(record: &Record, (id, pin): (DefinitionId, Pin), others: Others<'_>) -> Seen {
    let known = record.definitions.get(&id);
    let known = known.filter(|kept| kept.pin() == Some(&pin));
    let verdict = if let Some(kept) = known {
        kept.verdict
    } else {
        let findings = findings(record, &id, &pin, others);
        let worst = findings.iter().map(|finding| finding.verdict).max();
        worst.unwrap_or_default()
    };
    Seen { id, pin, verdict }
}

/// What is found in a definition, the worst first.
pub(super) fn findings(
    record: &Record,
    id: &DefinitionId,
    pin: &Pin,
    others: Others<'_>,
) -> Vec<ScanFinding> {
    let definition: Value = serde_json::from_str(&pin.text).unwrap_or_default();
    let mut findings = scan::scan(id.kind, &definition, others).findings;
    findings.extend(twin(record, id));
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

/// Another definition of the same kind and server whose name looks the same.
fn twin(record: &Record, id: &DefinitionId) -> Option<ScanFinding> {
    if matches!(
        id.kind,
        DefinitionKind::Resource | DefinitionKind::ResourceTemplate | DefinitionKind::PromptText
    ) {
        return None;
    }
    let skeleton = scan::skeleton(&id.name);
    let twin = record.definitions.values().find(|kept| {
        kept.id.kind == id.kind
            && kept.id.name != id.name
            && kept.ruling.is_some()
            && scan::skeleton(&kept.id.name) == skeleton
    })?;
    Some(ScanFinding {
        code: "confusable-name".to_owned(),
        verdict: Verdict::Block,
        message: format!(
            "Its name looks like that of `{}`, which is another {}.",
            twin.id.name,
            id.kind.as_str()
        ),
        place: "name".to_owned(),
        excerpt: id.name.clone(),
    })
}

//! The scan of a whole JSON-RPC message, whatever it is.

use model::{DefinitionKind, ScanFinding, Verdict};
use serde_json::Value;

use crate::credentials;
use crate::definition::scan;
use crate::reading::Reading;
use crate::report::{Report, finding};
use crate::shadow::Others;
use crate::surface::{Passage, Role, Surface};

/// Lists of definitions in results, and what is in them.
const LISTS: [(&str, DefinitionKind); 4] = [
    ("tools", DefinitionKind::Tool),
    ("prompts", DefinitionKind::Prompt),
    ("resources", DefinitionKind::Resource),
    ("resourceTemplates", DefinitionKind::ResourceTemplate),
];

/// Members that hold pictures and sounds.
const BLOBS: [&str; 2] = [".blob", ".data"];

/// Definitions of one message that are looked at.
const DEFINITIONS: usize = 2000;

/// Looks at anything that is sent: definitions as [`scan`] does, other words for phrases of
/// attacks, hidden characters and credentials. What a result only talks about is flagged for
/// review, since nobody vouches for it. The score is the highest of the definitions.
pub fn message(message: &Value) -> Report {
    let mut findings = Vec::new();
    let mut score: f32 = 0.0;
    let result = &message["result"];
    for (list, definitions, kind) in LISTS
        .iter()
        .filter_map(|(list, kind)| Some((list, result[*list].as_array()?, *kind)))
    {
        for (position, definition) in definitions.iter().take(DEFINITIONS).enumerate() {
            let place = format!("result.{list}.{position}");
            score = score.max(add(
                &mut findings,
                &place,
                scan(kind, definition, Others::none()),
            ));
        }
    }
    if result["instructions"].is_string() {
        let kind = DefinitionKind::Instructions;
        let report = scan(kind, &result["instructions"], Others::none());
        score = score.max(add(&mut findings, "result", report));
    }
    findings.extend(words(message));
    Report::of(findings, score)
}

/// Adds the findings of a part at its place; what comes back is its score.
fn add(findings: &mut Vec<ScanFinding>, place: &str, report: Report) -> f32 {
    findings.extend(report.findings.into_iter().map(|mut finding| {
        finding.place = format!("{place}.{}", finding.place);
        finding
    }));
    report.score
}

/// Everything that is no definition.
fn words(message: &Value) -> Vec<ScanFinding> {
    let is_call = message["method"] == "tools/call";
    let mut findings = Vec::new();
    for part in ["result", "params", "error"] {
        let surface = Surface::of_content(part, &message[part]);
        if let Some(place) = &surface.cut {
            let message = "It holds more text than is looked at.";
            findings.push(finding("too-long", Verdict::Review, message, (place, "")));
        }
        let mut rest = surface;
        rest.passages
            .retain(|passage| !is_listed(passage) && !is_blob(passage));
        for reading in Reading::all(rest) {
            findings.extend(of_words(&reading, is_call));
        }
    }
    findings
}

fn of_words(reading: &Reading<'_>, is_call: bool) -> Vec<ScanFinding> {
    let (place, text) = (reading.passage.place.as_str(), &reading.passage.text);
    let mut findings = reading.findings(Some(Verdict::Review));
    findings.extend(credentials::leaked(place, text));
    if is_call {
        findings.extend(credentials::file(place, text));
    }
    if reading.passage.role == Role::Parameter && place.contains("requestedSchema") {
        findings.extend(credentials::field(place, text));
    }
    findings
}

/// Whether a passage belongs to a definition, which is looked at as a whole.
fn is_listed(passage: &Passage<'_>) -> bool {
    let Some(rest) = passage.place.strip_prefix("result.") else {
        return false;
    };
    let member = rest.split('.').next().unwrap_or_default();
    member == "instructions" || LISTS.iter().any(|(list, _)| *list == member)
}

fn is_blob(passage: &Passage<'_>) -> bool {
    BLOBS.iter().any(|blob| passage.place.ends_with(blob))
}

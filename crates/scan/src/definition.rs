//! The scan of one definition.

use std::sync::LazyLock;

use model::{DefinitionKind, ScanFinding, Verdict};
use regex::Regex;
use serde_json::Value;

use crate::features::{self, Features, Part, WINDOWS};
use crate::linear::Model;
use crate::pin::pinned;
use crate::reading::Reading;
use crate::report::{Report, finding};
use crate::shadow::Others;
use crate::surface::{LIMIT, Role, Surface};

/// The code of the finding that comes from the words as a whole.
pub const LOOKS_LIKE_AN_ATTACK: &str = "reads-like-an-attack";

/// Looks for what is made to mislead a model: hidden characters, phrases of attacks, orders about
/// tools of other servers, and words that are like those of known attacks.
///
/// `definition` is the JSON as the server lists it, or a JSON string for instructions. What is
/// looked at is what is [pinned](crate::pinned), 256 KiB of text at most. The same input gives
/// the same report, byte for byte.
pub fn scan(kind: DefinitionKind, definition: &Value, others: Others<'_>) -> Report {
    let pinned = pinned(kind, definition);
    let surface = Surface::of(kind, &pinned);
    let cut = surface.cut.clone();
    let readings = Reading::all(surface);
    let parts = features::of(&readings);
    // The windows are the last that anything is looked at, so the place of a cut is more exact.
    let cut = cut.or_else(|| Some(readings[parts.get(WINDOWS)?.reading].passage.place.clone()));
    let mut findings: Vec<ScanFinding> = cut.iter().map(|place| too_long(place)).collect();
    for reading in &readings {
        findings.extend(reading.findings(None));
        findings.extend(covert_parameter(reading));
        findings.extend(orders(reading, others));
    }
    let score = Model::built_in().and_then(|model| {
        let (score, worst) = worst(model, parts)?;
        findings.extend((score >= model.threshold).then(|| words(&readings, &worst)));
        Some(score)
    });
    Report::of(findings, score.unwrap_or_default())
}

/// What the linear model is asked with about a definition, as a whole and in parts; for training
/// it. The highest score of the parts is the definition's.
pub fn features(kind: DefinitionKind, definition: &Value) -> Vec<Features> {
    let pinned = pinned(kind, definition);
    let parts = features::of(&Reading::all(Surface::of(kind, &pinned)));
    parts.into_iter().map(|part| part.features).collect()
}

/// The part with the highest score.
fn worst(model: &Model, parts: Vec<Part>) -> Option<(f32, Part)> {
    let parts = parts
        .into_iter()
        .map(|part| (model.score(&part.features), part));
    parts.max_by(|(one, _), (other, _)| one.total_cmp(other))
}

fn too_long(place: &str) -> ScanFinding {
    let message = format!(
        "It holds more than {} KiB or {WINDOWS} sentences; the rest was not read closely.",
        LIMIT / 1024
    );
    finding("too-long", Verdict::Review, message, (place, ""))
}

/// A parameter through which a model would hand over what it was told.
fn covert_parameter(reading: &Reading<'_>) -> Option<ScanFinding> {
    static COVERT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"^_+\w*(?:system|prompt|conversation|history|instruction|secret|credential)\w*$|^(?:side_?(?:note|car|channel)|exfil\w*|hidden_\w*prompt|full_conversation(?:_history)?)$",
        )
        .ok()
    });
    let covert = reading.passage.role == Role::Parameter
        && COVERT
            .as_ref()
            .is_some_and(|covert| covert.is_match(&reading.view.text));
    covert.then(|| {
        finding(
            "covert-parameter",
            Verdict::Review,
            "A parameter has a name under which attacks collect what a model was told.",
            (&reading.passage.place, &reading.passage.text),
        )
    })
}

fn orders(reading: &Reading<'_>, others: Others<'_>) -> Vec<ScanFinding> {
    if reading.passage.role != Role::Prose {
        return Vec::new();
    }
    let orders = others.orders(&reading.view.text).into_iter();
    orders
        .map(|order| {
            let text = &reading.passage.text;
            let start = reading
                .view
                .text
                .floor_char_boundary(order.range.start.saturating_sub(60));
            let excerpt = &text[reading.view.origin(start..order.range.end, text)];
            let message = format!(
                "It gives orders about {}, a tool of the server {}.",
                order.tool, order.server
            );
            finding(
                "shadowing",
                Verdict::Review,
                message,
                (&reading.passage.place, excerpt),
            )
        })
        .collect()
}

/// The finding about the words of a part.
fn words(readings: &[Reading<'_>], part: &Part) -> ScanFinding {
    let reading = &readings[part.reading];
    let text = &reading.passage.text;
    let excerpt = text[reading.view.origin(part.range.clone(), text)].trim();
    finding(
        LOOKS_LIKE_AN_ATTACK,
        Verdict::Review,
        "Its words are like those of definitions that were made to mislead a model.",
        (&reading.passage.place, excerpt),
    )
}

#[cfg(test)]
#[path = "definition_tests.rs"]
mod tests;

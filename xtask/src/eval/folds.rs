//! Cross-validation: every row is scored by a model that has seen neither the row nor its twins.

use std::collections::{BTreeMap, BTreeSet};

use scan::{Features, Model};

use crate::eval::data::Row;
use crate::eval::train::{Example, highest, train};

/// Parts that the rows are split into.
const FOLDS: usize = 5;

/// Share of common words, in hundredths, from which on two definitions are twins.
const TWINS: usize = 50;

/// What models are trained on.
pub(super) struct Corpus {
    /// The labelled tools.
    pub(super) rows: Vec<Row>,
    /// Their features.
    pub(super) features: Vec<Vec<Features>>,
    /// Definitions that were written for training; part of every model and never scored.
    pub(super) own: Vec<(Vec<Features>, bool)>,
}

/// The score of each row by a model that was trained without its server, its source and its
/// twins.
pub(super) fn grouped(corpus: &Corpus) -> Vec<f32> {
    let Corpus { rows, features, .. } = corpus;
    let folds = folds(rows);
    let mut scores = vec![0.0; rows.len()];
    for fold in 0..FOLDS {
        let model = without(corpus, |row| folds[row] == fold);
        for row in (0..rows.len()).filter(|row| folds[*row] == fold) {
            scores[row] = highest(&model, &features[row]);
        }
    }
    scores
}

/// The score of each attack by a model that was trained without anything by its maker; of other
/// rows, 0.
pub(super) fn by_maker(corpus: &Corpus) -> Vec<f32> {
    let Corpus { rows, features, .. } = corpus;
    let makers: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row.is_attack())
        .map(Row::maker)
        .collect();
    let mut scores = vec![0.0; rows.len()];
    for maker in makers {
        let model = without(corpus, |row| rows[row].maker() == maker);
        for (place, row) in rows.iter().enumerate() {
            if row.is_attack() && row.maker() == maker {
                scores[place] = highest(&model, &features[place]);
            }
        }
    }
    scores
}

/// A model of all rows for training but some.
pub(super) fn without(corpus: &Corpus, left_out: impl Fn(usize) -> bool) -> Model {
    let rows = corpus.rows.iter().enumerate();
    let rows = rows.filter(|(place, row)| row.is_for_training() && !left_out(*place));
    let rows = rows.map(|(place, row)| Example {
        parts: &corpus.features[place],
        attack: row.is_attack(),
    });
    let own = corpus.own.iter().map(|(features, attack)| Example {
        parts: features,
        attack: *attack,
    });
    let examples: Vec<_> = rows.chain(own).collect();
    train(&examples)
}

/// The part that each row belongs to: families stay together, the largest are given out first,
/// each to the part that has fewest of its kind.
fn folds(rows: &[Row]) -> Vec<usize> {
    let families = families(rows);
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, family) in families.iter().enumerate() {
        members.entry(*family).or_default().push(row);
    }
    let mut members: Vec<Vec<usize>> = members.into_values().collect();
    members.sort_by_key(|rows| std::cmp::Reverse(rows.len()));
    let mut folds = vec![0; rows.len()];
    let mut sizes = [[0_usize; FOLDS]; 2];
    for family in members {
        let attacks = family.iter().filter(|row| rows[**row].is_attack()).count();
        let kind = usize::from(attacks * 2 > family.len());
        let fold = (0..FOLDS)
            .min_by_key(|fold| sizes[kind][*fold])
            .unwrap_or(0);
        sizes[kind][fold] += family.len();
        for row in family {
            folds[row] = fold;
        }
    }
    folds
}

/// The first row of the family of each row: rows of one server, one source file, or with much the
/// same words.
fn families(rows: &[Row]) -> Vec<usize> {
    let words: Vec<BTreeSet<&str>> = rows.iter().map(words).collect();
    let mut first: Vec<usize> = (0..rows.len()).collect();
    for later in 0..rows.len() {
        for earlier in 0..later {
            let related = is_same_origin(&rows[earlier], &rows[later])
                || is_twin(&words[earlier], &words[later]);
            let (one, other) = (first[earlier], first[later]);
            if related && one != other {
                let (root, joined) = (one.min(other), one.max(other));
                first
                    .iter_mut()
                    .filter(|first| **first == joined)
                    .for_each(|first| *first = root);
            }
        }
    }
    first
}

/// Honest tools of one server. Attacks of one collection share its file, so only their words say
/// which belong together.
fn is_same_origin(one: &Row, other: &Row) -> bool {
    one.is_benign() && other.is_benign() && one.group == other.group && one.server == other.server
}

fn words(row: &Row) -> BTreeSet<&str> {
    let text = row.tool["description"].as_str().unwrap_or_default();
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.len() > 2)
        .collect()
}

fn is_twin(one: &BTreeSet<&str>, other: &BTreeSet<&str>) -> bool {
    let (small, large) = (one.len().min(other.len()), one.len().max(other.len()));
    // Sets of such different sizes cannot share enough.
    if small * 100 < large * TWINS || small < 5 {
        return false;
    }
    let common = one.intersection(other).count();
    common * 100 >= (small + large - common) * TWINS
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::eval::data::Tier;

    fn row(id: usize, tier: Tier, server: &str, description: &str) -> Row {
        Row {
            id: id.to_string(),
            tool: json!({"name": "a", "description": description}),
            tier,
            server: server.to_owned(),
            source: String::new(),
            license: String::new(),
            group: "maker-one".to_owned(),
            peers: Vec::new(),
        }
    }

    fn rows() -> Vec<Row> {
        let twin = |end: &str| format!("attack words are the same here and there {end}");
        vec![
            row(0, Tier::Benign, "sums", "adds numbers"),
            row(1, Tier::Benign, "sums", "takes other numbers away"),
            row(2, Tier::Benign, "walls", "paints walls"),
            row(3, Tier::Instruction, "one", &twin("first")),
            row(4, Tier::Instruction, "two", &twin("second")),
            row(
                5,
                Tier::Instruction,
                "two",
                "something else entirely with quite other phrases",
            ),
        ]
    }

    #[test]
    fn servers_and_twins_stay_together() {
        assert_eq!(families(&rows()), [0, 0, 2, 3, 3, 5]);
        let folds = folds(&rows());
        assert_eq!(folds[0], folds[1]);
        assert_eq!(folds[3], folds[4]);
        assert_ne!(folds[0], folds[2]);
        assert_ne!(folds[3], folds[5]);
    }

    #[test]
    fn nobody_is_scored_by_a_model_that_has_seen_it() {
        // Each row has one feature of its own, so only a model that has seen it knows the row.
        let features = |row: u32| vec![vec![(row, 1.0)]];
        let corpus = Corpus {
            rows: rows(),
            features: (0..6).map(features).collect(),
            own: vec![(features(9), true), (features(10), false)],
        };
        let seen = without(&corpus, |_| false);
        assert!(highest(&seen, &corpus.features[5]) > highest(&seen, &corpus.features[2]));
        let scores = grouped(&corpus);
        let unseen = without(&corpus, |row| {
            folds(&corpus.rows)[row] == folds(&corpus.rows)[5]
        });
        assert!((scores[5] - highest(&unseen, &corpus.features[5])).abs() < f32::EPSILON);
        assert!(scores[5] < highest(&seen, &corpus.features[5]));
    }
}

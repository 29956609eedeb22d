//! BM25F over tantivy's postings.
//!
//! For each term of the query, its frequencies in a tool's fields are weighted, normalised by the
//! field's length, and pooled; only the sum is saturated (Robertson and Zaragoza, "The
//! Probabilistic Relevance Framework", 2009, section 3.6.1). Document frequency counts a tool
//! once, in whichever fields the term stands. Removed tools count nowhere, so that scores depend
//! on what is in the index and never on how it got there.

use std::array;

use tantivy::Term;
use tantivy::schema::Field;

use crate::piece::Piece;

/// How much a field counts and how its length is judged.
pub(crate) struct FieldWeight {
    /// The field's name in the schema.
    pub(crate) name: &'static str,
    /// Factor on the frequency of a term in the field.
    weight: f64,
    /// From 0, length does not matter, to 1, in a field twice as long a term counts half.
    length: f64,
}

/// The searched fields. Values tuned on development sets for tool retrieval.
pub(crate) const FIELDS: [FieldWeight; 6] = [
    FieldWeight {
        name: "name",
        weight: 2.0,
        length: 0.5,
    },
    FieldWeight {
        name: "server",
        weight: 2.0,
        length: 0.3,
    },
    FieldWeight {
        name: "title",
        weight: 1.5,
        length: 0.5,
    },
    FieldWeight {
        name: "description",
        weight: 1.0,
        length: 0.75,
    },
    FieldWeight {
        name: "parameter_names",
        weight: 0.5,
        length: 0.5,
    },
    FieldWeight {
        name: "parameter_descriptions",
        weight: 0.3,
        length: 0.5,
    },
];

/// How soon further occurrences of a term stop to matter (BM25's `k1`).
const SATURATION: f64 = 1.5;

/// A tool that holds a term.
pub(crate) struct Match {
    /// Where the tool stands when the tools of all pieces are counted through.
    pub(crate) position: usize,
    /// What the term contributes to the tool's score.
    pub(crate) score: f64,
}

/// What the score of a term depends on besides the tool itself.
pub(crate) struct Ranking {
    fields: [Field; FIELDS.len()],
    /// Average number of terms in each field, over the tools that have any.
    averages: [f64; FIELDS.len()],
    /// How many tools there are.
    alive: usize,
    /// How many positions there are, those of removed tools included.
    positions: usize,
}

impl Ranking {
    /// Measures the tools of all pieces.
    pub(crate) fn new(fields: [Field; FIELDS.len()], pieces: &[Piece]) -> Self {
        Self {
            fields,
            averages: array::from_fn(|field| average_length(pieces, field)),
            alive: pieces.iter().map(Piece::alive).sum(),
            positions: pieces.iter().map(|piece| piece.tools().len()).sum(),
        }
    }

    /// How many tools there are.
    pub(crate) fn alive(&self) -> usize {
        self.alive
    }

    /// How many positions there are; every [`Match::position`] is below.
    pub(crate) fn positions(&self) -> usize {
        self.positions
    }

    /// All tools that hold the term, each once; `pieces` are those that were measured.
    pub(crate) fn matches(&self, pieces: &[Piece], term: &str) -> tantivy::Result<Vec<Match>> {
        let pooled = self.pool(pieces, term)?;
        let mut found: Vec<Match> = pooled
            .into_iter()
            .enumerate()
            .filter(|(_, frequency)| *frequency > 0.0)
            .map(|(position, frequency)| Match {
                position,
                score: saturate(frequency),
            })
            .collect();
        let rarity = self.rarity(found.len());
        for found in &mut found {
            found.score *= rarity;
        }
        Ok(found)
    }

    /// The weighted frequency of the term in each tool, by position.
    fn pool(&self, pieces: &[Piece], term: &str) -> tantivy::Result<Vec<f64>> {
        let mut pooled = vec![0.0; self.positions];
        for (field, weight) in FIELDS.iter().enumerate() {
            let term = Term::from_field_text(self.fields[field], term);
            let mut base = 0;
            for piece in pieces {
                piece.each_occurrence(field, &term, |doc, frequency, length| {
                    let length = f64::from(length) / self.averages[field];
                    pooled[base + doc] += weight.of(frequency, length);
                })?;
                base += piece.tools().len();
            }
        }
        Ok(pooled)
    }

    /// BM25's inverse document frequency, in the form that is never negative.
    fn rarity(&self, found: usize) -> f64 {
        let (all, found) = (count(self.alive), count(found));
        (1.0 + (all - found + 0.5) / (found + 0.5)).ln()
    }
}

impl FieldWeight {
    /// What a term is worth that occurs `frequency` times in a field of `length` averages.
    fn of(&self, frequency: u32, length: f64) -> f64 {
        self.weight * f64::from(frequency) / (1.0 - self.length + self.length * length)
    }
}

fn saturate(frequency: f64) -> f64 {
    frequency * (SATURATION + 1.0) / (frequency + SATURATION)
}

/// Tools without the field are left out: a rare field would otherwise always look long.
fn average_length(pieces: &[Piece], field: usize) -> f64 {
    let (mut total, mut tools) = (0.0, 0);
    for piece in pieces {
        piece.each_length(field, |length| {
            total += f64::from(length);
            tools += usize::from(length > 0);
        });
    }
    if tools == 0 {
        1.0
    } else {
        total / count(tools)
    }
}

/// A number of tools, which tantivy bounds to 32 bits.
fn count(tools: usize) -> f64 {
    f64::from(u32::try_from(tools).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::{ServerTools, ToolDoc};
    use crate::schema::Layout;

    /// Scores of the term over tools with these names and descriptions.
    fn scores(tools: &[(&str, &str)], term: &str) -> Vec<f64> {
        let layout = Layout::new();
        let docs: Vec<ToolDoc<'_>> = tools
            .iter()
            .map(|(name, description)| ToolDoc {
                id: name,
                server: "",
                server_title: None,
                name,
                title: None,
                description,
                input_schema: None,
            })
            .collect();
        let pieces = [Piece::build(
            &layout,
            &[ServerTools {
                server: "",
                tools: &docs,
            }],
        )
        .unwrap()];
        let ranking = Ranking::new(*layout.texts(), &pieces);
        let mut scores = vec![0.0; ranking.positions()];
        for found in ranking.matches(&pieces, term).unwrap() {
            scores[found.position] = found.score;
        }
        scores
    }

    #[track_caller]
    fn assert_close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-9, "{left} is not {right}");
    }

    /// Worked out by hand from the formula.
    #[test]
    fn scores_are_those_of_the_formula() {
        let tools = [
            ("alpha", "beta beta"),
            ("gamma", "beta delta"),
            ("zeta", "eta theta"),
        ];
        let scores = scores(&tools, "beta");
        // All descriptions have the average length; two of three tools have the term.
        let rarity = (1.0_f64 + 1.5 / 2.5).ln();
        assert_close(scores[0], rarity * 2.0 * 2.5 / 3.5);
        assert_close(scores[1], rarity * 1.0 * 2.5 / 2.5);
        assert_close(scores[2], 0.0);
    }

    #[test]
    fn fields_are_pooled_before_saturation() {
        let tools = [("beta", "beta"), ("alpha", "gamma")];
        let rarity = (1.0_f64 + 1.5 / 1.5).ln();
        // 2 for the name and 1 for the description, saturated together.
        assert_close(scores(&tools, "beta")[0], rarity * 3.0 * 2.5 / 4.5);
    }

    #[test]
    fn short_fields_and_rare_terms_count_more() {
        let scores = scores(
            &[
                ("a1", "beta"),
                ("a2", "beta gamma delta epsilon zeta eta"),
                ("a3", "theta"),
            ],
            "beta",
        );
        assert!(scores[0] > scores[1] && scores[1] > 0.0);
    }

    #[test]
    fn a_term_in_every_tool_still_counts() {
        assert!(scores(&[("a1", "beta"), ("a2", "beta")], "beta")[0] > 0.0);
    }
}

//! One generation of the index, as searches see it.

use std::cmp::Ordering;
use std::collections::HashSet;

use tantivy::tokenizer::{TextAnalyzer, TokenStream};

use crate::doc::Hit;
use crate::parameters::prefix;
use crate::piece::{Identity, Piece};
use crate::ranking::Ranking;
use crate::schema::Layout;

/// Most different terms of a query that count; a longer query is a pasted document.
const MAX_QUERY_TERMS: usize = 64;

/// Longest query that is read, in bytes.
const MAX_QUERY: usize = 16_384;

/// Added to the score of a tool asked for by its exact name; twice for its exact id.
const EXACT: f64 = 1_000.0;

/// The tools, fixed at one moment.
pub(crate) struct Snapshot {
    pieces: Vec<Piece>,
    ranking: Ranking,
}

/// A word of the query and the term that stands for it.
struct QueryTerm {
    word: String,
    term: String,
}

/// A tool on its way to become a hit; `terms` has a bit for each term that matched.
#[derive(Clone, Copy, Default)]
struct Candidate {
    score: f64,
    terms: u64,
}

impl Snapshot {
    pub(crate) fn new(layout: &Layout, pieces: Vec<Piece>) -> Self {
        let ranking = Ranking::new(*layout.texts(), &pieces);
        Self { pieces, ranking }
    }

    /// The parts it is made of.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// How many tools there are.
    pub(crate) fn len(&self) -> usize {
        self.ranking.alive()
    }

    /// The best tools for a query, ordered by score and then by id.
    pub(crate) fn search(
        &self,
        analyzer: TextAnalyzer,
        query: &str,
        limit: usize,
        server: Option<&str>,
    ) -> tantivy::Result<Vec<Hit>> {
        let query = prefix(query.trim(), MAX_QUERY);
        let terms = query_terms(analyzer, query);
        let mut candidates = vec![Candidate::default(); self.ranking.positions()];
        for (n, term) in terms.iter().enumerate() {
            for found in self.ranking.matches(&self.pieces, &term.term)? {
                let candidate = &mut candidates[found.position];
                candidate.score += found.score;
                candidate.terms |= 1 << n;
            }
        }
        let mut found = self.rank(query, server, &candidates);
        keep_best(&mut found, limit);
        Ok(found
            .into_iter()
            .map(|(tool, candidate)| hit(tool, candidate, &terms))
            .collect())
    }

    /// Tools with a score, in no order; exact names are added to the score of words here.
    fn rank(
        &self,
        query: &str,
        server: Option<&str>,
        candidates: &[Candidate],
    ) -> Vec<(&Identity, Candidate)> {
        let tools = self.pieces.iter().flat_map(Piece::tools).zip(candidates);
        tools
            .filter_map(|(tool, candidate)| {
                let tool = tool.as_deref()?;
                let score = candidate.score + exactness(tool, query);
                let is_wanted = score > 0.0 && server.is_none_or(|server| server == tool.server);
                is_wanted.then_some((
                    tool,
                    Candidate {
                        score,
                        ..*candidate
                    },
                ))
            })
            .collect()
    }
}

/// The different terms of a query, each with the word where it stands first.
fn query_terms(mut analyzer: TextAnalyzer, query: &str) -> Vec<QueryTerm> {
    let mut seen = HashSet::new();
    let mut terms = Vec::new();
    let mut tokens = analyzer.token_stream(query);
    while terms.len() < MAX_QUERY_TERMS && tokens.advance() {
        let token = tokens.token();
        if seen.insert(token.text.clone()) {
            let word = query[token.offset_from..token.offset_to].to_owned();
            terms.push(QueryTerm {
                word,
                term: token.text.clone(),
            });
        }
    }
    terms
}

fn exactness(tool: &Identity, query: &str) -> f64 {
    if tool.id.eq_ignore_ascii_case(query) {
        2.0 * EXACT
    } else if tool.name.eq_ignore_ascii_case(query) {
        EXACT
    } else {
        0.0
    }
}

/// Cuts to the best `limit`, best first, without sorting the rest.
fn keep_best(found: &mut Vec<(&Identity, Candidate)>, limit: usize) {
    if limit < found.len() && limit > 0 {
        found.select_nth_unstable_by(limit - 1, better);
    }
    found.truncate(limit);
    found.sort_unstable_by(better);
}

fn better(a: &(&Identity, Candidate), b: &(&Identity, Candidate)) -> Ordering {
    b.1.score
        .total_cmp(&a.1.score)
        .then_with(|| a.0.id.cmp(&b.0.id))
}

fn hit(tool: &Identity, candidate: Candidate, terms: &[QueryTerm]) -> Hit {
    let matched = terms
        .iter()
        .enumerate()
        .filter(|(n, _)| candidate.terms & (1 << n) != 0);
    // The order is settled; what is told of the score needs no more precision.
    #[expect(clippy::cast_possible_truncation)]
    let score = candidate.score as f32;
    Hit {
        id: tool.id.clone(),
        score,
        matched: matched.map(|(_, term)| term.word.clone()).collect(),
    }
}

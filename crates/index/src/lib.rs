//! Tool search over tantivy.
//!
//! tantivy keeps the postings; the score is ours, because tantivy adds up one BM25 score per
//! field, which loses more than ten points of recall on paraphrases against BM25F: weighted term
//! frequencies pooled over the fields before saturation. See [`ranking`].
//!
//! The index lives in memory and is rebuilt from the servers' tool lists at every start.

mod analysis;
mod doc;
mod parameters;
mod piece;
mod ranking;
mod schema;
mod snapshot;
#[cfg(test)]
mod tests;
mod tool_index;

pub use doc::{Hit, ServerTools, ToolDoc};
pub use tool_index::{IndexError, ToolIndex};

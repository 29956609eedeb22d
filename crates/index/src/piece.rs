//! An immutable part of the index: tools that were added together.
//!
//! tantivy's `IndexWriter` keeps threads and, in each, arenas of several megabytes; the memory
//! they leave behind would be the larger part of an idle gateway. So each change is written as
//! one segment on the caller's thread, removals are a mask beside it, and small segments are
//! merged the same way.

use std::sync::Arc;

use tantivy::directory::{OwnedBytes, RamDirectory};
use tantivy::fastfield::{AliveBitSet, write_alive_bitset};
use tantivy::fieldnorm::FieldNormReader;
use tantivy::indexer::merge_filtered_segments;
use tantivy::postings::Postings;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{
    BitSet, DocSet, Index, InvertedIndexReader, Segment, SegmentReader, SingleSegmentIndexWriter,
    TERMINATED, TantivyError, Term,
};

use crate::doc::ServerTools;
use crate::schema::{Layout, settings};

/// Sizes the table of terms, in bytes; it grows where a batch is larger.
const WRITER_BUDGET: usize = 1_000_000;

/// What a hit says about its tool.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) server: String,
    pub(crate) name: String,
}

/// Tools that were added together, as far as they are still there.
#[derive(Clone)]
pub(crate) struct Piece {
    postings: Arc<SegmentPostings>,
    /// By document number; none where a tool was removed.
    tools: Vec<Option<Arc<Identity>>>,
    /// How many tools are still there.
    alive: usize,
}

/// A segment of tantivy, open for reading, field by field.
struct SegmentPostings {
    segment: Segment,
    terms: Vec<Arc<InvertedIndexReader>>,
    lengths: Vec<FieldNormReader>,
}

impl Piece {
    /// Indexes the tools of a batch.
    pub(crate) fn build(layout: &Layout, batch: &[ServerTools<'_>]) -> tantivy::Result<Self> {
        let directory = RamDirectory::create();
        let mut writer: SingleSegmentIndexWriter = layout
            .index()
            .single_segment_index_writer(directory, WRITER_BUDGET)?;
        let mut tools = Vec::new();
        for server in batch {
            for tool in server.tools {
                writer.add_document(layout.document(tool))?;
                tools.push(Some(Arc::new(Identity {
                    id: tool.id.to_owned(),
                    server: server.server.to_owned(),
                    name: tool.name.to_owned(),
                })));
            }
        }
        Self::open(layout, &writer.finalize()?, tools)
    }

    /// Rewrites the tools that are still there into one piece.
    pub(crate) fn merge(layout: &Layout, pieces: &[Self]) -> tantivy::Result<Self> {
        let segments: Vec<Segment> = pieces
            .iter()
            .map(|piece| piece.postings.segment.clone())
            .collect();
        let masks = pieces.iter().map(|piece| piece.mask().map(Some));
        let masks = masks.collect::<tantivy::Result<_>>()?;
        let index = merge_filtered_segments(&segments, settings(), masks, RamDirectory::create())?;
        // Without a sort order, a merge writes segment after segment, each in its own order.
        let tools = pieces.iter().flat_map(|piece| piece.tools.iter().flatten());
        Self::open(layout, &index, tools.cloned().map(Some).collect())
    }

    fn open(
        layout: &Layout,
        index: &Index,
        tools: Vec<Option<Arc<Identity>>>,
    ) -> tantivy::Result<Self> {
        let [segment] = &index.searchable_segments()?[..] else {
            return Err(TantivyError::InternalError(
                "expected one segment".to_owned(),
            ));
        };
        let postings = Arc::new(SegmentPostings::open(segment, layout.texts())?);
        Ok(Self {
            postings,
            alive: tools.len(),
            tools,
        })
    }

    /// The piece after all tools for which `is_gone` holds were removed.
    pub(crate) fn without(&self, is_gone: impl Fn(&Identity) -> bool) -> Self {
        let keep = |tool: &Option<Arc<Identity>>| tool.clone().filter(|tool| !is_gone(tool));
        let tools: Vec<_> = self.tools.iter().map(keep).collect();
        let alive = tools.iter().flatten().count();
        Self {
            postings: self.postings.clone(),
            tools,
            alive,
        }
    }

    /// By document number; none where a tool was removed.
    pub(crate) fn tools(&self) -> &[Option<Arc<Identity>>] {
        &self.tools
    }

    /// How many tools are still there.
    pub(crate) fn alive(&self) -> usize {
        self.alive
    }

    /// Calls `each` with the length of a field, in terms, of each tool still there.
    pub(crate) fn each_length(&self, field: usize, mut each: impl FnMut(u32)) {
        for (tool, doc) in self.tools.iter().zip(0..) {
            if tool.is_some() {
                each(self.postings.lengths[field].fieldnorm(doc));
            }
        }
    }

    /// Calls `each` with document number, frequency and length of the field, for each tool still
    /// there that has the term in the field.
    pub(crate) fn each_occurrence(
        &self,
        field: usize,
        term: &Term,
        mut each: impl FnMut(usize, u32, u32),
    ) -> tantivy::Result<()> {
        let frequencies = IndexRecordOption::WithFreqs;
        let terms = &self.postings.terms[field];
        let Some(mut found) = terms.read_postings(term, frequencies)? else {
            return Ok(());
        };
        let mut doc = found.doc();
        while doc != TERMINATED {
            if self.tools[doc as usize].is_some() {
                let length = self.postings.lengths[field].fieldnorm(doc);
                each(doc as usize, found.term_freq(), length);
            }
            doc = found.advance();
        }
        Ok(())
    }

    /// The tools still there, in the only form in which tantivy takes such a set from outside.
    fn mask(&self) -> tantivy::Result<AliveBitSet> {
        let mut mask = BitSet::with_max_value(self.postings.segment.meta().max_doc());
        for (tool, doc) in self.tools.iter().zip(0..) {
            if tool.is_some() {
                mask.insert(doc);
            }
        }
        let mut bytes = Vec::new();
        write_alive_bitset(&mask, &mut bytes)?;
        Ok(AliveBitSet::open(OwnedBytes::new(bytes)))
    }
}

impl SegmentPostings {
    fn open(segment: &Segment, fields: &[Field]) -> tantivy::Result<Self> {
        let reader = SegmentReader::open(segment)?;
        let terms = fields.iter().map(|field| reader.inverted_index(*field));
        let lengths = fields
            .iter()
            .map(|field| reader.get_fieldnorms_reader(*field));
        Ok(Self {
            segment: segment.clone(),
            terms: terms.collect::<tantivy::Result<_>>()?,
            lengths: lengths.collect::<tantivy::Result<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::ToolDoc;

    fn piece(layout: &Layout, server: &str, words: &[&str]) -> Piece {
        let tools: Vec<ToolDoc<'_>> = words
            .iter()
            .map(|word| ToolDoc {
                id: word,
                server,
                server_title: None,
                name: word,
                title: None,
                description: "common",
                input_schema: None,
            })
            .collect();
        Piece::build(
            layout,
            &[ServerTools {
                server,
                tools: &tools,
            }],
        )
        .unwrap()
    }

    /// The ids of the tools that have the term in their field number `field`.
    fn found(layout: &Layout, piece: &Piece, field: usize, term: &str) -> Vec<String> {
        let mut ids = Vec::new();
        let term = Term::from_field_text(layout.texts()[field], term);
        let id = |doc: usize| piece.tools()[doc].as_ref().unwrap().id.clone();
        piece
            .each_occurrence(field, &term, |doc, _, _| ids.push(id(doc)))
            .unwrap();
        ids
    }

    #[test]
    fn removed_tools_do_not_occur() {
        let layout = Layout::new();
        let piece = piece(&layout, "s", &["alpha", "beta", "gamma"]);
        let piece = piece.without(|tool| tool.id == "beta");
        assert_eq!(piece.alive(), 2);
        assert_eq!(found(&layout, &piece, 3, "common"), ["alpha", "gamma"]);
        assert_eq!(found(&layout, &piece, 0, "beta"), [""; 0]);
        let mut lengths = Vec::new();
        piece.each_length(3, |length| lengths.push(length));
        assert_eq!(lengths, [1, 1]);
    }

    #[test]
    fn a_merge_keeps_each_tool_with_its_terms() {
        let layout = Layout::new();
        let first = piece(&layout, "s", &["alpha", "beta", "gamma"]);
        let second = piece(&layout, "t", &["delta", "epsilon"]);
        let pieces = [
            first.without(|tool| tool.id == "alpha"),
            second.without(|tool| tool.id == "delta"),
        ];
        let merged = Piece::merge(&layout, &pieces).unwrap();
        assert_eq!((merged.alive(), merged.tools().len()), (3, 3));
        for id in ["beta", "gamma", "epsilon"] {
            assert_eq!(found(&layout, &merged, 0, id), [id]);
        }
        assert_eq!(found(&layout, &merged, 0, "alpha"), [""; 0]);
    }
}
